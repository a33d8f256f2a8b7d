"""``mien generate`` and ``mien judge`` at the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from generation.makers import new_gan
from mien.cli import app
from mien.data.synthetic.databases import Drawing, write_databases
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.generation.sheet import GAP, LEAST_SIDE
from mien.images import read_image, write_picture

STEP = LEAST_SIDE + GAP


@pytest.fixture(scope="module")
def gan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_gan(tmp_path_factory.mktemp("gan"))


def run(*args: object) -> str:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_grid_a_strip_and_a_table(gan: Path, tmp_path: Path) -> None:
    run("generate", gan, "--expression", "fear", "--au", "AU12=4", "--n", 10, "-o", tmp_path / "grid.png")
    assert read_image(tmp_path / "grid.png").shape == (2 * STEP + GAP, 8 * STEP + GAP, 3)
    run("generate", gan, "--au", "AU12=0..5", "--valence", "-0.5", "--n", 3, "-o", tmp_path / "strip.png")
    strip = read_image(tmp_path / "strip.png")
    assert strip.shape == (4 * STEP + GAP, 3 * STEP + GAP, 3)
    run("generate", gan, "--au", "AU12=0..5", "--n", 3, "-o", tmp_path / "strip.webp")
    assert (tmp_path / "strip.webp").read_bytes()[:4] == b"RIFF"
    said = run("generate", gan, "--expression", "fear", "--n", 6, "-o", tmp_path / "fear.parquet")
    assert "6 generated faces" in said and len(LabelTable(tmp_path / "fear.parquet")) == 6
    run("generate", gan, "--table", tmp_path / "fear.parquet", "-o", tmp_path / "again.parquet")
    assert len(LabelTable(tmp_path / "again.parquet")) == 6


def test_the_face_of_a_photo(gan: Path, tmp_path: Path) -> None:
    write_databases(tmp_path, {"drawn": ["va"]}, Drawing(subjects=3, per_subject=1, size=128))
    face = read_image(LabelTable(tmp_path / "drawn.parquet").read(["image"]).column("image")[0].as_py())
    write_picture(tmp_path / "photo.png", np.pad(face, ((40, 40), (40, 40), (0, 0)), constant_values=200))
    run("generate", gan, "--from", tmp_path / "photo.png", "--au", "AU12=0..5", "--n", 3, "-o", tmp_path / "edit.png")
    assert read_image(tmp_path / "edit.png").shape[1] == 4 * STEP + GAP  # the face itself comes first
    write_picture(tmp_path / "empty.png", np.full((200, 200, 3), 128, np.uint8))
    with pytest.raises(MienError, match=r"empty\.png: no face was found"):
        run("generate", gan, "--from", tmp_path / "empty.png", "-o", tmp_path / "edit.png")


def test_what_does_not_fit_is_said(gan: Path, tmp_path: Path) -> None:
    with pytest.raises(MienError, match="expected for example AU12=4"):
        run("generate", gan, "--au", "AU12", "-o", tmp_path / "a.png")
    with pytest.raises(MienError, match=r"give --out a name that ends in \.parquet"):
        run("generate", gan, "--table", tmp_path / "a.parquet", "-o", tmp_path / "a.png")


def test_a_judge_reads_generated_and_real_faces(gan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    drawing = Drawing(subjects=40, per_subject=15, size=48)
    write_databases(tmp_path, {"drawn": ["expression", "au", "va"]}, drawing)
    table = tmp_path / "drawn.parquet"
    judged = run("judge", gan, table, "--most", 50, "--json", "--pairs", tmp_path / "pairs.png")
    found = json.loads(judged)
    named = {(s["task"], s["metric"]) for s in found["made"] if s["label"] == ""}
    assert {("expression", "accuracy"), ("au", "f1"), ("va", "ccc")} <= named
    like = found["likeness"]
    assert like["faces"] == 50 and like["frechet"] > like["frechet_floor"]  # random weights make no faces
    assert read_image(tmp_path / "pairs.png").shape[0] == 2 * STEP + GAP
    assert "Frechet distance" in run("judge", gan, table, "--most", 50)
    changed = json.loads(run("judge", gan, table, "--most", 50, "--edited", "--json"))
    assert changed["made"] != found["made"] and found["kept"] is None
    assert changed["kept"] > 0.9  # a new editor's mask hardly lets its own colours through; one in 50 by chance
    assert "are still nearest" in run("judge", gan, table, "--most", 50, "--edited")
    with pytest.raises(MienError, match="is the discriminator that"):
        run("judge", gan, table, "--by", gan)
    with pytest.raises(MienError, match="no row with split = nowhere"):
        run("judge", gan, table, "--split", "nowhere")


def test_a_judge_passes_over_rows_that_nobody_labelled(
    gan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_databases(tmp_path, {"drawn": ["expression"]}, Drawing(subjects=40, per_subject=15, size=48))
    drawn = LabelTable(tmp_path / "drawn.parquet")
    known = drawn.read(["expression"]).column("expression").to_pylist()
    drawn.replace("expression", [name if i % 3 else None for i, name in enumerate(known)]).write(
        tmp_path / "part.parquet"
    )
    found = json.loads(run("judge", gan, tmp_path / "part.parquet", "--most", 60, "--json"))
    scored = {s["n"] for s in found["made"] if s["metric"] == "accuracy"}
    assert found["likeness"]["faces"] == 60 and max(scored) < 60
