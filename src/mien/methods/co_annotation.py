"""Soft expression labels from action units that somebody coded: label coupling the other way round."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mien.losses.masked import known

NEUTRAL = "neutral"


def scored_labels(au: Tensor, coded: Tensor, table: Tensor, names: Sequence[str]) -> tuple[Tensor, Tensor]:
    """The softmax over expressions of how much of each a face shows:

        I_e = sum_i w_ei y_i / sum_i w_ei over the coded units,   q = softmax(I)

    An expression none of whose units is coded cannot be judged and takes no part. Ours: neutral, which has no units,
    scores 1 - max y_i over the coded units of any expression.

    Args:
        au: (B, A) in [0, 1]; read where ``coded``.
        coded: (B, A) bool.
        table: (C, A) p(AU_i | e), the weights w.
        names: the C expressions.

    Returns:
        (B, C) soft labels, and (B, C) bool, the expressions that could be judged: none of a face with fewer than two.

    *Source*: after Kollias et al., arXiv 2105.03790, soft co-annotation; the form of the score could not be checked
    against the paper's text.
    """
    present, there = known(au, coded), coded.float()
    weight = there @ table.T  # (B, C)
    score = (present @ table.T) / weight.clamp(min=1e-6)
    judged = weight > 0
    if NEUTRAL in names:
        place = list(names).index(NEUTRAL)
        of_any = table.any(dim=0)
        score[:, place] = 1 - (present * of_any).max(dim=1).values
        judged[:, place] = (coded & of_any).any(dim=1)
    return _labels(score, judged)


def likely_labels(au: Tensor, coded: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """The posterior of the expressions, were they equally frequent and their units independent:

        q_e ~ prod_i p_ei^y_i (1 - p_ei)^(1 - y_i) over the coded units.   Ours.

    Absent units count, too, and a face with more coded units is judged more surely. Arguments and result as of
    ``scored_labels``, the shares in ``table`` above 0 and below 1.
    """
    present, there = known(au, coded), coded.float()
    score = present @ table.log().T + (there - present) @ (1 - table).log().T
    return _labels(score, coded.any(dim=1, keepdim=True).expand_as(score))


def _labels(score: Tensor, judged: Tensor) -> tuple[Tensor, Tensor]:
    judged = judged & (judged.sum(dim=1, keepdim=True) > 1)
    labels = score.masked_fill(~judged, -1e30).softmax(dim=1)
    return torch.where(judged, labels, 0.0), judged
