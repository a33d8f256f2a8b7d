"""What ``generator.json`` says beside a generator's weights. Free of torch."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mien import __version__
from mien.errors import CheckpointError
from mien.labels import LabelSet, label_set
from mien.models.info import parse_record

FORMAT = 1
INFO_FILE = "generator.json"
WEIGHTS_FILE = "generator.safetensors"


class MakerSpec(BaseModel):
    """How to build the generators of a run.

    Attributes:
        labels: what they can be told.
        size: side of their faces in pixels.
        grey: whether these have no colour.
        forms: ``noise``: from noise and labels; ``image``: from a face and labels.
        noise, width: of ``Generator`` and ``Editor``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: Annotated[LabelSet, AfterValidator(label_set)]
    size: int = Field(ge=16, le=512)
    grey: bool
    forms: tuple[Literal["noise", "image"], ...]
    noise: int = Field(ge=1)
    width: int = Field(ge=8)


class MakerInfo(BaseModel):
    """A generator's own instructions; ``model.json`` beside it says what the run learned from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    mien_version: str = __version__
    spec: MakerSpec
    step: int = Field(ge=0)
    weights_sha256: str


def read_maker_info(folder: str | Path) -> MakerInfo:
    """The ``generator.json`` of a run's folder.

    Raises:
        CheckpointError: it is missing, broken, or of a newer format.
    """
    path = Path(folder) / INFO_FILE
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"No generator in {folder}: cannot read {INFO_FILE} ({error.strerror}); train one with method 'gan', for "
            f"example: mien train recipes/gan_synthetic.toml"
        ) from None
    return parse_record(MakerInfo, text, str(path), FORMAT)
