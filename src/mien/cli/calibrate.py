"""``mien calibrate``: make a trained network as sure as it is right."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.training.calibrate import Report


def calibrate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a trained network.")],
    coverage: Annotated[
        float,
        typer.Option(help="Share of faces whose set of classes is to hold the true one; 0: none.", min=0, max=1),
    ] = 0.9,
    sets: Annotated[str, typer.Option(help="lac (smallest sets) or aps (larger ones where a face is hard).")] = "lac",
    bias: Annotated[
        str | None, typer.Option(help="Weigh the classes for macro_f1 or balanced_accuracy; default: not.")
    ] = None,
    smooth: Annotated[
        str | None, typer.Option(help="Choose the seconds of a gaussian or box over time on clips; default: not.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="Fit on this database of the recipe; default: the first with labels.")
    ] = None,
) -> None:
    """Fit temperature, conformal sets and, on request, class weights and smoothing on a run's validation faces.

    Uses the validation rows of the run's own recipe, never test rows, and writes RUN/model.json; an export beside it
    gets the same record. Whatever reads faces with the network then gives calibrated probabilities.

        mien calibrate runs/demo/joint-seed0

        mien calibrate runs/demo/joint-seed0 --coverage 0.95 --bias macro_f1
    """
    from mien.cli.needs import need_training

    need_training()
    from typing import get_args

    from mien.choose import choose
    from mien.cli.bars import bar
    from mien.errors import MienError
    from mien.export.onnx_file import renew
    from mien.inference.predictor import ONNX_FILE
    from mien.metrics.class_bias import Aim
    from mien.models.postprocess import SetKind
    from mien.training.calibrate import calibrate as fit
    from mien.training.fit_classes import Wanted
    from mien.training.fit_smoothing import Kernel

    choose(dict.fromkeys(get_args(SetKind)), sets, "kind of sets")
    if bias is not None:
        choose(dict.fromkeys(get_args(Aim)), bias, "aim of a class bias")
    if smooth is not None:
        choose(dict.fromkeys(get_args(Kernel)), smooth, "kernel of smoothing")
    if coverage == 1:
        raise MienError("--coverage 1 is held by the set of all classes alone; give less, such as 0.99")
    wanted = Wanted(coverage or None, sets, bias, smooth)  # type: ignore[arg-type]
    report = fit(run, wanted, database, bar)
    _show(report, run)
    exported = run / ONNX_FILE
    if exported.exists() and renew(exported, report.info):
        typer.echo(f"{exported}: the same record; copies of it elsewhere are as they were.")


def _show(report: "Report", run: Path) -> None:
    from mien.cli.tables import print_grid

    for task, database in report.fitted.items():
        if task in report.info.calibration:
            how = report.info.calibration[task]
            rows: list[list[object]] = [["on people it was not fitted on", "value"]]
            rows += [["temperature", how.temperature]]
            rows += [[name, int(value) if name == "faces" else value] for name, value in how.measured.items()]
            rows += [[f"weight of {name}", value] for name, value in how.bias.items()]
            print_grid(f"{run}: {task}, validation faces of {database}", rows)
    for remark in report.remarks:
        typer.echo(f"Note: {remark}")
    done = ", ".join(report.info.calibration) or "nothing"
    typer.echo(f"{run / 'model.json'}: calibrated {done}.")
