"""From a finished run to the network in the package: weights, model.json, and ONNX files in float32 and int8.

    python tools/ship_model.py runs/default src/mien/weights

``make model`` does this after training, and lets ``mien evaluate default --all`` write the card beside them.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import torch

from mien.config import Recipe, parse
from mien.data.table import LabelTable
from mien.export.onnx_file import export_onnx
from mien.files import atomic_write
from mien.metrics.multilabel import label_auc
from mien.models.checkpoint import load
from mien.models.info import INFO_FILE, WEIGHTS_FILE, read_info
from mien.models.shipped import NAMES
from mien.training.databases import open_databases, open_stores
from mien.training.validation import validate

RELIABLE_AUC = 0.80  # below it a presence is little more than a guess
LARGEST_MB = {"model.int8.onnx": 5.0, "all": 12.0}


def ship(run: Path, out: Path) -> None:
    """Fill ``out``; raises ``SystemExit`` when the files are larger than a package should carry."""
    out.mkdir(parents=True, exist_ok=True)
    recipe = parse(Recipe, read_info(run).recipe, str(run))
    shutil.copyfile(run / WEIGHTS_FILE, out / WEIGHTS_FILE)
    info = read_info(run).model_copy(update={"withheld": weak_units(run, recipe)})
    atomic_write(out / INFO_FILE, info.model_dump_json(indent=2).encode())
    print(f"action units that are not reported by default: {', '.join(info.withheld) or 'none'}")
    faces = training_faces(recipe)
    for name, precision in (("default", "fp32"), ("default-int8", "int8")):
        report = export_onnx(out, out / NAMES[name], precision, faces)
        for output in report.outputs:
            agreement = "" if output.agreement is None else f", {output.agreement:.2%} of decisions agree"
            print(f"{precision} {output.output}: largest difference {output.max_error:.1e}{agreement}")
    sizes = {file.name: file.stat().st_size / 1e6 for file in sorted(out.iterdir()) if file.is_file()}
    sizes["all"] = sum(sizes.values())
    for name, size in sizes.items():
        print(f"{name}: {size:.2f} MB")
        if size > LARGEST_MB.get(name, size):
            raise SystemExit(f"{name} is larger than {LARGEST_MB[name]} MB; make the network smaller")


def weak_units(run: Path, recipe: Recipe) -> tuple[str, ...]:
    """Action units whose AUC over the validation faces of all databases together is below ``RELIABLE_AUC``."""
    model, info = load(run)
    databases = open_databases(recipe)
    stores = open_stores(recipe, databases, info.spec.labels)[1]
    torch.set_num_threads(1)
    found = validate(model, recipe, databases, info.spec.labels, stores).found
    weak = []
    for name in info.spec.labels["au"]:
        coded = [(one, one.labels["au"].index(name)) for one in found.values() if name in one.labels.get("au", ())]
        columns = [
            np.concatenate([getattr(one, part)["au"][:, i] for one, i in coded])[:, None]
            for part in ("preds", "target", "mask")
        ]
        if label_auc(*columns)[0] < RELIABLE_AUC:
            weak.append(name)
    return tuple(weak)


def training_faces(recipe: Recipe) -> LabelTable:
    """The pictures of the first database's training rows: what int8 is calibrated on."""
    first = open_databases(recipe)[0]
    rows = first.table.read(["image", "split"])
    kept = rows.filter(pc.equal(rows.column("split"), first.settings.train))
    return LabelTable(kept.select(["image"]), root=first.table.root)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("out", type=Path, help="folder of the shipped network")
    arguments = parser.parse_args()
    ship(arguments.run, arguments.out)
