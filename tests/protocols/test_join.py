"""Which row of the truth an answer belongs to."""

import numpy as np
import pytest

from mien.errors import ScoreError
from mien.protocols.join import Names, join
from protocols.answers import answers

ONE = {"AU12": [1.0]}


def names(
    path: list[str | None] | None = None, clip: list[str | None] | None = None, frame: list[int | None] | None = None
) -> Names:
    n = len(path or clip or ())
    return Names(list(range(n)), path or [None] * n, clip or [None] * n, frame or [None] * n)


def pairs(truth: Names, path: list[str], frame: list[int] | None = None, first: int = 0) -> tuple[str, list[list[int]]]:
    found = join(answers(path, {"AU12": [1.0] * len(path)}, frame=frame), truth, first)
    return found.rule, np.stack([found.truth, found.answers], axis=1).tolist()


def test_pictures_go_by_path_and_where_folders_differ_by_name() -> None:
    truth = names(["a/1.png", "a/2.png"])
    assert pairs(truth, ["a/2.png", "a/1.png"]) == ("path", [[0, 1], [1, 0]])
    assert pairs(truth, ["/home/ann/2.png", "C:\\x\\1.png"]) == ("file name", [[0, 1], [1, 0]])


def test_a_file_name_that_occurs_twice_needs_its_folder() -> None:
    truth = names(["x/v1/00001.jpg", "x/v2/00001.jpg"])
    assert pairs(truth, ["/d/v2/00001.jpg", "/d/v1/00001.jpg"]) == ("folder and file name", [[0, 1], [1, 0]])
    with pytest.raises(ScoreError, match=r"no row fits the truth by path, file name, video or clip and frame"):
        pairs(truth, ["00001.jpg"])  # rejected: either of the two


def test_a_picture_with_a_place_in_a_sequence_goes_by_its_path_not_by_its_frame() -> None:
    truth = names(["s/a.png", "s/b.png"], frame=[1, 0])
    assert pairs(truth, ["s/a.png", "s/b.png"], frame=[0, 0]) == ("path", [[0, 0], [1, 1]])


def test_frames_of_videos_go_by_frame_too() -> None:
    truth = names(["v.mp4", "v.mp4", "w.mp4"], frame=[0, 1, 0])
    found = pairs(truth, ["/d/w.mp4", "/d/v.mp4", "/d/v.mp4"], frame=[0, 0, 1])
    assert found == ("file name and frame", [[0, 1], [1, 2], [2, 0]])


def test_a_file_that_is_named_after_its_video_is_about_it() -> None:
    """OpenFace 2 writes v.csv about v.mp4, and nowhere in it the ending."""
    assert pairs(names(["s/v.mp4"], frame=[3]), ["v"], frame=[3]) == ("video and frame", [[0, 0]])
    with pytest.raises(ScoreError, match="no row fits"):
        pairs(names(["s/v.png"], frame=[3]), ["v"], frame=[3])  # rejected: any ending, so that v.png is v.jpg


def test_a_row_per_video_is_not_matched_by_one_frame_of_many() -> None:
    with pytest.raises(ScoreError, match="no row fits"):
        pairs(names(["v.mp4", "w.mp4"]), ["v.mp4", "v.mp4"], frame=[0, 1])


@pytest.mark.parametrize(("first", "expected"), [(0, [[0, 0], [1, 1]]), (1, [[1, 0]])])
def test_clips_go_by_name_without_ending_and_frame_counted_as_the_truth_does(
    first: int, expected: list[list[int]]
) -> None:
    truth = names(clip=["s1", "s1"], frame=[0, 1])
    assert pairs(truth, ["/d/s1.mp4", "s1"], frame=[0, 1], first=first) == ("clip and frame", expected)
    assert pairs(names(clip=["12.5-x"], frame=[0]), ["12.5-x"], frame=[0])[1] == [[0, 0]]  # a dot is no ending


def test_rows_that_are_named_by_number_need_no_path() -> None:
    truth = Names([4, 7], ["a.png", "b.png"], [None, None], [None, None])
    found = join(answers(["", ""], {"AU12": [1, 0]}, row=[7, 9]), truth)
    assert (found.rule, found.truth.tolist(), found.answers.tolist()) == ("row", [1], [0])
    assert (found.missing.tolist(), found.unused.tolist()) == ([0], [1])


def test_the_rule_that_finds_most_is_used() -> None:
    truth = names(["a/1.png", "a/2.png", "a/3.png"])
    assert pairs(truth, ["a/1.png", "/x/a/2.png", "/x/a/3.png"])[0] == "folder and file name"


def test_what_has_no_partner_is_counted_on_both_sides() -> None:
    found = join(answers(["b.png", "z.png"], {"AU12": [1, 1]}), names(["a.png", "b.png"]))
    assert (found.missing.tolist(), found.unused.tolist()) == ([0], [1])


def test_of_several_faces_the_surest_is_taken_and_a_face_before_none() -> None:
    truth = names(["a.png"])
    many = answers(["a.png"] * 3, {"AU12": [0.1, 0.2, np.nan]}, score=[0.5, 0.9, np.nan])
    found = join(many, truth)
    assert (found.answers.tolist(), found.further) == ([1], 1)  # the row without a face is no further face
    with pytest.raises(ScoreError, match=r"several faces for a\.png, frame -1, and no score that says which is surest"):
        join(answers(["a.png"] * 2, {"AU12": [0.1, 0.2]}), truth)
