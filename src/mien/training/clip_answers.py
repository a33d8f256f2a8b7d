"""What a clip model says of the frames of a table's clips."""

import numpy as np
import numpy.typing as npt
import torch

from mien.data.clips import clips_of
from mien.data.prepare import Faces
from mien.data.store import Store
from mien.models.spec import ModelSpec
from mien.models.temporal.clip_model import ClipModel
from mien.training.clip_features import FloatArray, frame_features
from mien.windows import Windows, merged, windows_over

AT_ONCE = 64
Answers = dict[str, npt.NDArray[np.float32]]


def clip_windows(spec: ModelSpec, faces: Faces, store: Store) -> Windows:
    """The windows over a store's clips, as the model of ``spec`` reads them; raises as ``clips_of``."""
    how = spec.temporal
    assert how is not None
    clips = clips_of(faces.table, store.rows, how.gap_s, how.gap_frames)
    return windows_over(clips, how.window, how.stride)


def answers(model: ClipModel, faces: Faces, store: Store) -> Answers:
    """Per task (n, labels) what a person reads of all faces of ``store``, which is that of ``faces``.

    A frame in several windows has the mean of their answers; of a causal model, the answer of the earliest window.
    """
    return answers_over(model, frame_features(model, faces, store), clip_windows(model.spec, faces, store))


def answers_over(model: ClipModel, features: FloatArray, windows: Windows) -> Answers:
    """As ``answers``, of features (n, F) and windows that hold every frame."""
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    parts: dict[str, list[FloatArray]] = {task: [] for task in model.spec.labels}
    with torch.inference_mode():
        for start in range(0, len(windows.index), AT_ONCE):
            here = slice(start, start + AT_ONCE)
            frames = torch.from_numpy(windows.mask[here])
            z = model(torch.from_numpy(features[windows.index[here]]).to(device), frames.to(device))
            for task, values in model.in_units(z).items():
                parts[task].append(values.float().cpu().numpy())
    model.train(was_training)
    return {
        task: merged(np.concatenate(values), windows, len(features), earliest=model.causal)
        for task, values in parts.items()
    }
