"""Tiny copies of databases: pictures and annotation files in the folders of the real ones."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mien.data.table import LabelTable


def pictures(folder: Path, *names: str) -> None:
    """A small picture of its own under each name; a name may have folders in it."""
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), dtype=np.uint8)
        path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())


def text(path: Path, *lines: str) -> Path:
    """A text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def rows(table: LabelTable, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of all rows."""
    return [tuple(row.values()) for row in table.read(columns).to_pylist()]


def faults(table: LabelTable) -> list[tuple[str, str, int | None, int]]:
    """Kind, file, line and faces left out of each fault."""
    return [(fault.kind, fault.file, fault.line, fault.rows) for fault in table.read_faults]


def circle68() -> np.ndarray:
    """(68, 2) landmarks whose eyes are at (2, 3) and (8, 3), nose (5, 5), mouth corners (3, 9) and (7, 9)."""
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = (2, 3), (8, 3)
    points[30], points[48], points[54] = (5, 5), (3, 9), (7, 9)
    return points


FIVE = {"eye_l": (2, 3), "eye_r": (8, 3), "nose": (5, 5), "mouth_l": (3, 9), "mouth_r": (7, 9)}
LANDMARKS = {f"lm_{name}_{axis}": float(point[i]) for name, point in FIVE.items() for i, axis in enumerate("xy")}
