"""Run an exported network with OpenVINO, on the processor; needs the extra ``mien[openvino]``."""

import sys
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any

from mien.errors import CheckpointError, MienError
from mien.inference.base import FloatArray, Predictor
from mien.models.info import parse_info
from mien.sessions import OPENVINO, thread_count

EXACT = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}  # its own choice may be bfloat16


def from_bytes(content: bytes, name: str, info_key: str, threads: int | None = None) -> Predictor:
    """The network in an ONNX file of ``mien export``, with the same outputs as in ONNX Runtime.

    Args:
        content: of the file.
        name: what a message calls it.
        info_key: the metadata entry that holds ``model.json``.
        threads: how many cores one call may use; half of them when None.

    Raises:
        MienError: OpenVINO is not installed, or ``threads`` is below 1.
        CheckpointError: OpenVINO cannot run the file.
    """
    openvino = _import()
    cores = {"INFERENCE_NUM_THREADS": thread_count(threads)}
    try:
        core = openvino.Core()
        model = core.read_model(content)
        info = parse_info(model.get_rt_info(["framework", info_key]).astype(str), f"The record inside {name}")
        if info.spec.temporal:
            raise MienError(f"{name} is a model of clips, which runs in ONNX Runtime only; leave device='openvino' out")
        network = core.compile_model(model, "CPU", EXACT | cores)
    except RuntimeError as error:
        reason = " ".join(str(error).split())  # of many lines
        raise CheckpointError(f"OpenVINO {openvino.__version__} cannot run {name}: {reason}") from error
    one_at_a_time = Lock()  # a compiled network has one place for its inputs

    def run(image: FloatArray) -> dict[str, FloatArray]:
        with one_at_a_time:
            found = network({"image": image})
        return {task: found[task] for task in info.spec.labels}

    return Predictor(info, name, OPENVINO, run)


def _import() -> Any:
    if find_spec("openvino") is None:
        raise MienError("Device 'openvino' needs OpenVINO, not installed here; type: pip install 'mien[openvino]'")
    # Its import is reported to its makers, unless the part that reports cannot be imported: then it does without.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return import_module("openvino")
