"""The faces that an export is compared on."""

import cv2
import numpy as np
import pyarrow as pa
import pytest

from mien.data.table import LabelTable
from mien.errors import MienError, TableError
from mien.export.crops import DRAWN, crops_for
from mien.models.spec import ModelSpec
from networks import LABELS


def spec(grey: bool) -> ModelSpec:
    cut = {"size": 24, "grey": grey}
    return ModelSpec.model_validate({"backbone": "plain_small", "labels": LABELS, "preprocessing": cut})


@pytest.mark.parametrize("grey", [True, False])
def test_drawn_faces_are_cut_for_the_network(grey: bool) -> None:
    images, source = crops_for(spec(grey), None, count=16)
    assert images.shape == (16, 24, 24, 1 if grey else 3) and images.dtype == np.uint8
    assert source == DRAWN
    assert images.std() > 10 and len(np.unique(images, axis=0)) == 16


def test_a_table_is_sampled_over_its_whole_length() -> None:
    """Row i is a picture of brightness i; taking the first rows would give dark ones only."""
    pictures = [cv2.imencode(".png", np.full((24, 24), i, np.uint8))[1].tobytes() for i in range(250)]
    images, _ = crops_for(spec(True), LabelTable(pa.table({"image": pictures})), count=25)
    assert images[:, 12, 12, 0].tolist() == list(range(0, 250, 10))


def test_no_picture_is_an_error() -> None:
    with pytest.raises(MienError, match="neither a column 'image' nor 'path'"):
        crops_for(spec(True), LabelTable(pa.table({"AU01": [1]})))
    with pytest.raises(TableError, match="1 pictures are broken"):
        crops_for(spec(True), LabelTable(pa.table({"image": [b"no picture"]})))
