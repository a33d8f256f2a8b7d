"""Look a name up in a registry, and say what was near it when it is not there."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from mien.errors import MienError

T = TypeVar("T")


def nearest(name: str, names: Iterable[str]) -> str:
    """A clause that names the nearest known name, or all of them when none is near.

    >>> nearest("resnet23", ["resnet32", "vgg16"])
    "did you mean 'resnet32'?"
    >>> nearest("?", ["b", "a"])
    'known: a, b'
    """
    known = sorted(names)
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known) or 'none'}"


def choose(registry: Mapping[str, T], name: str, what: str, error: type[MienError] = MienError) -> T:
    """The entry ``name`` of ``registry``; ``what`` is how a message calls such an entry.

    >>> choose({"a": 1}, "a", "letter")
    1
    """
    try:
        return registry[name]
    except KeyError:
        raise error(f"Unknown {what} {name!r}: {nearest(name, registry)}") from None
