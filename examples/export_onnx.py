"""Export a trained network as one ONNX file and read a face from it, as a deployment without torch does.

    python examples/export_onnx.py

Here the network is trained for a moment on drawn faces. Put your own run's folder in its place.
"""

import sys
from pathlib import Path

import pyarrow as pa

from mien import Analyzer, LabelTable, Recipe, train
from mien.data.synthetic import stills
from mien.export.onnx_file import export_onnx
from mien.images import read_image

HERE = Path(sys.argv[1] if len(sys.argv) > 1 else "example")


def draw_faces() -> LabelTable:
    """A table of drawn people with all labels."""
    table = LabelTable(pa.Table.from_batches(stills(range(15), per_subject=10, size=32, seed=1)))
    split = ["train"] * 100 + ["val"] * 30 + ["test"] * 20
    return table.replace("split", split)


if __name__ == "__main__":
    draw_faces().write(HERE / "faces.parquet")
    recipe = Recipe.model_validate(
        {
            "name": "to-export",
            "data": [
                {"name": "drawn", "path": str(HERE / "faces.parquet"), "tasks": ["expression", "va"]},
            ],
            "preprocessing": {"size": 32},
            "network": {"backbone": "plain_small"},
            "method": {"name": "joint"},
            "training": {"steps": 20, "batch_size": 32, "evaluate_every": 10},
        }
    )
    train(recipe, HERE / "run")

    # Eight-bit integers need faces to set their ranges by: some of those that the network learned from.
    report = export_onnx(HERE / "run", HERE / "small.onnx", "int8", LabelTable(HERE / "faces.parquet"))
    for output in report.outputs:
        print(f"{output.output}: differs by {output.mean_error:.4f} on average, decisions equal: {output.agreement}")

    # From here on nothing needs torch.
    row = LabelTable(HERE / "faces.parquet").read(["image", "expression"]).slice(0, 1).to_pylist()[0]
    analyzer = Analyzer(HERE / "small.onnx")
    print("One network for", {task: len(names) for task, names in analyzer.labels.items()}, "labels.")
    shown = analyzer.crops([read_image(row["image"])])  # for whole photos: .image()
    valence, arousal = shown.va[0]
    print(f"Drawn: {row['expression']}. Read: {shown.top()[0]}, valence {valence:+.2f}, arousal {arousal:+.2f}.")
