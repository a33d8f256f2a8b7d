"""Read a picture from a file or from bytes, within stated limits, and write one."""

import stat
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image as PilImage
from PIL import ImageOps, UnidentifiedImageError

from mien.errors import ImageError, MienError
from mien.files import atomic_write
from mien.memory import is_out_of_memory
from mien.preprocessing import Image

MAX_PIXELS = 64_000_000  # a 64-megapixel photo; more is taken for a decompression bomb
MAX_BYTES = 1_000_000_000  # of a picture file; 64 megapixels of 16-bit colour, uncompressed, are 400 MB
FORMATS = frozenset(["JPEG", "MPO", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF"])
"""What is decoded. Pillow knows more, and for one of them (EPS) runs Ghostscript on whatever the file says."""


class Encoded(NamedTuple):
    """A picture's encoded bytes, and the name by which messages and tables call it."""

    name: str
    content: bytes


def read_image(source: str | Path | bytes, where: str = "") -> Image:
    """A picture as (H, W, 3) uint8 RGB, turned upright by its EXIF mark.

    Grey pictures give three equal channels, transparency is dropped, of an animation the first frame is taken.

    Args:
        source: path of a file, or its encoded bytes (JPEG, PNG, WebP, BMP, TIFF, ...).
        where: what a message calls encoded bytes, for example "row 17 of faces.parquet".

    Raises:
        ImageError: the file is missing or empty, is no picture, is broken, or has more than 64 megapixels.
    """
    where = where or ("encoded picture" if isinstance(source, bytes) else str(source))
    data = source if isinstance(source, bytes) else _read_bytes(Path(source))
    if not data:
        raise ImageError(f"{where}: the picture is empty (0 bytes); copy the file again or remove the row")
    _check_size(data, where)
    # OpenCV decodes several times faster than Pillow; Pillow takes what OpenCV does not know.
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is not None:
        return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).astype(np.uint8)
    try:
        with PilImage.open(BytesIO(data)) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"), dtype=np.uint8)
    except (OSError, ValueError, SyntaxError) as error:
        if is_out_of_memory(error):
            raise MemoryError(f"{where}: {error}") from None  # the picture is whole: nobody may note that it is not
        raise ImageError(f"{where}: the picture is broken ({error}); copy the file again or remove the row") from None


def write_picture(path: Path, image: Image) -> None:
    """Write (H, W, 3) uint8 RGB as PNG, JPEG or WebP, as the name ends, atomically.

    Raises:
        MienError: another ending, or the file cannot be written.
    """
    try:
        done, data = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    except cv2.error:
        done = False
    if not done:
        raise MienError(f"{path}: pictures are written as .png, .jpg or .webp; give one of these endings")
    atomic_write(path, data.tobytes())


def _read_bytes(path: Path) -> bytes:
    try:
        about = path.stat()  # before opening: a pipe would wait for ever, and a device never ends
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
            raise ImageError(f"{path}: a pipe or a device; expected a picture file")
        if about.st_size > MAX_BYTES:
            raise ImageError(f"{path}: {about.st_size:,} bytes are more than {MAX_BYTES:,}; reduce the picture first")
        return path.read_bytes()
    except OSError as error:
        if is_out_of_memory(error):
            raise MemoryError(f"{path}: {error.strerror}") from None
        raise ImageError(f"{path}: cannot read the picture ({error.strerror}); check the path") from None
    except ValueError:  # a zero byte in the name
        raise ImageError(f"{str(path)!r}: no path of a picture; correct the table") from None


def _check_size(data: bytes, where: str) -> None:
    """Read the header alone, so that a bomb is refused before it is decoded."""
    try:
        with PilImage.open(BytesIO(data)) as image:
            if image.format not in FORMATS:
                raise UnidentifiedImageError(image.format)
            width, height = image.size
        size = f"{width} x {height} pixels" if width * height > MAX_PIXELS else ""
    except (PilImage.DecompressionBombError, PilImage.DecompressionBombWarning):
        size = "its pixels"  # Pillow refuses to say how many
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise ImageError(f"{where}: not a picture of a known format; expected JPEG, PNG, WebP, BMP or TIFF") from None
    if size:
        limit = MAX_PIXELS // 1_000_000
        raise ImageError(f"{where}: {size} are more than {limit} million; reduce the picture first")
