"""Classical multi-task learning: shared filters, a layer and a loss per task, databases in turn."""

from mien.methods.base import PerTaskLoss


class Alternating(PerTaskLoss):
    """Every batch comes from one database and trains the shared filters and that database's tasks: regime (2) of SJMT.

    *Source*: Pons & Masip 2018 (arXiv 1802.06664), section 4, "multi-task" in the tables.
    """

    batches = "in_turn"
