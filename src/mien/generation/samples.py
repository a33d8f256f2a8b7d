"""A sheet of generated faces, for a person to see how training goes."""

from pathlib import Path

from mien.generation.checkpoint import Makers
from mien.generation.make import made
from mien.generation.request import Asked
from mien.generation.sheet import sheet
from mien.images import write_picture

PEOPLE = 8
SAMPLES = "samples"


def write_samples(folder: Path, makers: Makers, step: int) -> None:
    """``samples/step-000100.png``: a row per expression (else per action unit), a person per column."""
    if makers.generator is None:
        return
    labels = makers.spec.labels
    if "expression" in labels:
        rows: list[tuple[str, Asked]] = [(name, {"expression": name}) for name in labels["expression"]]
    else:
        rows = [(name, {name: 4.0}) for name in labels.get("au", labels.get("au_intensity", ()))[:PEOPLE]] or [("", {})]
    faces = [(name, list(made(makers, asked, PEOPLE, seed=0))) for name, asked in rows]
    write_picture(folder / SAMPLES / f"step-{step:06d}.png", sheet(faces))
