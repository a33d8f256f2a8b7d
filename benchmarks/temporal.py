"""Models of clips against their own frame network on the test people of their recipe: same features, same rows.

    python benchmarks/temporal.py bigru=runs/a-seed0,runs/a-seed1 alone=runs/b-seed0 [--by COLUMN] [--out results.json]

Each NAME=RUN,RUN is one model trained with several seeds, whose scores are averaged; all stand on one frame network.
Beside them stand that network itself, and its answers smoothed in each clip by a Gaussian whose width is chosen on
validation people. Thresholds of action units are chosen on validation people, for each of them alike. Differences come
with 95 % intervals by a paired bootstrap over people (or over the values of another column). Nothing is chosen on test
rows.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
from common import machine, write_results

from mien.config import Recipe, parse
from mien.data.clips import clips_of
from mien.data.prepare import prepare
from mien.data.table import LabelTable
from mien.metrics.intervals import bootstrap
from mien.metrics.scorers import make_scorer
from mien.metrics.thresholds import best_f1_thresholds
from mien.models.checkpoint import load_any
from mien.models.temporal.clip_model import ClipModel
from mien.smoothing import smooth
from mien.training.databases import OpenDatabase, open_databases
from mien.training.evaluate import Predictions, main_scores, predictions_on

WIDTHS = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)  # standard deviations in frames
METRICS = {
    "expression": ("macro_f1", "accuracy"),
    "compound": ("macro_f1",),
    "au": ("f1", "auc"),
    "au_intensity": ("pcc",),
    "va": ("ccc",),
}
Statistic = Callable[[np.ndarray], np.ndarray]
System = list[tuple[Predictions, Predictions]]  # per seed: validation, test


def main() -> None:
    """Read the command line, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="NAME=RUN,RUN")
    parser.add_argument("--by", default="subject", help="column whose values are resampled")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "temporal.json")
    args = parser.parse_args()
    groups = {name: runs.split(",") for name, _, runs in (text.partition("=") for text in args.models)}
    loaded = {name: [load_any(run) for run in runs] for name, runs in groups.items()}
    _, info = next(iter(loaded.values()))[0]
    recipe = parse(Recipe, info.recipe, "model.json")
    results: dict[str, object] = {"machine": machine(), "runs": groups, "by": args.by}
    for database in open_databases(recipe):
        systems, width = answered(database, recipe, {n: [model for model, _ in found] for n, found in loaded.items()})
        test = systems["frames"][0][1]
        people = database.table.read([args.by]).column(0).take(test.rows).to_pylist()
        print(
            f"\n{database.settings.name}, {database.settings.test}: {len(test.rows)} frames, {len(set(people))} values "
            f"of {args.by}; smoothed over {width:g} frames\n"
        )
        results[database.settings.name] = {"smoothed_over": width, "scores": compared(systems, people, args.draws)}
    write_results(args.out, results)


def answered(
    database: OpenDatabase, recipe: Recipe, models: Mapping[str, Sequence[ClipModel]]
) -> tuple[dict[str, System], float]:
    """What every system says of validation and test people, thresholds from the former; and the smoothing width."""
    first = next(iter(models.values()))[0]
    splits = [database.faces(recipe, first.spec.labels, s) for s in (database.settings.val, database.settings.test)]
    stores = [prepare(faces) for faces in splits]

    def asked(model: ClipModel) -> list[Predictions]:
        return [predictions_on(model, model.spec, faces, store=s) for faces, s in zip(splits, stores, strict=True)]

    network = first.frames
    frames = [predictions_on(network, network.spec, faces, store=s) for faces, s in zip(splits, stores, strict=True)]
    best = max(WIDTHS, key=lambda width: overall(smoothed(frames[0], database.table, width)))
    calmer = [smoothed(found, database.table, best) for found in frames]
    systems = {"frames": [frames], "smoothed": [calmer]}
    systems |= {name: [asked(model) for model in group] for name, group in models.items()}
    return {name: [with_thresholds(val, test) for val, test in group] for name, group in systems.items()}, best


def smoothed(found: Predictions, table: LabelTable, width: float) -> Predictions:
    """The same answers, each clip's smoothed over time by a Gaussian of ``width`` frames."""
    preds = {task: values.copy() for task, values in found.preds.items()}
    for clip in clips_of(table, found.rows):
        for values in preds.values():
            for column in range(values.shape[1]):
                values[clip, column] = smooth(values[clip, column], np.arange(len(clip)), width)
    return replace(found, preds=preds)


def overall(found: Predictions) -> float:
    """Mean of the tasks' main scores, by which checkpoints are chosen, too."""
    return fmean(main_scores(found.score(draws=0)).values())


def with_thresholds(val: Predictions, test: Predictions) -> tuple[Predictions, Predictions]:
    """Both with the thresholds that are best on validation rows."""
    limits = best_f1_thresholds(val.preds["au"], val.target["au"], val.mask["au"])
    return replace(val, thresholds=limits), replace(test, thresholds=limits)


def compared(systems: Mapping[str, System], people: Sequence[str], draws: int) -> list[dict[str, object]]:
    """Print a row per score, and return the rows."""
    names = list(systems)
    pairs = [(names[2], other) for other in names if other != names[2]]  # the first model against everything else
    print("| score | " + " | ".join([*names, *(f"{a} - {b}" for a, b in pairs)]) + " |")
    print("|---" * (1 + len(names) + len(pairs)) + "|")
    records: list[dict[str, object]] = []
    first = systems["frames"][0][1]
    for task, metrics in METRICS.items():
        if task not in first.labels:
            continue
        known = first.mask[task] if first.mask[task].ndim == 1 else first.mask[task].any(axis=1)
        clusters = [person for person, keep in zip(people, known, strict=True) if keep]
        values = {name: scored([test for _, test in group], task, known) for name, group in systems.items()}

        def differences(weights: np.ndarray, values: Mapping[str, Statistic] = values) -> np.ndarray:
            now = {name: of(weights) for name, of in values.items()}
            return np.stack([now[a] - now[b] for a, b in pairs])  # (pairs, metrics)

        found = bootstrap(differences, clusters, draws)
        scores = {name: of(np.ones(len(clusters))) for name, of in values.items()}
        for i, metric in enumerate(metrics):
            ends = [
                [float(part[pair, i]) for part in (found.value, found.low, found.high)] for pair in range(len(pairs))
            ]
            shown = [f"{score[i]:.3f}" for score in scores.values()] + [interval(*one) for one in ends]
            print(f"| {task} {metric.replace('_', ' ')} | " + " | ".join(shown) + " |", flush=True)
            named = {f"{a} - {b}": one for (a, b), one in zip(pairs, ends, strict=True)}
            of_metric = {name: float(score[i]) for name, score in scores.items()}
            records.append({"task": task, "metric": metric, "scores": of_metric, "differences": named})
    return records


def scored(seeds: Sequence[Predictions], task: str, known: np.ndarray) -> Statistic:
    """From row weights to the mean over seeds of the task's ``METRICS``."""
    scorers = [
        make_scorer(
            task,
            found.labels[task],
            found.preds[task][known].astype(np.float64),
            found.target[task][known].astype(np.float64),
            found.mask[task][known],
            found.thresholds,
        )
        for found in seeds
    ]
    places = [scorers[0].names.index((metric, "")) for metric in METRICS[task]]
    return lambda weights: np.mean([scorer.values(weights)[places] for scorer in scorers], axis=0)


def interval(value: float, low: float, high: float) -> str:
    """A difference with its interval."""
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


if __name__ == "__main__":
    main()
