"""Run an exported network with ONNX Runtime, or on request with OpenVINO."""

from base64 import b64decode
from pathlib import Path

from mien.errors import CheckpointError
from mien.inference.base import FEATURES, FloatArray, OverTime, Predictor
from mien.inference.seal import check_seal
from mien.models.info import ModelInfo, parse_info
from mien.sessions import OPENVINO, open_session

INFO_KEY = "mien"
"""Name of the metadata entry that holds ``model.json``."""
OVER_TIME_KEY = "mien_over_time"
"""Of that which holds the second half of a model of clips: an ONNX file of its own in base64."""
CAUSAL_KEY = "mien_causal"
"""Of that in the second half which says ``true`` where frames do not wait for later ones."""


def load_onnx(path: str | Path, device: str | None = None, threads: int | None = None) -> Predictor:
    """The network in an ONNX file that ``mien export`` wrote; see ``load_predictor``."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise CheckpointError(f"Cannot read the network {path} ({error.strerror}); check the path") from error
    return from_bytes(content, str(path), device, threads)


def from_bytes(content: bytes, name: str, device: str | None = None, threads: int | None = None) -> Predictor:
    """The same from the file's content."""
    check_seal(content, name)
    if device == OPENVINO:
        from mien.inference import openvino_predictor

        return openvino_predictor.from_bytes(content, name, INFO_KEY, threads)
    session, used = open_session(content, name, device, threads)
    entries = session.get_modelmeta().custom_metadata_map
    info = parse_info(entries[INFO_KEY], f"The record inside {name}")
    over_time = _over_time(entries[OVER_TIME_KEY], info, name, threads) if info.spec.temporal else None
    tasks = [FEATURES] if over_time else list(info.spec.labels)

    def run(image: FloatArray) -> dict[str, FloatArray]:
        return dict(zip(tasks, session.run(tasks, {"image": image}), strict=True))

    return Predictor(info, name, used, run, over_time)


def _over_time(encoded: str, info: ModelInfo, name: str, threads: int | None) -> OverTime:
    """The second half, on the processor: it is small."""
    session, _ = open_session(b64decode(encoded), name, "cpu", threads)
    tasks = list(info.spec.labels)

    def run(features: FloatArray) -> dict[str, FloatArray]:
        return dict(zip(tasks, session.run(tasks, {FEATURES: features}), strict=True))

    return OverTime(run, session.get_modelmeta().custom_metadata_map[CAUSAL_KEY] == "true")
