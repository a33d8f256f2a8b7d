"""The rules of CONTRIBUTING.md that a machine can hold: imports point one way, and nothing is pickled or printed."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "mien"
FILES = sorted(SOURCE.rglob("*.py"))

GROUND = {"labels", "errors", "choose", "images", "geometry", "preprocessing", "config", "files", "memory", "sessions"}
GROUND |= {"smoothing", "windows"}  # of time series
GROUND |= {"resampling"}  # of pictures
SIBLINGS = {"data", "faces", "models", "losses", "metrics"}
MAY_IMPORT = {
    **dict.fromkeys(GROUND, GROUND),
    **{part: GROUND | {part} for part in SIBLINGS},
    "generation": GROUND | SIBLINGS | {"generation"},
    "methods": GROUND | SIBLINGS | {"generation", "methods"},
    "examination": GROUND | {"data", "faces", "metrics", "inference", "examination"},
    "protocols": GROUND | {"data", "metrics", "inference", "analysis", "protocols"},
    "labelling": GROUND | {"data", "inference"},
    "locating": GROUND | {"data", "faces"},
    "training": GROUND | SIBLINGS | {"methods", "training"},
    "judging": GROUND | SIBLINGS | {"generation", "training"},
    "inference": GROUND | {"models", "faces", "inference"},
    "analysis": GROUND | {"metrics", "inference", "analysis"},
    "report": GROUND | {"metrics", "inference", "analysis", "report"},
    "serve": GROUND | {"inference", "serve"},
    "export": GROUND | {"data", "faces", "models", "inference", "export"},
    "web": GROUND | {"faces", "inference", "analysis", "report", "web"},
}
"""Part -> the parts that it may import, type hints included; ``cli`` may import all, and nothing may import ``cli``."""


def part_of(path: Path) -> str:
    """The part of the package that a file belongs to: ``data`` for data/table.py, ``labels`` for labels.py."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def modules_imported(tree: ast.AST) -> Iterator[str]:
    """Full names of imported modules, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            # "from mien import labels" imports mien.labels
            deeper = node.module == "mien"
            yield from (f"mien.{alias.name}" for alias in node.names) if deeper else (node.module or "",)


def parts_imported(tree: ast.AST) -> set[str]:
    return {name.split(".")[1] for name in modules_imported(tree) if name.startswith("mien.")} - {"__version__"}


def calls(path: Path) -> Iterator[tuple[str, ast.Call, str]]:
    """Name of each function called, the call, and where it stands."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node, f"{path.relative_to(SOURCE)}:{node.lineno}"


def called(*names: str) -> list[str]:
    """Where any of these functions is called."""
    return [where for path in FILES for name, _, where in calls(path) if name in names]


TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
IMPORTS = {path: set(modules_imported(tree)) for path, tree in TREES.items()}


def imported_from(part: str) -> set[str]:
    """Everything that the files of a part import."""
    return {name for path, names in IMPORTS.items() if part_of(path) == part for name in names}


def test_every_part_has_its_place() -> None:
    new = {part_of(path) for path in FILES} - MAY_IMPORT.keys() - {"cli", "__init__"}
    assert not new, f"{new} is new: say in MAY_IMPORT what it stands on"
    assert len(FILES) > 90


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_imports_point_one_way(part: str) -> None:
    wrong = {
        str(path.relative_to(SOURCE)): sorted(beyond)
        for path, tree in TREES.items()
        if part_of(path) == part and (beyond := parts_imported(tree) - MAY_IMPORT[part])
    }
    assert wrong == {}


def test_nothing_imports_the_command_line() -> None:
    assert [path for path, tree in TREES.items() if part_of(path) != "cli" and "cli" in parts_imported(tree)] == []


def test_methods_take_only_batches_from_data() -> None:
    assert {name for name in imported_from("methods") if name.startswith("mien.data")} == {"mien.data.batch"}


@pytest.mark.parametrize("part", ["report", "analysis", "metrics", "web"])
def test_a_report_and_the_scores_import_no_torch(part: str) -> None:
    assert not {name.split(".")[0] for name in imported_from(part)} & {"torch", "accelerate", "safetensors"}


LIGHT = (
    "labels",
    "config",
    "metrics.scores",
    "report.page",
    "report.analysis_page",
    "inference.analyzer",
    "inference.job",
    "protocols.score",
    "web.page",
    "web.server",
    "web.static",
)


@pytest.mark.parametrize("module", ["mien", *(f"mien.{name}" for name in LIGHT)])
def test_the_light_parts_never_reach_torch(module: str) -> None:
    code = f"import sys, {module}; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_nothing_is_pickled() -> None:
    picklers = {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
    assert [path for path, names in IMPORTS.items() if {name.split(".")[0] for name in names} & picklers] == []
    assert called("torch.load", "torch.save") == []


def test_arrays_are_loaded_without_pickle() -> None:
    loads = [(call, where) for path in FILES for name, call, where in calls(path) if name in ("np.load", "numpy.load")]
    allowed = {where: {k.arg: ast.unparse(k.value) for k in call.keywords}.get("allow_pickle") for call, where in loads}
    assert allowed and set(allowed.values()) == {"False"}, allowed


def test_no_text_is_run_as_code() -> None:
    assert called("eval", "exec", "compile", "__import__") == []


def test_only_typer_and_rich_talk() -> None:
    assert called("print", "input") == []


def test_every_module_says_what_it_is() -> None:
    assert [path for path, tree in TREES.items() if not ast.get_docstring(tree)] == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("import mien.cli", {"cli"}),
        ("from mien.data.batch import Batch", {"data"}),
        ("from mien import labels, cli", {"labels", "cli"}),
        ("def f():\n    from mien.training.run import train", {"training"}),
        ("import json", set()),
    ],
)
def test_imports_are_seen_wherever_they_stand(text: str, parts: set[str]) -> None:
    assert parts_imported(ast.parse(text)) == parts
