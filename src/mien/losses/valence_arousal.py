"""Losses of valence and arousal.

The network's outputs are z of shape (B, 2), read as 2 s(z) - 1 = tanh(z / 2), or (B, 2, K) over K bins of [-1, 1],
read as the expectation of the bin centres.
"""

import torch
from torch import Tensor

from mien.losses.masked import known, masked_mean


def va_mse(logits: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Squared error (tanh(z / 2) - y)^2, mean over the labelled entries.

    Args:
        logits: (B, 2).
        target: (B, 2) in [-1, 1].
        mask: (B, 2) bool.
    """
    return masked_mean((torch.tanh(logits.float() / 2) - known(target, mask)).square(), mask)


def va_ccc(logits: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """1 - CCC of tanh(z / 2) over the batch, mean over the dimensions for which it is defined.

    Arguments as for ``va_mse``.
    """
    return ccc_loss(torch.tanh(logits.float() / 2), target, mask)


def va_binned(logits: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy over K equal bins of [-1, 1] plus 1 - CCC of the expectation, each the mean of the two dimensions.

    The expectation is taken over the bins' centres -1 + (2 b + 1) / K.

    Args:
        logits: (B, 2, K).
        target: (B, 2) in [-1, 1].
        mask: (B, 2) bool.

    *Source*: Deng, Chen & Shi 2020 (arXiv 2002.03557), section 3. Their released code takes the expectation over
    ``linspace(-1, 1, K)``, which stretches it by K / (K - 1); we do not.
    """
    bins = logits.shape[2]
    log_probs = torch.log_softmax(logits.float(), dim=2)
    truth = known(target, mask)
    wanted = ((truth + 1) / 2 * bins).long().clamp(0, bins - 1)
    entropy = -log_probs.gather(2, wanted[..., None])[..., 0]  # (B, 2)
    centres = torch.linspace(-1, 1, 2 * bins + 1, device=logits.device)[1::2]
    expected = (log_probs.exp() * centres).sum(dim=2)
    return masked_mean(entropy, mask) + ccc_loss(expected, target, mask)


def ccc_loss(preds: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """1 - CCC per column, mean over the columns for which it is defined; 0 with gradient when there is none.

    CCC = 2 cov / (var_p + var_y + (mu_p - mu_y)^2) with population moments over the labelled rows of the batch.
    It is undefined, and the column left out, with fewer than two labels or labels that are all equal.

    Args:
        preds: (B, K) values.
        target: (B, K) values.
        mask: (B, K) bool.

    *Source*: Lin 1989, "A concordance correlation coefficient to evaluate reproducibility", Biometrics 45(1).
    """
    preds, truth = preds.float(), known(target, mask)
    mean_p, mean_y = masked_mean(preds, mask, dim=0), masked_mean(truth, mask, dim=0)
    dp, dy = preds - mean_p, truth - mean_y
    var_p, var_y = masked_mean(dp.square(), mask, dim=0), masked_mean(dy.square(), mask, dim=0)
    covariance = masked_mean(dp * dy, mask, dim=0)
    defined = (mask.sum(dim=0) >= 2) & (var_y > 1e-8)
    spread = torch.where(defined, var_p + var_y + (mean_p - mean_y).square(), 1.0)
    return masked_mean(1 - 2 * covariance / spread, defined)
