"""Find a network and make it ready to read faces."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from mien.errors import CheckpointError
from mien.inference.base import Predictor
from mien.inference.onnx_predictor import load_onnx
from mien.models.info import read_info
from mien.models.shipped import NAMES, shipped_onnx
from mien.sessions import OPENVINO

__all__ = ["ONNX_FILE", "Predictor", "load_predictor"]

ONNX_FILE = "model.onnx"
"""A run's exported network, beside its weights."""


def load_predictor(model: str | Path | None = None, device: str | None = None, threads: int | None = None) -> Predictor:
    """A network ready to read faces.

    Args:
        model: an ONNX file that ``mien export`` wrote; a run's folder, whose ``model.onnx`` is taken if it was made
            from the weights beside it, else the weights themselves, with torch; ``default`` or ``default-int8``, which
            lie in the package; or None for ``default``.
        device: ``cpu``, ``cuda`` or ``cuda:N``; ``openvino`` for an exported network, on the processor; None for the
            best there is, which is never ``openvino``.
        threads: how many cores one call may use; half of them when None.

    Raises:
        MienError: there is no such network, the file is broken or of another tool, or the device cannot be used.
    """
    name = "default" if model is None else str(model)
    if name in NAMES:
        return load_onnx(shipped_onnx(name), device, threads)
    path = Path(name)
    return _load_run(path, device, threads) if path.is_dir() else load_onnx(path, device, threads)


def _load_run(folder: Path, device: str | None, threads: int | None) -> Predictor:
    info = read_info(folder)
    exported = folder / ONNX_FILE
    if exported.exists():
        predictor = load_onnx(exported, device, threads)
        if predictor.info.weights_sha256 == info.weights_sha256:
            return replace(predictor, info=info)  # calibrated after the export, perhaps
    if device == OPENVINO:
        raise CheckpointError(
            f"{folder} has no {ONNX_FILE} of its weights, which OpenVINO needs; type: mien export {folder}"
        )
    if missing := [name for name in ("torch", "safetensors") if find_spec(name) is None]:
        state = f"{ONNX_FILE} is of other weights" if exported.exists() else f"no {ONNX_FILE}"
        raise CheckpointError(
            f"{folder} has weights for torch and {state}, and to run them needs {' and '.join(missing)}; install "
            f"what is missing, or where it is installed type: mien export {folder}"
        )
    from mien.inference.torch_predictor import load_torch

    return load_torch(folder, device, threads)
