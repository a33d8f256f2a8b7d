"""Tasks whose gradients contradict each other: what the shared part of a network does instead of adding them up."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from mien.errors import RecipeError

INSTALL = "pip install 'mien[torchjd]'"
# CAGrad and Aligned-MTL give a mean over the tasks; the others are of the size of the sum that an optimiser is set for.
MADE: dict[str, tuple[Callable[[Any, int], Any], bool]] = {
    "pcgrad": (lambda torchjd, rows: torchjd.PCGrad(), False),
    "cagrad": (lambda torchjd, rows: torchjd.CAGrad(c=0.5), True),
    "aligned_mtl": (lambda torchjd, rows: torchjd.AlignedMTL(), True),
    "nash_mtl": (lambda torchjd, rows: torchjd.NashMTL(n_tasks=rows), False),
}


class GradientSurgery(nn.Module):
    """A term of value 0 that changes the gradient of what several losses share, and of nothing else.

    With J (K, P) the gradients of the K terms by the P shared parameters, the term's gradient is A(J) - sum_k J_k, so
    that together with the sum of the losses the shared parameters get A(J), while each head keeps its own gradient.
    Parameters are shared when more than one term reaches them. Terms without a gradient, as of a task without labels in
    the batch, take no part.

    Args:
        how: a key of ``MADE``.
        terms: the names of the losses, for the state of Nash-MTL.

    Raises:
        RecipeError: torchjd or what it needs is not installed.

    *Source*: PCGrad, Yu et al. 2020; CAGrad, Liu et al. 2021 (c = 0.5); Aligned-MTL, Senushkin et al. 2023; Nash-MTL,
    Navon et al. 2022; all as in torchjd (MIT). Ours: a factor K where it gives a mean, so that one learning rate suits
    all, and the term, which leaves the training loop as it is.
    """

    def __init__(self, how: str, terms: Sequence[str]) -> None:
        super().__init__()
        if find_spec("torchjd") is None:
            raise RecipeError(f"gradients = {how!r} needs torchjd, which is not installed here; type: {INSTALL}")
        self.how, self.terms = how, tuple(terms)
        self._made: dict[int, Any] = {}
        self._aggregator(2)  # says at once what is missing
        self.bargain: Tensor  # the weights from which the next bargain of Nash-MTL starts
        if how == "nash_mtl":
            self.register_buffer("bargain", torch.ones(len(self.terms), dtype=torch.float64))

    def forward(self, model: nn.Module, losses: Mapping[str, Tensor]) -> Tensor:
        """The term, for the network and its losses by name."""
        if (
            torch.distributed.is_available()
            and torch.distributed.is_initialized()
            and torch.distributed.get_world_size() > 1
        ):
            raise RecipeError(f"gradients = {self.how!r} works in one process; use 'sum', or start one")
        parameters = [p for p in model.parameters() if p.requires_grad]
        zero = next(iter(losses.values())).detach() * 0
        if not torch.is_grad_enabled():
            return zero
        names = list(losses)
        found = [torch.autograd.grad(losses[n], parameters, retain_graph=True, allow_unused=True) for n in names]
        shared = [i for i in range(len(parameters)) if sum(gradients[i] is not None for gradients in found) > 1]
        if not shared:
            return zero
        jacobian = torch.stack([_row(gradients, parameters, shared) for gradients in found])
        taught = jacobian.any(dim=1)
        if taught.sum() < 2 or not jacobian.isfinite().all():  # a diverged run is told so by the loop
            return zero
        wanted = self._aggregate(jacobian[taught], [names[i] for i in taught.nonzero().flatten().tolist()])
        change = torch.split(wanted - jacobian.sum(dim=0), [parameters[i].numel() for i in shared])
        pairs = zip(shared, change, strict=True)
        term = torch.stack([(parameters[i].float() * part.view_as(parameters[i])).sum() for i, part in pairs]).sum()
        return term - term.detach()

    def _aggregate(self, jacobian: Tensor, names: Sequence[str]) -> Tensor:
        aggregator, rows = self._aggregator(len(jacobian)), len(jacobian)
        if self.how != "nash_mtl":
            wanted: Tensor = aggregator(jacobian) * (rows if MADE[self.how][1] else 1)
            return wanted
        places = [self.terms.index(name) for name in names]
        aggregator.weighting.prvs_alpha = self.bargain[places].cpu().numpy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the solver, about its speed
            wanted = aggregator(jacobian)
        self.bargain[places] = torch.as_tensor(aggregator.weighting.prvs_alpha, dtype=torch.float64).to(self.bargain)
        return wanted

    def _aggregator(self, rows: int) -> Any:
        if rows not in self._made:
            try:
                self._made[rows] = MADE[self.how][0](import_module("torchjd.aggregation"), rows)
            except ImportError as error:
                raise RecipeError(f"gradients = {self.how!r}: {error} (torchjd itself is there)") from None
        return self._made[rows]


def _row(gradients: Sequence[Tensor | None], parameters: Sequence[Tensor], shared: Sequence[int]) -> Tensor:
    """One term's gradients by the shared parameters, (P,) float32."""
    parts = (torch.zeros_like(parameters[i]) if gradients[i] is None else gradients[i] for i in shared)
    return torch.cat([part.detach().float().flatten() for part in parts if part is not None])
