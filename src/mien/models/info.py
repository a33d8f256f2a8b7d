"""What ``model.json`` says beside a network's weights. Free of torch, so that a deployment can read it."""

import json
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mien import __version__
from mien.errors import CheckpointError, MienError
from mien.labels import CLASS_TASKS, LabelSet
from mien.models.postprocess import ClassCalibration, ConformalSets, Smoothing
from mien.models.spec import ModelSpec

Record = TypeVar("Record", bound=BaseModel)

FORMAT = 1
UNIT_TASKS = ("au", "au_intensity")
INFO_FILE = "model.json"
WEIGHTS_FILE = "weights.safetensors"


class ModelInfo(BaseModel):
    """A checkpoint's own instructions and history.

    Attributes:
        format: version of this file's layout.
        mien_version: the version of mien that wrote it.
        spec: how to build the network and prepare its input.
        thresholds: per action unit, the probability from which it counts as present; 0.5 where not given.
        calibration: per class task, what its probabilities go through before they are read; nothing where not given.
        smoothing: of videos over time, unless somebody asks for another.
        withheld: action units that it reads too badly to be reported unless somebody asks for them.
        recipe: the experiment's settings.
        provenance: one record per database that it learned from: name, fingerprint, rows, licence.
        step: optimiser steps taken.
        validation: scores on the validation part, by name.
        made_of: digests of the weights of the networks whose mean or ensemble it is; none where it was trained.
        weights_sha256: hex digest of ``weights.safetensors``.
    """

    # A score can be NaN, which JSON lacks: as a string it survives the journey.
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")

    format: int = FORMAT
    mien_version: str = __version__
    spec: ModelSpec
    thresholds: dict[str, float] = {}
    calibration: dict[str, ClassCalibration] = {}
    smoothing: Smoothing | None = None
    withheld: tuple[str, ...] = ()
    recipe: dict[str, Any] = {}
    provenance: list[dict[str, Any]] = []
    step: int = Field(0, ge=0)
    validation: dict[str, float] = {}
    made_of: tuple[str, ...] = ()
    weights_sha256: str

    @model_validator(mode="after")
    def _known_units(self) -> Self:
        for what, units in (("thresholds", self.thresholds), ("withheld", self.withheld)):
            if unknown := set(units) - set(self.spec.labels.get("au", ())):
                raise ValueError(f"{what}: action units that the model does not have: {sorted(unknown)}")
        return self

    @model_validator(mode="after")
    def _known_classes(self) -> Self:
        for task, how in self.calibration.items():
            if task not in CLASS_TASKS or task not in self.spec.labels:
                raise ValueError(f"calibration: {task!r} is no task of classes that the model has")
            if unknown := set(how.bias) - set(self.spec.labels[task]):
                raise ValueError(f"calibration: {task} classes that the model does not have: {sorted(unknown)}")
        return self

    @property
    def reported(self) -> LabelSet:
        """The labels without the action units that are withheld."""
        kept = {
            task: tuple(name for name in names if task not in UNIT_TASKS or name not in self.withheld)
            for task, names in self.spec.labels.items()
        }
        return {task: names for task, names in kept.items() if names}

    @property
    def conformal(self) -> dict[str, ConformalSets]:
        """How sets of classes are made, for the tasks that were calibrated for it."""
        return {task: how.sets for task, how in self.calibration.items() if how.sets is not None}


def read_info(folder: str | Path) -> ModelInfo:
    """The ``model.json`` of a checkpoint folder.

    Raises:
        CheckpointError: it is missing, broken, or of a newer format.
    """
    path = Path(folder) / INFO_FILE
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"No checkpoint in {folder}: cannot read {INFO_FILE} ({error.strerror}). "
            f"A checkpoint is a folder with {WEIGHTS_FILE} and {INFO_FILE}; one without the latter was never finished."
        ) from error
    return parse_info(text, str(path))


def parse_info(text: str | bytes, where: str) -> ModelInfo:
    """The content of a ``model.json``, from ``where`` in a message; raises as ``parse_record``."""
    return parse_record(ModelInfo, text, where, FORMAT)


def parse_record(kind: type[Record], text: str | bytes, where: str, newest: int) -> Record:
    """The JSON beside a network's weights.

    Args:
        kind: what it describes.
        text: the file's content.
        where: what a message calls it.
        newest: the latest ``format`` that can be read.

    Raises:
        CheckpointError: it is broken, or of a newer format.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise CheckpointError(f"{where} is not JSON ({error}); copy the checkpoint again") from error
    _check_format(where, content, newest)
    try:
        return kind.model_validate(content)
    except (ValidationError, MienError) as error:
        raise CheckpointError(f"{where} does not describe a model: {error}") from error


def _check_format(where: str, content: Any, newest: int) -> None:
    found = content.get("format") if isinstance(content, dict) else None
    if not isinstance(found, int):
        raise CheckpointError(f"{where} has no format number, so mien did not write it")
    if found > newest:
        raise CheckpointError(
            f"{where} has format {found}, and this mien ({__version__}) reads up to {newest}; "
            "type: pip install --upgrade mien"
        )
