"""The README's table beside other tools is what the command wrote down, and its accuracies are counted rightly."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "peers"))
compare = pytest.importorskip("compare")


def test_the_table_in_the_readme_is_of_the_results() -> None:
    readme = (ROOT / "README.md").read_text()
    results = json.loads(compare.RESULTS.read_text())
    assert {"mien", "fer"} <= results.keys()
    assert compare.with_table(readme, compare.table(results)) == readme


def test_a_sequence_counts_once_and_classes_that_a_set_lacks_do_not(tmp_path: Path) -> None:
    """Two sequences of two frames: single frames would give 3 of 4, and neutral would win the second."""
    answers = np.zeros((4, 7), np.float32)
    happy, sad = (compare.SEVEN.index(name) for name in ("happiness", "sadness"))
    answers[0, happy], answers[1, sad], answers[1, happy] = 0.9, 0.5, 0.4
    answers[2:, sad], answers[2:, 0] = 0.4, 0.6
    np.save(tmp_path / "ck.answers.npy", answers)
    truth = ["happiness", "happiness", "sadness", "sadness"]
    np.savez(tmp_path / "ck.npz", truth=truth, people=["a", "a", "b", "b"], groups=["1", "1", "2", "2"])
    found = compare.accuracy(tmp_path, "ck")
    assert found["value"] == 1.0 and found["n"] == 2


def test_a_readme_without_the_marks_is_left_alone() -> None:
    with pytest.raises(SystemExit, match="lacks the lines"):
        compare.with_table("no table here", "| a |")
