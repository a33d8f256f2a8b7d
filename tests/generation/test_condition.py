import torch

from generation.makers import LABELS
from mien.generation.chance import Chance
from mien.generation.condition import encode, thinned, width

ROWS = 4000


def chance(rows: int) -> Chance:
    return Chance(torch.Generator().manual_seed(0), rows)


def everything(rows: int) -> dict[str, torch.Tensor]:
    return {task: torch.ones(rows, len(names), dtype=torch.bool) for task, names in LABELS.items()}


def test_values_come_first_then_what_is_told() -> None:
    labels = {"au": ("AU12", "AU25"), "au_intensity": ("AU12",)}
    target = {"au": torch.tensor([[1.0, float("nan")]]), "au_intensity": torch.tensor([[4.0]])}
    mask = {"au": torch.tensor([[True, False]]), "au_intensity": torch.tensor([[True]])}
    assert torch.equal(encode(labels, target, mask), torch.tensor([[1, 0, 0.8, 1, 0, 1]]))
    assert width(labels) == 6


def test_an_absent_unit_and_an_untold_one_differ() -> None:
    labels = {"au": ("AU12",)}
    absent = {"au": torch.zeros(1, 1)}
    told, untold = ({"au": torch.tensor([[known]])} for known in (True, False))
    assert not torch.equal(encode(labels, absent, told), encode(labels, absent, untold))


def test_thinning_only_ever_takes_away() -> None:
    given = {task: torch.rand(mask.shape) < 0.5 for task, mask in everything(50).items()}
    kept = thinned(given, chance(50))
    assert all((kept[task] <= given[task]).all() for task in given)


def test_thinning_leaves_every_part_alone_at_times_and_all_of_them_at_times() -> None:
    kept = thinned(everything(ROWS), chance(ROWS))
    joined = torch.cat([kept[task] for task in LABELS], dim=1)
    assert joined.all(dim=1).float().mean() > 0.24
    for task in ("expression", "compound"):  # the classes of a distribution go together
        assert (kept[task].all(dim=1) == kept[task].any(dim=1)).all()
        assert abs(float(kept[task][:, 0].float().mean()) - 0.625) < 0.03  # 1/4 + 3/4 * 1/2
    assert abs(float(kept["au"].float().mean()) - 0.625) < 0.03
    assert (kept["au"].sum(dim=1) == 1).any() and (kept["au"].sum(dim=1) == 4).any()  # one by one, not all or none
