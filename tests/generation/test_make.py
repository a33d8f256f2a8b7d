from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from generation.makers import SIZE, new_gan
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.generation.make import FaceGenerator
from mien.generation.table import DATABASE, write_for_request, write_for_table
from mien.images import read_image


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> FaceGenerator:
    return FaceGenerator(new_gan(tmp_path_factory.mktemp("gan")))


def test_faces_are_pictures_of_the_same_people_for_the_same_seed(generator: FaceGenerator) -> None:
    faces = generator.faces({"expression": "fear"}, count=70, seed=1)  # more than pass at once
    assert faces.shape == (70, SIZE, SIZE, 3) and faces.dtype == np.uint8
    assert np.array_equal(faces[:3], generator.faces({"expression": "fear"}, count=3, seed=1))
    assert not np.array_equal(faces[0], faces[1])
    assert not np.array_equal(faces[:3], generator.faces({"expression": "fear"}, count=3, seed=2))
    assert not np.array_equal(faces[:3], generator.faces({"expression": "happiness"}, count=3, seed=1))


def test_a_face_for_each_row_of_labels(generator: FaceGenerator) -> None:
    target = {task: np.zeros((3, len(names)), np.float32) for task, names in generator.labels.items()}
    mask = {task: np.zeros((3, len(names)), bool) for task, names in generator.labels.items()}
    free = generator.faces({}, count=3, seed=4)
    assert np.array_equal(np.stack(list(generator.for_labels(target, mask, seed=4))), free)
    mask["expression"][1] = True
    target["expression"][1, 2] = 1
    told = np.stack(list(generator.for_labels(target, mask, seed=4)))
    assert [np.array_equal(a, b) for a, b in zip(told, free, strict=True)] == [True, False, True]


def test_an_edit_follows_its_labels_and_wants_the_right_size(generator: FaceGenerator) -> None:
    face = generator.faces({}, seed=3)[0]
    assert not np.array_equal(generator.edited(face, {"AU12": 5.0}), generator.edited(face, {"AU12": 0.0}))
    with pytest.raises(MienError, match=r"Faces of shape \(8, 8, 3\); the editor takes 16 pixels"):
        generator.edited(face[:8, :8], {})


def test_a_form_that_was_not_trained_is_named(tmp_path: Path) -> None:
    maker, editor = (FaceGenerator(new_gan(tmp_path / form, forms=(form,))) for form in ("noise", "image"))
    with pytest.raises(MienError, match="from noise alone"):
        maker.edited(np.zeros((SIZE, SIZE, 3), np.uint8), {})
    with pytest.raises(MienError, match="only changes given faces"):
        editor.faces({})


def test_a_table_of_one_request_says_what_was_told_and_nothing_more(generator: FaceGenerator, tmp_path: Path) -> None:
    asked = {"expression": "fear", "AU12": 4.0, "arousal": 0.5}
    assert write_for_request(generator, asked, 5, tmp_path / "faces.parquet", seed=9) == 5
    table = LabelTable(tmp_path / "faces.parquet")
    row = table.read(table.columns).to_pylist()[2]
    assert (row["database"], row["split"], row["AU12"], row["AU12_intensity"]) == (DATABASE, "train", 1, 4.0)
    assert (row["votes_fear"], row["votes_neutral"], row["arousal"]) == (1, 0, 0.5)
    assert [row[name] for name in ("AU25", "valence", "compound")] == [None] * 3  # rejected: absent for untold
    assert np.array_equal(read_image(row["image"]), generator.faces(asked, 5, seed=9)[2])
    assert set(table.notes.values()) == {"generated: the label that the generator was told, no annotator's"}


def test_a_table_for_the_labels_of_another(generator: FaceGenerator, tmp_path: Path) -> None:
    source = LabelTable(
        pa.table(
            {
                "expression": ["fear", None, "sadness", None],  # the generator does not know sadness
                "AU12": [None, 1, None, None],
                "AU25": [None, 0, None, None],
            }
        )
    )
    assert write_for_table(generator, source, tmp_path / "out.parquet") == 2
    rows = LabelTable(tmp_path / "out.parquet").read(["subject", "votes_fear", "AU12", "AU25"]).to_pylist()
    assert rows == [
        {"subject": "g0000000", "votes_fear": 1, "AU12": None, "AU25": None},
        {"subject": "g0000001", "votes_fear": None, "AU12": 1, "AU25": 0},
    ]
    with pytest.raises(MienError, match="gives expression, the generator can be told"):
        write_for_table(generator, LabelTable(pa.table({"expression": ["sadness"]})), tmp_path / "no.parquet")
