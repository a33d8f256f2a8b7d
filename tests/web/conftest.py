"""A network, drawn photos, and a browser for the tests of the pages."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from mien.images import write_picture
from mien.preprocessing import Preprocessing
from web.visits import drawn, write_network

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with every task, which cuts aligned grey faces: one random layer, as ``mien export`` writes it."""
    path = tmp_path_factory.mktemp("network") / "model.onnx"
    write_network(path, Preprocessing(size=24, align=True))
    return path


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """two.png shows two drawn people, one small and one large; none.png nobody; bad.png is no picture."""
    folder = tmp_path_factory.mktemp("photos")
    scene = np.full((300, 480, 3), 170, np.uint8)
    scene[10:266, 200:456] = drawn(4, 256, AU12=4.0, AU25=3.0)
    scene[40:150, 30:140] = drawn(1, 110, AU01=3.0, AU02=3.0)
    write_picture(folder / "two.png", scene)
    write_picture(folder / "none.png", np.full((120, 160, 3), 120, np.uint8))
    (folder / "bad.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless browser whose camera shows a drawn person."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    camera = tmp_path_factory.mktemp("camera") / "person.mjpeg"
    _write_camera(camera)
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", *fake, f"--use-file-for-fake-video-capture={camera}"]
        )
        yield browser
        browser.close()


def _write_camera(path: Path) -> None:
    picture = cv2.copyMakeBorder(drawn(6, 256, AU12=4.0), 32, 32, 64, 64, cv2.BORDER_REPLICATE)
    with av.open(str(path), "w", format="mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuvj420p"
        for _ in range(10):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture.astype(np.uint8), format="rgb24")))
        out.mux(stream.encode())
