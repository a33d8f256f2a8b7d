import torch

from mien.generation.augment import AdaptiveAugment, _covered, _lit, _shifted
from mien.generation.chance import Chance

FACES = torch.rand(32, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def chance(rows: int, seed: int = 0) -> Chance:
    return Chance(torch.Generator().manual_seed(seed), rows)


def test_at_rest_nothing_changes() -> None:
    assert torch.equal(AdaptiveAugment()(FACES, chance(32)), FACES)


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
    for change in (_lit, _shifted, _covered):
        faces = FACES.clone().requires_grad_()
        changed = change(faces, chance(32))
        assert changed.shape == faces.shape and not torch.equal(changed, faces)
        changed.sum().backward()
        assert faces.grad is not None and faces.grad.any()


def test_a_shift_moves_whole_pixels() -> None:
    picture = torch.arange(256.0).reshape(1, 1, 16, 16).expand(1, 3, -1, -1)
    moved = _shifted(picture, chance(1, seed=1))
    inside = moved[0, 0, 4:12, 4:12]
    step = inside - picture[0, 0, 4:12, 4:12]
    assert (step == step[0, 0]).all()  # rejected: rows and columns that move apart


def test_a_shift_goes_as_far_each_way() -> None:
    picture = torch.arange(16.0).expand(3, 16, 16)[None].expand(4000, -1, -1, -1)
    by = _shifted(picture, chance(4000))[:, 0, 8, 8] - 8
    assert by.unique().tolist() == [-2, -1, 0, 1, 2]  # an eighth of 16 pixels; rejected: never the last one
    assert all(abs(float((by == step).float().mean()) - 0.2) < 0.03 for step in range(-2, 3))


def test_what_happens_to_a_face_does_not_depend_on_the_others() -> None:
    augment = AdaptiveAugment()
    augment.p.fill_(0.8)
    whole = augment(FACES, chance(32))
    part = augment(FACES[1::2], chance(32).share((1, 2)))
    assert torch.equal(part, whole[1::2]) and not torch.equal(part, FACES[1::2])
