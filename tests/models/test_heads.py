import pytest
import torch
from torch import nn

from mien.errors import MienError
from mien.labels import label_set
from mien.models.heads import HEADS, Head, JointHead, TaskHeads, row_names

LABELS = label_set({"expression": ["fear", "neutral", "anger"], "au": ["AU12", "AU01"], "va": ["valence", "arousal"]})


def joint_counting(va_bins: int = 0) -> JointHead:
    """A joint head whose output i is i, whatever the features."""
    head = JointHead(4, LABELS, va_bins=va_bins)
    nn.init.zeros_(head.output.weight)
    head.output.bias.data = torch.arange(len(head.output.bias)).float()
    return head


def test_the_joint_output_is_cut_in_label_order() -> None:
    out = joint_counting()(torch.randn(2, 4))
    assert list(out) == ["expression", "au", "va"]
    assert out["expression"].tolist() == [[0, 1, 2]] * 2  # neutral, fear, anger
    assert out["au"].tolist() == [[3, 4]] * 2  # AU01, AU12
    assert out["va"].tolist() == [[5, 6]] * 2


def test_binned_rows_are_grouped_by_axis() -> None:
    out = joint_counting(va_bins=3)(torch.randn(1, 4))["va"]
    assert out.tolist() == [[[5, 6, 7], [8, 9, 10]]]  # not interleaved: [[5, 7, 9], [6, 8, 10]]


def test_the_joint_head_is_one_affine_map() -> None:
    head = JointHead(4, LABELS)
    assert [tuple(p.shape) for p in head.parameters()] == [(7, 4), (7,)]
    h = torch.randn(3, 4)
    z = h @ head.output.weight.T + head.output.bias
    torch.testing.assert_close(torch.cat(list(head(h).values()), dim=1), z)


@pytest.mark.parametrize("va_bins", [0, 5])
@pytest.mark.parametrize("hidden", [None, 6])
@pytest.mark.parametrize("name", HEADS)
def test_every_head_gives_the_same_shapes(name: str, hidden: int | None, va_bins: int) -> None:
    if name == "joint" and hidden:
        with pytest.raises(MienError, match=r"hidden = 6.*head = 'tasks'"):
            HEADS[name](4, LABELS, hidden, va_bins)
        return
    out = HEADS[name](4, LABELS, hidden, va_bins)(torch.randn(3, 4))
    va = (3, 2, va_bins) if va_bins else (3, 2)
    assert {task: tuple(z.shape) for task, z in out.items()} == {"expression": (3, 3), "au": (3, 2), "va": va}
    assert list(out) == list(LABELS)


def test_task_heads_share_nothing() -> None:
    head = TaskHeads(4, LABELS, hidden=6)
    head(torch.randn(3, 4))["au"].sum().backward()
    touched = {name.split(".")[1] for name, p in head.named_parameters() if p.grad is not None}
    assert touched == {"au"}


def test_the_hidden_layers_are_those_of_the_paper() -> None:
    layers = [type(m) for m in TaskHeads(4, LABELS, hidden=6).hidden["au"].children()]
    assert layers == [nn.BatchNorm1d, nn.Linear, nn.ReLU, nn.BatchNorm1d]
    assert not list(TaskHeads(4, LABELS).hidden["au"].children())


@pytest.mark.parametrize("head", [JointHead(4, LABELS, va_bins=2), TaskHeads(4, LABELS, hidden=6, va_bins=2)])
def test_located_rows_are_the_outputs_they_name(head: Head) -> None:
    head.eval()
    h = torch.randn(1, 4)
    before = torch.cat([z.flatten() for z in head(h).values()])
    names = [row for rows in row_names(LABELS, 2).values() for row in rows]
    assert names == list(head.locate())
    for position, (layer, i) in enumerate(head.locate().values()):
        head.state_dict()[f"{layer}.bias"][i] += 1
        after = torch.cat([z.flatten() for z in head(h).values()])
        assert (after - before).nonzero().flatten().tolist() == [position]
        before = after
