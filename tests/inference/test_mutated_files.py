"""Damaged files by the hundred: each is a picture, a video or one sentence; never a crash, never growing memory."""

import resource
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from inference.made import scene, write_video
from mien.errors import ImageError, VideoError
from mien.images import read_image
from mien.inference.video import read_video

IMAGES, VIDEOS = 1000, 200
GROWTH_KIB = 64 * 1024  # of the process over the second half of the files; a leak of one picture a file is far more


def mutated(whole: bytes, rng: np.random.Generator) -> bytes:
    """Some bytes changed, and every third file cut short or with a piece missing."""
    data = bytearray(whole)
    for place in rng.integers(0, len(data), rng.integers(1, 40)):
        data[place] = rng.integers(256)
    kind = rng.integers(3)
    if kind == 0:
        return bytes(data[: rng.integers(len(data))])
    if kind == 1:
        start = rng.integers(len(data))
        del data[start : start + rng.integers(1, 200)]
    return bytes(data)


def encoded_pictures() -> list[bytes]:
    picture = PilImage.fromarray(np.random.default_rng(0).integers(0, 255, (96, 128, 3), np.uint8))
    out = []
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"):
        file = BytesIO()
        picture.save(file, kind)
        out.append(file.getvalue())
    return out


@pytest.fixture
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The decoders' own complaints on stderr are theirs."""
    yield
    capfd.readouterr()


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.filterwarnings("ignore:::PIL")
def test_mutated_pictures(quiet: None) -> None:
    rng, kinds = np.random.default_rng(1), encoded_pictures()
    read = refused = half = 0
    for i in range(IMAGES):
        if i == IMAGES // 2:
            half = peak_kib()
        try:
            image = read_image(mutated(kinds[i % len(kinds)], rng), f"file {i}")
        except ImageError as error:
            assert str(error).startswith(f"file {i}: ") and "\n" not in str(error)
            refused += 1
        else:
            assert image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8
            read += 1
    assert read > IMAGES // 10 and refused > IMAGES // 10, (read, refused)
    assert peak_kib() - half < GROWTH_KIB


def test_mutated_videos(tmp_path: Path, quiet: None) -> None:
    rng = np.random.default_rng(2)
    images = [scene([(10 + 3 * i, 40, 40)]) for i in range(10)]
    kinds = [
        write_video(tmp_path / f"whole{ending}", images, [i / 25 for i in range(10)]).read_bytes()
        for ending in (".mp4", ".mkv", ".avi")
    ]
    path, whole, refused, half = tmp_path / "mutated.mp4", 0, 0, 0
    for i in range(VIDEOS):
        if i == VIDEOS // 2:
            half = peak_kib()
        path.write_bytes(mutated(kinds[i % len(kinds)], rng))
        try:
            times = [frame.time_s for frame in read_video(path)]
        except VideoError as error:
            assert "mutated.mp4" in str(error) and "\n" not in str(error)
            refused += 1
        else:
            assert times == sorted(times)
            whole += 1
    assert whole > VIDEOS // 10 and refused > VIDEOS // 10, (whole, refused)
    assert peak_kib() - half < GROWTH_KIB
