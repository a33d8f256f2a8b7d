"""Sheets of generated and of changed faces, for a person to see how training goes."""

from pathlib import Path

from mien.generation.checkpoint import Makers
from mien.generation.make import edited, made
from mien.generation.request import Asked
from mien.generation.sheet import sheet
from mien.images import write_picture
from mien.labels import LabelSet
from mien.preprocessing import Image

PEOPLE = 8
SAMPLES = "samples"


def write_samples(folder: Path, makers: Makers, step: int, people: Image | None) -> None:
    """``samples/step-000100.png`` of new faces, ``samples/changed-000100.png`` of given ones.

    A row per expression (else per action unit), a person per column.

    Args:
        folder: the run's.
        makers: one sheet for each form that they have.
        step: of the training.
        people: (n, S, S, 3) uint8 RGB, whom the editor changes; they are the first row of its sheet.
    """
    rows = _rows(makers.spec.labels)
    if makers.generator is not None:
        faces = [(name, list(made(makers, asked, PEOPLE, seed=0))) for name, asked in rows]
        write_picture(folder / SAMPLES / f"step-{step:06d}.png", sheet(faces))
    if people is not None:
        changed = [(name, list(edited(makers, people, [asked] * len(people)))) for name, asked in rows]
        write_picture(folder / SAMPLES / f"changed-{step:06d}.png", sheet([("given", list(people)), *changed]))


def _rows(labels: LabelSet) -> list[tuple[str, Asked]]:
    """What the rows show, and their captions."""
    if "expression" in labels:
        return [(name, {"expression": name}) for name in labels["expression"]]
    units = labels.get("au", labels.get("au_intensity", ()))[:PEOPLE]
    return [(name, {name: 4.0}) for name in units] or [("", {})]
