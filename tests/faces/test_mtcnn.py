"""The shipped graphs against the wheel's weights run in torch; the cascade on real photos; odd pictures."""

import os
import sys
from importlib import metadata, resources
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch
import torch.nn.functional as F

from mien.errors import MienError
from mien.faces.boxes import overlap
from mien.faces.detect import Detections, make_detector
from mien.faces.mtcnn import Mtcnn
from mien.images import read_image

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
WEIGHTS = resources.files("mien.faces") / "weights"
real = pytest.mark.skipif("MIEN_DATA" not in os.environ, reason="MIEN_DATA names no folder with the real photos")


@pytest.fixture(scope="module")
def detector() -> Mtcnn:
    return Mtcnn(threads=1)


def clip(name: str) -> Path:
    return Path(os.environ["MIEN_DATA"]) / "clips" / name


def wheel(name: str) -> list[np.ndarray]:
    try:
        metadata.distribution("mtcnn")
    except metadata.PackageNotFoundError:
        pytest.skip("the mtcnn wheel is not installed (pip install 'mien[dev]')")
    from build_mtcnn import read_wheel

    return read_wheel(name)


@pytest.mark.parametrize("name", ["pnet", "rnet", "onet"])
def test_the_shipped_file_is_what_the_tool_writes(name: str) -> None:
    weights = wheel(name)
    from build_mtcnn import build

    assert build(name, weights).SerializeToString(deterministic=True) == (WEIGHTS / f"{name}.onnx").read_bytes()


def in_torch(name: str, weights: list[np.ndarray], image: np.ndarray, column_major: bool = True) -> list[np.ndarray]:
    """The published layers, written down a second time: offsets, landmarks (onet), face probability."""
    left = iter(torch.from_numpy(w) for w in weights)

    def conv(x: torch.Tensor, activate: bool = True) -> torch.Tensor:
        x = F.conv2d(x, next(left).permute(3, 2, 0, 1), next(left))
        return F.prelu(x, next(left).reshape(-1)) if activate else x

    def dense(x: torch.Tensor) -> torch.Tensor:
        return x @ next(left) + next(left)

    x = (torch.from_numpy(image).float().permute(0, 3, 1, 2) - 127.5) / 128
    pools = {"pnet": (2, None, None), "rnet": (3, 3, None), "onet": (3, 3, 2, None)}[name]
    for i, pool in enumerate(pools):
        x = conv(x)
        if pool:
            x = F.max_pool2d(x, pool, 2, ceil_mode=i != 1)  # the second one drops what does not fill a window
    if name != "pnet":
        x = x.permute(0, 3, 2, 1) if column_major else x.permute(0, 2, 3, 1)
        x = F.prelu(dense(x.flatten(1)), next(left))
    else:
        return [conv(x, False).numpy(), conv(x, False).softmax(1)[:, 1].numpy()]
    heads = [dense(x).numpy() for _ in range(2 if name == "onet" else 1)]
    return [*heads, dense(x).softmax(1)[:, 1].numpy()]


@pytest.mark.parametrize(
    ("name", "sides"), [("pnet", (37, 50)), ("pnet", (12, 13)), ("rnet", (24, 24)), ("onet", (48, 48))]
)
def test_the_graphs_against_torch(name: str, sides: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, *sides, 3), np.uint8)
    session = ort.InferenceSession((WEIGHTS / f"{name}.onnx").read_bytes())
    outputs = ["offset", "landmarks", "score"] if name == "onet" else ["offset", "score"]
    found = session.run(outputs, {"image": image})
    for ours, reference in zip(found, in_torch(name, wheel(name), image), strict=True):
        np.testing.assert_allclose(ours, reference, atol=2e-5)
    if name != "pnet":
        row_major = in_torch(name, wheel(name), image, column_major=False)
        assert max(np.abs(a - b).max() for a, b in zip(found, row_major, strict=True)) > 1e-2, "axes swapped"


@real
def test_five_people_are_found_with_points_in_their_places(detector: Mtcnn) -> None:
    (found,) = detector.detect([read_image(clip("multi_face.jpg"))])
    assert len(found) == 5 and found.score.min() > 0.95
    for (x1, y1, x2, y2), (left, right, nose, *mouth) in zip(found.xyxy, found.landmarks, strict=True):
        assert x1 < left[0] < nose[0] < right[0] < x2, "left in the picture comes first"
        assert y1 < left[1] < nose[1] < mouth[0][1] < y2


@real
def test_several_pictures_at_once_give_what_each_gives_alone(detector: Mtcnn) -> None:
    photo = read_image(clip("multi_face.jpg"))
    images = [photo, photo[:, ::-1].copy(), photo[:300], np.full((90, 120, 3), 127, np.uint8), photo]
    for one, many in zip(images, detector.detect(images), strict=True):
        (alone,) = detector.detect([one])
        assert len(alone) == len(many)
        np.testing.assert_allclose(alone.xyxy, many.xyxy, atol=0.05)
    flipped = detector.detect(images[:2])[1]
    straight = detector.detect(images[:1])[0].xyxy
    mirrored = np.stack([1000 - straight[:, 2], straight[:, 1], 1000 - straight[:, 0], straight[:, 3]], 1)
    assert (overlap(mirrored, flipped.xyxy).max(axis=1) > 0.7).all()


@real
def test_refining_a_shifted_box_finds_the_face_again(detector: Mtcnn) -> None:
    photo = read_image(clip("multi_face.jpg"))
    (found,) = detector.detect([photo])
    side = found.xyxy[:, 2:3] - found.xyxy[:, :1]
    again = detector.refine(photo, found.xyxy + 0.08 * side)
    assert (np.diag(overlap(found.xyxy, again.xyxy)) > 0.75).all() and again.score.min() > 0.9
    nothing = detector.refine(photo, np.array([[10, 560, 90, 640]], np.float32))
    assert nothing.score[0] < 0.5


@real
def test_a_small_face_needs_a_small_min_face() -> None:
    photo = read_image(clip("multi_face.jpg"))
    small = np.ascontiguousarray(photo[::4, ::4])  # faces of about 25 pixels
    assert len(make_detector(min_face=16, threads=1).detect([small])[0]) >= 3
    assert len(make_detector(min_face=90, threads=1).detect([small])[0]) == 0


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (11, 300), (12, 12), (64, 64)])
def test_pictures_without_a_face(detector: Mtcnn, shape: tuple[int, int]) -> None:
    for image in (np.zeros((*shape, 3), np.uint8), np.full((*shape, 3), 200, np.uint8)):
        (found,) = detector.detect([image])
        assert isinstance(found, Detections) and len(found) == 0


def test_no_picture_at_all_and_no_box(detector: Mtcnn) -> None:
    assert detector.detect([]) == []
    assert len(detector.refine(np.zeros((50, 50, 3), np.uint8), np.zeros((0, 4), np.float32))) == 0


def test_a_huge_picture_is_searched_in_bounded_steps(detector: Mtcnn) -> None:
    widest = max(detector._scales(8000, 8000)) * 8000
    assert widest**2 <= 1.01 * 1_500_000
    assert max(detector._scales(1080, 1920)) == pytest.approx(12 / 40), "common sizes are searched as asked"


def test_wrong_settings_are_said() -> None:
    with pytest.raises(MienError, match="min_face = 5; expected at least 12"):
        Mtcnn(min_face=5)
    with pytest.raises(MienError, match=r"Unknown detector 'mtcn': did you mean 'mtcnn'"):
        make_detector("mtcn")
    with pytest.raises(MienError, match="Unknown device 'tpu'"):
        make_detector(device="tpu")
    if "CUDAExecutionProvider" not in ort.get_available_providers():
        with pytest.raises(MienError, match="cannot use device 'cuda' here"):
            make_detector(device="cuda")
