"""The game between a generator and the network that tells its faces from real ones."""

import torch
import torch.nn.functional as F
from torch import Tensor


def critic_loss(real: Tensor, made: Tensor) -> Tensor:
    """-log s(real) - log(1 - s(made)), mean over each: what the discriminator minimises.

    Args:
        real, made: (B,) scores of real and of generated faces; any real numbers, high for real.

    *Source*: Goodfellow et al. 2014, "Generative adversarial nets".
    """
    return F.softplus(-real).mean() + F.softplus(made).mean()


def maker_loss(made: Tensor) -> Tensor:
    """-log s(made), mean: what the generator minimises; its gradient does not vanish where it loses. Same source."""
    return F.softplus(-made).mean()


def sameness(noise: Tensor, made: Tensor) -> Tensor:
    """mean_i |z_i - z_j| / (|G_i - G_j| + 0.01) over pairs j = i + B / 2: large where other noise makes the same face.

    Args:
        noise: (B, n); the second half of the rows belongs to the conditions of the first.
        made: (B, 3, H, W) faces from it, in [0, 1]; |.| is the mean absolute difference.

    *Source*: Mao et al. 2019, "Mode seeking generative adversarial networks", equation 4.
    """
    half = len(noise) // 2
    apart = (made[:half] - made[half : 2 * half]).abs().mean(dim=(1, 2, 3))
    return ((noise[:half] - noise[half : 2 * half]).abs().mean(dim=1) / (apart + 0.01)).mean()


def gradient_penalty(scores: Tensor, faces: Tensor) -> Tensor:
    """R1: |d score / d face|^2 of each real face, (B,), whose mean keeps the game from circling.

    Args:
        scores: of ``faces``, any shape; added up.
        faces: (B, 3, H, W), real ones, with ``requires_grad``.

    *Source*: Mescheder et al. 2018, "Which training methods for GANs do actually converge?", equation 9, without its
    factor gamma / 2.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), faces, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3))
