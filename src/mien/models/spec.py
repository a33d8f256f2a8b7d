"""What a network is, in words that fit into JSON: enough to build it again. Free of torch."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

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


class TemporalSpec(BaseModel):
    """How a clip is read: a sequence model over what a frame network says of every frame.

    Attributes:
        model: a name of ``mien.models.temporal.TEMPORAL``.
        frames: the frame network.
        frames_sha256: of its weights, as its own ``model.json`` has it: whose features these are, or were at first.
        width: of the sequence model; None for the model's own.
        dropout: share of its inputs and of its own features that training drops.
        reads: of every frame: ``features``, the hidden layer behind a task's outputs; ``answers``, the few raw outputs
            of all tasks; or ``both``.
        joint: the frame network is trained along, starting from its own weights; else it stays as it is.
        residual: its outputs are added to the frame network's own, so that it starts from that network's answers.
        window, stride: frames that are read together, and between the starts of two windows.
        gap_s, gap_frames: frames further apart than this are not of one clip; the second where frames have no time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    frames: "ModelSpec"
    frames_sha256: str
    width: int | None = Field(None, ge=1)
    dropout: float = Field(0.0, ge=0.0, lt=1.0)
    reads: Literal["features", "answers", "both"] = "features"
    joint: bool = False
    residual: bool = False
    window: int = Field(32, ge=1)
    stride: int = Field(16, ge=1)
    gap_s: float = Field(1.0, gt=0)
    gap_frames: int = Field(30, ge=1)

    @model_validator(mode="after")
    def _every_frame_is_read(self) -> Self:
        if self.stride > self.window:
            raise ValueError(
                f"stride = {self.stride} leaves out frames between windows of {self.window}; make it at most the window"
            )
        return self


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
        temporal: for a model of clips; the other entries then say what its outputs mean, and how its faces are cut.
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
    temporal: TemporalSpec | None = None
