"""Run a checkpoint with torch, where it was not exported. The only file of inference that needs torch."""

from pathlib import Path

import torch

from mien.errors import MienError
from mien.inference.base import FEATURES, FloatArray, OverTime, Predictor
from mien.models.checkpoint import load_any
from mien.models.ensemble import AnyModel
from mien.models.info import ModelInfo
from mien.models.outputs import read
from mien.models.temporal.clip_model import ClipModel
from mien.sessions import parse_device, thread_count


def load_torch(folder: str | Path, device: str | None = None, threads: int | None = None) -> Predictor:
    """The network in a checkpoint folder; see ``load_predictor``. ``threads`` holds for all of torch's work."""
    has_cuda = torch.cuda.is_available()
    kind, index = parse_device(device, "cuda" if has_cuda else "cpu")
    if kind == "cuda" and index >= torch.cuda.device_count():
        raise MienError(
            f"torch cannot use device {device!r} here: it sees {torch.cuda.device_count()} GPUs; take 'cpu'"
        )
    if threads is not None:
        torch.set_num_threads(thread_count(threads))
    model, info = load_any(folder)
    return torch_predictor(model, info, str(folder), device or kind)


def torch_predictor(model: AnyModel, info: ModelInfo, name: str, device: str = "cpu") -> Predictor:
    """A predictor over a network in memory, which is moved to ``device`` and put in evaluation mode."""
    model = model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]

    @torch.inference_mode()
    def run(image: FloatArray) -> dict[str, FloatArray]:
        faces = torch.from_numpy(image).to(device, memory_format=torch.channels_last)
        if isinstance(model, ClipModel):
            return {FEATURES: model.embed(faces).cpu().numpy()}
        return {task: values.cpu().numpy() for task, values in read(model(faces), info.spec).items()}

    return Predictor(info, name, device, run, _over_time(model, device) if isinstance(model, ClipModel) else None)


def _over_time(model: ClipModel, device: str) -> OverTime:
    @torch.inference_mode()
    def run(features: FloatArray) -> dict[str, FloatArray]:
        z = model.over(torch.from_numpy(features).to(device))
        return {task: values.cpu().numpy() for task, values in model.in_units(z).items()}

    return OverTime(run, model.causal)
