from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from mien.errors import CheckpointError, MienError
from mien.generation.features import judges_own, of_onnx
from mien.models.affect import AffectModel, ModelSpec

GREY = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)


def graph(path: Path, shape: tuple[object, ...]) -> Path:
    """An ONNX file whose output is the mean of each colour."""
    node = helper.make_node("GlobalAveragePool", ["x"], ["y"])
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", shape), ("y", ["n", 3, 1, 1]))]
    model = helper.make_model(helper.make_graph([node], "mean", ends[:1], ends[1:]), ir_version=8)
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", 17))
    path.write_bytes(model.SerializeToString())
    onnx.checker.check_model(model)
    return path


def test_a_brought_network_sees_rgb_from_0_to_255_at_its_own_side(tmp_path: Path) -> None:
    found = of_onnx(graph(tmp_path / "f.onnx", ("n", 3, 16, 16)))(GREY)
    np.testing.assert_allclose(found, np.repeat(GREY.reshape(3, -1).mean(axis=1)[:, None], 3, axis=1), rtol=1e-5)
    flat = np.full((1, 16, 16, 3), (10, 20, 30), np.uint8)
    np.testing.assert_allclose(of_onnx(graph(tmp_path / "g.onnx", ("n", 3, 32, 32)))(flat), [[10, 20, 30]], atol=1e-3)


def test_a_network_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MienError, match=r"expected \(n, 3, H, W\) with H and W fixed"):
        of_onnx(graph(tmp_path / "f.onnx", ("n", 3, "h", "w")))
    with pytest.raises(CheckpointError, match="Cannot read"):
        of_onnx(tmp_path / "none.onnx")


def test_the_judges_own_are_those_behind_its_heads() -> None:
    torch.manual_seed(0)
    model = AffectModel(ModelSpec(backbone="plain_small", labels={"au": ("AU12",)})).eval()
    faces = torch.from_numpy(GREY).permute(0, 3, 1, 2).expand(-1, 3, -1, -1) / 255
    with torch.no_grad():
        np.testing.assert_allclose(judges_own(model)(GREY), model.embed(faces).numpy(), rtol=1e-5)
