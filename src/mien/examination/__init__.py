"""How a network is examined before it is shipped: which faces, which labels of them, and which numbers.

``EXAMS`` names the sets; ``measure`` runs one over what people use, an ``Analyzer``, so that finding and cutting the
face is part of what is measured. Answers that are already written down, by whatever tool, are scored as a paper or
challenge does it in ``mien.protocols``.
"""

from mien.examination.base import Exam, Goal
from mien.examination.exams import EXAMS

__all__ = ["EXAMS", "Exam", "Goal"]
