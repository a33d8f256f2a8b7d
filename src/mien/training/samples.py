"""A few test faces with what was annotated and what a network says, for a report to show."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from mien.data.prepare import prepare
from mien.data.transforms import centred
from mien.files import atomic_write
from mien.images import write_picture
from mien.labels import CLASS_TASKS
from mien.models.ensemble import AnyModel
from mien.training.databases import OpenDatabase
from mien.training.evaluate import Arrays, Predictions, predictions_on

PER_DATABASE = 8


def write_samples(folder: Path, model: AnyModel, databases: list[OpenDatabase], recipe: Any) -> None:
    """Write ``samples.json`` and its pictures: evenly spaced test faces of every database."""
    samples = []
    for database in databases:
        name = database.settings.name
        faces = database.faces(recipe, model.spec.labels, database.settings.test)
        store = prepare(faces)
        found = predictions_on(model, model.spec, faces, store=store)
        for i in np.linspace(0, len(found.rows) - 1, min(PER_DATABASE, len(found.rows))).astype(int):
            place = int(np.searchsorted(store.rows, found.rows[i]))  # a store may hold unlabelled frames, too
            face = centred(store.images[place : place + 1], model.spec.preprocessing.size)[0]
            picture = np.repeat(np.round(face * 255).astype(np.uint8), 3 // face.shape[2], axis=2)
            file = f"{name}-{i}.png"
            write_picture(folder / file, picture)
            said = {"annotated": _annotated(found, i), "predicted": _predicted(model, found.everything, i)}
            samples.append({"database": name, "image": file} | said)
    atomic_write(folder / "samples.json", json.dumps(samples, indent=1))


def _annotated(found: Predictions, i: int) -> str:
    """What annotators gave of face ``i``."""
    parts = []
    for task, names in found.labels.items():
        target, mask = found.target[task][i], found.mask[task][i]
        if task in CLASS_TASKS:
            parts += [names[target]] if mask else []
        elif task == "au":
            parts.append(" ".join(n for n, t, m in zip(names, target, mask, strict=True) if m and t) or "no AU")
        elif task == "va":
            parts += [f"{n} {t:+.2f}" for n, t, m in zip(names, target, mask, strict=True) if m]
    return ", ".join(parts) or "no label"


def _predicted(model: AnyModel, values: Arrays, i: int) -> str:
    """What the network says of face ``i``, whatever its database gives."""
    parts = []
    for task, names in model.spec.labels.items():
        row = values[task][i]
        if task in CLASS_TASKS:
            parts.append(f"{names[int(row.argmax())]} {row.max():.2f}")
        elif task == "au":
            parts.append(" ".join(n for n, p in zip(names, row, strict=True) if p >= 0.5) or "no AU")
        elif task == "va":
            parts += [f"{n} {v:+.2f}" for n, v in zip(names, row, strict=True)]
    return ", ".join(parts)
