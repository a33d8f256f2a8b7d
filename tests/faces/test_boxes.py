"""Overlap, suppression and patches by hand-worked numbers."""

import numpy as np
import pytest

from mien.faces.boxes import overlap, patches, squares, suppress


def test_overlap_of_union_and_of_the_smaller() -> None:
    whole, part = [[0, 0, 10, 10]], [[0, 0, 5, 10], [5, 5, 15, 15], [10, 0, 20, 10]]
    np.testing.assert_allclose(overlap(whole, part), [[0.5, 25 / 175, 0]], rtol=1e-6)
    np.testing.assert_allclose(overlap(whole, part, of="smaller"), [[1.0, 0.25, 0]], rtol=1e-6)
    assert overlap(np.zeros((0, 4)), whole).shape == (0, 1)


def test_suppression_is_greedy_from_the_best() -> None:
    boxes = np.array([[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]], np.float32)
    # 0 and 1, 1 and 2 overlap by 0.43, 0 and 2 by 0.11: the middle one, if worst, drops alone; if best, drops both
    assert suppress(boxes, np.array([0.9, 0.5, 0.8], np.float32), 0.3).tolist() == [0, 2]
    assert suppress(boxes, np.array([0.5, 0.9, 0.8], np.float32), 0.3).tolist() == [1]
    chain = suppress(boxes, np.array([0.9, 0.8, 0.7], np.float32), 0.3)
    assert chain.tolist() == [0, 2], "a suppressed box suppresses nothing: dropping 2 for 1's sake is wrong"
    assert suppress(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.5).tolist() == []


def test_a_square_keeps_centre_and_longer_side() -> None:
    assert squares(np.array([[2, 0, 6, 10]], np.float32)).tolist() == [[-1, 0, 9, 10]]


def test_patches_are_what_lies_under_the_box_and_black_beyond() -> None:
    image = np.arange(64, dtype=np.uint8).reshape(8, 8, 1).repeat(3, axis=2) + 100
    inside, beyond, outside = patches(image, np.array([[2, 2, 6, 6], [-4, 0, 4, 8], [20, 20, 30, 30]], np.float32), 4)
    np.testing.assert_array_equal(inside, image[2:6, 2:6])
    assert (beyond[:, :2] == 0).all() and beyond[:, 2:].min() > 90
    assert (outside == 0).all()


@pytest.mark.parametrize("box", [[3, 3, 3, 3], [7.9, 7.9, 8.3, 8.3]])
def test_a_box_without_area_is_a_patch_all_the_same(box: list[float]) -> None:
    assert patches(np.full((8, 8, 3), 9, np.uint8), np.array([box], np.float32), 24).shape == (1, 24, 24, 3)
