"""One paper's way to learn, one file: a method turns a network and a batch into named loss terms."""

from collections.abc import Mapping
from typing import Any

from mien.choose import choose
from mien.config import parse
from mien.errors import RecipeError
from mien.labels import LabelSet
from mien.methods.alternating import Alternating
from mien.methods.base import Method
from mien.methods.coupling import Coupling
from mien.methods.gan import Gan
from mien.methods.joint import Joint
from mien.methods.single import Single
from mien.methods.sjmt import Sjmt
from mien.methods.student import Student

METHODS: dict[str, type[Method]] = {
    "single": Single,
    "alternating": Alternating,
    "sjmt": Sjmt,
    "joint": Joint,
    "coupling": Coupling,
    "student": Student,
    "gan": Gan,
}


def make_method(settings: Mapping[str, Any], labels: LabelSet) -> Method:
    """The method that a recipe's ``[method]`` part describes, for a label set.

    Raises:
        RecipeError: an unknown method or key, or settings that do not fit the labels.
    """
    kind = choose(METHODS, str(settings.get("name")), "method", RecipeError)
    return kind(parse(kind.Settings, settings, "[method]"), labels)
