"""The picture at a time, without what comes before."""

from pathlib import Path

import numpy as np
import pytest

from inference.made import write_video
from mien.errors import VideoError
from mien.inference.seek import frames_at
from mien.inference.video import read_video


@pytest.mark.parametrize(("name", "start"), [("a.mp4", 0.0), ("late.ts", 5.0), ("a.mkv", 0.0)])
def test_it_is_the_frame_that_reading_gives(tmp_path: Path, name: str, start: float) -> None:
    rng = np.random.default_rng(0)
    images = [np.full((48, 64, 3), 40 + i, np.uint8) for i in rng.permutation(180)]
    path = write_video(tmp_path / name, images, [start + i / 25 for i in range(180)])
    read = list(read_video(path))
    wanted = [170, 3, 90, 0, 179, 3]  # forwards, backwards and again
    found = list(frames_at(path, [read[i].time_s for i in wanted]))
    for i, image in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(image, read[i].image)


def test_a_time_from_a_text_file_may_be_rounded(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "a.mp4", [np.full((48, 64, 3), 40 * i, np.uint8) for i in range(6)], [i / 30 for i in range(6)]
    )
    (image,) = frames_at(path, [0.034])  # the second, at 0.0333 s
    assert abs(image.mean() - 40) < 10


def test_a_shorter_video_than_the_table_says(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [np.zeros((48, 64, 3), np.uint8)] * 3, [0, 0.04, 0.08])
    with pytest.raises(VideoError, match=r"no frame at 7\.00 s; is this the video"):
        list(frames_at(path, [7.0]))
    with pytest.raises(VideoError, match="cannot read"):
        list(frames_at(tmp_path / "none.mp4", [0.0]))
