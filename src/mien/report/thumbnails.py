"""Faces cut from the pictures and videos that a table names, small, as JPEG text for a page."""

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from mien.errors import MienError
from mien.images import read_image
from mien.inference.seek import frames_at
from mien.preprocessing import Image

SIDE = 132  # of a thumbnail in pixels
MARGIN = 0.25  # of the box's longer side, on every edge
QUALITY = 85


class Thumbnails(NamedTuple):
    """What could be cut.

    Attributes:
        pictures: row of the table -> ``data:`` address of a JPEG.
        missing: file -> why it gave none.
    """

    pictures: dict[int, str]
    missing: dict[str, str]


def cut_thumbnails(rows: pd.DataFrame, folder: Path) -> Thumbnails:
    """Thumbnails of some rows of an analysis table; each file is opened once.

    Args:
        rows: rows with a face.
        folder: where relative paths may start, besides the working folder: the table's own folder.
    """
    found = Thumbnails({}, {})
    for path, faces in rows.groupby("path", sort=False):
        file = next((p for p in (Path(str(path)), folder / str(path)) if p.is_file()), None)
        try:
            if file is None:
                raise MienError("the file is not there any more")
            boxes = faces[["x1", "y1", "x2", "y2"]].to_numpy(np.float64)
            for row, image, box in zip(faces.index, _pictures(file, faces), boxes, strict=True):
                found.pictures[int(row)] = _as_data(crop(image, box))
        except MienError as error:
            found.missing[str(path)] = str(error)
    return found


def crop(image: Image, box: Iterable[float]) -> Image:
    """The square around a box (x1, y1, x2, y2) with its margin, (132, 132, 3); beyond the picture it is grey."""
    x1, y1, x2, y2 = box
    side = round(min(max(x2 - x1, y2 - y1, 1.0), *image.shape[:2]) * (1 + 2 * MARGIN))
    left, top = round((x1 + x2 - side) / 2), round((y1 + y2 - side) / 2)
    cut = np.full((side, side, 3), 228, np.uint8)
    inside = image[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    y, x = max(-top, 0), max(-left, 0)
    cut[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _pictures(file: Path, faces: pd.DataFrame) -> Iterator[Image]:
    times = faces["time_s"].to_numpy(np.float64)
    if np.isnan(times).all():
        image = read_image(file)
        return (image for _ in range(len(faces)))
    return frames_at(file, times.tolist())


def _as_data(image: Image) -> str:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
