"""Answers as labels: only where nobody gave one, only where the network is sure, and marked."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from inference.made import LABELS, RedDetector
from mien.data.columns import BOX
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.inference.base import Predictor
from mien.labelling import label_table
from mien.models.info import ModelInfo
from mien.models.spec import ModelSpec
from mien.preprocessing import Preprocessing


def analyzer() -> Analyzer:
    """AU12 is as probable as the crop is bright, AU01 the opposite; happy with 0.7; the compound likewise."""

    def run(image: np.ndarray) -> dict[str, np.ndarray]:
        n, bright = len(image), image.mean(axis=(1, 2, 3))
        return {
            "expression": np.tile(np.array([[0.2, 0.7, 0.1]], np.float32), (n, 1)),
            "au": np.stack([1 - bright, bright], axis=1).astype(np.float32),
            "au_intensity": (5 * bright[:, None]).astype(np.float32),
            "va": np.stack([bright, -bright], axis=1).astype(np.float32),
            "compound": np.stack([bright, 1 - bright], axis=1).astype(np.float32),
        }

    cut = Preprocessing(size=16, grey=True)
    spec = ModelSpec(backbone="plain_small", labels=LABELS, preprocessing=cut)
    info = ModelInfo(spec=spec, weights_sha256="abcdef0123456789" + "0" * 48)
    return Analyzer(Predictor(info, "bright", "cpu", run), detector=RedDetector())


def png(level: int, width: int = 20) -> bytes:
    return bytes(cv2.imencode(".png", np.full((20, width, 3), level, np.uint8))[1])


def table(**columns: object) -> LabelTable:
    return LabelTable(pa.table({"image": [png(250), png(128), png(5), b"broken"], **columns}))


def column(found: LabelTable, name: str) -> list[object]:
    values: list[object] = found.read([name]).column(name).to_pylist()
    return values


def test_units_are_labelled_where_the_network_is_sure_and_a_picture_can_be_read() -> None:
    found = label_table(analyzer(), table())
    assert column(found, "AU12") == [1, None, 0, None]
    assert column(found, "AU01") == [0, None, 1, None]
    assert column(found, "AU12_intensity")[0] == pytest.approx(5 * 250 / 255)
    assert column(found, "compound") == ["happily_surprised", None, "awed", None]
    assert column(found, "valence")[3] is None
    assert found.labels == LABELS


def test_what_annotators_gave_stays() -> None:
    given = {"AU12": pa.array([0, None, None, 1], pa.int8()), "valence": pa.array([-0.5, None, None, None])}
    found = label_table(analyzer(), table(**given))
    assert column(found, "AU12") == [0, None, 0, 1]
    assert column(found, "valence")[0] == -0.5 and column(found, "valence")[2] == pytest.approx(5 / 255)


def test_a_named_expression_is_not_outvoted() -> None:
    """Votes win over a name when a table is read: so rows with a name, or with votes, get none."""
    found = label_table(analyzer(), table(expression=pa.array(["fear", None, None, None], pa.string())))
    assert column(found, "votes_happiness") == [None, pytest.approx(0.7), pytest.approx(0.7), None]
    assert column(found, "expression") == ["fear", None, None, None]
    voted = {"votes_fear": pa.array([3.0, 0.0, None, None], pa.float32())}
    again = label_table(analyzer(), table(**voted))
    assert column(again, "votes_fear") == [3.0, pytest.approx(0.1), pytest.approx(0.1), None]
    assert column(again, "votes_happiness")[0] is None


def test_answers_are_marked_with_the_network_and_survive_writing(tmp_path: Path) -> None:
    label_table(analyzer(), table(), tasks=("au",)).write(tmp_path / "out.parquet")
    again = LabelTable(tmp_path / "out.parquet")
    assert "soft: by the network abcdef0123456789" in again.notes["AU12"]
    assert "valence" not in again.columns


def test_a_box_says_where_the_face_is() -> None:
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, 40:] = 255
    data = bytes(cv2.imencode(".png", picture)[1])
    boxes = {name: [value] for name, value in zip(BOX, (50.0, 5.0, 75.0, 30.0), strict=True)}
    found = label_table(analyzer(), LabelTable(pa.table({"image": [data], **boxes})))
    assert column(found, "AU12") == [1]  # the whole picture is half dark: unknown


def test_a_crop_that_is_no_face_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    network = analyzer()
    crops = network.crops

    monkeypatch.setattr(network, "crops", lambda p: replace(crops(p), score=np.array([0.9, 0.2, 0.9], np.float32)))
    assert column(label_table(network, table()), "valence")[1] is None
    assert column(label_table(network, table()), "valence")[2] is not None


@pytest.mark.parametrize(
    ("options", "text"),
    [({"sure": 0.5}, "expected above 0.5"), ({"tasks": ("lips",)}, "none of lips")],
)
def test_what_makes_no_sense_is_said(options: dict[str, object], text: str) -> None:
    with pytest.raises(MienError, match=text):
        label_table(analyzer(), table(), **options)
    with pytest.raises(MienError, match="neither a column 'image' nor 'path'"):
        label_table(analyzer(), LabelTable(pa.table({"AU12": [1]})))
