"""Single networks: one per task and database, the baseline of the SJMT paper."""

from mien.errors import RecipeError
from mien.labels import LabelSet
from mien.methods.base import PerTaskLoss


class Single(PerTaskLoss):
    """One network for one task of one database: regime (1) of SJMT.

    ``mien experiment`` trains one such network for each task of each database and gives each the number of that
    database's images that the other regimes see.

    *Source*: Pons & Masip 2018 (arXiv 1802.06664), section 4.
    """

    one_task_each = True

    def __init__(self, settings: object, labels: LabelSet) -> None:
        if len(labels) > 1:
            raise RecipeError(
                f"Method 'single' learns one task, got {', '.join(labels)}; keep one in [labels] (or in the database's "
                f"tasks), choose 'joint', or run 'mien experiment', which trains one network for each"
            )
        super().__init__(settings, labels)
