"""What every backbone promises, held over the whole registry: a new entry is tested by being registered."""

from typing import NamedTuple

import pytest
import torch

from mien.models.backbones import BACKBONES, Backbone, make_backbone


class Named(NamedTuple):
    name: str
    net: Backbone


@pytest.fixture(scope="module", params=BACKBONES)
def backbone(request: pytest.FixtureRequest) -> Named:
    torch.manual_seed(0)
    return Named(request.param, make_backbone(request.param))


def images(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 49)])
@torch.no_grad()
def test_any_side_from_32_gives_features(backbone: Named, height: int, width: int) -> None:
    out = backbone.net.eval()(images(2, 3, height, width))
    assert out.shape == (2, backbone.net.features)
    assert out.dtype == torch.float32 and out.isfinite().all() and out.std() > 0


def test_gradient_reaches_every_parameter(backbone: Named) -> None:
    backbone.net.train().zero_grad()
    backbone.net(images(4, 3, 48, 48)).square().sum().backward()
    dead = [name for name, p in backbone.net.named_parameters() if p.grad is None or not p.grad.any()]
    backbone.net.zero_grad()
    assert dead == []


def test_a_seed_fixes_the_start(backbone: Named) -> None:
    torch.manual_seed(0)
    again = make_backbone(backbone.name)
    for (name, p), q in zip(backbone.net.named_parameters(), again.parameters(), strict=True):
        assert torch.equal(p, q), name


def test_no_weight_starts_constant(backbone: Named) -> None:
    for name, p in backbone.net.named_parameters():
        assert p.dim() == 1 or p.std() > 0, name


@torch.no_grad()
def test_bf16_autocast_in_channels_last_stays_close(backbone: Named) -> None:
    net = backbone.net.eval()
    x = images(2, 3, 64, 64)
    full = net(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = net(x.contiguous(memory_format=torch.channels_last)).float()
    assert half.isfinite().all()
    assert (half - full).norm() < 0.1 * full.norm()


@torch.no_grad()
def test_in_evaluation_an_image_does_not_depend_on_its_neighbours(backbone: Named) -> None:
    net = backbone.net.eval()
    x = images(3, 3, 40, 40)
    torch.testing.assert_close(net(x)[1:2], net(x[1:2]), rtol=1e-4, atol=1e-4 * float(net(x).abs().max()))


@torch.no_grad()
def test_in_evaluation_nothing_is_drawn_at_random(backbone: Named) -> None:
    x = images(1, 3, 32, 32)
    assert torch.equal(backbone.net.eval()(x), backbone.net(x))


@torch.no_grad()
def test_another_image_gives_other_features(backbone: Named) -> None:
    # In training mode, since a deep network's signal fades while batch normalisation has not seen any data.
    net = backbone.net.train()
    for module in net.modules():
        if isinstance(module, torch.nn.Dropout):
            module.eval()
    one, two, three, four = net(images(4, 3, 64, 64))
    assert (one - two).norm() > 0.01 * one.norm()
    assert (three - four).norm() > 0.01 * three.norm()
