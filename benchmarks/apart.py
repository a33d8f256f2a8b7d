"""What a second look, at the mirror image, and an ensemble are worth; the shipped network has neither.

    MIEN_DATA=data python benchmarks/apart.py default runs/ensemble

Each network answers the exams of ``mien evaluate --all`` that have goals, alone and as the mean of its answers to a
face and to that face mirrored. Test faces measure here and choose nothing.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import machine, write_results

from mien.examination import EXAMS
from mien.examination.examine import goal_scores
from mien.examination.measure import answers
from mien.inference.analyzer import Analyzer
from mien.inference.base import FloatArray, Predictor
from mien.inference.predictor import load_predictor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="folders of networks, or 'default'")
    parser.add_argument("--most", type=int, help="about as many rows of each set at most; all without it")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/apart.json"))
    arguments = parser.parse_args()
    rows = []
    for run in arguments.runs:
        for looks, model in (("one look", run), ("two looks", mirrored(run))):
            analyzer = Analyzer(model, all_units=True)
            about = {"network": run, "weights_sha256": analyzer.predictor.info.weights_sha256, "looks": looks}
            rows += [about | reached for reached in goals(analyzer, arguments.most)]
    for row in rows:
        print("{network}, {looks}: {set} {measure} {value:.3f} [{low:.3f}, {high:.3f}]".format(**row))
    write_results(arguments.out, {"machine": machine(), "rows": rows})


def mirrored(run: str) -> Predictor:
    """The network of ``run``, whose answer is the mean of those to the face and to its mirror image."""
    once = load_predictor(run)

    def twice(faces: FloatArray) -> dict[str, FloatArray]:
        one, other = once.run(faces), once.run(np.ascontiguousarray(faces[..., ::-1]))
        return {task: (one[task] + other[task]) * np.float32(0.5) for task in one}

    return replace(once, run=twice)


def goals(analyzer: Analyzer, most: int | None) -> list[dict[str, object]]:
    """What the network reaches of every exam's goals."""
    found: list[dict[str, object]] = []
    for name, exam in EXAMS.items():
        if exam.goals:
            scores = answers(analyzer, exam, os.environ["MIEN_DATA"], most=most).scores(exam.class_auc)
            for goal, score in zip(exam.goals, goal_scores(scores, exam), strict=True):
                found.append({"set": name, "measure": goal, "value": score.value, "low": score.low, "high": score.high})
    return found


if __name__ == "__main__":
    main()
