"""Pictures of every common kind come out as upright RGB, and what is no picture as a sentence."""

import errno
import struct
import zlib
from io import BytesIO
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
from PIL import Image as PilImage

from mien.errors import ImageError
from mien.images import read_image, write_picture

# A red, a green, a blue and an orange quarter: a swap of channels or of axes changes it.
QUARTERS = np.array([[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (250, 120, 20)]], np.uint8)
PICTURE = QUARTERS.repeat(12, axis=0).repeat(16, axis=1)  # (24, 32, 3)


def encoded(image, kind, **options):
    file = BytesIO()
    (image if isinstance(image, PilImage.Image) else PilImage.fromarray(image)).save(file, kind, **options)
    return file.getvalue()


def difference(a, b):
    assert a.shape == b.shape
    return np.abs(a.astype(int) - b.astype(int)).max()


def forged_png(width, height):
    """A PNG whose header promises ``width`` x ``height`` pixels and that holds next to none."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM"])
def test_colours_are_red_green_blue(kind):
    image = read_image(encoded(PICTURE, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert image.dtype == np.uint8
    assert np.array_equal(image, PICTURE)
    assert not np.array_equal(image, PICTURE[..., ::-1])  # OpenCV's own order


def test_a_jpeg_is_near_the_picture():
    image = read_image(encoded(PICTURE, "JPEG", quality=95, subsampling=0))
    assert difference(image[2:10, 2:14], PICTURE[2:10, 2:14]) < 10


def test_a_path_is_read_like_its_bytes(tmp_path):
    path = tmp_path / "ü ñ.png"
    path.write_bytes(encoded(PICTURE, "PNG"))
    assert np.array_equal(read_image(path), PICTURE)
    assert np.array_equal(read_image(str(path)), PICTURE)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA"])
def test_every_mode_of_a_png_has_three_channels(mode):
    image = PilImage.fromarray(PICTURE).convert(mode)
    expected = np.asarray(image.convert("RGB"))
    assert np.array_equal(read_image(encoded(image, "PNG")), expected)


def test_transparency_is_dropped_and_not_laid_over_black():
    alpha = np.full((*PICTURE.shape[:2], 1), 60, np.uint8)
    image = read_image(encoded(np.concatenate([PICTURE, alpha], axis=2), "PNG"))
    assert np.array_equal(image, PICTURE)
    over_black = (PICTURE * (60 / 255)).astype(np.uint8)
    assert difference(image, over_black) > 100


def test_a_cmyk_jpeg_is_not_inverted():
    image = read_image(encoded(PilImage.fromarray(PICTURE).convert("CMYK"), "JPEG", quality=98))
    centres = image[6::12, 8::16].astype(int)
    assert np.abs(centres - QUARTERS.astype(int)).max() < 20
    assert np.abs(255 - centres - QUARTERS.astype(int)).max() > 200  # the inverted picture


@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_16_bits_are_scaled_and_not_clipped(kind):
    deep = PICTURE.astype(np.uint16) * 257  # 255 * 257 = 65535
    data = cv2.imencode(kind, deep[..., ::-1])[1].tobytes()
    assert difference(read_image(data), PICTURE) <= 1  # clipped, (250, 120, 20) would be (255, 255, 255)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame(kind):
    first, second = (PilImage.new("RGB", (12, 10), (v, v, v)) for v in (50, 200))
    image = read_image(encoded(first, kind, save_all=True, append_images=[second]))
    assert image.shape == (10, 12, 3)
    assert np.abs(image.astype(int) - 50).max() <= 2  # neither the last, 200, nor a mean, 125


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize(("mark", "turn"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_a_picture_is_turned_upright_once(kind, mark, turn):
    # Mark 6: the camera was turned so that the stored picture must go a quarter clockwise: three times anticlockwise.
    exif = PilImage.Exif()
    exif[0x112] = mark
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    upright = np.rot90(PICTURE, turn)
    image = read_image(encoded(PICTURE, kind, exif=exif, **options))
    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright).mean() < 6
    if turn:
        unturned_or_twice = np.rot90(PICTURE, 2 * turn)
        assert upright.shape != unturned_or_twice.shape or np.abs(image.astype(int) - unturned_or_twice).mean() > 50


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.9])
def test_a_truncated_picture_is_refused_and_not_filled_up(kind, kept, capfd):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    data = encoded(noise, kind)
    with pytest.raises(ImageError, match=r"^row 17 of faces\.parquet: .*(broken|not a picture)"):
        read_image(data[: int(len(data) * kept)], "row 17 of faces.parquet")
    capfd.readouterr()  # OpenCV complains on stderr as well


@pytest.mark.parametrize(
    "data", [b"<html>404 Not Found</html>", bytes(5000), b"\xff\xd8\xff", b"PK\x03\x04" + bytes(50)]
)
def test_what_is_no_picture_says_so(data):
    with pytest.raises(ImageError, match=r"^encoded picture: not a picture of a known format; expected JPEG"):
        read_image(data)


def test_an_empty_file_and_a_missing_one_name_their_path(tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    with pytest.raises(ImageError, match=r"empty\.jpg: the picture is empty \(0 bytes\)"):
        read_image(tmp_path / "empty.jpg")
    with pytest.raises(ImageError, match=r"none\.jpg: cannot read the picture \(No such file or directory\)"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(ImageError, match="Is a directory"):
        read_image(tmp_path)


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [
        (8001, 8000, r"x: 8001 x 8000 pixels are more than 64 million"),
        (10_000, 10_000, r"x: .* more than 64 million"),  # Pillow warns
        (60_000, 60_000, r"x: its pixels are more than 64 million"),  # Pillow refuses; its size is not known
    ],
)
def test_a_decompression_bomb_is_refused_before_it_is_decoded(monkeypatch, width, height, said):
    def decoded(*_):
        raise AssertionError("the bomb went off")

    monkeypatch.setattr(cv2, "imdecode", decoded)
    monkeypatch.setattr(PilImage.Image, "load", decoded)
    with pytest.raises(ImageError, match=said):
        read_image(forged_png(width, height), "x")


def test_a_forged_header_of_allowed_size_is_broken_and_not_a_crash(capfd):
    with pytest.raises(ImageError, match="broken"):
        read_image(forged_png(64, 64))
    capfd.readouterr()


def test_png_round_trip_is_exact(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (13, 21, 3), dtype=np.uint8)
    write_picture(tmp_path / "new" / "a.png", image)
    assert np.array_equal(read_image(tmp_path / "new" / "a.png"), image)
    with PilImage.open(tmp_path / "new" / "a.png") as seen_by_others:
        assert np.array_equal(np.asarray(seen_by_others), image)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.png"]


def test_a_file_that_ghostscript_would_run_is_no_picture():
    drawn = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    with PilImage.open(BytesIO(drawn)) as known:
        assert known.format == "EPS", "Pillow alone would take it"
    with pytest.raises(ImageError, match="not a picture of a known format"):
        read_image(drawn)


def test_memory_that_is_refused_is_no_broken_picture(monkeypatch, tmp_path):
    """Noted as broken, the picture would be left out of a table for good."""

    def refused(*_):
        raise OSError("out of memory when reading image file")

    monkeypatch.setattr(cv2, "imdecode", lambda *_: None)
    monkeypatch.setattr(PilImage.Image, "convert", refused)
    with pytest.raises(MemoryError, match="row 3"):
        read_image(encoded(PICTURE, "PNG"), "row 3")
    monkeypatch.setattr("pathlib.Path.read_bytes", Mock(side_effect=OSError(errno.ENOMEM, "Cannot allocate memory")))
    (tmp_path / "a.png").write_bytes(encoded(PICTURE, "PNG"))
    with pytest.raises(MemoryError, match=r"a\.png"):
        read_image(tmp_path / "a.png")
