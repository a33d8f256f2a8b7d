"""``mien experiment``: a fair comparison of methods."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.train import Changes, RecipeFile


def experiment(
    recipe: RecipeFile,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder; default: runs/NAME.")] = None,
    change: Changes = [],  # noqa: B006
) -> None:
    """Compare methods: train each with every seed, test all of them, and write a report.

    Methods and seeds stand in the recipe's experiment section. They get the same splits, backbone and number of
    images. What is done is not done again, so a comparison that was cut off goes on with the same command.

        mien experiment recipes/demo.toml

        mien experiment recipes/demo.toml --set 'experiment.seeds=[0, 1, 2]'
    """
    from mien.cli.needs import need_training

    need_training()
    from mien.cli.bars import TrainingBar, bar
    from mien.cli.tables import print_grid
    from mien.config import read_recipe
    from mien.report.page import write_page
    from mien.report.results import au_by_expression_table, differences_table, read_results, scores_table, write_summary
    from mien.training.experiment import run_experiment

    settings = read_recipe(recipe, change)
    folder = out or Path("runs") / settings.name
    run_experiment(settings, folder, TrainingBar(), bar)
    results = read_results(folder)
    print_grid("Scores on test faces [95 % interval]", scores_table(results), flip=True)
    if len(results.methods) > 1:
        print_grid("Differences, paired over seeds", differences_table(results), flip=True)
    for grouped in results.everything["au_by_expression"]:
        if grouped["method"] == "sjmt" and grouped["seed"] == results.seeds[0]:
            title = f"Mean AU probability by predicted expression, SJMT on {grouped['database']} (* fires)"
            print_grid(title, au_by_expression_table(grouped), flip=True)
    typer.echo(f"Done: {', '.join(results.methods)}; seeds {results.seeds}.")
    typer.echo(f"Tables: {write_summary(folder)}. Report: {write_page(folder)}")
