"""ABAW submissions: the challenge's format, and back."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faces_table import rows, without_face
from mien.errors import ScoreError
from mien.labels import EXPRESSIONS
from mien.protocols.abaw import EIGHT, TWELVE_UNITS
from mien.protocols.outputs import Outputs, read_outputs
from mien.protocols.submission import HEADERS, write_submission
from protocols.answers import answers


def analysed(path: str, frames: int, seed: int) -> pd.DataFrame:
    """A video as ``mien analyze`` writes it, with everything that the challenges ask for."""
    rng = np.random.default_rng(seed)
    values = dict(zip(EXPRESSIONS, rng.dirichlet(np.ones(8), frames).T, strict=True))
    values |= {unit: rng.random(frames) for unit in TWELVE_UNITS}
    values |= {name: rng.uniform(-1, 1, frames) for name in ("valence", "arousal")}
    return rows(path, np.arange(frames), np.arange(frames) / 25, 0, values)


@pytest.fixture
def table(tmp_path: Path) -> tuple[Path, pd.DataFrame]:
    """Two videos; the second has a frame without a face and a second face in its last frame, less sure."""
    second = analysed("x/w.mp4", 3, 1)
    nobody = without_face("x/w.mp4", frames=2).iloc[1:]
    passer_by = analysed("x/w.mp4", 3, 2).iloc[2:].assign(face=1, score=0.3)
    everything = pd.concat([analysed("v.mp4", 2, 0), second.drop(1), nobody, passer_by], ignore_index=True)
    everything.to_csv(tmp_path / "faces.csv", index=False)
    shown = everything[(everything["score"] != 0.3)].sort_values(["path", "frame"]).reset_index(drop=True)
    return tmp_path / "faces.csv", shown


def written(table: Path, challenge: str, **options: float) -> tuple[Outputs, Path]:
    folder = table.parent / challenge
    found = write_submission(read_outputs(table), challenge, folder, options)
    assert (found.frames, found.empty) == (5, 1) and all(file.exists() for file in found.files)
    return read_outputs(folder), folder


def test_valence_and_arousal_come_back(table: tuple[Path, pd.DataFrame]) -> None:
    back, folder = written(table[0], "va")
    assert back.path == ["v/00001.jpg", "v/00002.jpg", "w/00001.jpg", "w/00002.jpg", "w/00003.jpg"]
    for name in ("valence", "arousal"):
        np.testing.assert_allclose(back.values[name], table[1][name], rtol=1e-5)  # NaN where no face is
    lines = (folder / "w.txt").read_text().splitlines()
    assert lines[0] == "valence,arousal" and lines[2] == "-5,-5" and len(lines) == 4


def test_expressions_come_back_as_the_largest_of_the_challenges_classes(table: tuple[Path, pd.DataFrame]) -> None:
    back, folder = written(table[0], "expr")
    seven = [name for name in EIGHT if name in EXPRESSIONS]
    assert "contempt" not in seven and len(seven) == 7
    expected = [None if np.isnan(row["fear"]) else max(seven, key=lambda n: row[n]) for _, row in table[1].iterrows()]
    assert back.expression == expected
    lines = (folder / "w.txt").read_text().splitlines()
    assert lines[0] == "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other" and lines[2] == "-1"
    assert lines[1] == str(EIGHT.index(str(expected[2])))  # the challenge's order, not ours


def test_units_come_back_as_decisions(table: tuple[Path, pd.DataFrame]) -> None:
    back, folder = written(table[0], "au", AU12=0.9)
    for unit in TWELVE_UNITS:
        column = table[1][unit]
        expected = np.where(column.isna(), np.nan, column >= (0.9 if unit == "AU12" else 0.5))
        np.testing.assert_array_equal(back.values[unit], expected.astype(float))
    lines = (folder / "w.txt").read_text().splitlines()
    assert lines[0] == "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26" and lines[2] == ",".join(["-1"] * 12)


def test_the_multi_task_file_comes_back(table: tuple[Path, pd.DataFrame]) -> None:
    back, folder = written(table[0], "mtl")
    assert [file.name for file in folder.iterdir()] == ["predictions.txt"]
    first, line, *_ = (folder / "predictions.txt").read_text().splitlines()
    assert first == "image,valence,arousal,expression,aus" and line.startswith("v/00001.jpg,") and line.count(",") == 15
    for part, challenge in (("va", "va"), ("expression", "expr"), ("au", "au")):
        alone, _ = written(table[0], challenge)
        assert back.path == alone.path
        if part == "expression":
            assert back.expression == alone.expression
        for name, column in alone.values.items():
            np.testing.assert_array_equal(back.values[name], column)


def test_frames_that_were_skipped_are_unknown(tmp_path: Path) -> None:
    said = answers(["v.mp4", "v.mp4"], {"valence": [0.5, 0.1], "arousal": [0, 0]}, frame=[0, 3])
    found = write_submission(said, "va", tmp_path)
    assert (found.frames, found.empty) == (4, 2)
    assert (tmp_path / "v.txt").read_text() == "valence,arousal\n0.5,0\n-5,-5\n-5,-5\n0.1,0\n"


def test_cropped_frames_keep_their_numbers(tmp_path: Path) -> None:
    said = answers(["/d/12-24/00003.jpg"], {"valence": [0.5], "arousal": [0]}, frame=[0])
    write_submission(said, "va", tmp_path)
    assert (tmp_path / "12-24.txt").read_text().splitlines()[1:] == ["-5,-5", "-5,-5", "0.5,0"]


@pytest.mark.parametrize(
    ("challenge", "said", "sentence"),
    [
        ("vaa", answers(["v.mp4"], {"valence": [0]}, frame=[0]), "Unknown challenge 'vaa'"),
        ("va", answers(["v.mp4"], {"valence": [0]}, frame=[0]), "no column 'arousal', which the challenge asks for"),
        ("au", answers(["v.mp4"], {"AU01": [0]}, frame=[0]), r"no column 'AU02', .*'mien analyze --all-units' writes"),
        ("expr", answers(["v.mp4"], {"valence": [0]}, frame=[0]), "no column for expressions"),
        ("expr", answers(["v.mp4"], expression=["contempt"], frame=[0]), "the challenge has no 'contempt'; rename it"),
        ("va", answers(["face.png"], {"valence": [0], "arousal": [0]}), "face.png is neither a frame of a video nor"),
    ],
)
def test_what_cannot_be_handed_in_is_one_sentence(tmp_path: Path, challenge: str, said: Outputs, sentence: str) -> None:
    with pytest.raises(ScoreError, match=sentence):
        write_submission(said, challenge, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_challenges_are_known() -> None:
    assert list(HEADERS) == ["va", "expr", "au", "mtl"]
