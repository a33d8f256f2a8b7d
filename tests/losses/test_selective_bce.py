from math import log

import pytest
import torch

from mien.losses.selective import selective_bce

# One image of a database with two labels, one of a database with one, one without any.
MASK = torch.tensor([[True, True, False], [False, False, True], [False, False, False]])
LOGITS = torch.tensor([[log(3), log(3), 7.0], [7.0, 7.0, 0.0], [7.0, 7.0, 7.0]])
TARGET = torch.tensor([[1.0, 0.0, 9.0], [9.0, 9.0, 1.0], [9.0, 9.0, 9.0]])
LABELLED = [log(4 / 3), log(4), log(2)]


def test_the_sum_of_an_image_is_averaged_over_the_images() -> None:
    found = selective_bce(LOGITS, TARGET, MASK).item()
    assert found == pytest.approx(sum(LABELLED) / 2)
    assert found != pytest.approx(sum(LABELLED) / 3)  # rejected: an image without labels counts, or mean of labels
    assert found != pytest.approx(((LABELLED[0] + LABELLED[1]) / 2 + LABELLED[2]) / 2)  # rejected: mean per image
    assert found != pytest.approx(sum(LABELLED))  # rejected: the sum over the batch


def test_the_mean_is_over_all_labels_of_the_batch() -> None:
    found = selective_bce(LOGITS, TARGET, MASK, normalise="mean").item()
    assert found == pytest.approx(sum(LABELLED) / 3)
    assert found != pytest.approx(sum(LABELLED) / 9)  # rejected: the mean over all entries
    assert found != pytest.approx(sum(LABELLED) / 2)  # rejected: the sum of an image
