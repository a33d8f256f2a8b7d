"""``mien analyze`` as a user meets it: a table, drawn copies, broken files, a break, errors of one sentence."""

import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from inference.made import RedDetector, Reddish, scene, write_video
from mien.cli import analysis, app
from mien.errors import MienError
from mien.files import locked
from mien.images import write_picture
from mien.inference import analyzer as module
from mien.inference import job, pool, shards
from mien.inference.shards import Done, Shard
from mien.inference.video import Frame


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photos, one of them broken, and a video; a network and a detector made for the test."""
    monkeypatch.setattr(module, "load_predictor", lambda *_: Reddish().predictor())
    monkeypatch.setattr(module, "make_detector", lambda *_, **__: RedDetector())
    folder = tmp_path / "study"
    folder.mkdir()
    write_picture(folder / "a.png", scene([(20, 20, 40), (90, 90, 40)]))
    (folder / "b.jpg").write_bytes(b"no picture")
    write_video(
        folder / "c.mp4", [scene([(20 + i, 20, 40)] if i < 6 else []) for i in range(8)], [i / 25 for i in range(8)]
    )
    return folder


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["analyze", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_table_has_a_row_per_face_and_says_why_there_is_none(study: Path, tmp_path: Path) -> None:
    output = run(study, "-o", tmp_path / "faces.csv", "--draw", tmp_path / "drawn")
    table = pd.read_csv(tmp_path / "faces.csv")
    assert table["path"].map(lambda path: Path(path).name).tolist() == ["a.png"] * 2 + ["b.jpg"] + ["c.mp4"] * 8
    assert table["status"].tolist()[:2] == ["ok", "ok"] and "not a picture" in table["status"][2]
    assert table["status"].tolist()[3:] == ["ok"] * 6 + ["no face"] * 2
    assert table["time_s"].tolist()[3:] == pytest.approx([i / 25 for i in range(8)], abs=1e-3)
    assert "8 faces in 9 pictures" in output and "not all: 1." in output and "b.jpg" in output
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["a.png.jpg", "c.mp4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drawn", "faces.csv", "study"], "no part is left"


def test_without_a_file_the_faces_are_shown(study: Path) -> None:
    output = run(study / "a.png")
    assert output.count("happiness 70%") == 2


def test_a_run_that_broke_off_goes_on(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    frames = module.Analyzer.frames

    def cut_off(self: module.Analyzer, source: str, **options: object) -> object:
        looked.append(str(source))
        if len(looked) == 1:
            raise KeyboardInterrupt
        return frames(self, source, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(job.Analyzer, "frames", cut_off)
    with pytest.raises(MienError, match="Stopped after 2 of 3 files; the same command goes on"):
        run(study, "-o", tmp_path / "t.parquet")
    assert not (tmp_path / "t.parquet").exists()
    with pytest.raises(MienError, match="another model or other options"):
        run(study, "-o", tmp_path / "t.parquet", "--every", 2)
    output = run(study, "-o", tmp_path / "t.parquet")
    assert "2 of 3 files are done already" in output
    assert "8 faces in 9 pictures; files that gave nothing or not all: 1." in output, "not of this run alone"
    assert len(pd.read_parquet(tmp_path / "t.parquet")) == 11


def press_ctrl_c_in(monkeypatch: pytest.MonkeyPatch, place: object, name: str, call: int) -> None:
    """Ctrl+C before the work of the n-th call of a function."""
    work, calls = getattr(place, name), []

    def pressed(*arguments: object, **options: object) -> object:
        calls.append(name)
        if len(calls) == call:
            signal.raise_signal(signal.SIGINT)
        return work(*arguments, **options)

    monkeypatch.setattr(place, name, pressed)


@pytest.mark.parametrize(
    ("place", "name", "frames"),
    [
        (pq.ParquetWriter, "write_table", 20),
        (job, "to_arrow", 20),
        (job.Tally, "add", 9),
        (module.Analyzer, "_faces", 8),
    ],
    ids=["while rows are written", "while rows are made", "while a frame is counted", "while a frame is waited for"],
)
def test_ctrl_c_ends_a_camera_session_and_keeps_its_rows(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: object, name: str, frames: int
) -> None:
    """Wherever it hits: rows are written ten at a time, so the second piece is in work when the 20th frame is done."""

    def camera(number: int) -> Iterator[Frame]:
        for i in range(1000):
            yield Frame(i, i / 25, scene([(20, 20, 40)]))

    monkeypatch.setattr(module, "read_webcam", camera)
    monkeypatch.setattr(job, "ROWS_AT_ONCE", 10)
    press_ctrl_c_in(monkeypatch, place, name, 2 if name in ("write_table", "to_arrow") else 9)
    before = signal.getsignal(signal.SIGINT)
    output = run("webcam", study / "a.png", "-o", tmp_path / "t.parquet")
    assert signal.getsignal(signal.SIGINT) is before
    table = pd.read_parquet(tmp_path / "t.parquet")
    session = table[table["path"].isna()]
    assert session["frame"].tolist() == list(range(len(session))), "no row is lost, none is there twice"
    assert frames <= len(session) <= frames + 1 and len(table) == len(session) + 2, "what comes after it goes on"
    assert f"{len(session) + 2} faces in {len(session) + 1} pictures" in output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study", "t.parquet"]


def test_formats_of_other_tools(study: Path, tmp_path: Path) -> None:
    run(study / "c.mp4", "-o", tmp_path / "t.csv", "--format", "openface")
    assert {"face_id", "success", "AU12_c", "AU12_r"} <= set(pd.read_csv(tmp_path / "t.csv").columns)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["gone.jpg"], "gone.jpg: no photo or video there"),
        (["a.png", "-o", "t.xlsx"], "t.xlsx: tables are written as"),
        (["a.png", "--format", "openfce"], "did you mean 'openface'"),
    ],
)
def test_mistakes_are_said_before_the_work(
    study: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], text: str
) -> None:
    monkeypatch.chdir(study)
    with pytest.raises(MienError, match=text):
        run(*arguments)


def test_no_bar_is_left_and_each_counts_its_own(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos after a video must not count its frames, and a bar that is never stopped leaves a hidden cursor."""
    done: dict[str, float] = {}
    made: list[analysis.AnalysisBar] = []

    class Watched(analysis.AnalysisBar):
        def __exit__(self, *reason: object) -> None:
            done.update({task.description: task.completed for task in self._bars.tasks})
            super().__exit__(*reason)
            made.append(self)

    monkeypatch.setattr(analysis, "AnalysisBar", Watched)
    run(study / "c.mp4", study / "a.png")
    assert done == {"photos": 1}
    assert not made[0]._bars.live.is_started and made[0]._bars.tasks == []


@pytest.fixture
def in_one_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The engine without processes, in which the network made for the test would not be there."""

    def one(work: Callable[[Shard], Done], items: Iterable[Shard], workers: int) -> Iterator[Done]:
        yield from map(work, items)

    monkeypatch.setattr(pool, "in_processes", one)
    shards._analyzer.cache_clear()
    yield
    shards._analyzer.cache_clear()


@pytest.mark.usefixtures("in_one_process")
def test_an_engine_gives_the_table_of_one_process(study: Path, tmp_path: Path) -> None:
    run(study, "-o", tmp_path / "one.csv")
    output = run(study, "-o", tmp_path / "many.csv", "--engine", "processes")
    assert (tmp_path / "many.csv").read_text() == (tmp_path / "one.csv").read_text()
    assert "8 faces in 9 pictures; files that gave nothing or not all: 1." in output
    run(study, "-o", tmp_path / "faces", "--engine", "processes", "--workers", 2)
    assert len(pd.read_parquet(tmp_path / "faces")) == 11
    assert sorted(path.name for path in tmp_path.iterdir()) == ["faces", "many.csv", "one.csv", "study"]


@pytest.mark.usefixtures("in_one_process")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["a.png", "--engine", "procs", "-o", "t.csv"], "Unknown engine 'procs'; known: processes, ray"),
        (["a.png", "--engine", "processes"], "--engine writes a table: give -o"),
        (["a.png", "--engine", "processes", "-o", "t.csv", "--draw", "d"], "--engine draws nothing: leave --draw out"),
        (["webcam", "--engine", "processes", "-o", "t.csv"], "--engine reads no camera"),
        (["a.png", "--engine", "processes", "-o", "t", "--format", "fex"], "give -o an ending for --format fex"),
        (["a.png", "--engine", "processes", "-o", "."], "is there already; choose another -o"),
    ],
)
def test_what_an_engine_cannot_do_is_said(
    study: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], text: str
) -> None:
    monkeypatch.chdir(study)
    with pytest.raises(MienError, match=text):
        run(*arguments)


def test_ray_that_is_not_installed_is_said(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.inference.on_ray.find_spec", lambda _: None)
    with pytest.raises(MienError, match=r"type: pip install 'mien\[ray\]'"):
        run(study, "-o", tmp_path / "t.csv", "--engine", "ray")


def test_two_analyses_into_one_table_are_refused(study: Path, tmp_path: Path) -> None:
    with locked(tmp_path / ".t.csv.parts", ""), pytest.raises(MienError, match=r"in use by another run .* another -o"):
        run(study, "-o", tmp_path / "t.csv")
