"""Train one network from two databases of your own that each label only part of a face.

    python examples/train_on_your_own.py

Here the two databases are drawn: pictures in one folder per expression, and a CSV file with action units. Put your own
folders in their place; the rest stays as it is.
"""

import csv
import sys
from pathlib import Path

from mien import Recipe, load, read_database, train
from mien.data.synthetic import stills

HERE = Path(sys.argv[1] if len(sys.argv) > 1 else "example")


def draw_two_databases() -> None:
    """Pictures as many researchers have them: class folders, and a table of codes beside a folder of pictures."""
    for batch in stills(range(12), per_subject=10, size=64, seed=1, kinds=["prototype"]):
        for number, row in enumerate(batch.to_pylist()):
            split = "val" if row["subject"] in ("s0010", "s0011") else "train"
            save(HERE / "expressions" / split / row["expression"] / f"{row['subject']}-{number}.png", row["image"])
    rows = [row for batch in stills(range(100, 112), per_subject=10, size=64, seed=1) for row in batch.to_pylist()]
    with (HERE / "units.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "subject", "AU04", "AU12", "AU25"])
        for number, row in enumerate(rows):
            save(HERE / "units" / f"{number}.png", row["image"])
            coded = [row["AU04"], "" if number % 3 else row["AU12"], row["AU25"]]  # AU12: on every third face only
            writer.writerow([f"units/{number}.png", row["subject"], *coded])


def save(path: Path, picture: bytes) -> None:
    """Write a picture, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)


if __name__ == "__main__":
    draw_two_databases()
    read_database("folders", HERE / "expressions").write(HERE / "expressions.parquet")
    read_database("csv", HERE / "units.csv").write(HERE / "units.parquet")
    recipe = Recipe.model_validate(
        {
            "name": "mine",
            "data": [
                {"name": "mine-expressions", "path": str(HERE / "expressions.parquet")},
                # This one comes without splits: take them by subject, so that nobody is on two sides.
                {
                    "name": "mine-units",
                    "path": str(HERE / "units.parquet"),
                    "fractions": {"train": 0.7, "val": 0.15, "test": 0.15},
                },
            ],
            "preprocessing": {"size": 32},
            "network": {"backbone": "resnet20"},
            "method": {"name": "sjmt"},
            "training": {"steps": 20, "batch_size": 32, "evaluate_every": 10},
        }
    )
    train(recipe, HERE / "run")
    model, info = load(HERE / "run")
    print("One network for", {task: len(names) for task, names in model.spec.labels.items()}, "labels.")
    print("Scores on validation faces:", {name: round(score, 3) for name, score in info.validation.items()})
