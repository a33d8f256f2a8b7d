"""``mien score`` and ``mien submission`` as a user runs them."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from faces_table import rows
from mien.cli import app
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.labels import EXPRESSIONS
from mien.protocols import PROTOCOLS


def mien(*args: object) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve photos of four people as a truth, and what was said of them but one, and of one that nobody knows."""
    words = [*EXPRESSIONS[:7]] * 2
    names = [f"photos/{i:02d}.png" for i in range(14)]
    table = {"path": names, "expression": words, "subject": [f"s{i % 4}" for i in range(14)], "split": ["test"] * 14}
    LabelTable(pa.table(table)).write(tmp_path / "truth.parquet")
    said = [*words[:12], "fear"]  # of the last, wrong
    probs = {name: np.array([0.9 if word == name else 0.01 for word in said]) for name in EXPRESSIONS}
    faces = rows("p", np.zeros(13), np.zeros(13), 0, probs)
    faces["path"] = [f"/elsewhere/{Path(name).name}" for name in [*names[:12], "99.png"]]
    faces.to_csv(tmp_path / "faces.csv", index=False)
    return tmp_path


def test_without_arguments_it_lists_the_protocols_and_with_one_it_describes_it() -> None:
    listed = mien("score")
    assert listed.exit_code == 0 and all(name in listed.stdout for name in PROTOCOLS)
    described = mien("score", "abaw_mtl").stdout
    assert "## `abaw_mtl`" in described and "a mean over present classes only is wrong" in described


def test_a_score_says_what_it_stands_on(folder: Path) -> None:
    result = mien("score", "rafdb", folder / "faces.csv", "-t", folder / "truth.parquet", "-o", folder / "s.json")
    assert result.exit_code == 0, (result.output, result.exception)
    said = " ".join(result.stdout.split())
    assert "accuracy" in said and "1.000 [1.000, 1.000]" in said
    assert "12 rows scored, joined by file name; intervals over 4 subjects." in said
    assert "2 labelled rows of the truth have no answer and are not scored: photos/12.png, photos/13.png" in said
    assert "1 answers are about nothing in the truth and are not scored: /elsewhere/99.png" in said
    content = json.loads((folder / "s.json").read_text())
    assert content["missing"] == ["photos/12.png", "photos/13.png"] and content["unused"] == ["/elsewhere/99.png"]
    assert content["truth"]["fingerprint"] == LabelTable(folder / "truth.parquet").fingerprint
    assert len(content["answers"]["sha256"]) == len(content["rows_sha256"]) == 64
    assert content["rows_sha256"][:16] in said
    asked = {"splits": ["test"], "where": {}, "thresholds": {}, "first_frame": 0, "draws": 1000}
    assert content["settings"] == asked and content["published"][0]["who"] == "DAN, accuracy"
    (folder / "faces.csv").write_text((folder / "faces.csv").read_text() + "\n")
    again = json.loads(
        mien("score", "rafdb", folder / "faces.csv", "-t", folder / "truth.parquet", "--json", "--draws", 0).stdout
    )
    assert again["answers"]["sha256"] != content["answers"]["sha256"]
    assert again["rows_sha256"] == content["rows_sha256"] and again["scores"][0]["low"] is None


def test_a_submission_of_photos_is_refused_and_nothing_is_written(folder: Path) -> None:
    result = mien("submission", "va", folder / "faces.csv", "-o", folder / "out")
    assert isinstance(result.exception, MienError) and "no column 'valence'" in str(result.exception)
    assert not (folder / "out").exists()


def test_a_submission_can_be_scored(tmp_path: Path) -> None:
    values = {"valence": np.linspace(-1, 1, 5), "arousal": np.linspace(1, -1, 5)}
    rows("v.mp4", np.arange(5), np.arange(5) / 25, 0, values).to_csv(tmp_path / "faces.csv", index=False)
    result = mien("submission", "va", tmp_path / "faces.csv", "-o", tmp_path / "va")
    assert result.exit_code == 0 and "1 files, 5 frames." in result.stdout and "no answer" not in result.stdout
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "v.txt").write_text((tmp_path / "va" / "v.txt").read_text())
    for answers, rule in ((tmp_path / "va", "path"), (tmp_path / "faces.csv", "clip and frame")):
        first = [] if rule == "path" else ["--first-frame", 1]
        found = json.loads(mien("score", "abaw_va", answers, "-t", tmp_path / "truth", "--json", *first).stdout)
        assert (found["joined_by"], found["rows"]) == (rule, 5)
        assert found["scores"][0]["value"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("rafdbb", "faces.csv", "-t", "truth.parquet"), "Unknown protocol 'rafdbb': did you mean 'rafdb'?"),
        (("rafdb", "faces.csv"), "Give the truth that faces.csv is scored against"),
        (("rafdb", "gone.csv", "-t", "truth.parquet"), "no such file; give the file or folder that a tool wrote"),
        (("rafdb", "faces.csv", "-t", "gone.parquet"), "gone.parquet: no such table"),
        (("rafdb", "faces.csv", "-t", "truth.parquet", "--split", "val"), "its splits are test"),
        (("abaw_va", "faces.csv", "-t", "truth.parquet"), "no row with split val; its splits are test"),
        (("abaw_va", "faces.csv", "-t", "truth.parquet", "--split", "all"), "no column valence, arousal"),
        (("rafdb", "faces.csv", "-t", "truth.parquet", "--where", "split"), "expected NAME=VALUE"),
        (("rafdb", "faces.csv", "-t", "truth.parquet", "--threshold", "AU12=high"), "expected a number from 0 to 1"),
    ],
)
def test_errors_are_one_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(folder)
    result = mien("score", *args)
    assert isinstance(result.exception, MienError) and sentence in str(result.exception)
    assert "\n" not in str(result.exception)
