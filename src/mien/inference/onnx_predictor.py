"""Run an exported network with ONNX Runtime, or on request with OpenVINO."""

from pathlib import Path

from mien.errors import CheckpointError
from mien.inference.base import FloatArray, Predictor
from mien.inference.seal import check_seal
from mien.models.info import parse_info
from mien.sessions import OPENVINO, open_session

INFO_KEY = "mien"
"""Name of the metadata entry that holds ``model.json``."""


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
    info = parse_info(session.get_modelmeta().custom_metadata_map[INFO_KEY], f"The record inside {name}")
    tasks = list(info.spec.labels)

    def run(image: FloatArray) -> dict[str, FloatArray]:
        return dict(zip(tasks, session.run(tasks, {"image": image}), strict=True))

    return Predictor(info, name, used, run)
