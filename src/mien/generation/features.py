"""Features of faces by which distances are measured: the judge's own, or those of a network that the user brings."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from mien.errors import CheckpointError, MienError
from mien.models.affect import AffectModel
from mien.preprocessing import Image
from mien.sessions import open_session

Features = npt.NDArray[np.float32]
Extractor = Callable[[Image], Features]
"""(n, S, S, 1 or 3) uint8 faces to (n, F)."""
AT_ONCE = 64


def judges_own(model: AffectModel) -> Extractor:
    """The feature vectors behind the network's heads."""

    @torch.inference_mode()
    def extract(faces: Image) -> Features:
        parts = []
        for start in range(0, len(faces), AT_ONCE):
            part = torch.from_numpy(faces[start : start + AT_ONCE]).permute(0, 3, 1, 2).float() / 255
            parts.append(model.embed(part.expand(-1, 3, -1, -1)).numpy())
        return np.concatenate(parts)

    return extract


def of_onnx(path: str | Path) -> Extractor:
    """The first output of an ONNX file, flattened per picture: for Inception weights that somebody has.

    The file takes one input (n, 3, H, W) of RGB from 0 to 255, as the published Inception graph does; faces are
    resized to its H and W.

    Raises:
        CheckpointError: the file cannot be read or run.
        MienError: its input is no square picture of three colours with a fixed side.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise CheckpointError(f"Cannot read {path} ({error.strerror}); check the path") from None
    session, _ = open_session(content, str(path), "cpu")
    given = session.get_inputs()[0]
    if len(given.shape) != 4 or given.shape[1] != 3 or not all(isinstance(side, int) for side in given.shape[2:]):
        raise MienError(f"{path} takes {given.shape}; expected (n, 3, H, W) with H and W fixed, RGB from 0 to 255")
    height, width = given.shape[2:]

    def extract(faces: Image) -> Features:
        parts = []
        for face in faces:
            sized = cv2.resize(face, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, -1)
            rgb = np.broadcast_to(sized, (height, width, 3)).transpose(2, 0, 1)[None].astype(np.float32)
            parts.append(np.asarray(session.run(None, {given.name: rgb})[0]).reshape(-1))
        return np.stack(parts)

    return extract
