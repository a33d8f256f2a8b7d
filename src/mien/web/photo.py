"""A visitor's photo: annotated, as cards, and as tables."""

from dataclasses import replace
from pathlib import Path

import cv2

from mien.errors import MienError
from mien.files import atomic_write
from mien.images import read_image
from mien.inference.analyzer import Analyzer
from mien.inference.annotate import JPEG_QUALITY
from mien.inference.draw import draw_faces
from mien.inference.table import to_arrow
from mien.preprocessing import Image
from mien.web.answer import Answer, refusal, write_all
from mien.web.cards import cards_html, table_html
from mien.web.limits import Limits


def read_photo(analyzer: Analyzer, photo: Path, folder: Path, limits: Limits) -> Answer:
    """Read a photo; what is made of it is written to ``folder``. A bad file gives an answer that says so."""
    try:
        limits.check_file(photo)
        image = read_image(photo)
        faces = replace(analyzer.image(image), path=photo.name)
    except MienError as error:
        return refusal(error, photo)
    picture = folder / f"{photo.stem}-annotated.jpg"
    atomic_write(picture, jpeg(draw_faces(image, faces)))
    tables = write_all([to_arrow(faces)], folder / photo.stem)
    return Answer(table_html(faces, photo.name), cards_html(faces), picture, tables)


def jpeg(image: Image, quality: int = JPEG_QUALITY) -> bytes:
    """An RGB picture as the bytes of a JPEG file."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
