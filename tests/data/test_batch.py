"""A batch is checked where it is made."""

import pytest
import torch

from mien.data.batch import Batch
from mien.errors import MienError


def parts(rows=2):
    return {
        "image": torch.zeros(rows, 3, 8, 8),
        "target": {"va": torch.zeros(rows, 2)},
        "mask": {"va": torch.ones(rows, 2, dtype=torch.bool)},
        "database": torch.zeros(rows, dtype=torch.int64),
    }


def test_a_batch_has_the_length_of_its_rows():
    assert len(Batch(**parts(5))) == 5


def test_a_process_knows_its_own_rows_and_where_the_batch_goes_its_seed_goes():
    whole = torch.arange(5)
    batch = Batch(**{**parts(5), "image": torch.zeros(2, 3, 8, 8)}, part=(1, 2), seed=7)
    assert batch.own(whole).tolist() == [1, 3]  # rejected: the second half
    assert batch.to(torch.device("cpu")).seed == 7


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (2, 8, 8, 3), (2, 3, 8)])
def test_a_picture_of_another_shape_is_refused(shape):
    with pytest.raises(MienError, match=r"^Batch: image has shape \(2, .*\), expected \(B, 3, H, W\)$"):
        Batch(**{**parts(), "image": torch.zeros(shape)})


def test_a_target_without_a_mask_is_refused():
    with pytest.raises(MienError, match=r"^Batch: targets of \['va'\] but masks of \['au'\]; give both alike$"):
        Batch(**{**parts(), "mask": {"au": torch.ones(2, 2, dtype=torch.bool)}})


@pytest.mark.parametrize(
    ("target", "mask"),
    [
        (torch.zeros(2, 2), torch.ones(2, 2)),  # a float mask would weigh, not choose
        (torch.zeros(2, 2), torch.ones(2, 1, dtype=torch.bool)),  # would broadcast
        (torch.zeros(3, 2), torch.ones(3, 2, dtype=torch.bool)),
    ],
)
def test_a_target_and_mask_that_do_not_fit_are_refused(target, mask):
    with pytest.raises(
        MienError, match=r"^Batch: va has target \(\d, 2\) and mask .*, expected the same \(2, labels\)"
    ):
        Batch(**{**parts(), "target": {"va": target}, "mask": {"va": mask}})


def test_to_a_device_moves_everything():
    moved = Batch(**parts()).to(torch.device("meta"))
    tensors = [moved.image, moved.database, *moved.target.values(), *moved.mask.values()]
    assert {tensor.device.type for tensor in tensors} == {"meta"}


def test_to_a_device_keeps_the_values_in_an_order_that_convolutions_like():
    given = {**parts(), "image": torch.rand(2, 3, 8, 8), "target": {"va": torch.rand(2, 2)}}
    moved = Batch(**given).to(torch.device("cpu"))
    assert moved.image.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(moved.image, given["image"])
    assert torch.equal(moved.target["va"], given["target"]["va"])
