"""What an exam says."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Goal(NamedTuple):
    """What a number should be: at least ``floor``, and ``reach`` to be proud of."""

    floor: float
    reach: float


@dataclass(frozen=True)
class Exam:
    """A set of faces, and what is scored on it.

    Attributes:
        about: the set, in one line.
        reader: of ``mien.data.databases.READERS``.
        labels: what is scored, task -> names; () for all that network and database share. Rows of other classes are
            left out, and the network's answer is its most probable class of these.
        where: columns and the value that a row must have there.
        fractions: makes the column ``split`` anew, by subject, as a recipe with these fractions does.
        one_per: rows with the same value in this column are one: their predictions are averaged.
        person: column that says who is on a row, for intervals.
        photos: whole photos, in which the face has to be found; else pictures that are faces.
        groups: columns whose values are scored apart, too.
        class_auc: classes whose probability is scored as a detector of that class, too.
        trained: whether other people of this database train the shipped network.
        goals: ``task metric`` or ``task metric label`` -> goal.
    """

    about: str
    reader: str
    labels: dict[str, tuple[str, ...]]
    where: dict[str, str] = field(default_factory=dict)
    fractions: dict[str, float] | None = None
    one_per: str = ""
    person: str = "subject"
    photos: bool = False
    groups: tuple[str, ...] = ()
    class_auc: tuple[str, ...] = ()
    trained: bool = False
    goals: dict[str, Goal] = field(default_factory=dict)
