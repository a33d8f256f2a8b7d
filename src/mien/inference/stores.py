"""Files in object stores, wherever fsspec reaches (``s3://``, ``gs://``, ``https://``, ...), as if they lay here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mien.errors import MienError

SCHEME = "://"


def is_remote(name: str) -> bool:
    """Whether a name is an address of an object store."""
    return SCHEME in name


def find_remote(name: str) -> list[str]:
    """The files behind an address: itself, all in its folder, or those of a pattern, sorted.

    Raises:
        MienError: fsspec or what it needs for this store is not installed, or the store does not answer.
    """
    with _said(name):
        system, path = _system(name)
        if "*" not in path and system.isfile(path):
            return [name]
        found = system.glob(path) if "*" in path else system.find(path)
        return sorted(system.unstrip_protocol(one) for one in found)


def read_remote(name: str) -> bytes:
    """The content of a file; raises as ``find_remote``."""
    with _said(name):
        system, path = _system(name)
        return bytes(system.cat_file(path))


@contextmanager
def opened(name: str) -> Iterator[Any]:
    """A binary file, here or in a store, read in pieces; raises as ``find_remote``."""
    if not is_remote(name):
        yield name
        return
    with _said(name):
        system, path = _system(name)
        file = system.open(path, "rb")
    with file:
        yield file


@contextmanager
def brought(name: str) -> Iterator[str]:
    """The path of a file here: a store's file is copied into a temporary folder for as long as the block runs."""
    if not is_remote(name):
        yield name
        return
    with TemporaryDirectory(prefix="mien-") as folder:
        here = str(Path(folder) / Path(name).name)
        with _said(name):
            system, path = _system(name)
            system.get_file(path, here)
        yield here


def _system(name: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    found: tuple[Any, str] = url_to_fs(name)
    return found


@contextmanager
def _said(name: str) -> Iterator[None]:
    """What goes wrong with a store, as one sentence."""
    try:
        yield
    except ImportError as error:
        raise MienError(
            f"{name}: reading from this store needs more ({error}); type: pip install 'mien[ray]'"
        ) from None
    except (OSError, ValueError) as error:
        raise MienError(f"{name}: cannot be read from its store ({error or type(error).__name__})") from error
