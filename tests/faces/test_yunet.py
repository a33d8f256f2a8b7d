"""Decoding, order and scale by hand-worked numbers, from a graph with YuNet's twelve outputs that fires at one colour.

No YuNet model ships with any package that the tests could use, so how well it finds faces is not tested here.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mien.errors import MienError
from mien.faces.detect import make_detector
from mien.faces.follow import Follower
from mien.faces.yunet import LARGEST, SMALLEST, Yunet

STRIDES = (8, 16, 32)
FIRES = 16  # the stride at which the graph sees something
BOX = (0.25, 0.5, float(np.log(1.5)), float(np.log(2.0)))  # centre within its cell, sides; in cells
POINTS = (-0.3, -0.4, 0.6, -0.35, 0.2, 0.1, -0.2, 0.7, 0.5, 0.75)  # x, y of five points; in cells


def conv(prefix: str, source: str, weights: np.ndarray, bias: np.ndarray) -> tuple[list, list]:
    """A 1 x 1 convolution whose output lies as (1, places, channels), as YuNet gives it."""
    names = {name: f"{prefix}_{name}" for name in ("w", "b", "conv", "last", "shape")}
    values = [
        numpy_helper.from_array(weights.astype(np.float32)[:, :, None, None], names["w"]),
        numpy_helper.from_array(bias.astype(np.float32), names["b"]),
        numpy_helper.from_array(np.array([1, -1, len(weights)]), names["shape"]),
    ]
    nodes = [
        helper.make_node("Conv", [source, names["w"], names["b"]], [names["conv"]]),
        helper.make_node("Transpose", [names["conv"]], [names["last"]], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", [names["last"], names["shape"]], [prefix]),
    ]
    return nodes, values


def build(path: Path) -> Path:
    """A network that finds a face in every cell of 16 pixels of pure red (255, 0, 0)."""
    nodes, values, outputs = [], [], []
    for stride in STRIDES:
        mean = f"mean_{stride}"
        nodes.append(
            helper.make_node("AveragePool", ["input"], [mean], kernel_shape=[stride] * 2, strides=[stride] * 2)
        )
        # OpenCV feeds blue, green, red, not divided: a cell of pure red gives 1, one of pure blue -1.
        red = np.array([[-1, -1, 1]]) / 255 * (stride == FIRES)
        none = np.zeros((1, 3))
        for name, weights, bias in (
            ("cls", red, np.zeros(1)),
            ("obj", red, np.zeros(1)),
            ("bbox", none.repeat(4, 0), np.array(BOX)),
            ("kps", none.repeat(10, 0), np.array(POINTS)),
        ):
            more, constants = conv(f"{name}_{stride}", mean, weights, bias)
            nodes += more
            values += constants
            outputs.append(helper.make_tensor_value_info(f"{name}_{stride}", TensorProto.FLOAT, [1, None, len(bias)]))
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, None, None])
    order = [o for name in ("cls", "obj", "bbox", "kps") for o in outputs if o.name.startswith(name)]
    graph = helper.make_graph(nodes, "yunet", [image], order, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("yunet") / "yunet.onnx")


def red_cells(width: int, height: int, cells: list[tuple[int, int]], side: int) -> np.ndarray:
    """A black picture with red squares at these columns and rows of a grid of ``side`` pixels."""
    image = np.zeros((height, width, 3), np.uint8)
    for column, row in cells:
        image[row * side : (row + 1) * side, column * side : (column + 1) * side, 0] = 255
    return image


def worked_out(column: int, row: int, scale: float) -> tuple[list[float], list[list[float]]]:
    """Box and points of a cell, as the paper decodes them, in pixels of a picture searched at ``scale``."""
    cell = FIRES / scale
    x, y, width, height = (column + BOX[0]) * cell, (row + BOX[1]) * cell, 1.5 * cell, 2 * cell
    points = [[(column + POINTS[i]) * cell, (row + POINTS[i + 1]) * cell] for i in range(0, 10, 2)]
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2], points


def test_a_face_is_where_it_was_worked_out_to_be(model: Path) -> None:
    (found,) = Yunet(model, min_face=SMALLEST).detect([red_cells(96, 80, [(3, 2)], 16)])
    box, points = worked_out(3, 2, 1.0)
    assert box == [40, 24, 64, 56] and points[0] == pytest.approx([43.2, 25.6])
    np.testing.assert_allclose(found.xyxy, [box], atol=1e-3)
    np.testing.assert_allclose(found.landmarks, [points], atol=1e-3)
    assert found.score == pytest.approx([1.0]) and found.xyxy.dtype == np.float32
    assert found.landmarks[0, 0, 0] < found.landmarks[0, 1, 0], "left in the picture first"


def test_blue_is_not_red(model: Path) -> None:
    """OpenCV wants blue first: a picture handed over as it is would be seen with its colours swapped."""
    assert len(Yunet(model, min_face=SMALLEST).detect([red_cells(96, 80, [(3, 2)], 16)[..., ::-1].copy()])[0]) == 0


@pytest.mark.parametrize(("min_face", "scale"), [(24, 1 / 2), (48, 1 / 4)])
def test_a_larger_min_face_searches_a_smaller_picture(model: Path, min_face: int, scale: float) -> None:
    side = round(16 / scale)
    image = red_cells(6 * side, 5 * side, [(3, 2)], side)
    (found,) = Yunet(model, min_face=min_face).detect([image])
    box, points = worked_out(3, 2, scale)
    np.testing.assert_allclose(found.xyxy, [box], atol=1e-3)
    np.testing.assert_allclose(found.landmarks, [points], atol=1e-3)
    small = red_cells(96, 80, [(3, 2)], 16)
    assert len(Yunet(model, min_face=min_face).detect([small])[0]) == 0, "smaller than asked for"


def test_a_face_that_is_too_large_for_the_network_is_found_in_a_smaller_picture(model: Path) -> None:
    """At full size the graph sees sixteen small faces in a red square of 64 pixels, at a quarter the one."""
    image = red_cells(640, 640, [(3, 2)], 64)
    detector = Yunet(model, min_face=SMALLEST)
    assert detector._scales(640, 640) == [1, 1 / 4]
    (found,) = detector.detect([image])
    box, _ = worked_out(3, 2, 1 / 4)
    assert np.abs(found.xyxy - box).max(axis=1).min() < 1e-3, found.xyxy


def test_scales_bound_the_work(model: Path) -> None:
    detector = Yunet(model)
    assert detector._scales(100, 100) == [0.3] and detector._scales(480, 640) == [0.3]
    huge = detector._scales(8000, 8000)
    assert (8000 * huge[0]) ** 2 <= 1_500_001 and 8000 * huge[-1] <= LARGEST


def test_the_best_comes_first(model: Path) -> None:
    image = red_cells(160, 80, [(1, 2), (7, 2)], 16)
    image[32:48, 16:32, 0] = 204
    (found,) = Yunet(model, min_face=SMALLEST).detect([image])
    assert found.score.tolist() == pytest.approx([1, 0.8], abs=1e-3) and found.xyxy[0, 0] > found.xyxy[1, 0]


def test_pictures_of_any_sizes_after_each_other(model: Path) -> None:
    detector = Yunet(model, min_face=SMALLEST)
    images = [red_cells(w, h, [(1, 1)], 16) for w, h in ((64, 64), (61, 90), (200, 50))]
    for found in detector.detect([*images, np.zeros((1, 1, 3), np.uint8), images[0]][:3]):
        np.testing.assert_allclose(found.xyxy, [worked_out(1, 1, 1.0)[0]], atol=1e-3)
    assert [len(found) for found in detector.detect([np.zeros((1, 1, 3), np.uint8), images[0]])] == [0, 1]
    assert detector.detect([]) == []


def test_it_is_chosen_by_its_file_and_follows_a_video(model: Path) -> None:
    detector = make_detector(str(model), min_face=SMALLEST, device="cuda")
    assert isinstance(detector, Yunet)
    follower = Follower(detector)
    for i in range(5):
        found, tracks = follower.update(i / 25, red_cells(160, 80, [(1 + i, 2)], 16))
        np.testing.assert_allclose(found.xyxy, [worked_out(1 + i, 2, 1.0)[0]], atol=1e-3)
        assert tracks.tolist() == [0]


def test_a_wrong_file_is_said_in_a_sentence(model: Path, tmp_path: Path) -> None:
    with pytest.raises(MienError, match=r"Cannot read the detector gone.onnx \(No such file or directory\)"):
        make_detector("gone.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    (tmp_path / "cut.onnx").write_bytes(model.read_bytes()[:500])
    (tmp_path / "empty.onnx").touch()
    other = helper.make_graph(
        [helper.make_node("Relu", ["input"], ["out"])],
        "other",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3, 64, 64])],
    )
    onnx.save(helper.make_model(other, opset_imports=[helper.make_opsetid("", 11)], ir_version=7), tmp_path / "o.onnx")
    for name in ("text.onnx", "cut.onnx", "empty.onnx", "o.onnx"):
        with pytest.raises(MienError, match=f"cannot run .*{name} as a YuNet face detector .*OpenCV Zoo") as said:
            make_detector(str(tmp_path / name))
        assert "\n" not in str(said.value)


def test_wrong_settings_are_said(model: Path) -> None:
    with pytest.raises(MienError, match="min_face = 5; expected at least 12"):
        Yunet(model, min_face=5)
    with pytest.raises(MienError, match="threads must be at least 1"):
        Yunet(model, threads=0)
