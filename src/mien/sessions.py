"""Open a network in ONNX Runtime, on the device that was asked for or with a sentence that says why not."""

import os
import re
import warnings
from typing import Any

import onnxruntime as ort

from mien.errors import CheckpointError, MienError

OPENVINO = "openvino"
"""The device of networks that OpenVINO runs; see ``mien.inference.openvino_predictor``."""

ort.disable_telemetry_events()  # on Windows, where the variable that ``mien`` sets is not read


def open_session(
    content: bytes, name: str, device: str | None = None, threads: int | None = None
) -> tuple[ort.InferenceSession, str]:
    """A session, and the device that it truly runs on.

    Args:
        content: an ONNX file.
        name: what a message calls it.
        device: ``cpu``, ``cuda`` or ``cuda:N``; None for the best there is.
        threads: how many cores one call may use; see ``thread_count``.

    Raises:
        MienError: no such device, or it cannot be used here; a number of threads below 1.
        CheckpointError: ONNX Runtime cannot run the file.
    """
    options = ort.SessionOptions()
    # Threads that wait actively would take the cores from the decoder and the other networks of a video.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors alone: what matters of the rest is checked below
    options.intra_op_num_threads = thread_count(threads)
    has_cuda = "CUDAExecutionProvider" in ort.get_available_providers()
    kind, index = parse_device(device, "cuda" if has_cuda else "cpu")
    providers: list[Any] = [("CUDAExecutionProvider", {"device_id": index})] if kind == "cuda" else []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ONNX Runtime only warns where a device is missing
            session = ort.InferenceSession(content, options, [*providers, "CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base but this
        raise CheckpointError(f"ONNX Runtime {ort.__version__} cannot run {name}: {error}") from error
    if kind == "cuda" and session.get_providers()[0] != "CUDAExecutionProvider":
        if device is not None:
            raise MienError(
                f"ONNX Runtime cannot use device {device!r} here; it has {', '.join(ort.get_available_providers())}. "
                "Take device 'cpu', or for an NVIDIA GPU type: pip install onnxruntime-gpu"
            )
        kind = "cpu"
    return session, device if kind == "cuda" and device else kind


def thread_count(threads: int | None) -> int:
    """How many cores one call of a network may use: what is asked for, or half of those there are.

    Finding faces and reading them go on side by side: on two cores, a thread for each made a video an eighth faster
    than two threads for both.

    Raises:
        MienError: less than 1.
    """
    if threads is not None and threads < 1:
        raise MienError(f"threads must be at least 1, got {threads}; leave it out for half of the cores")
    return threads or max(1, (os.cpu_count() or 1) // 2)


def parse_device(device: str | None, best: str) -> tuple[str, int]:
    """Kind and number of a device: ``cpu``, ``cuda`` or ``cuda:N``; None means ``best``.

    >>> parse_device("cuda:1", best="cpu")
    ('cuda', 1)
    """
    found = re.fullmatch(r"(cpu|cuda)|cuda:(\d+)", best if device is None else device)
    if not found:
        raise MienError(
            f"Unknown device {device!r}: expected 'cpu', 'cuda' or 'cuda:N', and for exported networks 'openvino'"
        )
    return found[1] or "cuda", int(found[2] or 0)
