import torch

from mien.generation.augment import AdaptiveAugment, _covered, _lit, _shifted

FACES = torch.rand(32, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def test_at_rest_nothing_changes() -> None:
    assert torch.equal(AdaptiveAugment()(FACES), FACES)


def test_its_strength_follows_how_sure_the_critic_is() -> None:
    augment = AdaptiveAugment()
    sure, unsure = torch.ones(1000), torch.cat([torch.ones(700), -torch.ones(300)])
    augment.follow(sure)
    assert abs(float(augment.p) - 0.01) < 1e-6  # 1000 faces of 100,000
    augment.follow(unsure)  # a mean sign of 0.4 is below the target
    assert float(augment.p) < 1e-6
    augment.follow(unsure)
    assert float(augment.p) >= 0  # rejected: a negative probability


def test_every_change_lets_gradients_through_and_keeps_the_shape() -> None:
    torch.manual_seed(0)
    for change in (_lit, _shifted, _covered):
        faces = FACES.clone().requires_grad_()
        changed = change(faces)
        assert changed.shape == faces.shape and not torch.equal(changed, faces)
        changed.sum().backward()
        assert faces.grad is not None and faces.grad.any()


def test_a_shift_moves_whole_pixels() -> None:
    torch.manual_seed(1)
    picture = torch.arange(256.0).reshape(1, 1, 16, 16).expand(1, 3, -1, -1)
    moved = _shifted(picture)
    inside = moved[0, 0, 4:12, 4:12]
    step = inside - picture[0, 0, 4:12, 4:12]
    assert (step == step[0, 0]).all()  # rejected: rows and columns that move apart
