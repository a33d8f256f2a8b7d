"""Frames with the container's own times; broken and odd files as one sentence."""

import errno
import os
from pathlib import Path

import av
import numpy as np
import pytest

from inference.made import write_video
from mien.errors import VideoError
from mien.inference.video import read_video, read_webcam, video_info

UNEVEN = [0.0, 0.04, 0.1, 0.33, 0.34, 1.0]


def flat(level: int, height: int = 48, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "uneven.mp4"
    return write_video(path, [flat(40 * i) for i in range(6)], UNEVEN)


def test_times_are_the_container_s_to_a_millisecond(uneven: Path) -> None:
    frames = list(read_video(uneven))
    assert [frame.index for frame in frames] == list(range(6))
    assert [frame.time_s for frame in frames] == pytest.approx(UNEVEN, abs=1e-3)
    even = np.arange(6) / float(av.open(str(uneven)).streams.video[0].average_rate)
    assert np.abs(even - UNEVEN).max() > 0.1, "index / rate would be wrong here"


def test_pictures_are_upright_rgb(uneven: Path, tmp_path: Path) -> None:
    for i, frame in enumerate(read_video(uneven)):
        assert frame.image.shape == (48, 64, 3) and frame.image.dtype == np.uint8
        assert np.abs(frame.image.astype(int) - 40 * i).max() < 12
    red = flat(0)
    red[..., 0] = 255
    (frame,) = read_video(write_video(tmp_path / "red.mp4", [red], [0.0]))
    assert frame.image[..., 0].mean() > 200 > 60 > frame.image[..., 2].mean(), "blue first is OpenCV's order"


def test_the_header_says_how_long_it_is(uneven: Path) -> None:
    info = video_info(uneven)
    assert info.frames == 6 and info.duration_s > 0.9


def test_a_start_later_than_zero_is_taken_off(tmp_path: Path) -> None:
    path = write_video(tmp_path / "late.ts", [flat(9)] * 3, [5.0, 5.2, 5.4])
    assert [frame.time_s for frame in read_video(path)] == pytest.approx([0.0, 0.2, 0.4], abs=2e-3)


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"", "cannot read the video"), (b"no video at all" * 99, "cannot read the video")],
)
def test_what_is_no_video_is_said(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "x.mp4").write_bytes(content)
    with pytest.raises(VideoError, match=text):
        next(read_video(tmp_path / "x.mp4"))


def test_a_missing_file_and_a_missing_camera() -> None:
    with pytest.raises(VideoError, match="No such file"):
        next(read_video("gone.mp4"))
    with pytest.raises(VideoError, match="Camera 97 cannot be opened"):
        next(read_webcam(97))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    with av.open(str(path), "w") as out:
        tone = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        chunk = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        chunk.sample_rate = 8000
        out.mux(tone.encode(chunk))
    with pytest.raises(VideoError, match="no pictures in it, only audio; expected a video"):
        next(read_video(path))


def test_a_truncated_file_gives_what_it_has_or_a_sentence(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = write_video(
        tmp_path / "a.mkv",
        [rng.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(40)],
        [i / 25 for i in range(40)],
    )
    data = whole.read_bytes()
    for share in (0.1, 0.5, 0.9):
        cut = tmp_path / "cut.mkv"
        cut.write_bytes(data[: int(len(data) * share)])
        seen = 0
        try:
            for frame in read_video(cut):
                assert frame.index == seen
                seen += 1
        except VideoError as error:
            assert "cut.mkv" in str(error)
        assert seen < 40
        assert seen > 0 or share < 0.5


@pytest.mark.skipif("MIEN_DATA" not in os.environ, reason="MIEN_DATA names no folder with the real clips")
@pytest.mark.parametrize("name", ["face_noface.mov", "noface_face.mov", "single_face.mp4", "no_face.mp4"])
def test_real_clips_keep_their_own_times(name: str) -> None:
    path = Path(os.environ["MIEN_DATA"]) / "clips" / name
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stamps = sorted(float(p.pts * p.time_base) for p in container.demux(stream) if p.pts is not None)
    times = [frame.time_s for frame in read_video(path)]
    expected = np.array(stamps[-len(times) :]) - stamps[-len(times)]
    np.testing.assert_allclose(times, expected, atol=1e-3)


@pytest.mark.parametrize("place", ["av.open", "mien.inference.video.upright"])
def test_memory_that_is_refused_is_no_broken_video(uneven: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Called broken, its last frames would be missing from a table that says that it is done."""

    def refused(*_: object) -> None:
        raise av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(place, refused)
    with pytest.raises(MemoryError):
        list(read_video(uneven))
