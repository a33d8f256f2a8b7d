"""The networks that lie in the package, by name."""

from pathlib import Path

from mien.errors import MienError

FOLDER = Path(__file__).parents[1] / "weights"
NAMES = {"default": "model.onnx", "default-int8": "model.int8.onnx"}
"""Name -> its ONNX file in ``FOLDER``, which is a checkpoint folder, too."""


def shipped_onnx(name: str = "default") -> Path:
    """The ONNX file of a shipped network.

    Raises:
        MienError: this build ships none.
    """
    path = FOLDER / NAMES[name]
    if not path.exists():
        raise MienError(f"This build of mien ships no network {name!r}; give an ONNX file or a run's folder instead")
    return path


def run_folder(name: str | Path) -> Path:
    """The checkpoint folder that ``name`` means: the shipped one for ``default``, else the path itself."""
    return FOLDER if str(name) == "default" else Path(name)
