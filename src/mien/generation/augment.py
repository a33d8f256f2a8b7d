"""Changes of real and generated faces alike before the discriminator sees them, as strong as few data need.

*Source*: Karras et al. 2020, "Training generative adversarial networks with limited data" (adaptive strength); the
changes themselves are those of Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN training".
"""

import torch
from torch import Tensor, nn

from mien.generation.chance import Chance

TARGET = 0.6  # of the mean sign of real faces' scores: above it the discriminator knows its faces by heart
FACES_TO_FULL = 100_000  # faces seen from no change to a change of every face
MOST = 0.8  # beyond it a generator begins to make changed faces
SHIFT = 1 / 8  # of the side
HOLE = 0.4  # side of the covered square over that of the picture


class AdaptiveAugment(nn.Module):
    """Shift, cover, brightness and contrast, each with probability ``p``, which follows how sure the critic is."""

    p: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("p", torch.zeros(()))

    def forward(self, faces: Tensor, chance: Chance) -> Tensor:
        """(B, 3, S, S) to the same shape, drawn by ``chance``; gradients go through."""
        for change in (_lit, _shifted, _covered):
            hit = chance.even(1, 1, 1) < self.p
            faces = torch.where(hit, change(faces, chance), faces)
        return faces

    @torch.no_grad()
    def follow(self, real: Tensor) -> None:
        """Raise or lower ``p`` after a look at the scores (B,) of real faces."""
        towards = (real.sign().mean() - TARGET).sign()
        self.p.add_(towards * len(real) / FACES_TO_FULL).clamp_(0, MOST)


def _lit(faces: Tensor, chance: Chance) -> Tensor:
    """Another brightness, and another contrast about the face's mean."""
    bias, gain = (chance.normal(2, 1, 1, 1) * 0.15).unbind(1)
    mean = faces.mean(dim=(1, 2, 3), keepdim=True)
    return (faces - mean) * gain.exp() + mean + bias


def _shifted(faces: Tensor, chance: Chance) -> Tensor:
    """Moved by whole pixels, up to ``SHIFT`` of the side; the edge repeats."""
    size = faces.shape[-1]
    most = max(1, int(size * SHIFT))
    by = (chance.even(2, 1) * (2 * most + 1)).long() - most
    ys, xs = (torch.arange(size, device=faces.device) + by).clamp(0, size - 1).unbind(1)  # (B, S) each
    rows = torch.arange(len(faces), device=faces.device)[:, None, None]
    return faces.permute(0, 2, 3, 1)[rows, ys[:, :, None], xs[:, None, :]].permute(0, 3, 1, 2)


def _covered(faces: Tensor, chance: Chance) -> Tensor:
    """A square of the face's own mean brightness somewhere on it."""
    size = faces.shape[-1]
    centre = chance.even(2, 1)
    place = (torch.arange(size, device=faces.device) + 0.5) / size
    down, across = ((place - centre).abs() < HOLE / 2).unbind(1)  # (B, S) each
    hole = down[:, None, :, None] & across[:, None, None, :]
    return torch.where(hole, faces.detach().mean(dim=(1, 2, 3), keepdim=True), faces)
