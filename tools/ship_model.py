"""From a finished run to the network in the package: weights, model.json, and ONNX files in float32 and int8.

    python tools/ship_model.py runs/default src/mien/weights

``make model`` does this after training, and lets ``mien evaluate default --all`` write the card beside them.
"""

import argparse
import shutil
from pathlib import Path

import pyarrow.compute as pc

from mien.config import Recipe, parse
from mien.data.table import LabelTable
from mien.export.onnx_file import export_onnx
from mien.models.info import INFO_FILE, WEIGHTS_FILE, read_info
from mien.models.shipped import NAMES
from mien.training.databases import open_databases

LARGEST_MB = {"model.int8.onnx": 5.0, "all": 12.0}


def ship(run: Path, out: Path) -> None:
    """Fill ``out``; raises ``SystemExit`` when the files are larger than a package should carry."""
    out.mkdir(parents=True, exist_ok=True)
    for file in (WEIGHTS_FILE, INFO_FILE):
        shutil.copyfile(run / file, out / file)
    faces = training_faces(parse(Recipe, read_info(run).recipe, str(run)))
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
