"""Generated faces side by side, in rows with captions; and as an animation."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from mien.files import atomic_write
from mien.preprocessing import Image

LEAST_SIDE = 96  # smaller faces are shown enlarged
CAPTION = 110  # width in pixels
GAP = 4
FONT = 15
MS_PER_FACE = 80


def sheet(rows: Sequence[tuple[str, Sequence[Image]]]) -> Image:
    """One picture of rows of faces, each with a caption at its left where any row has one.

    Args:
        rows: captions and faces, each (S, S, 3) uint8 RGB.
    """
    left = CAPTION if any(caption for caption, _ in rows) else 0
    side = max(LEAST_SIDE, rows[0][1][0].shape[0])
    step = side + GAP
    most = max(len(faces) for _, faces in rows)
    canvas = np.full((len(rows) * step + GAP, left + most * step + GAP, 3), 255, np.uint8)
    for i, (_, faces) in enumerate(rows):
        for j, face in enumerate(faces):
            y, x = GAP + i * step, left + GAP + j * step
            canvas[y : y + side, x : x + side] = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC)
    picture = PilImage.fromarray(canvas)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(FONT)
    for i, (caption, _) in enumerate(rows):
        pen.text((GAP, GAP + i * step + side // 2), caption, fill=(30, 30, 30), font=font, anchor="lm")
    return np.asarray(picture)


def write_animation(path: Path, faces: Sequence[Image]) -> None:
    """The faces one after another and back again, as an animated WebP."""
    side = max(LEAST_SIDE, 2 * faces[0].shape[0])
    frames = [PilImage.fromarray(cv2.resize(f, (side, side), interpolation=cv2.INTER_CUBIC)) for f in faces]
    content = BytesIO()
    round_trip = [*frames, *reversed(frames[1:-1])]
    round_trip[0].save(
        content, "WEBP", save_all=True, append_images=round_trip[1:], duration=MS_PER_FACE, loop=0, quality=90
    )
    atomic_write(path, content.getvalue())
