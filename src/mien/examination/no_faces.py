"""Pictures that show no face: what a network should not read an emotion from."""

from collections.abc import Iterator

import cv2
import numpy as np

from mien.preprocessing import Image

SIDE = 96


def no_faces(each: int = 50, seed: int = 0) -> Iterator[tuple[str, Image]]:
    """``each`` drawn pictures of every kind: (kind, (96, 96, 3) uint8 RGB)."""
    rng = np.random.default_rng(seed)
    for kind, draw in KINDS.items():
        for _ in range(each):
            yield kind, draw(rng)


def _flat(rng: np.random.Generator) -> Image:
    return np.full((SIDE, SIDE, 3), rng.integers(0, 256, 3), np.uint8)


def _noise(rng: np.random.Generator) -> Image:
    """Grain of one to sixteen pixels."""
    cells = int(rng.choice([6, 12, 24, 48, 96]))
    small = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)


def _stripes(rng: np.random.Generator) -> Image:
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    angle, waves = rng.uniform(0, np.pi), rng.uniform(2, 12)
    wave = np.sin(2 * np.pi * waves * (x * np.cos(angle) + y * np.sin(angle)))
    return np.repeat((127.5 + 120 * wave)[..., None], 3, axis=2).astype(np.uint8)


def _shapes(rng: np.random.Generator) -> Image:
    """Discs and boxes, as a cluttered background."""
    image = _flat(rng).copy()
    for _ in range(int(rng.integers(4, 12))):
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        x, y, size = (int(value) for value in (*rng.integers(0, SIDE, 2), rng.integers(6, 36)))
        if rng.random() < 0.5:
            cv2.circle(image, (x, y), size // 2, colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(image, (x, y), (x + size, y + size), colour, -1)
    return image


def _animal(rng: np.random.Generator) -> Image:
    """A cat's or a bear's head, seen from the front: two ears, two eyes, a snout."""
    image, fur = _flat(rng).copy(), rng.integers(60, 220, 3)
    light, mid, deep = (tuple(int(value) for value in np.clip(fur * f, 0, 255)) for f in (1.25, 1.0, 0.8))
    middle, radius = SIDE // 2, int(rng.integers(28, 38))
    for side in (-1, 1):
        ear = (middle + side * int(radius * 0.7), middle - int(radius * 0.8))
        if rng.random() < 0.5:
            cv2.circle(image, ear, radius // 3, deep, -1, cv2.LINE_AA)
        else:
            corners = [(ear[0] - 10, ear[1] + 12), (ear[0] + 10, ear[1] + 12), (ear[0] + side * 6, ear[1] - 14)]
            cv2.fillConvexPoly(image, np.array(corners, np.int32), deep, cv2.LINE_AA)
    cv2.ellipse(image, (middle, middle), (radius, int(radius * 0.9)), 0, 0, 360, mid, -1, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.circle(image, (middle + side * radius // 2, middle - radius // 5), 4, (20, 20, 20), -1, cv2.LINE_AA)
    snout = (middle, middle + radius // 3)
    cv2.ellipse(image, snout, (radius // 2, radius // 3), 0, 0, 360, light, -1, cv2.LINE_AA)
    cv2.ellipse(image, (middle, middle + radius // 5), (6, 4), 0, 0, 360, (30, 20, 20), -1, cv2.LINE_AA)
    return image


KINDS = {"one colour": _flat, "noise": _noise, "stripes": _stripes, "shapes": _shapes, "animals": _animal}
