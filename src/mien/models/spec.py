"""What a network is, in words that fit into JSON: enough to build it again. Free of torch."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mien.labels import LabelSet, label_set
from mien.preprocessing import Preprocessing


def _in_order(labels: LabelSet) -> LabelSet:
    if not label_set(labels):
        raise ValueError("labels must name at least one label, got none")
    return label_set(labels)


def _bins(count: int) -> int:
    if count == 1:
        raise ValueError("va_bins must be 0 (a number per axis) or at least 2 bins, got 1")
    return count


class ModelSpec(BaseModel):
    """Architecture, labels and preprocessing of an ``AffectModel``.

    Attributes:
        backbone: a name of ``BACKBONES``, or ``timm:<name>``.
        labels: what the outputs mean; put into the one order of ``mien.labels``.
        head: one output layer over all labels, or a head per task.
        hidden: width of the hidden layer of each task's head; None for a linear head.
        dropout: share of the features dropped before the head, in [0, 1).
        va_bins: 0 for one number per axis, or how many bins of [-1, 1] valence and arousal are classified into.
        expression_activation: how the expression outputs were trained, and so how they are read: one softmax over
            the classes, or a sigmoid each.
        preprocessing: how a picture becomes the input.
        members: how many such networks answer together, by the mean of their probabilities.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    backbone: str
    labels: Annotated[LabelSet, AfterValidator(_in_order)]
    head: Literal["joint", "tasks"] = "tasks"
    hidden: int | None = Field(None, ge=1)
    dropout: float = Field(0.0, ge=0.0, lt=1.0)
    va_bins: Annotated[int, Field(ge=0), AfterValidator(_bins)] = 0
    expression_activation: Literal["softmax", "sigmoid"] = "softmax"
    preprocessing: Preprocessing = Preprocessing()
    members: int = Field(1, ge=1)
