"""What the frame network of a clip model says of a store's faces; of a frozen one computed once, kept in the cache."""

import hashlib

import numpy as np
import numpy.typing as npt
import torch

from mien.data.loader import in_order
from mien.data.prepare import Faces
from mien.data.store import Store, cache_folder
from mien.files import replacing
from mien.models.temporal.clip_model import ClipModel

AT_ONCE = 256
FloatArray = npt.NDArray[np.float32]


def frame_features(model: ClipModel, faces: Faces, store: Store) -> FloatArray:
    """(n, F) features of all faces of ``store``, which is that of ``faces``; see ``ClipModel.embed``."""
    if model.temporal.joint:  # it is another one after every update
        return _computed(model, store)
    path = cache_folder() / "features" / f"{_key(model, faces)}.npy"
    if not path.exists():
        with replacing(path) as partial, partial.open("wb") as file:
            np.save(file, _computed(model, store), allow_pickle=False)
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _key(model: ClipModel, faces: Faces) -> str:
    """The same for the same faces and the same frame network."""
    network = f"{model.temporal.frames_sha256} {model.temporal.frames.model_dump_json()}"
    return hashlib.sha256(f"{faces.key} {network}".encode()).hexdigest()[:32]


@torch.inference_mode()
def _computed(model: ClipModel, store: Store) -> FloatArray:
    device = next(model.parameters()).device
    size = model.spec.preprocessing.size
    parts = [
        model.embed(batch.image.to(device, memory_format=torch.channels_last)).float().cpu().numpy()
        for batch in in_order(store, size, AT_ONCE)
    ]
    return np.concatenate(parts)
