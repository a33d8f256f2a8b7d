"""A head and a masked loss per task on batches that mix the databases."""

from mien.methods.base import PerTaskLoss


class Joint(PerTaskLoss):
    """As classical multi-task learning, but every batch mixes images of all databases, so that each step trains all.

    *Source*: Kollias & Zafeiriou 2018 (arXiv 1811.07771), its first learner; the exact losses are ours.
    """
