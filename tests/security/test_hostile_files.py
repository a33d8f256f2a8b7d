"""Files made to do harm: networks that would run code or read other files, tables and names that would escape."""

import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from inference.made import faces
from mien.data.check import check
from mien.data.pictures import readable
from mien.data.table import LabelTable
from mien.errors import CheckpointError, ImageError, MienError, ScoreError
from mien.images import read_image
from mien.inference.predictor import load_predictor
from mien.inference.seal import UNSEALED, seal
from mien.models.info import parse_info
from mien.models.shipped import FOLDER, shipped_onnx
from mien.protocols.outputs import read_outputs
from mien.protocols.outputs.base import NO_FRAME, Outputs
from mien.protocols.submission import write_submission

onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'mien[train]'")


class Bomb:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def test_a_pickle_in_the_place_of_weights_is_refused_and_not_run(tmp_path: Path) -> None:
    checkpoint = pytest.importorskip("mien.models.checkpoint", reason="torch is not installed")
    run, mark = tmp_path / "run", tmp_path / "mark"
    run.mkdir()
    shutil.copy(FOLDER / "model.json", run)
    (run / "weights.safetensors").write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(CheckpointError):
        checkpoint.load(run)
    (run / "model.onnx").write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(MienError):
        load_predictor(run / "model.onnx")
    assert not mark.exists()


def resealed(model: "onnx.ModelProto") -> bytes:
    """A model sealed anew: a seal says that a file is whole, not that a friend wrote it."""
    for entry in model.metadata_props:
        if entry.key == "mien_seal":
            entry.value = UNSEALED.decode()
    return seal(model.SerializeToString(deterministic=True))


def test_a_network_cannot_read_other_files(tmp_path: Path) -> None:
    """ONNX lets weights lie in another file; from such a name comes nothing, be it relative or absolute."""
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(10_000_000))
    for location in (str(secret), "secret", "../secret"):
        model = onnx.load_from_string(shipped_onnx().read_bytes())
        tensor = max(model.graph.initializer, key=lambda one: len(one.raw_data))
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", location
        path = tmp_path / "model.onnx"
        path.write_bytes(resealed(model))
        with pytest.raises(CheckpointError, match="cannot run"):
            load_predictor(path)


def test_a_network_cannot_call_functions_of_its_own(tmp_path: Path) -> None:
    model = onnx.load_from_string(shipped_onnx().read_bytes())
    model.graph.node[0].op_type, model.graph.node[0].domain = "System", "ai.stranger"
    (tmp_path / "model.onnx").write_bytes(resealed(model))
    with pytest.raises(CheckpointError, match="cannot run"):
        load_predictor(tmp_path / "model.onnx")


def test_a_record_names_things_and_never_code() -> None:
    record = json.loads((FOLDER / "model.json").read_text())
    record["spec"]["backbone"] = "os:system"
    assert parse_info(json.dumps(record), "model.json").spec.backbone == "os:system"  # a name, looked up in a dict
    backbones = pytest.importorskip("mien.models.backbones", reason="torch is not installed")
    with pytest.raises(MienError, match="backbone"):
        backbones.make_backbone("os:system")


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../../../etc/passwd", "/dev/zero", "a\0b", "x" * 5000])
def test_a_path_in_a_table_gives_a_picture_or_nothing(path: str, tmp_path: Path) -> None:
    """A table may name any file that its user may read; of one that is no picture nothing gets out."""
    table = LabelTable(pa.table({"path": [path], "expression": ["happiness"]}), root=tmp_path)
    assert list(readable(next(table.stream()), table)) == []
    assert check(table, images=True).errors == 1


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(ImageError, match="a pipe"):
        read_image(tmp_path / "pipe.jpg")


@pytest.mark.parametrize("path", ["../00001.jpg", "../../00001.jpg", "/00001.jpg", "..\\..\\00001.jpg"])
def test_a_submission_stays_in_its_folder(path: str, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "here"
    try:
        written = write_submission(answers(path), "va", folder)
    except ScoreError:
        return
    assert all(file.resolve().parent == folder.resolve() for file in written.files)


@pytest.mark.parametrize("number", ["99999999999", "²", "9" * 5000])
def test_a_frame_number_cannot_ask_for_all_memory(number: str, tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="neither a frame"):
        write_submission(answers(f"video/{number}.jpg"), "va", tmp_path)


def test_answers_that_are_no_text_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"valence,arousal\n0,0\n\xf2\n")
    with pytest.raises(MienError, match=r"a\.txt: cannot read as text"):
        read_outputs(tmp_path / "a.txt")


def answers(path: str) -> Outputs:
    """One answer about one picture."""
    values = {"valence": np.zeros(1), "arousal": np.zeros(1)}
    return Outputs("mien", "answers.csv", [path], np.full(1, NO_FRAME), np.ones(1), values)


def test_a_page_shows_names_as_text(tmp_path: Path) -> None:
    """A picture may be called ``<script>``."""
    from mien.inference.table import to_arrow
    from mien.report.analysis_page import write_analysis_page

    name = "<script>alert(1)</script>.jpg"
    table = to_arrow(faces(3)).to_pandas().assign(path=name)
    write_analysis_page(table, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<script>alert" not in page and "&lt;script&gt;" in page
