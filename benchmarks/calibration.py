"""What temperature, class weights and conformal sets are worth on faces that they were not fitted on.

    python benchmarks/calibration.py RUN --database ferplus

Half of the validation people of the run's own recipe calibrate the network as ``mien calibrate`` does it, the others
measure; then the halves change places, and the numbers are the means of both. Test rows are not touched.
"""

import argparse
from pathlib import Path

from common import machine, write_results

from mien.models.checkpoint import load
from mien.models.postprocess import ClassCalibration
from mien.training.calibrate import ask
from mien.training.fit_classes import Answers, Wanted, fit, measure

WAYS = {
    "temperature, lac 0.9": Wanted(),
    "temperature, aps 0.9": Wanted(sets="aps"),
    "temperature, lac 0.95": Wanted(coverage=0.95),
    "and weights for macro_f1, lac 0.9": Wanted(bias="macro_f1"),
    "and weights for balanced_accuracy, lac 0.9": Wanted(bias="balanced_accuracy"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--task", default="expression")
    parser.add_argument("--database")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/calibration.json"))
    arguments = parser.parse_args()
    model, info = load(arguments.run)
    remarks: list[str] = []
    asked = ask(model, info, arguments.task, arguments.database, remarks)
    if asked is None:
        raise SystemExit(remarks[0])
    database, answers = asked
    rows = [{"way": "as trained", **both(answers, None)}]
    rows += [{"way": way, **both(answers, wanted)} for way, wanted in WAYS.items()]
    for row in rows:
        print(
            "; ".join(f"{name} {value:.4f}" if isinstance(value, float) else str(value) for name, value in row.items())
        )
    about = {"database": database, "task": arguments.task, "weights_sha256": info.weights_sha256}
    write_results(arguments.out, {**about, "faces": len(answers.target), "machine": machine(), "rows": rows})


def both(answers: Answers, wanted: Wanted | None) -> dict[str, float]:
    """The means of what each half measures of the calibration that the other made."""
    halves = answers.halves()
    found = []
    for one, other in (halves, halves[::-1]):
        how = ClassCalibration() if wanted is None else fit(one, wanted, "", [])
        assert how is not None
        found.append(measure(other, how) | {"temperature": how.temperature})
    return {name: sum(numbers[name] for numbers in found) / 2 for name in found[0]}


if __name__ == "__main__":
    main()
