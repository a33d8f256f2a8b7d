"""A model of clips on a stream: the answers of the same frames as one clip, whenever they come."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made import RED, RedDetector, scene, write_video

from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.inference.base import FEATURES, OverTime, Predictor
from mien.inference.through_time import Seen, through_time
from mien.models.info import ModelInfo
from mien.models.spec import ModelSpec, TemporalSpec
from mien.preprocessing import Preprocessing

LABELS = {"va": ("valence", "arousal")}
CUT = Preprocessing(size=16, context=1.0, grey=False)
WINDOW, STRIDE, GAP_S = 4, 2, 1.0


def mean_of_window(features: np.ndarray) -> dict[str, np.ndarray]:
    """Valence is the mean of the window's frames: the same at each of its places."""
    mean = features.mean(axis=1, keepdims=True)
    return {"va": np.broadcast_to(np.concatenate([mean, 0 * mean], axis=2), (*features.shape[:2], 2))}


def mean_so_far(features: np.ndarray) -> dict[str, np.ndarray]:
    """Valence is the mean of a window's frames up to this one."""
    mean = features.cumsum(axis=1) / np.arange(1, features.shape[1] + 1)[None, :, None]
    return {"va": np.concatenate([mean, 0 * mean], axis=2)}


def predictor(causal: bool) -> Predictor:
    """Its features are the mean of red in [0, 1]."""
    frames = ModelSpec(backbone="plain_small", labels=LABELS, preprocessing=CUT)
    how = TemporalSpec(model="causal", frames=frames, frames_sha256="0" * 64, window=WINDOW, stride=STRIDE, gap_s=GAP_S)
    info = ModelInfo(spec=frames.model_copy(update={"temporal": how}), weights_sha256="0" * 64)
    over_time = OverTime(mean_so_far if causal else mean_of_window, causal)
    return Predictor(info, "made", "cpu", lambda image: {FEATURES: image[:, 0].mean(axis=(1, 2))[:, None]}, over_time)


def crops(levels: np.ndarray) -> np.ndarray:
    return np.broadcast_to(levels.astype(np.uint8)[:, None, None, None], (len(levels), 16, 16, 3))


def stream(people: dict[int, dict[int, int]], network: Predictor, step_s: float = 0.1) -> Iterator[Seen[int]]:
    """Frames of a film: per person, frame -> how bright the face is."""
    for frame in range(1 + max(max(shown) for shown in people.values())):
        here = [track for track, shown in people.items() if frame in shown]
        seen = network.features(crops(np.array([people[track][frame] for track in here]))) if here else np.empty((0, 1))
        yield Seen(frame, frame * step_s, here, seen)


def told(people: dict[int, dict[int, int]], network: Predictor, **how: bool) -> dict[tuple[int, int], float]:
    """Valence by frame and person, and that frames come in their order."""
    found, order = {}, []
    for frame, values in through_time(stream(people, network), network, **how):
        order.append(frame)
        here = [track for track, shown in people.items() if frame in shown]
        assert len(values.get("va", ())) == len(here)
        found |= {(frame, track): float(values["va"][row, 0]) for row, track in enumerate(here)}
    assert order == sorted(order) and len(set(order)) == len(order)
    return found


@pytest.mark.parametrize("length", [1, 3, 4, 5, 6, 7, 12, 13])
@pytest.mark.parametrize("causal", [False, True])
def test_a_film_says_what_the_clip_says(length: int, causal: bool) -> None:
    levels = np.random.default_rng(length).integers(0, 255, length)
    network = predictor(causal)
    got = told({7: dict(enumerate(levels.tolist()))}, network)
    expected = network.clip(crops(levels))["va"][:, 0]
    np.testing.assert_allclose([got[frame, 7] for frame in range(length)], expected, atol=1e-6)
    assert length == 1 or not np.allclose(expected, levels / 255), "each frame by itself would be another answer"


def test_by_hand_overlapping_windows_are_averaged_and_of_a_causal_model_the_first_stands() -> None:
    people = {0: {frame: 51 * (frame % 2) for frame in range(5)}}  # 0 0.2 0 0.2 | 0 and its repetitions: 0 0.2 0 0
    around = told(people, predictor(causal=False))
    assert around[0, 0] == pytest.approx(0.1) and around[2, 0] == pytest.approx((0.1 + 0.05) / 2)
    assert around[4, 0] == pytest.approx(0.05)
    so_far = told(people, predictor(causal=True))
    assert so_far[2, 0] == pytest.approx(0.2 / 3) and so_far[3, 0] == pytest.approx(0.1)  # not 0 and 0.1, the second's
    assert so_far[4, 0] == pytest.approx(0.2 / 3)


@pytest.mark.parametrize("causal", [False, True])
def test_people_do_not_mix_and_a_long_gap_begins_another_clip(causal: bool) -> None:
    network = predictor(causal)
    first = {frame: 20 * frame for frame in range(6)} | dict.fromkeys(range(20, 23), 255)  # 1.5 s nobody
    second = {frame: 255 - 10 * frame for frame in range(2, 12) if frame != 5}  # one frame missed
    got = told({0: first, 1: second}, network)
    parts = [(0, range(6)), (0, range(20, 23)), (1, sorted(second))]
    for track, frames in parts:
        levels = np.array([(first, second)[track][frame] for frame in frames])
        expected = network.clip(crops(levels))["va"][:, 0]
        np.testing.assert_allclose([got[frame, track] for frame in frames], expected, atol=1e-6)


def test_frames_wait_no_longer_than_they_must() -> None:
    one = {0: dict.fromkeys(range(40), 100) | {}}
    for causal, longest in ((False, WINDOW), (True, WINDOW)):
        network, taken = predictor(causal), 0

        def counted(network: Predictor = network) -> Iterator[Seen[int]]:
            nonlocal taken
            for seen in stream(one, network):
                taken += 1
                yield seen

        waits = [taken - frame for frame, _ in through_time(counted(), network)]
        assert max(waits) <= longest
        taken = 0
        live = [taken - frame for frame, _ in through_time(counted(), network, at_once=True)]
        assert set(live) == {1}, "a live frame waited"


def test_live_answers_of_a_causal_model_are_those_of_the_film() -> None:
    levels = np.random.default_rng(0).integers(0, 255, 11)
    people = {3: dict(enumerate(levels.tolist()))}
    network = predictor(causal=True)
    assert told(people, network, at_once=True) == pytest.approx(told(people, network))


def test_a_video_through_the_analyzer(tmp_path: Path) -> None:
    tops = [RED[0] - 8 * frame for frame in range(9)]
    images = []
    for top in tops:
        image = scene([(40, 40, 60)])
        image[40:100, 40:100, 0] = top
        images.append(image)
    network = predictor(causal=False)
    path = write_video(tmp_path / "film.mp4", [*images, scene([])], [frame / 25 for frame in range(10)])
    found = list(Analyzer(network, detector=RedDetector()).video(path))
    assert [len(faces) for faces in found] == [1] * 9 + [0] and [faces.index[0] for faces in found] == list(range(10))
    expected = network.clip(crops(np.array(tops)))["va"][:, 0]
    np.testing.assert_allclose([faces.va[0, 0] for faces in found[:9]], expected, atol=0.03)  # colours of the codec
    photo = Analyzer(network, detector=RedDetector()).image(images[0])  # a clip of one frame
    assert photo.va[0, 0] - found[0].va[0, 0] > 0.03, "the film's frame was read by itself"


def test_a_clip_needs_frames_and_a_model_of_clips() -> None:
    with pytest.raises(MienError, match="no frames"):
        predictor(causal=False).clip(crops(np.zeros(0)))
    single = Predictor(
        ModelInfo(spec=ModelSpec(backbone="plain_small", labels=LABELS, preprocessing=CUT), weights_sha256="0" * 64),
        "single",
        "cpu",
        dict,
    )
    with pytest.raises(MienError, match="single, which reads faces one by one"):
        single.clip(crops(np.zeros(2)))
