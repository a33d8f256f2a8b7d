from math import log

import pytest
import torch

from mien.losses import LOSSES

MASK = torch.tensor([[True, False, False], [True, True, True], [False, False, False]])


def test_bce_is_the_mean_over_images_of_their_own_mean() -> None:
    # s(0) = 1/2 costs log 2 whatever the label; s(log 3) = 3/4 costs log 4 for an absent one.
    logits = torch.tensor([[log(3), 9.0, 9.0], [0.0, 0.0, 0.0], [5.0, 5.0, 5.0]])
    found = LOSSES["masked_bce"](logits, torch.zeros(3, 3), MASK).item()
    first, second = log(4), log(2)
    assert found == pytest.approx((first + second) / 2)
    assert found != pytest.approx((first + 3 * second) / 4)  # rejected: the mean over the batch's labels
    assert found != pytest.approx((first / 3 + second) / 2)  # rejected: divided by all AUs of the image
    assert found != pytest.approx((first + second) / 3)  # rejected: an unlabelled image counts as one


def test_bce_of_a_present_and_an_absent_unit() -> None:
    logits = torch.full((1, 2), log(3))
    found = LOSSES["masked_bce"](logits, torch.tensor([[1.0, 0.0]]), torch.ones(1, 2, dtype=torch.bool)).item()
    assert found == pytest.approx((log(4 / 3) + log(4)) / 2)


def test_intensity_is_compared_as_a_share_of_its_range() -> None:
    # s(0) = 1/2, which is intensity 2.5.
    target = torch.tensor([[5.0, 0.0, 0.0], [2.5, 0.0, 1.0], [4.0, 4.0, 4.0]])
    found = LOSSES["intensity_mse"](torch.zeros(3, 3), target, MASK).item()
    errors = [0.5**2, 0.0, 0.5**2, 0.3**2]
    assert found == pytest.approx(sum(errors) / 4)
    assert found != pytest.approx(25 * sum(errors) / 4)  # rejected: in units of intensity
    assert found != pytest.approx(sum(errors) / 9)  # rejected: the mean over all entries


def test_the_intensity_that_is_read_is_the_one_that_is_trained() -> None:
    from mien.models.outputs import intensity

    logits = torch.linspace(-4, 4, 9)[:, None]
    everywhere = torch.ones(9, 1, dtype=torch.bool)
    assert LOSSES["intensity_mse"](logits, intensity(logits), everywhere) < 1e-14
