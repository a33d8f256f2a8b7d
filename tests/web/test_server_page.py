"""``mien web`` in a real browser: what a visitor sees, what the tables hold, and what is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from inference.made import write_video
from mien.cli import app
from web.visits import Visit, drawn, free_port

pytestmark = pytest.mark.skipif(find_spec("gradio") is None, reason="the extra web is not installed")

# The server's own promise not to speak with anybody: who is asked for, or connected to, is written down.
WATCHED = """
import socket, sys
from pathlib import Path
home, told = ("127.0.0.1", "::1", "localhost", "0.0.0.0", None), Path(sys.argv.pop(1))
def watch(name, where):
    real = getattr(*name)
    def watched(*arguments, **more):
        host = where(*arguments)
        if (host.decode() if isinstance(host, bytes) else host) not in home:
            told.open("a").write(f"{host}\\n")
            raise OSError("no network")
        return real(*arguments, **more)
    setattr(*name, watched)
watch((socket, "getaddrinfo"), lambda host, *_: host)
watch((socket.socket, "connect"), lambda self, to: to[0] if isinstance(to, tuple) else None)
from mien.cli import main
main()
"""


class Server:
    """``mien web`` in a process of its own; its temporary files lie in ``temp``."""

    def __init__(self, folder: Path, model: Path, port: int) -> None:
        self.temp, self.told, self.address = folder / "temp", folder / "told.txt", f"http://127.0.0.1:{port}/"
        self.temp.mkdir()
        options = ["--no-open", "--port", port, "--threads", 1, "--upload-mb", 1, "--video-s", 6]
        self._log = folder / "log.txt"
        command = [sys.executable, "-c", WATCHED, self.told, "web", model, *map(str, options)]
        quiet = {name: value for name, value in os.environ.items() if name != "CI"}  # CI switches some reports off
        with self._log.open("w") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=log, env=quiet | {"TMPDIR": str(self.temp)})

    def log(self) -> str:
        """All that it said so far."""
        return self._log.read_text()

    def wait(self) -> None:
        """Until it says where the page is."""
        until(lambda: "The page is at" in self.log() or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.log()

    def stop(self) -> int:
        """Press Ctrl+C."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)

    def files(self) -> list[Path]:
        """What visitors left, without the empty files of Gradio's own."""
        return [path for path in self.temp.rglob("*") if path.is_file() and path.stat().st_size]


def until(done: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.1)


@pytest.fixture(scope="module")
def server(network: Path, chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"), network, free_port())
    running.wait()
    yield running
    running.stop()
    assert not running.told.exists(), f"the server asked for {running.told.read_text()}"


@pytest.fixture
def visit(server: Server, chromium: Any) -> Iterator[Visit]:
    with Visit(chromium, server.address) as visit:
        yield visit
        assert visit.asked == []


def upload(visit: Visit, path: Path, place: str = "photo") -> None:
    visit.page.locator(f"#{place} input[type=file]").set_input_files(path)


def open_tab(visit: Visit, name: str) -> None:
    visit.page.get_by_role("tab", name=name).click()


def test_a_photo_gives_boxes_bars_and_the_table_of_analyze(
    visit: Visit, network: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(visit, photos / "two.png")
    cards = visit.page.locator(".mien-card")
    cards.first.wait_for()
    assert cards.count() == 2
    visit.page.get_by_text("two.png: 2 faces").wait_for()
    picture = visit.page.locator(".mien-result img").first
    picture.wait_for()
    assert "annotated" in str(picture.get_attribute("src"))
    monkeypatch.chdir(photos)  # so that both call the picture by the same name
    for button, ending in (("Table (CSV)", "csv"), ("Table (JSON lines)", "jsonl"), ("Table (Parquet)", "parquet")):
        ours = tmp_path / f"analyze.{ending}"
        done = CliRunner().invoke(app, ["analyze", "two.png", "-o", str(ours), "-m", str(network), "--threads", "1"])
        assert done.exit_code == 0, done.output
        theirs = visit.download(button, tmp_path)
        assert theirs.name == f"two.{ending}"
        if ending == "parquet":
            pd.testing.assert_frame_equal(pd.read_parquet(theirs), pd.read_parquet(ours))
        else:
            assert theirs.read_text() == ours.read_text()
    values = pd.read_csv(tmp_path / "analyze.csv").loc[0]
    shown = cards.first.locator(".mien-bars > div").filter(has_text="happiness").first.inner_text().split()
    assert shown[-1] == f"{values['happiness']:.0%}"
    strong = cards.first.locator(".mien-strong dt").first.inner_text().strip()
    assert strong == values["expression"]


def test_a_bad_file_is_one_sentence_on_the_page(visit: Visit, server: Server, photos: Path, tmp_path: Path) -> None:
    upload(visit, photos / "bad.png")
    refusal = visit.page.locator(".mien-refusal")
    refusal.wait_for()
    said = refusal.inner_text()
    assert said == "bad.png: not a picture of a known format; expected JPEG, PNG, WebP, BMP or TIFF"
    assert visit.page.locator(".mien-card").count() == 0
    assert "Traceback" not in server.log()


def test_a_file_above_the_limit_is_refused(visit: Visit, server: Server, tmp_path: Path) -> None:
    (tmp_path / "big.png").write_bytes(bytes(1_100_000))
    upload(visit, tmp_path / "big.png")
    visit.page.get_by_text("exceed the maximum allowed size").first.wait_for()
    assert not any(path.name == "big.png" for path in server.files())


def test_a_video_gives_time_lines_an_annotated_copy_and_a_table(visit: Visit, tmp_path: Path) -> None:
    open_tab(visit, "Video")
    times = [0.0, 0.1, 0.2, 0.5, 0.6, 0.7, 0.9, 1.0]  # uneven: the source's own timing
    person = [drawn(4, 160, AU12=4.0 * time) for time in times]
    upload(visit, write_video(tmp_path / "talk.mp4", person, times), "video")
    visit.page.locator("#video .file-preview").wait_for()
    visit.page.get_by_role("button", name="Read the video").click()
    visit.page.locator(".mien-plot").first.wait_for(timeout=60_000)
    visit.page.get_by_text("talk.mp4: 1 person, 8 faces in 8 frames").wait_for()
    assert visit.page.locator(".mien-plot svg").count() == 3, "expressions, action units, valence and arousal"
    table = pd.read_csv(visit.download("Table (CSV)", tmp_path))
    assert set(table["path"]) == {"talk.mp4"} and set(table["status"]) == {"ok"}
    np.testing.assert_allclose(table["time_s"], times, atol=1e-3)
    assert "Person 1" in visit.download("Report (HTML)", tmp_path).read_text()
    video = visit.page.locator("video:visible")
    visit.page.wait_for_function("() => document.querySelector('video')?.readyState >= 1")
    assert 1.0 <= float(video.evaluate("v => v.duration")) < 1.2 and video.evaluate("v => v.videoWidth") == 160


def test_a_video_above_the_limit_and_a_broken_one_are_refused(visit: Visit, tmp_path: Path) -> None:
    open_tab(visit, "Video")
    visit.page.get_by_role("button", name="Read the video").click()
    visit.page.get_by_text("Choose a video first.").wait_for()
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    long = write_video(tmp_path / "long.mp4", [np.zeros((64, 64, 3), np.uint8)] * 4, [0, 3, 6, 9])
    for path, sentence in (
        (long, "longer than the 6 seconds that this page takes"),
        (tmp_path / "broken.mp4", "cannot read the video"),
    ):
        upload(visit, path, "video")
        visit.page.locator("#video .file-preview").wait_for()
        visit.page.get_by_role("button", name="Read the video").click()
        refusal = visit.page.locator(".mien-refusal", has_text=sentence)
        refusal.wait_for()
        assert refusal.inner_text().startswith(f"{path.name}: ")
        visit.page.locator("#video").get_by_label("Clear").click()
        visit.page.locator("#video").get_by_text("Drop File Here").wait_for()


def test_the_camera_shows_who_is_there(visit: Visit, server: Server) -> None:
    open_tab(visit, "Webcam")
    visit.page.get_by_text("Click to Access Webcam").click()
    visit.page.get_by_text("Record", exact=True).first.click()
    visit.page.locator(".mien-live .mien-card").first.wait_for(timeout=20_000)
    assert visit.page.locator(".mien-live img").get_attribute("src").startswith("data:image/jpeg")
    assert [path for path in server.files() if path.suffix in (".jpg", ".jpeg", ".webp", ".png")] == []


def test_an_example_is_read_and_the_notice_is_there(visit: Visit) -> None:
    notice = visit.page.locator(".mien-notice")
    notice.wait_for()
    notice.locator("summary").click()
    assert "AI Act, Article 5(1)(f)" in notice.inner_text() and "not a felt emotion" in notice.inner_text()
    open_tab(visit, "Examples")
    visit.page.locator(".mien-gallery button").nth(1).click()
    visit.page.get_by_text("group.jpg: 4 faces").wait_for()


def test_it_fits_a_phone(server: Server, chromium: Any, photos: Path) -> None:
    with Visit(chromium, server.address, viewport={"width": 390, "height": 800}) as visit:
        upload(visit, photos / "two.png")
        visit.page.locator(".mien-table").wait_for()
        assert visit.page.evaluate("() => document.documentElement.scrollWidth") == 390


def test_files_go_when_their_page_closes(server: Server, chromium: Any, photos: Path) -> None:
    until(lambda: not server.files(), 10)  # other tests' pages
    with Visit(chromium, server.address) as visit:
        upload(visit, photos / "two.png")
        visit.page.locator(".mien-card").first.wait_for()
        assert {"two.png", "two-annotated.jpg", "two.csv"} <= {path.name for path in server.files()}
    until(lambda: not server.files(), 10)
    assert server.files() == []


def test_ctrl_c_ends_it_cleanly(network: Path, tmp_path: Path) -> None:
    running = Server(tmp_path, network, free_port())
    running.wait()
    assert any(running.temp.iterdir())
    assert running.stop() == 0
    assert running.log().splitlines()[1:] == ["Ended; uploaded files are deleted."]
    assert list(running.temp.iterdir()) == []
