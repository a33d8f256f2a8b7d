"""The model of clips: a frame network, and a sequence model over what it says of every frame."""

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn

from mien.choose import choose
from mien.errors import MienError
from mien.labels import CLASS_TASKS
from mien.models.affect import AffectModel
from mien.models.heads import TaskHeads, row_names
from mien.models.outputs import read
from mien.models.spec import ModelSpec
from mien.models.temporal import TEMPORAL
from mien.models.temporal.columns import frame_columns


class ClipModel(nn.Module):
    """``embed`` turns pictures into features, ``forward`` the features of windows into raw outputs of every frame.

    z_t = g_t(x_1 ... x_T), or with ``residual`` z_t = f_t + g_t, where f are the frame network's raw outputs and g
    begins at 0: training then starts from the frame network's answers, and learns what the other frames add to them.
    The residual form is ours.

    Args:
        spec: with ``temporal``; weights begin at random, those of the frame network too.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        if spec.temporal is None:
            raise MienError("A model of clips needs a spec with 'temporal', and this one describes a frame network")
        self.spec, self.temporal = spec, spec.temporal
        kind = choose(TEMPORAL, self.temporal.model, "temporal model")
        self.frames = AffectModel(self.temporal.frames).requires_grad_(self.temporal.joint).eval()
        columns = frame_columns(self.temporal.frames, self.frames.backbone.features)
        self._start = columns.start(spec.labels, spec.va_bins) if self.temporal.residual else {}
        self.register_buffer("centre", torch.zeros(columns.width))
        self.register_buffer("spread", torch.ones(columns.width))
        rows = {task: len(names) for task, names in row_names(spec.labels, spec.va_bins).items()}
        read = {task: columns.read_by(task, self.temporal.reads) for task in rows}
        self._read = sorted(set().union(*read.values()))  # the sequence model gets these alone
        own = {task: [self._read.index(column) for column in some] for task, some in read.items()}
        self.sequence = kind(len(self._read), own, rows, self.temporal.width, self.temporal.dropout)
        if self.temporal.residual:
            for layer in self.sequence.output.values():
                nn.init.zeros_(layer.weight)  # type: ignore[arg-type]
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    @property
    def causal(self) -> bool:
        """Whether a frame's answer depends on that frame and earlier ones alone."""
        return self.sequence.causal

    def train(self, mode: bool = True) -> Self:
        """The frame network stays in evaluation mode: frames of few films would spoil its batch statistics."""
        super().train(mode)
        self.frames.eval()
        return self

    def embed(self, image: Tensor) -> Tensor:
        """A frame's features, (B, F), of (B, 3, H, W) float RGB in [0, 1]; see ``columns`` for what they are."""
        vector, head = self.frames.embed(image), self.frames.head
        hidden = [vector]
        if isinstance(head, TaskHeads) and self.temporal.frames.hidden is not None:
            hidden = [layer(vector) for layer in head.hidden.values()]
        return torch.cat([*hidden, *(z.flatten(1) for z in head(vector).values())], dim=1)

    @torch.no_grad()
    def fit_scale(self, features: Tensor) -> None:
        """Take mean and standard deviation of training frames' features (n, F), by which all are scaled."""
        self.centre.copy_(features.mean(dim=0))
        self.spread.copy_(features.std(dim=0, correction=0).clamp(min=1e-4))

    def forward(self, features: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Raw outputs z of every frame; see ``in_units``.

        Args:
            features: (B, T, F), B windows of T frames; or the frames themselves, pictures (M, 3, H, W) in the order of
                the M places in ``mask``.
            mask: (B, T) bool, True where there is a frame. Other places repeat the frame before them, whatever stands
                there; the first of a window is a frame.

        Returns:
            A dict with the tasks of ``spec.labels``: (B, T, labels), va with bins (B, T, 2, k).

        Raises:
            MienError: other shapes, or a window that does not begin with a frame.
        """
        if features.ndim == 4:
            features = _placed(self.embed(features), mask)
        _check(features, mask, len(self.centre))
        return self.over(_repeated(features, mask))

    def over(self, frames: Tensor) -> dict[str, Tensor]:
        """As ``forward``, of windows (B, T, F) with a frame at every place."""
        z = self.sequence(((frames - self.centre) / self.spread)[..., self._read])
        for task, (rows, columns) in self._start.items():
            said = nn.functional.pad(self._said(task, frames, columns), (0, 1))  # 0 for rows that it does not know
            place = [rows.index(row) if row in rows else -1 for row in range(z[task].shape[-1])]
            z[task] = z[task] + said[..., place]  # not index_add, which the export to ONNX gets wrong
        bins = self.spec.va_bins
        return {t: v.unflatten(-1, (-1, bins)) if t == "va" and bins else v for t, v in z.items()}

    def in_units(self, z: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What a person reads, (B, T, labels) per task, of raw outputs of windows; see ``outputs.read``."""
        frames = read({task: values.flatten(0, 1) for task, values in z.items()}, self.spec)
        return {task: values.reshape(*z[task].shape[:2], -1) for task, values in frames.items()}

    def _said(self, task: str, frames: Tensor, columns: list[int]) -> Tensor:
        """The frame network's raw outputs, of classes as logarithms of what they count for."""
        z = frames[..., columns]
        sigmoid = self.temporal.frames.expression_activation == "sigmoid"
        return -nn.functional.softplus(-z) if sigmoid and task in CLASS_TASKS else z


def _placed(vectors: Tensor, mask: Tensor) -> Tensor:
    """(M, F) put where ``mask`` (B, T) has its M frames, 0 elsewhere."""
    windows = vectors.new_zeros(*mask.shape, vectors.shape[1])
    windows[mask] = vectors
    return windows


def _repeated(features: Tensor, mask: Tensor) -> Tensor:
    """Every place without a frame filled with the last frame before it."""
    place = torch.arange(mask.shape[1], device=mask.device)
    last = torch.where(mask, place, 0).cummax(dim=1).values  # (B, T)
    return features.gather(1, last[..., None].expand_as(features))


def _check(features: Tensor, mask: Tensor, width: int) -> None:
    if features.ndim != 3 or features.shape[2] != width or mask.shape != features.shape[:2] or mask.dtype != torch.bool:
        raise MienError(
            f"A model of clips takes features as (B, T, {width}) and a bool mask (B, T), got {tuple(features.shape)} "
            f"and {tuple(mask.shape)} {mask.dtype}"
        )
    if not bool(mask[:, 0].all()):
        raise MienError("A window of a clip begins with a place without a frame; begin windows with a frame")
