"""Drawing changes the places it should, and an annotated video keeps times and sound."""

from pathlib import Path

import av
import numpy as np
import pytest

from inference.made import LABELS, faces, write_video
from mien.inference.draw import draw_faces
from mien.inference.draw_video import drawing
from mien.inference.results import Faces
from mien.inference.video import read_video

TIMES = [0.0, 0.05, 0.2, 0.21, 0.9]


def grey(height: int = 360, width: int = 640) -> np.ndarray:
    return np.full((height, width, 3), 120, np.uint8)


def boxed(xyxy: list[float], n: int = 1) -> Faces:
    return faces(n, xyxy=np.tile(np.array(xyxy, np.float32), (n, 1)))


def test_box_and_panel_are_drawn_and_the_input_is_left_alone() -> None:
    image = grey()
    drawn = draw_faces(image, boxed([100, 80, 260, 260]))
    assert (image == 120).all()
    assert (drawn[80, 100:260] != 120).any(axis=1).all(), "the upper edge"
    assert (drawn[120:200, 270:330] != 120).any(), "bars beside the box"
    assert (drawn[300:, 400:] == 120).all(), "nothing far away"


@pytest.mark.parametrize(("box", "panel"), [([2, 2, 200, 200], (210, 300)), ([430, 150, 638, 358], (300, 420))])
def test_the_panel_stands_on_the_side_with_room(box: list[float], panel: tuple[int, int]) -> None:
    drawn = draw_faces(grey(), boxed(box))
    assert (drawn[int(box[1]) + 10 : int(box[1]) + 40, panel[0] : panel[1]] != 120).any()


def test_no_panel_covers_a_face_or_another_panel() -> None:
    crowd = faces(4, xyxy=np.array([[150 * i + 20, 100, 150 * i + 130, 230] for i in range(4)], np.float32))
    crowd.landmarks[:] = np.nan
    drawn = draw_faces(grey(), crowd)
    for x1, y1, x2, y2 in crowd.xyxy.astype(int):
        assert (drawn[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4] == 120).all()


def test_more_probable_means_a_longer_bar() -> None:
    def coloured(share: float) -> int:
        one = boxed([100, 80, 260, 260])
        one.values["expression"][:] = [[share, 0.0, 0.0]]
        one.values["au"][:] = 0
        plain = boxed([100, 80, 260, 260])
        plain.values["expression"][:] = 0
        plain.values["au"][:] = 0
        return int((draw_faces(grey(), one) != draw_faces(grey(), plain)).any(axis=2)[:, 265:].sum())

    assert coloured(0.2) < coloured(0.5) < coloured(1.0)


@pytest.mark.parametrize("labels", [{"va": LABELS["va"]}, {"au": LABELS["au"]}, {"expression": LABELS["expression"]}])
def test_a_model_with_one_task_draws(labels: dict[str, tuple[str, ...]]) -> None:
    whole = boxed([100, 80, 260, 260])
    values = {task: whole.values[task] for task in labels}
    places = {name: getattr(whole, name) for name in ("xyxy", "score", "landmarks", "track_id", "frame", "time_s")}
    assert (draw_faces(grey(), Faces(labels, values, **places)) != 120).any()


def test_a_tiny_picture_a_box_outside_and_unknown_landmarks() -> None:
    blank = boxed([-50, -50, 900, 900])
    blank.landmarks[:] = np.nan
    assert draw_faces(grey(20, 20), blank).shape == (20, 20, 3)
    assert (draw_faces(grey(), Faces.none(LABELS)) == 120).all()


@pytest.mark.parametrize("sound", [False, True])
def test_an_annotated_video_keeps_times_size_and_sound(tmp_path: Path, sound: bool) -> None:
    source = write_video(tmp_path / "in.mp4", [grey(120, 160)] * 5, TIMES, sound)
    with drawing(tmp_path / "deep" / "out.mp4", str(source)) as add:
        for frame in read_video(source):
            add(frame, boxed([20, 20, 90, 90]))
    frames = list(read_video(tmp_path / "deep" / "out.mp4"))
    assert [frame.time_s for frame in frames] == pytest.approx(TIMES, abs=1e-3)
    assert frames[0].image.shape == (120, 160, 3)
    assert np.abs(frames[2].image.astype(int) - 120).max() > 60, "faces are drawn"
    with av.open(str(source)) as one, av.open(str(tmp_path / "deep" / "out.mp4")) as two:
        assert len(two.streams.audio) == len(one.streams.audio) == sound
        if sound:

            def packets(container: av.container.InputContainer) -> list[bytes]:
                return [bytes(p) for p in container.demux(container.streams.audio[0]) if p.size]

            assert packets(one) == packets(two)


def test_odd_sides_lose_a_line_and_a_failure_leaves_nothing(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", [grey(120, 160)] * 2, [0.0, 0.1])
    (frame, other) = read_video(source)
    odd = type(frame)(0, 0.0, grey(121, 161))
    with drawing(tmp_path / "odd.mp4") as add:
        add(odd, Faces.none(LABELS))
    (back,) = read_video(tmp_path / "odd.mp4")
    assert back.image.shape == (120, 160, 3)
    with pytest.raises(RuntimeError, match="enough"), drawing(tmp_path / "never.mp4") as add:
        add(other, Faces.none(LABELS))
        raise RuntimeError("enough")
    assert not (tmp_path / "never.mp4").exists()
