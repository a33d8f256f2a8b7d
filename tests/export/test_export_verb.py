"""``mien export`` as a user meets it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli import app
from mien.errors import MienError
from mien.inference.predictor import load_predictor
from networks import faces, new_run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    new_run(tmp_path / "run", preprocessing={"size": 24})
    faces(16).write(tmp_path / "faces.parquet")
    return tmp_path / "run"


def test_it_writes_where_the_run_is_read_and_says_how_near(run: Path) -> None:
    done = CliRunner().invoke(app, ["export", str(run), "--calibrate", str(run.parent / "faces.parquet")])
    assert done.exit_code == 0, done.exception
    assert "fp32 against the original on 8 faces of" in done.output
    for task in ("expression", "au", "au_intensity", "va", "compound"):
        assert task in done.output
    assert "100.00%" in done.output and "3.4 MB, as trained" in done.output
    assert f"--model {run / 'model.onnx'}" in done.output
    assert load_predictor(run, "cpu").name == str(run / "model.onnx")


def test_a_wrong_precision_is_named_before_any_work(run: Path) -> None:
    done = CliRunner().invoke(app, ["export", str(run), str(run / "small.onnx"), "--precision", "int4"])
    assert isinstance(done.exception, MienError) and "did you mean 'int8'" in str(done.exception)
    assert not (run / "small.onnx").exists()
