"""A network on disk: a folder with ``weights.safetensors`` and ``model.json``. No pickle.

The weights are written first and ``model.json``, which holds their digest, last: a save that was cut short is never
taken for a checkpoint.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from mien.errors import CheckpointError
from mien.files import atomic_write, replacing
from mien.labels import LabelSet, label_set
from mien.models.affect import AffectModel
from mien.models.ensemble import AnyModel, build
from mien.models.info import INFO_FILE, WEIGHTS_FILE, ModelInfo, read_info
from mien.models.network import Network
from mien.models.shipped import run_folder
from mien.models.temporal.clip_model import ClipModel

Built = TypeVar("Built", bound=nn.Module)

__all__ = ["InitReport", "ModelInfo", "init_weights", "load", "load_any", "read_info", "save"]


def save(
    folder: str | Path,
    model: AnyModel,
    *,
    step: int = 0,
    thresholds: Mapping[str, float] | None = None,
    recipe: Mapping[str, Any] | None = None,
    provenance: Sequence[Mapping[str, Any]] = (),
    validation: Mapping[str, float] | None = None,
    made_of: tuple[str, ...] = (),
) -> ModelInfo:
    """Write ``model`` to ``folder``, which is made when it is not there; see ``ModelInfo`` for the rest.

    Returns:
        What was written to ``model.json``.
    """
    info = ModelInfo(
        spec=model.spec,
        thresholds=dict(thresholds or {}),
        recipe=dict(recipe or {}),
        provenance=[dict(record) for record in provenance],
        step=step,
        validation=dict(validation or {}),
        made_of=made_of,
        weights_sha256="",
    )  # what does not fit raises before anything is written
    info = info.model_copy(update={"weights_sha256": write_tensors(Path(folder) / WEIGHTS_FILE, model.state_dict())})
    atomic_write(Path(folder) / INFO_FILE, info.model_dump_json(indent=2).encode())
    return info


def load(folder: str | Path, labels: LabelSet | None = None) -> tuple[Network, ModelInfo]:
    """The network in ``folder``, on the CPU and in evaluation mode, and what ``model.json`` says of it.

    Args:
        labels: when given, the checkpoint must speak of exactly these labels.

    Raises:
        CheckpointError: a file is missing, altered, or of a newer format, the labels are others, or it is a model of
            clips.
    """
    model, info = load_any(folder, labels)
    if isinstance(model, ClipModel):
        raise CheckpointError(
            f"The checkpoint in {folder} is a temporal model, which reads clips: 'mien evaluate {folder} TABLE' scores "
            f"it; here give a network that reads single faces, such as the one that it was trained over"
        )
    return model, info


def load_any(folder: str | Path, labels: LabelSet | None = None) -> tuple[AnyModel, ModelInfo]:
    """As ``load``, and models of clips, too."""
    info = read_info(folder)
    if labels is not None:
        _check_labels(folder, info.spec.labels, label_set(labels))
    model = rebuilt(lambda: build(info.spec), Path(folder) / WEIGHTS_FILE, info.weights_sha256, INFO_FILE)
    return model, info


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> str:
    """Write a safetensors file, wholly or not at all; gives the SHA-256 of it, in hex.

    Not by way of bytes in memory: they take the tensors' size once more, and where that is refused, safetensors ends
    the process or never comes back.

    Raises:
        MienError: the folder cannot be written or the disk is full.
    """
    with replacing(path) as partial:
        try:
            own = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
            safetensors.torch.save_file(own, partial, metadata)
        except SafetensorError as error:  # it says in words alone what the system said
            raise OSError(str(error)) from error
        with partial.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def rebuilt(make: Callable[[], Built], path: Path, sha256: str, info_file: str) -> Built:
    """A module made anew and filled with its tensors, on the CPU and in evaluation mode.

    Args:
        make: builds it with any weights.
        path: what ``write_tensors`` wrote.
        sha256: what it gave, as ``info_file`` beside it says.
        info_file: what describes the module.

    Raises:
        CheckpointError: the file is missing, altered, or does not fit.
    """
    tensors = _read_weights(path, sha256, info_file)
    with torch.random.fork_rng(devices=[]):  # building draws random numbers: not from the caller's stream
        module = make()
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(
            f"{path} does not fit the network that {info_file} describes, so that file was edited; copy the checkpoint "
            f"again ({error})"
        ) from error
    return module.eval()


def _read_weights(path: Path, sha256: str, info_file: str) -> dict[str, Tensor]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"The checkpoint in {path.parent} is incomplete: cannot read {path.name} ({error.strerror})"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise CheckpointError(
            f"{path} is not the file that {info_file} was written for: expected sha256 {sha256[:12]}, got "
            f"{digest[:12]}; it was altered, or a save was cut short. Copy the checkpoint again or train it again."
        )
    return safetensors.torch.load(content)


def _check_labels(folder: str | Path, found: LabelSet, expected: LabelSet) -> None:
    has, wants = ({f"{task}/{n}" for task, names in s.items() for n in names} for s in (found, expected))
    if has != wants:
        raise CheckpointError(
            f"The checkpoint in {folder} speaks of other labels: missing {_listed(wants - has)}; extra "
            f"{_listed(has - wants)}. To start from its weights with your own labels, give it as initial weights."
        )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


@dataclass
class InitReport:
    """What initial weights did: names of tensors, and of head rows as ``head[expression/fear]``.

    Attributes:
        loaded: copied.
        skipped: there, but of another shape.
        missing: in the model, and nothing in the file to copy.

    What is not loaded keeps its random start.
    """

    loaded: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = {"loaded": self.loaded, "skipped for their shape": self.skipped, "missing": self.missing}
        return "; ".join(f"{len(names)} {what}" for what, names in parts.items())


@torch.no_grad()
def init_weights(model: AffectModel, path: str | Path) -> InitReport:
    """Start ``model`` from the weights at ``path``, as far as they fit.

    Args:
        path: a checkpoint folder of the same backbone, ``default`` for the shipped one: the backbone and the head rows
            whose labels have the same names; or a ``.safetensors`` file with the names of the network's publisher
            (torchvision, timm): the backbone alone.

    Raises:
        CheckpointError: the file cannot be read, is of another backbone, or nothing in it fits.
    """
    path, report = run_folder(path), InitReport()
    if path.is_dir():
        _init_from_checkpoint(model, path, report)
    else:
        _copy(_read_published(path), model.backbone.published().state_dict(), "backbone.", report)
        report.missing += [f"head[{row}]" for row in model.head.locate()]
    if not report.loaded:
        raise CheckpointError(
            f"Nothing in {path} fits the backbone {model.spec.backbone}: {report}. The names must be those of the "
            "network's publisher; for a checkpoint of mien, give its folder."
        )
    return report


def _init_from_checkpoint(model: AffectModel, folder: Path, report: InitReport) -> None:
    source, _ = load(folder)
    if not isinstance(source, AffectModel):
        raise CheckpointError(f"The checkpoint in {folder} is an ensemble; start from one of its members' folders")
    if source.spec.backbone != model.spec.backbone:
        raise CheckpointError(
            f"The checkpoint in {folder} has the backbone {source.spec.backbone}, and the model has "
            f"{model.spec.backbone}; set backbone = {source.spec.backbone!r} to start from it"
        )
    _copy(source.backbone.state_dict(), model.backbone.state_dict(), "backbone.", report)
    _copy_head(source, model, report)


def _copy_head(source: AffectModel, model: AffectModel, report: InitReport) -> None:
    """Copy hidden layers by task and output rows by label, from either kind of head into either."""
    given, taken = source.head.state_dict(), model.head.state_dict()
    there = source.head.locate()
    same_input = source.spec.hidden == model.spec.hidden  # a row means something only behind its hidden layer
    hidden = {name: tensor for name, tensor in taken.items() if name.startswith("hidden.")}
    _copy(given if same_input else {}, hidden, "head.", report)
    for row, (layer, i) in model.head.locate().items():
        if row not in there or not same_input:
            report.missing.append(f"head[{row}]")
            continue
        source_layer, j = there[row]
        for part in ("weight", "bias"):
            taken[f"{layer}.{part}"][i].copy_(given[f"{source_layer}.{part}"][j])
        report.loaded.append(f"head[{row}]")


def _copy(source: Mapping[str, Tensor], target: Mapping[str, Tensor], prefix: str, report: InitReport) -> None:
    """Copy by name where the shapes agree; ``target`` holds a module's own tensors."""
    for name, tensor in target.items():
        if name not in source:
            report.missing.append(prefix + name)
        elif source[name].shape != tensor.shape:
            report.skipped.append(f"{prefix}{name} {tuple(source[name].shape)} for {tuple(tensor.shape)}")
        else:
            tensor.copy_(source[name])
            report.loaded.append(prefix + name)


def _read_published(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"Cannot read initial weights from {path} ({error}); give a checkpoint folder or a .safetensors file"
        ) from error
