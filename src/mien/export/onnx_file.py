"""From a run's folder to one ONNX file that carries its own instructions."""

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import onnx

from mien import __version__
from mien.choose import choose
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.export.crops import crops_for
from mien.export.graph import to_graph, to_graph_over_time
from mien.export.parity import Parity, parity
from mien.export.quantise import quantised
from mien.files import atomic_write
from mien.inference.onnx_predictor import CAUSAL_KEY, INFO_KEY, OVER_TIME_KEY, from_bytes
from mien.inference.seal import PRODUCER, UNSEALED, check_seal, seal
from mien.inference.torch_predictor import torch_predictor
from mien.models.checkpoint import load_any
from mien.models.info import ModelInfo, parse_info
from mien.models.temporal.clip_model import ClipModel

Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS = {
    "fp32": "as trained",
    "fp16": "half the size, for GPUs; float32 in and out",
    "int8": "a quarter of the size, faster on a CPU for plain convolutions; calibrated on faces",
}


def export_onnx(
    run: str | Path, out: str | Path, precision: Precision = "fp32", calibration: LabelTable | None = None
) -> Parity:
    """Write the network in ``run`` as one ONNX file, after comparing it with the original.

    The file has the input ``image`` (N, 3, S, S) float32 RGB in [0, 1] and one float32 output per task in final units:
    expression, compound (N, C) probabilities; au (N, A) probabilities; au_intensity (N, I) in [0, 5]; va (N, 2) in
    [-1, 1]. A model of clips has one output ``features`` (N, F) instead, and the metadata hold ``mien_over_time``: in
    base64, the ONNX file of its second half, which reads windows of features. Metadata further hold ``mien`` (the
    ``model.json``), ``mien_export`` (precision, faces, parity) and the licences of the training data.

    Args:
        run: a checkpoint folder.
        out: the file to write.
        precision: a key of ``PRECISIONS``.
        calibration: pictures of faces as the network will meet them, best of training rows; half of them set the ranges
            of int8, and all precisions are compared on the other half. Without it faces are drawn.

    Returns:
        The comparison, which also stands in the file.

    Raises:
        MienError: ``run`` is no checkpoint, the precision is unknown, or fp32 strays further than rounding explains;
            then nothing is written.
    """
    choose(PRECISIONS, precision, "precision")
    model, info = load_any(run)
    crops = crops_for(info.spec, calibration)
    graph = to_graph(model, half=precision == "fp16")
    if precision == "int8":
        graph = quantised(graph, crops.images[::2])
    if isinstance(model, ClipModel):
        _add_over_time(graph, model)
    about: dict[str, object] = {"precision": precision, "calibrated": precision == "int8", "faces": crops.source}
    candidate = from_bytes(_serialised(graph, info, about), f"the {precision} export of {run}", "cpu")
    report = parity(torch_predictor(model, info, str(run)), candidate, crops.images[1::2], crops.source)
    if precision == "fp32" and (strayed := report.strayed()):
        worst = "; ".join(
            f"{o.output} by up to {o.max_error:.2g}, rounding explains {o.tolerance:.2g}" for o in strayed
        )
        raise MienError(
            f"The export of {run} differs from the network: {worst}; nothing was written. Please report it with your "
            "versions of torch and onnxruntime."
        )
    atomic_write(Path(out), _serialised(graph, info, about | {"parity": report.to_record()}))
    return report


def renew(path: Path, info: ModelInfo) -> bool:
    """Put ``info`` into an exported file of the same weights, in the place of what it said before.

    Returns:
        Whether it was done: False where the file is of other weights.

    Raises:
        MienError: it is broken, or no export.
    """
    content = path.read_bytes()
    check_seal(content, str(path))
    graph = onnx.load_from_string(content)
    entries = {entry.key: entry.value for entry in graph.metadata_props}
    if parse_info(entries[INFO_KEY], f"The record inside {path}").weights_sha256 != info.weights_sha256:
        return False
    onnx.helper.set_model_props(graph, entries | {INFO_KEY: info.model_dump_json(), "mien_seal": UNSEALED.decode()})
    atomic_write(path, seal(graph.SerializeToString(deterministic=True)))
    return True


def _add_over_time(graph: onnx.ModelProto, model: ClipModel) -> None:
    """Put the second half into the first, so that one file is the whole model."""
    second = to_graph_over_time(model)
    onnx.helper.set_model_props(second, {CAUSAL_KEY: str(model.causal).lower()})
    entry = graph.metadata_props.add()
    entry.key, entry.value = OVER_TIME_KEY, b64encode(second.SerializeToString(deterministic=True)).decode()


def _serialised(graph: onnx.ModelProto, info: ModelInfo, about: Mapping[str, object]) -> bytes:
    """The file's content, sealed."""
    graph.producer_name, graph.producer_version = PRODUCER, __version__
    described = "; ".join(f"{task}: {', '.join(names)}" for task, names in info.spec.labels.items())
    graph.doc_string = f"A face (RGB in [0, 1], {info.spec.backbone}) to {described}"
    licences = sorted({str(record["licence"]) for record in info.provenance if record.get("licence")})
    entries = {entry.key: entry.value for entry in graph.metadata_props} | {
        INFO_KEY: info.model_dump_json(),
        "mien_export": json.dumps(about),
        "licence": "; ".join(licences) or "not stated by the training data",
        "mien_seal": UNSEALED.decode(),
    }
    onnx.helper.set_model_props(graph, entries)
    return seal(graph.SerializeToString(deterministic=True))
