"""``mien train``: one run of a recipe."""

from pathlib import Path
from typing import Annotated

import typer

RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML recipe, such as those in recipes/.")]
Changes = Annotated[
    list[str], typer.Option("--set", help="Replace a setting: section.key=value, such as training.steps=50. Repeat it.")
]


def train(
    recipe: RecipeFile,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the run; default: runs/NAME-METHOD-seedN.")
    ] = None,
    change: Changes = [],  # noqa: B006
) -> None:
    """Train one network from databases that each label part of a face.

    A run that was cut off goes on where it stood when the same command is given again.

        mien train recipes/demo.toml --set method.name=joint --set seed=1

        torchrun --nproc-per-node 2 -m mien.cli train recipes/demo.toml     (several GPUs; see docs/scale.md)
    """
    from mien.cli.needs import need_training

    need_training()
    from accelerate import PartialState

    from mien.cli.bars import TrainingBar, bar
    from mien.config import read_recipe
    from mien.training.stages import train as run

    settings = read_recipe(recipe, change)
    folder = out or Path("runs") / f"{settings.name}-{settings.method['name']}-seed{settings.seed}"
    run(settings, folder, TrainingBar(), bar)
    processes = PartialState()
    if processes.is_main_process:
        typer.echo(f"{folder}: trained. Next: mien evaluate {folder} TABLE --split test")
        if settings.method["name"] == "gan":
            typer.echo("Its faces: mien generate --help")
    processes.destroy_process_group()
