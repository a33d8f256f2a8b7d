"""What the page is made of, without a browser: answers, refusals, cards, files that go."""

import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from inference.made import RedDetector, Reddish, faces, scene, write_video
from mien.cli import app
from mien.errors import MienError, VideoError
from mien.images import read_image, write_picture
from mien.inference.analyzer import Analyzer
from mien.inference.job import Options
from mien.inference.video import Frame, read_video
from mien.web import server
from mien.web.cards import card, cards_html, table_html
from mien.web.limits import Limits
from mien.web.live import Live
from mien.web.photo import read_photo
from mien.web.rooms import Rooms
from mien.web.server import serve
from mien.web.video import read_video_file

LIMITS = Limits(upload_mb=1, video_s=2)


@pytest.fixture
def analyzer() -> Analyzer:
    return Analyzer(Reddish().predictor(), detector=RedDetector())


def test_a_photo_is_annotated_and_its_rows_are_those_of_a_table(analyzer: Analyzer, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", scene([(20, 20, 40), (90, 90, 40)]))
    answer = read_photo(analyzer, tmp_path / "a.png", tmp_path / "out", LIMITS)
    assert "a.png: 2 faces" in answer.html and answer.cards.count("<article") == 2
    assert answer.picture is not None and read_image(answer.picture).shape == (160, 160, 3)
    assert [path.name for path in answer.tables] == ["a.csv", "a.parquet", "a.jsonl"]
    expected = analyzer.image(tmp_path / "a.png").to_pandas().assign(path="a.png")
    pd.testing.assert_frame_equal(pd.read_parquet(answer.tables[1]), expected)


def test_a_photo_without_a_face_says_so(analyzer: Analyzer, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", scene([]))
    answer = read_photo(analyzer, tmp_path / "a.png", tmp_path / "out", LIMITS)
    assert "a.png: no faces" in answer.html and "<article" not in answer.cards
    assert pd.read_csv(answer.tables[0])["status"].tolist() == ["no face"]


@pytest.mark.parametrize("name", ["bad.png", "big.png"])
def test_a_bad_photo_is_refused_by_its_own_name(analyzer: Analyzer, tmp_path: Path, name: str) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    (tmp_path / "big.png").write_bytes(bytes(2**20 + 2**19))
    answer = read_photo(analyzer, tmp_path / name, tmp_path / "out", LIMITS)
    assert f">{name}: " in answer.html and str(tmp_path) not in answer.html
    assert answer.picture is None and answer.tables == []


def test_names_of_files_are_text_and_never_markup() -> None:
    assert "<script>" not in table_html(faces(1), "<script>alert(1)</script>.png")


def test_a_video_keeps_its_times_and_gives_a_report(analyzer: Analyzer, tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.3, 0.34]
    video = write_video(tmp_path / "talk.mp4", [scene([(20 + i, 20, 40)]) for i in range(4)], times, sound=True)
    told: list[float] = []
    answer = read_video_file(
        analyzer, video, tmp_path / "out", LIMITS, Options(), lambda share, text: told.append(share)
    )
    assert "talk.mp4: 1 person, 4 faces in 4 frames" in answer.html and answer.html.count("<svg") == 3
    table = pd.read_csv(answer.tables[0])
    assert set(table["path"]) == {"talk.mp4"}
    np.testing.assert_allclose(table["time_s"], times, atol=1e-4)
    assert answer.picture is not None
    np.testing.assert_allclose([frame.time_s for frame in read_video(answer.picture)], times, atol=1e-3)
    assert answer.report is not None and "data:image" in answer.report.read_text(), "its faces are found"
    assert told == sorted(told) and told[-1] == 1.0 and len(told) == 5


def test_a_video_is_refused_when_its_header_says_it_is_too_long(analyzer: Analyzer, tmp_path: Path) -> None:
    video = write_video(tmp_path / "long.mp4", [scene([])] * 3, [0, 1.5, 3])
    answer = read_video_file(analyzer, video, tmp_path / "out", LIMITS, Options())
    assert "long.mp4: longer than the 2 seconds that this page takes" in answer.html and not answer.tables


def test_a_header_that_lies_does_not_help(analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = write_video(tmp_path / "long.mp4", [scene([])] * 3, [0, 1.5, 3])
    monkeypatch.setattr(Limits, "check_video", lambda *_: None)
    answer = read_video_file(analyzer, video, tmp_path / "out", LIMITS, Options())
    assert "longer than the 2 seconds" in answer.html and not answer.tables


def test_a_video_ends_when_nobody_wants_it(analyzer: Analyzer, tmp_path: Path) -> None:
    video = write_video(tmp_path / "talk.mp4", [scene([])] * 8, [i / 8 for i in range(8)])
    asked: list[int] = []

    def wanted() -> bool:
        asked.append(1)
        return len(asked) < 3

    answer = read_video_file(analyzer, video, tmp_path / "out", LIMITS, Options(), wanted=wanted)
    assert "talk.mp4: stopped at" in answer.html and len(asked) == 3


def test_a_broken_video_is_refused_by_its_own_name(analyzer: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    answer = read_video_file(analyzer, tmp_path / "bad.mp4", tmp_path / "out", LIMITS, Options())
    assert ">bad.mp4: cannot read the video" in answer.html and str(tmp_path) not in answer.html


def test_a_video_that_breaks_off_keeps_its_frames_and_says_so(
    analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = write_video(tmp_path / "cut.mp4", [scene([(20, 20, 40)])] * 48, [i / 25 for i in range(48)])

    def cut(path: str) -> Iterator[Frame]:
        yield from islice(read_video(path), 40)
        raise VideoError(f"{path}: broken after 40 frames")

    monkeypatch.setattr("mien.inference.analyzer.read_video", cut)
    answer = read_video_file(analyzer, video, tmp_path / "out", LIMITS, Options())
    assert '"mien-refusal">cut.mp4: broken after 40 frames' in answer.html and "1 person" in answer.html
    *frames, last = pd.read_csv(answer.tables[0])["status"].tolist()
    assert set(frames) == {"ok"} and last == "error: cut.mp4: broken after 40 frames"


def test_a_card_holds_the_faces_own_values() -> None:
    found = faces(2, seed=5)
    second = card(found[1], 1)
    assert [bar.share for bar in second.expressions] == pytest.approx(found.expression[1].tolist())
    strongest = next(bar for bar in second.expressions if bar.strong)
    assert strongest.name == found.top()[1]
    limits = {"AU01": 0.5, "AU12": 0.25}  # the network's own for AU12, see ``made.faces``
    assert {bar.name: bar.strong for bar in second.units} == {
        name: bool(value >= limits[name]) for name, value in zip(found.au_names, found.au[1], strict=True)
    }
    assert second.intensities[0].share == pytest.approx(found.au_intensity[1, 0] / 5)
    assert second.va == pytest.approx(found.va[1].tolist())


def test_more_faces_than_cards_are_counted() -> None:
    assert cards_html(faces(15)).count("<article") == 12 and "3 more faces" in cards_html(faces(15))


def test_a_person_before_the_camera_keeps_number_and_colour(analyzer: Analyzer) -> None:
    live = Live(analyzer)
    first = live.faces(scene([(20, 20, 40), (90, 90, 40)]))
    # The one on the left goes behind the other: sorted by place, the numbers would change.
    second = live.faces(scene([(92, 90, 40)]))
    assert first.track_id.tolist() == [0, 1] and second.track_id.tolist() == [1]
    assert "data:image/jpeg;base64," in live.html(scene([])) and "No face in sight" in live.html(scene([]))


def test_files_go_with_their_page_but_for_a_shared_upload(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path)
    shared, own = tmp_path / "x" / "shared.png", tmp_path / "y" / "own.png"
    for path in (shared, own):
        path.parent.mkdir()
        path.write_bytes(b"1")
    (rooms.new_folder("one", shared) / "a.csv").write_text("1")
    rooms.new_folder("one", own)
    rooms.new_folder("two", shared)
    rooms.close("one")
    assert shared.exists() and not own.parent.exists() and not (tmp_path / "pages" / "one").exists()
    assert not rooms.is_open("one") and rooms.is_open("two")
    rooms.close("two")
    assert not shared.exists()


def test_without_gradio_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: None)
    result = CliRunner().invoke(app, ["web", "x.onnx"])
    assert isinstance(result.exception, MienError)
    assert str(result.exception) == "The page needs gradio, not installed here; type: pip install 'mien[web]'"


def test_a_port_in_use_is_said(analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: object())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MienError, match=rf"Cannot listen on 127.0.0.1, port {port} \(Address already in use\)"):
            serve(analyzer, LIMITS, "127.0.0.1", port, False, print)
    with pytest.raises(MienError, match=r"Cannot listen on 192\.0\.2\.1, port"):
        serve(analyzer, LIMITS, "192.0.2.1", port, False, print)


def test_the_runtime_is_for_the_static_page_alone() -> None:
    result = CliRunner().invoke(app, ["web", "x.onnx", "--runtime", "x.tgz"])
    assert isinstance(result.exception, MienError) and "--static" in str(result.exception)
