from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from mien.errors import MienError
from mien.generation.sheet import CAPTION, GAP, LEAST_SIDE, sheet, write_animation
from mien.images import read_image, write_picture

FACE = np.full((16, 16, 3), 90, np.uint8)


def test_every_face_has_its_place_and_rows_their_captions() -> None:
    plain = sheet([("", [FACE, FACE]), ("", [FACE])])
    step = LEAST_SIDE + GAP
    assert plain.shape == (2 * step + GAP, 2 * step + GAP, 3)
    assert (plain[GAP + step + 5, GAP + 5] == 90).all() and (plain[GAP + step + 5, GAP + step + 5] == 255).all()
    named = sheet([("fear", [FACE]), ("anger", [FACE])])
    assert named.shape[1] == CAPTION + step + GAP
    assert (named[:, :CAPTION] < 128).any()  # the words


def test_pictures_by_their_ending(tmp_path: Path) -> None:
    for ending in (".png", ".jpg", ".webp"):
        write_picture(tmp_path / f"a{ending}", sheet([("", [FACE])]))
        assert read_image(tmp_path / f"a{ending}").shape[:2] == (LEAST_SIDE + 2 * GAP,) * 2
    with pytest.raises(MienError, match=r"a\.doc: pictures are written as \.png, \.jpg or \.webp"):
        write_picture(tmp_path / "a.doc", FACE)


def test_an_animation_goes_there_and_back(tmp_path: Path) -> None:
    faces = [np.full((48, 48, 3), shade, np.uint8) for shade in (0, 120, 240)]
    write_animation(tmp_path / "a.webp", faces)
    found = PilImage.open(BytesIO((tmp_path / "a.webp").read_bytes()))
    shades = []
    for i in range(found.n_frames):
        found.seek(i)
        shades.append(int(np.asarray(found.convert("RGB")).mean()))
    assert np.allclose(shades, [0, 120, 240, 120], atol=4)
