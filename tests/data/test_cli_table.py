"""The verbs of ``mien table``, run as a user runs them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from mien.cli.table import app
from mien.data.table import LabelTable
from mien.errors import MienError
from tiny_databases import pictures


def mien(*args: object) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A written table of 20 pictures from folders."""
    for n in range(20):
        image = cv2.resize(
            np.random.default_rng(n).integers(0, 255, (8, 8, 3), dtype=np.uint8),
            (32, 32),
            interpolation=cv2.INTER_CUBIC,
        )
        path = tmp_path / "pictures" / ("fear" if n % 2 else "happy") / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    result = mien("read", "folders", tmp_path / "pictures", "--out", tmp_path / "faces.parquet")
    assert result.exit_code == 0, result.output
    assert "20 rows. Next: mien table check" in result.output
    return tmp_path / "faces.parquet"


def test_read_lists_what_it_left_out(tmp_path: Path) -> None:
    out, listed = tmp_path / "out/sfew.parquet", tmp_path / "out/sfew.faults.csv"
    pictures(tmp_path, "Train/Happy/a_1_1.png", "Train/Bored/a_1_2.png", "Train/Bored/a_1_3.png", "Val/Sad/a_1_4.png")
    result = mien("read", "sfew", tmp_path, "--out", out)
    assert result.exit_code == 0, result.output
    assert "unknown class: 1 times, 2 faces left out; first in Train/Bored: no expression is called" in result.output
    assert f"{listed}: all 1 with file and line" in result.output and "2 rows. Next" in result.output
    assert listed.read_text().splitlines() == [
        "kind,file,line,rows,found",
        "unknown class,Train/Bored,,2,no expression is called 'Bored'",
    ]
    assert "2 faces left out for 1 faults (unknown class 1)" in mien("summarise", out).output

    shutil.rmtree(tmp_path / "Train/Bored")
    assert mien("read", "sfew", tmp_path, "--out", out).exit_code == 0
    assert listed.read_text() == "kind,file,line,rows,found\n"  # the old list does not stay


def test_check_of_a_good_table(faces: Path) -> None:
    result = mien("check", faces, "--images")
    assert result.exit_code == 0 and "20 rows, 0 errors, 0 warnings" in result.output


def test_check_exits_1_and_names_row_and_value(faces: Path) -> None:
    bad = faces.with_name("bad.parquet")
    LabelTable(faces).replace("valence", [0.0] * 19 + [3.0]).write(bad)
    result = mien("check", bad)
    assert result.exit_code == 1
    assert "error: out of range in valence, 1 times; expected -1 to 1" in result.output and "row 19: 3" in result.output
    as_json = mien("check", bad, "--json")
    assert as_json.exit_code == 1 and json.loads(as_json.stdout)["faults"][0]["findings"][0]["row"] == 19


def test_summarise(faces: Path) -> None:
    result = mien("summarise", faces)
    assert result.exit_code == 0 and "20 rows" in result.output and "happiness" in result.output
    assert json.loads(mien("summarise", faces, "--json").stdout)["counts"][0]["positive"] == 10


def test_split_then_leaks(faces: Path) -> None:
    out = faces.with_name("split.parquet")
    result = mien("split", faces, "--out", out)
    assert result.exit_code == 0
    assert all(part in result.output for part in ("train 16 rows", "val 2 rows", "test 2 rows"))
    assert "0 exact, 0 near and 0 mirrored pairs" in mien("leaks", out).output
    other = json.loads(mien("leaks", out, faces, "--json").stdout)
    assert other["exact"] == 20


def test_split_by_folds(faces: Path) -> None:
    out = faces.with_name("fold.parquet")
    result = mien("split", faces, "--out", out, "--folds", 5, "--fold", 2, "--val", 0.25)
    assert result.exit_code == 0 and "test 4 rows" in result.output and "val 4 rows" in result.output
    rows = LabelTable(out).read(["split", "fold"]).to_pylist()
    assert {row["split"] for row in rows if row["fold"] == 2} == {"test"}  # what this round tests, and only that
    assert {row["fold"] for row in rows if row["split"] != "test"} == {0, 1, 3, 4}


@pytest.mark.parametrize("wrong", [("--folds", 5), ("--folds", 5, "--fold", 0, "--train", 0.5), ("--train", 0.5)])
def test_split_refuses_options_that_contradict(faces: Path, wrong: tuple[object, ...]) -> None:
    result = mien("split", faces, "--out", faces.with_name("no.parquet"), *wrong)
    assert isinstance(result.exception, MienError)
    assert not faces.with_name("no.parquet").exists()


def test_faults_are_mien_errors(tmp_path: Path) -> None:
    assert isinstance(mien("check", tmp_path / "gone.parquet").exception, MienError)
    assert isinstance(mien("read", "ck84", tmp_path, "--out", tmp_path / "x.parquet").exception, MienError)


def test_databases_lists_every_reader() -> None:
    output = mien("databases").output
    assert "fer2013plus:" in output and "ROOT: ck48.parquet, or the folder that has it" in output


def test_help_of_every_verb_has_an_example() -> None:
    for verb in ("read", "check", "summarise", "split", "leaks"):
        assert f"mien table {verb}" in mien(verb, "--help").output


def test_importing_the_verbs_is_cheap() -> None:
    code = "import sys, mien.cli.table; print([m for m in ('pyarrow', 'pandas', 'cv2', 'torch') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
