"""Contact sheets: many faces in one picture, for a person to look at."""

from collections.abc import Sequence

import cv2
import numpy as np

from mien.data.synthetic.muscles import DRAWN_AUS
from mien.data.synthetic.pose import View, sample_view
from mien.data.synthetic.records import person
from mien.data.synthetic.render import render
from mien.data.synthetic.sampling import prototype_aus, settle
from mien.errors import MienError
from mien.labels import EXPRESSIONS
from mien.preprocessing import Image

_CAPTION = 16  # height of a caption in pixels
_AU_STEPS = (0.0, 1.0, 3.0, 5.0)
_SHEET_INTENSITY = 3.5
_USUAL = 0.5  # a prototype's AU is drawn on the sheet when at least this share of people show it


def contact_sheet(images: Sequence[Image], columns: int, labels: Sequence[str] | None = None) -> Image:
    """Pictures side by side, ``columns`` in a row, each over its label.

    Args:
        images: each (H, W, 3) uint8 RGB of one shape.
        columns: pictures in a row; the last row is filled up with white.
        labels: a caption for each picture.

    Returns:
        (rows · (H + caption), columns · W, 3) uint8 RGB.

    Raises:
        MienError: when there are no pictures, they differ in shape, or the labels do not match them in number.
    """
    if not images or columns < 1:
        raise MienError(f"A contact sheet needs pictures and columns, got {len(images)} pictures in {columns} columns")
    if len({image.shape for image in images}) > 1:
        raise MienError(f"A contact sheet needs pictures of one shape, got {sorted({i.shape for i in images})}")
    if labels is not None and len(labels) != len(images):
        raise MienError(f"A contact sheet needs a label for each picture, got {len(labels)} for {len(images)}")
    cells = [_captioned(image, labels[i] if labels else None) for i, image in enumerate(images)]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    return np.vstack(rows)


def _captioned(image: Image, label: str | None) -> Image:
    if label is None:
        return image
    strip = np.full((_CAPTION, image.shape[1], 3), 255, dtype=np.uint8)
    cv2.putText(strip, label, (3, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (20, 20, 20), 1, cv2.LINE_AA)
    return np.vstack((image, strip))


def expression_sheet(people: int = 8, size: int = 128, seed: int = 0, nuisance: bool = False) -> Image:
    """The eight expressions (columns) of several persons (rows).

    Args:
        people: number of rows.
        size: side of one face in pixels.
        seed: of the persons and, with ``nuisance``, of pose, light and background.
    """
    images, labels = [], []
    for subject in range(people):
        for column, name in enumerate(EXPRESSIONS):
            shown = {au: _SHEET_INTENSITY for au, share in prototype_aus(name).items() if share >= _USUAL}
            view = sample_view(np.random.default_rng([seed, subject, column])) if nuisance else View()
            lean = {"AU12": 1.0, "AU14": 1.0} if name == "contempt" else None
            images.append(render(person(seed, subject), settle(shown), view, size, lean).image)
            labels.append(name)
    return contact_sheet(images, len(EXPRESSIONS), labels)


def au_sheet(size: int = 128, seed: int = 0, subject: int = 0) -> Image:
    """Every drawn AU of one person at intensities 0, 1, 3 and 5, three AUs in a row; AU25 comes with its openers."""
    identity = person(seed, subject)
    images, labels = [], []
    for name in DRAWN_AUS:
        for step in _AU_STEPS:
            images.append(render(identity, settle({name: step}), View(), size).image)
            labels.append(f"{name} {step:g}")
    return contact_sheet(images, 3 * len(_AU_STEPS), labels)
