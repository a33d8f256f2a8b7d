"""``mien export``: one file that runs without torch."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a trained network.")],
    out: Annotated[
        Path | None,
        typer.Argument(metavar="OUT.onnx", help="File to write; default: RUN/model.onnx, where RUN is then read."),
    ] = None,
    precision: Annotated[
        str, typer.Option(help="fp32, fp16 (for GPUs) or int8 (for plain networks on a CPU).")
    ] = "fp32",
    calibrate: Annotated[
        Path | None,
        typer.Option(metavar="TABLE", help="A label table with faces like those to come; default: drawn faces."),
    ] = None,
) -> None:
    """Write a trained network as one ONNX file, and show how near it stays to the original.

    The file takes faces and gives probabilities, intensities and valence/arousal; labels, crop and history travel
    inside. Half of TABLE's faces set the ranges of int8, every precision is compared on the other half.

        mien export runs/demo/sjmt-seed0

        mien export runs/demo/sjmt-seed0 small.onnx --precision int8 --calibrate demo/A.parquet
    """
    from mien.cli.needs import need_training

    need_training()
    from mien.choose import choose
    from mien.cli.tables import print_grid
    from mien.data.table import LabelTable
    from mien.export.onnx_file import PRECISIONS, export_onnx
    from mien.inference.predictor import ONNX_FILE

    choose(PRECISIONS, precision, "precision")
    path = out or run / ONNX_FILE
    report = export_onnx(run, path, precision, calibrate and LabelTable(calibrate))  # type: ignore[arg-type]
    rows: list[list[object]] = [["output", "mean difference", "largest", "equal decisions"]]
    for o in report.outputs:
        agreement = None if o.agreement is None else f"{o.agreement:.2%}"
        rows.append([o.output, f"{o.mean_error:.1e}", f"{o.max_error:.1e}", agreement])
    print_grid(f"{precision} against the original on {report.faces} faces of {report.source}", rows)
    typer.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {PRECISIONS[precision]}.")
    typer.echo(f"Next: mien analyze photo.jpg --model {path}")
