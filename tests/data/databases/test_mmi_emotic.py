"""MMI and EMOTIC in their own folders."""

from pathlib import Path

import numpy as np
import pytest

from mien.data.check import check
from mien.data.databases import read_database
from mien.errors import MienError, TableError
from tiny_databases import faults, pictures, rows, text

Marks = dict[str, tuple[tuple[int, int], ...]]


def mmi(root: Path, session: int, clip: str, emotion: str | None = None, marks: Marks | None = None) -> None:
    """A session: the film's own file, and that of its action units where it is coded."""
    tag = f'<Metatag Name="Emotion" Value="{emotion}"/>' if emotion else ""
    folder = root / f"Sessions/{session}"
    text(folder / "session.xml", "<session/>")
    text(folder / f"{clip}.xml", f'<film><Metatag Name="AU" Value="12"/>{tag}</film>')
    if marks is not None:
        lines = []
        for unit, of_it in marks.items():
            markers = (f'<Marker Frame="{frame}" Type="{phase}"/>' for frame, phase in of_it)
            lines += [f'<ActionUnit Number="{unit}">', *markers, "</ActionUnit>"]
        text(folder / f"{clip}-oao_aucs.xml", "<coding>", *lines, "</coding>")


def frames(root: Path, clip: str, *numbers: int) -> None:
    pictures(root, *(f"frames/{clip}/{n:05d}.png" for n in numbers))


def test_mmi_phases_are_presence_and_an_apex_shows_the_emotion(tmp_path: Path) -> None:
    mmi(
        tmp_path, 1, "S001-001", "4", {"12": ((1, 0), (2, 1), (3, 2), (4, 3), (5, 0)), "L1": ((2, 1),), "R1": ((1, 0),)}
    )
    mmi(tmp_path, 2, "S002-001", None, {"99": ((1, 2),)})
    frames(tmp_path, "S001-001", 1, 2, 3, 4, 5)
    frames(tmp_path, "S002-001", 0, 1)  # numbered from 0
    table = read_database("mmi", tmp_path)
    assert rows(table, "subject", "clip", "frame", "expression", "AU12", "AU01") == [
        ("S001", "S001-001", 1, None, 0, None),  # of one side of AU1 nothing is known yet: not at rest
        ("S001", "S001-001", 2, None, 1, 1),  # on one side
        ("S001", "S001-001", 3, "happiness", 1, 1),
        ("S001", "S001-001", 4, None, 1, 1),
        ("S001", "S001-001", 5, None, 0, 1),
        ("S002", "S002-001", 1, None, 0, 0),  # coded, and lists neither
        ("S002", "S002-001", 2, None, 0, 0),
    ]
    assert rows(table, "path")[5:] == [("frames/S002-001/00000.png",), ("frames/S002-001/00001.png",)]
    assert table.read_faults == () and check(table, images=True).errors == 0


def test_mmi_neutral_is_where_all_units_are(tmp_path: Path) -> None:
    mmi(tmp_path, 1, "S001-001", "6", {"1": ((1, 0), (3, 2)), "2": ((2, 0),)})
    frames(tmp_path, "S001-001", 1, 2, 3)
    assert rows(read_database("mmi", tmp_path), "expression") == [(None,), ("neutral",), ("surprise",)]


def test_mmi_clips_without_codes_show_the_emotion_in_the_middle(tmp_path: Path) -> None:
    for session, emotion in enumerate("123456", start=1):
        mmi(tmp_path, session, f"S{session:03d}-001", emotion)
    frames(tmp_path, "S001-001", *range(1, 10))
    for clip in ("S002-001", "S003-001", "S004-001", "S005-001"):
        frames(tmp_path, clip, 1, 2)
    pictures(tmp_path, "Sessions/6/S006-001.jpg")  # a still
    table = read_database("mmi", tmp_path)
    assert rows(table, "clip", "frame", "expression")[:4] == [
        ("S001-001", 1, "neutral"),
        *(
            ("S001-001", frame, "anger") for frame in (4, 5, 6)
        ),  # of nine; not the last, where the face is at rest again
    ]
    assert [row[0] for row in rows(table, "expression")[5::2]] == ["disgust", "fear", "happiness", "sadness"]
    assert rows(table, "path", "frame", "expression")[-1] == ("Sessions/6/S006-001.jpg", None, "surprise")


def test_mmi_faults(tmp_path: Path) -> None:
    mmi(tmp_path, 1, "S001-001", "4", {"12": ((1, 0), (2, 7), (3, 2)), "x": ()})
    mmi(tmp_path, 2, "S002-001", "9")
    mmi(tmp_path, 3, "S003-001", "1", {"4": ((1, 2), (4, 0))})
    mmi(tmp_path, 4, "S004-001", "2")
    text(tmp_path / "Sessions/4/S004-001-oao_aucs.xml", "<coding><ActionUnit")
    mmi(tmp_path, 5, "S005-001", "2")
    text(tmp_path / "Sessions/5/S005-001.xml", '<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>')
    mmi(tmp_path, 6, "S006-001", None, {"12": ((1, 0), (1000000, 1)), "²": ()})
    frames(tmp_path, "S001-001", 1, 3)
    frames(tmp_path, "S004-001", 1)
    frames(tmp_path, "S006-001", 1)
    table = read_database("mmi", tmp_path)
    assert rows(table, "clip", "frame", "AU12") == [
        ("S001-001", 1, 0),
        ("S001-001", 3, 1),
        ("S004-001", 1, None),
        ("S006-001", 1, 0),
    ]
    one = "Sessions/1/S001-001-oao_aucs.xml"
    assert faults(table) == [
        ("unknown code", one, None, 0),
        ("unknown code", one, None, 0),
        ("unreadable file", "Sessions/4/S004-001-oao_aucs.xml", None, 0),
        ("unknown code", "Sessions/6/S006-001-oao_aucs.xml", None, 0),
        ("missing picture", "Sessions/1/S001-001.xml", None, 1),
        ("unknown code", "Sessions/2/S002-001.xml", None, 0),
        ("missing folder", "Sessions/3/S003-001.xml", None, 4),
        ("unreadable file", "Sessions/5/S005-001.xml", None, 0),
        ("missing picture", "Sessions/6/S006-001.xml", None, 999999),  # counted, not made one by one
    ]


def structures(*of_them: dict) -> np.ndarray:
    """A Matlab array of structures with the same fields."""
    array = np.empty((1, len(of_them)), [(name, object) for name in of_them[0]])
    for i, one in enumerate(of_them):
        array[0, i] = tuple(one.values())
    return array


def person(body: tuple[float, ...], valence: float, kinds: list[str], several: bool = False, **more: object) -> dict:
    values = {"valence": valence, "arousal": 10.0, "dominance": 1.0}
    given = {
        "annotations_categories": {"categories": np.array(kinds, object)},
        "annotations_continuous": values,
        "gender": "Female",
        "age": "Adult",
    }
    if several:  # the labels of each annotator, which the combined ones are made of
        given["annotations_continuous"] = structures(values | {"valence": 1.0}, values | {"valence": 2.0})
        given |= {"combined_categories": np.array(kinds, object), "combined_continuous": values}
    return {"body_bbox": np.array(body), **more, **given}


def image(folder: str, name: str, *people: dict) -> dict:
    return {"filename": name, "folder": folder, "image_size": {"n_col": 12, "n_row": 12}, "person": structures(*people)}


def emotic(root: Path, **splits: np.ndarray) -> None:
    savemat = pytest.importorskip("scipy.io").savemat
    (root / "Annotations").mkdir(parents=True)
    savemat(root / "Annotations/Annotations.mat", splits)


def test_emotic_people_of_the_three_parts(tmp_path: Path) -> None:
    two = (person((0, 0, 6, 12), 1, ["Fear", "Pain"]), person((6, 0, 12, 12), 5.5, ["Peace"]))
    several = person((1, 1, 9, 9), 10, ["Happiness", "Doubt/Confusion"], several=True)
    emotic(
        tmp_path,
        train=structures(image("mscoco/images", "a.jpg", *two)),
        val=structures(image("emodb_small/images", "b.jpg", several)),
        test=structures(image("ade20k/images", "c.jpg", person((0, 0, 9, 9), float("nan"), ["Anger"]))),
    )
    pictures(tmp_path / "emotic", "mscoco/images/a.jpg", "emodb_small/images/b.jpg", "ade20k/images/c.jpg")
    table = read_database("emotic", tmp_path)
    columns = ("split", "path", "body_x1", "body_x2", "valence", "arousal", "expression_other", "sex", "age")
    assert rows(table, *columns) == [
        ("train", "emotic/mscoco/images/a.jpg", 0, 6, -1, 1, "fear|pain", "female", "adult"),
        ("train", "emotic/mscoco/images/a.jpg", 6, 12, 0, 1, "peace", "female", "adult"),
        ("val", "emotic/emodb_small/images/b.jpg", 1, 9, 1, 1, "happiness|doubt/confusion", "female", "adult"),
        ("test", "emotic/ade20k/images/c.jpg", 0, 9, None, 1, "anger", "female", "adult"),
    ]  # 5.5 is the middle of 1 to 10, not 5; of val the combined 10, not the annotators' 1 and 2
    assert "x1" not in table.columns, "a body's box is not a face's"
    assert table.read_faults == () and check(table, images=True).errors == 0


def test_emotic_boxes_of_heads_where_the_copy_has_them(tmp_path: Path) -> None:
    given = person((0, 0, 12, 12), 3, ["Anger"], head_bbox=np.array((3.0, 1, 7, 5)))
    emotic(tmp_path, train=structures(image("framesdb/images", "a.jpg", given)))
    pictures(tmp_path / "emotic", "framesdb/images/a.jpg")
    assert rows(read_database("emotic", tmp_path), "x1", "y1", "x2", "y2", "body_x2") == [(3, 1, 7, 5, 12)]


def test_emotic_faults(tmp_path: Path) -> None:
    people = (person((0, 0, 6, 12), 11, ["Anger"]), person((6, 0, 2, 12), 2, []))
    gone = image("mscoco/images", "gone.jpg", person((0, 0, 6, 12), 2, ["Fear"]), person((0, 0, 6, 12), 2, ["Fear"]))
    emotic(tmp_path, train=structures(image("mscoco/images", "a.jpg", *people), gone))
    pictures(tmp_path / "emotic", "mscoco/images/a.jpg")
    table = read_database("emotic", tmp_path)
    assert rows(table, "valence", "body_x1") == [(None, 0), (pytest.approx(-7 / 9), None)]
    assert faults(table) == [
        ("out of range", "Annotations/Annotations.mat", 1, 0),
        ("broken box", "Annotations/Annotations.mat", 2, 0),
        ("missing picture", "Annotations/Annotations.mat", 3, 2),
    ]


def test_emotic_that_cannot_be_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text(tmp_path / "Annotations/Annotations.mat", "no Matlab file")
    with pytest.raises(TableError, match="not a readable Matlab file"):
        read_database("emotic", tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "scipy.io", None)
    with pytest.raises(MienError, match=r"pip install 'mien\[mat\]'"):
        read_database("emotic", tmp_path)
