"""Boxes (n, 4) as x1, y1, x2, y2 in pixels: overlap, suppression, squares."""

import cv2
import numpy as np
import numpy.typing as npt

from mien.preprocessing import Image

Array = npt.NDArray[np.float32]

AT_ONCE = 64  # boxes that are compared with all worse ones in one go, which bounds memory


def overlap(one: npt.ArrayLike, many: npt.ArrayLike, of: str = "union") -> Array:
    """Shared area of each box of ``one`` (n, 4) with each of ``many`` (m, 4), over their union or the ``smaller``.

    >>> overlap([[0, 0, 2, 2]], [[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]]).round(3).tolist()
    [[1.0, 0.333, 0.0]]
    """
    a, b = np.asarray(one, np.float32).reshape(-1, 1, 4), np.asarray(many, np.float32).reshape(1, -1, 4)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.clip(sides, 0, None).prod(axis=-1)
    first, second = ((box[..., 2:] - box[..., :2]).prod(axis=-1) for box in (a, b))
    whole = first + second - shared if of == "union" else np.minimum(first, second)
    out: Array = (shared / np.maximum(whole, 1e-9)).astype(np.float32)
    return out


def suppress(boxes: Array, score: Array, limit: float, of: str = "union") -> npt.NDArray[np.int64]:
    """Indices of the boxes that stay, best first: each drops the worse ones that it overlaps by more than ``limit``."""
    left = np.argsort(-score, kind="stable")
    kept: list[np.int64] = []
    while len(left):
        best, stays = left[:AT_ONCE], np.ones(len(left), bool)
        clash = overlap(boxes[best], boxes[left], of) > limit
        for row, index in enumerate(best):
            if stays[row]:
                kept.append(index)
                stays &= ~clash[row]
        left = left[AT_ONCE:][stays[AT_ONCE:]]
    return np.array(kept, np.int64)


def squares(boxes: Array) -> Array:
    """Each box as the square of its longer side around its centre."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def patches(image: Image, boxes: Array, side: int) -> Image:
    """(n, side, side, 3): what lies in each box, resized; black beyond the picture, as in the networks' training."""
    out = np.zeros((len(boxes), side, side, 3), np.uint8)
    height, width = image.shape[:2]
    for row, (x1, y1, x2, y2) in enumerate(np.rint(boxes).astype(int).tolist()):
        x2, y2 = max(x2, x1 + 1), max(y2, y1 + 1)
        inside = image[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
        if not inside.size:
            continue
        before = (max(-y1, 0), max(y2 - height, 0), max(-x1, 0), max(x2 - width, 0))
        whole = cv2.copyMakeBorder(inside, *before, cv2.BORDER_CONSTANT) if any(before) else inside
        smaller = min(whole.shape[:2]) > side
        out[row] = cv2.resize(whole, (side, side), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return out
