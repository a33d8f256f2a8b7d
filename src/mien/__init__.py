"""Faces in, expressions, action units, valence and arousal out; learned from databases that each label part of it.

The names below are found on first use, so that ``import mien`` stays cheap.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# From 1.29 on, ONNX Runtime's own builds tell Microsoft about the models that are run, unless this is set before it is
# imported. Who wants that may set it to "0".
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from mien.config import Recipe, read_recipe
    from mien.data.databases import read_database
    from mien.data.table import LabelTable
    from mien.errors import MienError
    from mien.inference.analyzer import Analyzer
    from mien.inference.results import Faces
    from mien.models.affect import AffectModel
    from mien.models.checkpoint import load
    from mien.preprocessing import Preprocessing
    from mien.training.experiment import run_experiment
    from mien.training.stages import train

_WHERE = {
    "AffectModel": "mien.models.affect",
    "Analyzer": "mien.inference.analyzer",
    "Faces": "mien.inference.results",
    "LabelTable": "mien.data.table",
    "MienError": "mien.errors",
    "Preprocessing": "mien.preprocessing",
    "Recipe": "mien.config",
    "load": "mien.models.checkpoint",
    "read_database": "mien.data.databases",
    "read_recipe": "mien.config",
    "run_experiment": "mien.training.experiment",
    "train": "mien.training.stages",
}

__all__ = [
    "AffectModel",
    "Analyzer",
    "Faces",
    "LabelTable",
    "MienError",
    "Preprocessing",
    "Recipe",
    "__version__",
    "load",
    "read_database",
    "read_recipe",
    "run_experiment",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'mien' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__
