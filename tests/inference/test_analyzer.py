"""The analyzer's streams: order, batching, bounded memory, bad input; with a detector and a network made for it."""

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.made import RED, RedDetector, Reddish, scene, write_video
from mien.errors import ImageError, MienError, VideoError
from mien.faces.detect import Detections
from mien.geometry import TEMPLATE
from mien.images import write_picture
from mien.inference import analyzer as module
from mien.inference.analyzer import Analyzer
from mien.inference.video import Frame
from mien.models.postprocess import Smoothing
from mien.preprocessing import Preprocessing

RED_VALENCE = 220 / 127.5 - 1
TIMES = [i / 25 + (0.013 if i % 3 else 0) for i in range(50)]


@pytest.fixture
def network() -> Reddish:
    return Reddish()


@pytest.fixture
def analyzer(network: Reddish) -> Analyzer:
    return Analyzer(network.predictor(), detector=RedDetector())


def test_a_photo_gives_its_faces(analyzer: Analyzer) -> None:
    found = analyzer.image(scene([(20, 30, 40), (90, 60, 50)]))
    assert found.xyxy.tolist() == [[20, 30, 60, 70], [90, 60, 140, 110]]
    assert found.va[:, 0] == pytest.approx(RED_VALENCE, abs=0.05), "the crop is the face, in RGB"
    assert found.status == "ok" and found.top() == ["happiness"] * 2
    assert np.isnan(found.time_s).all() and (found.track_id == -1).all()
    assert found.au_present.tolist() == [[False, True]] * 2


def test_a_photo_without_a_face(analyzer: Analyzer) -> None:
    found = analyzer.image(scene([]))
    assert len(found) == 0 and found.status == "no face" and found.va.shape == (0, 2)
    assert len(found.to_pandas()) == 1


def test_files_come_in_order_and_a_broken_one_says_why(analyzer: Analyzer, network: Reddish, tmp_path: Path) -> None:
    names = []
    for i in range(70):
        names.append(tmp_path / f"{i:02d}.png")
        write_picture(names[-1], scene([(20, 20, 30)] * (i % 2) + [(80, 80, 20 + i % 40)]))
    names[5].write_bytes(b"")
    names[6].write_bytes(names[7].read_bytes()[:60])
    names.append(tmp_path / "gone.png")
    results = list(analyzer.images(names))
    assert [found.path for found in results] == [str(name) for name in names]
    for i in (5, 6, 70):
        assert len(results[i]) == 0 and results[i].status.startswith("error: ") and names[i].name in results[i].status
    assert [len(found) for i, found in enumerate(results) if i not in (5, 6, 70)] == [
        1 + i % 2 for i in range(70) if i not in (5, 6)
    ]
    assert results[8].xyxy[0, 2] == 80 + 28
    assert max(network.batches) > 8, "faces of several photos go through the network together"


def test_crops_are_rows_in_order_of_any_size_and_colour(analyzer: Analyzer) -> None:
    crops = [np.full((48, 48), level, np.uint8) for level in (0, 128, 255)] + [np.full((200, 90, 3), 64, np.uint8)]
    found = analyzer.crops(crops)
    assert found.va[:, 0] == pytest.approx(np.array([0, 128, 255, 64]) / 127.5 - 1, abs=1e-3)
    assert found.xyxy[3].tolist() == [0, 0, 90, 200] and np.isnan(found.score).all()
    assert len(analyzer.crops([])) == 0
    assert found.to_pandas()["face"].tolist() == [0, 1, 2, 3]


def test_units_that_the_model_reads_badly_are_reported_only_when_asked_for() -> None:
    predictor = Reddish().predictor()
    withheld = replace(predictor, info=predictor.info.model_copy(update={"withheld": ("AU12",)}))
    picture = scene([(20, 30, 40)])
    default, everything = (
        Analyzer(withheld, detector=RedDetector(), all_units=a).image(picture) for a in (False, True)
    )
    assert default.au_names == ("AU01",) and default.au.shape == (1, 1)
    assert "au_intensity" not in default.labels and default.au_intensity.shape == (1, 0)  # AU12 was its only one
    assert everything.au_names == ("AU01", "AU12") and everything.au_intensity_names == ("AU12",)
    assert "AU12" not in default.to_pandas().columns


class Points(RedDetector):
    """Sees a face wherever there is red, with points that cut its left half."""

    def refine(self, image: np.ndarray, xyxy: np.ndarray) -> Detections:
        red = (image[..., 0].astype(int) - image[..., 1]).max() > 100
        side = image.shape[0] / 2
        points = np.tile((TEMPLATE * side).astype(np.float32), (len(xyxy), 1, 1))
        return Detections(xyxy, np.full(len(xyxy), 0.9 if red else 0.1, np.float32), points)


def test_crops_of_a_model_for_upright_faces_are_turned_by_their_points() -> None:
    upright = Reddish(Preprocessing(size=16, align=True, align_context=1.0, grey=False))
    analyzer = Analyzer(upright.predictor(), detector=Points())
    half = np.full((40, 40, 3), 90, np.uint8)
    half[:20, :20] = RED
    found = analyzer.crops([half, np.full((40, 40, 3), 90, np.uint8)])
    assert found.va[0, 0] == pytest.approx(RED_VALENCE, abs=0.1)  # the whole crop would give a quarter of the red
    assert found.va[1, 0] == pytest.approx(2 * 90 / 255 - 1, abs=0.01)  # no face: taken whole
    assert found.score.tolist() == pytest.approx([0.9, 0.1])
    assert found.landmarks[0, 0].tolist() == pytest.approx([0.343 * 20, 0.365 * 20])
    assert np.isnan(found.landmarks[1]).all()


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.zeros((8, 8, 3), np.float32), "type float32; expected uint8"),
        (np.zeros((8, 8, 2), np.uint8), r"shape \(8, 8, 2\)"),
        (np.zeros((0, 8, 3), np.uint8), r"shape \(0, 8, 3\)"),
        (np.zeros(8, np.uint8), r"shape \(8,\)"),
    ],
)
def test_an_array_that_is_no_picture(analyzer: Analyzer, array: np.ndarray, text: str) -> None:
    with pytest.raises(ImageError, match=text):
        analyzer.image(array)
    with pytest.raises(ImageError, match=text):
        analyzer.crops([array])


def test_grey_and_alpha_arrays_are_taken(analyzer: Analyzer) -> None:
    assert len(analyzer.image(np.full((50, 60), 9, np.uint8))) == 0
    rgba = np.dstack([scene([(20, 20, 40)]), np.zeros((160, 160), np.uint8)])
    assert len(analyzer.image(rgba)) == 1


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50 uneven frames: one square wanders, a second is there for the second half, none in frames 20 to 22."""
    images = []
    for i in range(50):
        squares = [] if 20 <= i <= 22 else [(10 + i, 40, 40)] + ([(112, 100, 40)] if i >= 25 else [])
        images.append(scene(squares))
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", images, TIMES)


def test_a_video_gives_every_frame_in_order_with_times_and_persons(analyzer: Analyzer, clip: Path) -> None:
    results = list(analyzer.video(clip))
    assert [found.index[0] for found in results] == list(range(50))
    assert [found.index[1] for found in results] == pytest.approx(
        [i / 25 + (0.013 if i % 3 else 0) for i in range(50)], abs=1e-3
    )
    assert [len(found) for found in results] == [0 if 20 <= i <= 22 else 1 + (i >= 25) for i in range(50)]
    assert {found.status for found in results[20:23]} == {"no face"}
    wanderer = {int(found.track_id[found.xyxy[:, 1].argmin()]) for found in results if len(found)}
    assert len(wanderer) == 1, "the same number before and after the gap"
    assert len({int(track) for found in results for track in found.track_id}) == 2


def test_every_nth_frame_keeps_its_number(analyzer: Analyzer, clip: Path) -> None:
    assert [found.index[0] for found in analyzer.video(clip, every=10)] == [0, 10, 20, 30, 40]
    with pytest.raises(MienError, match="every = 0"):
        next(analyzer.video(clip, every=0))


def test_smoothing_is_by_person(analyzer: Analyzer, clip: Path) -> None:
    raw = [found.va for found in analyzer.video(clip)]
    smooth = [found.va for found in analyzer.video(clip, smooth_s=0.2)]
    assert [len(v) for v in raw] == [len(v) for v in smooth]
    for course in (raw, smooth):
        assert np.mean([v[0, 0] for v in course if len(v)]) == pytest.approx(RED_VALENCE, abs=0.15)
    jitter = [np.abs(np.diff([v[0, 0] for v in course if len(v)])).mean() for course in (raw, smooth)]
    assert jitter[1] < 0.5 * jitter[0]


def test_a_model_may_bring_its_smoothing(analyzer: Analyzer, clip: Path) -> None:
    info = analyzer.predictor.info.model_copy(update={"smoothing": Smoothing(kernel="box", width_s=0.4)})
    calm = Analyzer(replace(analyzer.predictor, info=info), detector=analyzer.detector)
    raw, smooth, asked = (
        [found.va[0, 0] for found in one.video(clip, smooth_s=tau) if len(found)]
        for one, tau in ((analyzer, None), (calm, None), (calm, 0.0))
    )
    assert asked == raw and len(smooth) == len(raw)
    assert np.abs(np.diff(smooth)).mean() < 0.5 * np.abs(np.diff(raw)).mean()
    with pytest.raises(MienError, match="expected 0 to"):
        next(analyzer.video(clip, smooth_s=-1))


def test_stopping_early_and_a_missing_file(analyzer: Analyzer, clip: Path) -> None:
    stream = analyzer.video(clip)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    with pytest.raises(VideoError, match="No such file"):
        list(analyzer.video("gone.mp4"))


def test_memory_does_not_grow_with_the_length(analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(frames: int) -> Iterator[Frame]:
        for i in range(frames):
            yield Frame(i, i / 25, scene([(10 + i % 50, 40, 40)], side=320))

    def peak(frames: int) -> int:
        monkeypatch.setattr(module, "read_video", lambda _: endless(frames))
        tracemalloc.start()
        assert sum(len(found) for found in analyzer.video("endless.mp4")) == frames
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(40)
    assert peak(600) < 1.3 * peak(120)


def test_large_frames_wait_for_the_network_in_small_groups(
    analyzer: Analyzer, network: Reddish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HELD_PIXELS", 3 * 160 * 160)
    images = [Frame(i, i / 25, scene([(20, 20, 40)])) for i in range(10)]
    monkeypatch.setattr(module, "read_video", lambda _: iter(images))
    assert len(list(analyzer.video("x.mp4"))) == 10
    assert network.batches == [3, 3, 3, 1]


def test_reading_pictures_needs_neither_torch_nor_arrow_nor_pandas() -> None:
    code = (
        "import sys, numpy as np; from mien import Analyzer; grey = np.full((64, 64, 3), 90, np.uint8); "
        "a = Analyzer(threads=1); a.image(grey); a.crops([grey]); "
        "print([m for m in ('torch', 'onnx', 'pyarrow', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
