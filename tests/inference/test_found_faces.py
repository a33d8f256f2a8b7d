"""``Faces``: shapes, slices, thresholds, and the rows it becomes."""

import numpy as np
import pyarrow as pa
import pytest

from inference.made import LABELS, faces
from mien.errors import MienError
from mien.inference.formats import FORMATS
from mien.inference.results import Faces, concatenate
from mien.inference.table import schema, to_arrow
from mien.models.postprocess import ConformalSets


def test_properties_have_the_model_s_width_and_names() -> None:
    found = faces(4)
    assert found.expression.shape == (4, 3) and found.expression_names == LABELS["expression"]
    assert found.au.shape == (4, 2) and found.au_names == ("AU01", "AU12")
    assert found.au_intensity.shape == (4, 1) and found.va.shape == (4, 2) and found.compound.shape == (4, 2)
    assert found.top() == [LABELS["expression"][i] for i in found.expression.argmax(axis=1)]


def test_a_task_that_the_model_lacks_has_width_zero() -> None:
    found = Faces.none({"au": ("AU01",)})
    assert found.expression.shape == (0, 0) and found.va.shape == (0, 0) and found.expression_names == ()
    assert found.top() == [] and len(found) == 0


def test_presence_uses_each_unit_s_own_threshold() -> None:
    found = faces(1)
    found.values["au"][:] = [[0.3, 0.3]]
    assert found.au_present.tolist() == [[False, True]], "AU12 has 0.25; 0.5 for all says False twice"
    found.values["au"][:] = [[0.5, 0.25]]
    assert found.au_present.all(), "the threshold itself counts as present"


@pytest.mark.parametrize("which", [2, -1, slice(1, 3), [0, 3], np.array([True, False, False, True]), []])
def test_a_part_of_the_faces_is_faces(which: object) -> None:
    whole = faces(4)
    part = whole[which]  # type: ignore[index]
    rows = np.atleast_1d(np.arange(4)[which]) if not isinstance(which, list) or which else np.zeros(0, int)  # type: ignore[index]
    assert isinstance(part, Faces) and len(part) == len(rows)
    for name in ("xyxy", "score", "landmarks", "track_id", "time_s"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[rows])
    for task in LABELS:
        np.testing.assert_array_equal(part.values[task], whole.values[task][rows])


def test_iteration_gives_each_face_and_an_end() -> None:
    assert [float(one.score[0]) for one in faces(3)] == faces(3).score.tolist()
    with pytest.raises(IndexError):
        faces(3)[3]


def test_joined_parts_keep_their_order() -> None:
    joined = concatenate([faces(2, 1), Faces.none(LABELS), faces(3, 2)])
    assert len(joined) == 5
    np.testing.assert_array_equal(joined.va, np.concatenate([faces(2, 1).va, faces(3, 2).va]))
    with pytest.raises(MienError, match="same labels"):
        concatenate([faces(1), Faces.none({"va": LABELS["va"]})])


def test_arrays_that_do_not_fit_are_named() -> None:
    with pytest.raises(MienError, match=r"Faces\.score has the shape \(2,\), expected \(3,\)"):
        faces(3, score=np.zeros(2, np.float32))


def test_rows_carry_every_value_under_its_name() -> None:
    found = faces(2, frame=7, path="a.mp4")
    rows = to_arrow(found).to_pylist()
    assert [row["face"] for row in rows] == [0, 1] and {row["status"] for row in rows} == {"ok"}
    for i, row in enumerate(rows):
        assert row["frame"] == 7 and row["time_s"] == 7 / 25 and row["path"] == "a.mp4"
        assert row["expression"] == found.top()[i] and row["compound"] == found.top("compound")[i]
        assert row["fear"] == pytest.approx(found.expression[i, 2])
        assert row["AU12"] == pytest.approx(found.au[i, 1]), "the probability, not the intensity"
        assert row["AU12_intensity"] == pytest.approx(found.au_intensity[i, 0])
        assert (row["x1"], row["y2"]) == pytest.approx((found.xyxy[i, 0], found.xyxy[i, 3]))


def test_columns_stand_in_the_documented_order() -> None:
    place = ["path", "frame", "time_s", "face", "track_id", "x1", "y1", "x2", "y2", "score"]
    values = ["expression", "neutral", "happiness", "fear", "AU01", "AU12", "AU12_intensity", "valence", "arousal"]
    assert schema(LABELS).names == [*place, *values, "compound", "status"]
    assert "expression" not in schema({"au": ("AU01",)}).names


@pytest.mark.parametrize("status", ["no face", "error: b.jpg: the picture is broken"])
def test_a_picture_without_faces_is_one_row_that_says_why(status: str) -> None:
    table = to_arrow(Faces.none(LABELS, path="b.jpg", status=status, index=(3, 0.12)))
    (row,) = table.to_pylist()
    assert row.pop("path") == "b.jpg" and row.pop("status") == status
    assert row.pop("frame") == 3 and row.pop("time_s") == 0.12
    assert set(row.values()) == {None}
    assert table.schema == schema(LABELS)


def test_unknown_times_scores_and_tracks_are_missing_not_numbers() -> None:
    crop = faces(1, time_s=np.array([np.nan]), score=np.array([np.nan], np.float32), track_id=np.array([-1]))
    (row,) = to_arrow(crop).to_pylist()
    assert row["time_s"] is None and row["score"] is None and row["track_id"] is None


def test_rows_of_many_pictures_are_those_of_each() -> None:
    """Also of photos, which all have the number 0: counted over frames alone, their faces would be 0, 1, 2, 3."""
    nobody = Faces.none(LABELS, path="c.jpg", status="error: c.jpg: broken")
    frame = Faces.none(LABELS, path="v.mp4", index=(4, 0.16))
    pictures = [faces(2, 1, path="a.jpg"), faces(2, 2, path="b.jpg"), nobody, frame, faces(1, frame=5, path="v.mp4")]
    table = to_arrow(*pictures)
    assert table["face"].to_pylist() == [0, 1, 0, 1, None, None, 0]
    assert table["frame"].to_pylist() == [0, 0, 0, 0, 0, 4, 5]
    assert table.equals(pa.concat_tables([to_arrow(one) for one in pictures]))


def test_sets_of_classes_are_a_column_where_the_network_has_them() -> None:
    found = faces(2, conformal={"expression": ConformalSets(coverage=0.9, level=0.7)})
    found.values["expression"][:] = [[0.35, 0.6, 0.05], [0.9, 0.05, 0.05]]
    table = to_arrow(found, Faces.none(LABELS))
    assert table["expression_set"].to_pylist() == ["happiness|neutral", "neutral", None], "1 - p <= 0.7"
    assert table.schema == schema(LABELS, {"expression"}) and table.column_names[10:12] == [
        "expression",
        "expression_set",
    ]
    assert found.to_pandas()["expression_set"].tolist() == ["happiness|neutral", "neutral"]
    for name in ("openface", "fex"):
        assert "expression_set" not in FORMATS[name](table, {}).column_names
    assert schema(LABELS, {"compound"}).names[-3:] == ["compound", "compound_set", "status"]


def test_faces_are_numbered_anew_in_every_frame() -> None:
    joined = concatenate([faces(2, frame=4), faces(3, frame=5)])
    assert to_arrow(joined)["face"].to_pylist() == [0, 1, 0, 1, 2]
    assert joined.to_pandas()["frame"].tolist() == [4, 4, 5, 5, 5]
