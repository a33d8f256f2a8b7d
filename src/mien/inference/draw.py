"""Draw what was found over a picture: boxes, landmarks, bars for expressions and action units, a dial for VA."""

import cv2
import numpy as np
import numpy.typing as npt

from mien.inference.results import Faces
from mien.preprocessing import Image

Colour = tuple[int, int, int]
WHITE: Colour = (245, 245, 245)
DIM: Colour = (150, 150, 150)
PANEL: Colour = (24, 26, 32)
# One colour per person, from Tol's bright set, which colour-blind eyes tell apart.
COLOURS: tuple[Colour, ...] = ((102, 204, 238), (238, 102, 119), (204, 187, 68), (34, 136, 51), (170, 51, 119))
REFERENCE_HEIGHT = 720  # of a picture in which a line of text is 16 pixels high
UNITS_SHOWN = 8  # the most active ones
SMALLEST = 5.0  # a face needs this many lines of text of height to get a panel; smaller ones get their label alone


def draw_faces(image: Image, faces: Faces) -> Image:
    """A copy of the picture with its faces drawn in.

    Args:
        image: (H, W, 3) uint8 RGB that ``faces`` was found in.
        faces: one frame's or photo's.
    """
    canvas = image.copy()
    line = max(11, round(16 * min(image.shape[0] / REFERENCE_HEIGHT, 3)))
    names = faces.top()
    taken = [box.tolist() for box in faces.xyxy]  # what no panel may cover
    for row in range(len(faces)):
        number = int(faces.track_id[row])
        colour = COLOURS[(number if number >= 0 else row) % len(COLOURS)]
        x1, y1, x2, y2 = (round(float(v)) for v in faces.xyxy[row])
        cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, max(1, line // 8), cv2.LINE_AA)
        for x, y in faces.landmarks[row][np.isfinite(faces.landmarks[row]).all(axis=1)]:
            cv2.circle(canvas, (round(float(x)), round(float(y))), max(1, line // 7), colour, -1, cv2.LINE_AA)
        person = f"{number}: " if number >= 0 else ""
        sure = f" {faces.expression[row].max():.0%}" if names[row] else ""
        _label(canvas, person + names[row] + sure, (x1, y1), line, colour)
        if y2 - y1 >= SMALLEST * line:
            _panel(canvas, faces, row, line, colour, taken)
    return canvas


def _label(canvas: Image, text: str, corner: tuple[int, int], line: int, colour: Colour) -> None:
    """Dark text on the person's colour, above the box or, at the picture's edge, inside it."""
    if not text:
        return
    width = _text_width(text, line) + line // 2
    x, y = max(0, min(corner[0], canvas.shape[1] - width)), max(0, corner[1] - line - line // 3)
    cv2.rectangle(canvas, (x, y), (x + width, y + line + line // 3), colour, -1)
    _text(canvas, text, (x + line // 4, y + line), line, PANEL)


def _panel(canvas: Image, faces: Faces, row: int, line: int, colour: Colour, taken: list[list[float]]) -> None:
    """Bars and dial beside the face, where they cover no other face or panel; in a crowd there may be no such place."""
    groups = _groups(faces, row)
    dial = 4 * line if faces.va.shape[1] == 2 else 0
    height = sum(len(group) for group in groups) * line + len(groups) * line // 2 + dial + line // 2
    width = 9 * line
    place = _free_place(canvas, faces.xyxy[row].tolist(), (width, height), line // 2, taken)
    if place is None:
        return
    x, y = place
    taken.append([x, y, x + width, y + height])
    _shade(canvas, x, y, width, height)
    top = y + line // 4
    for group in groups:
        for name, share, strong in group:
            _bar(canvas, name, share, (x + line // 3, top), (width - 2 * line // 3, line), colour if strong else DIM)
            top += line
        top += line // 2
    if dial:
        _dial(canvas, faces.va[row], (x + 2 * width // 5, top + dial // 2), dial // 2 - line // 4, line, colour)


def _free_place(
    canvas: Image, box: list[float], size: tuple[int, int], gap: int, taken: list[list[float]]
) -> tuple[int, int] | None:
    """The corner of a panel to the right or left of a face's box, the side with more room first."""
    (width, height), (x1, y1, x2, _) = size, box
    y = max(0, min(round(y1), canvas.shape[0] - height))
    sides = sorted([(canvas.shape[1] - x2, round(x2) + gap), (x1, round(x1) - gap - width)], reverse=True)
    for _, x in sides:
        inside = 0 <= x <= canvas.shape[1] - width
        if inside and all(x + width <= a or x >= c or y + height <= b or y >= d for a, b, c, d in taken):
            return x, y
    return None


Bar = tuple[str, float, bool]


def _groups(faces: Faces, row: int) -> list[list[Bar]]:
    """Bars as (name, share of full length, highlighted): expressions, then the most active action units."""
    groups: list[list[Bar]] = []
    if faces.expression_names:
        top = int(faces.expression[row].argmax())
        shares = zip(faces.expression_names, faces.expression[row].tolist(), strict=True)
        groups.append([(name, share, i == top) for i, (name, share) in enumerate(shares)])
    if faces.au_names:
        present = faces.au_present[row]
        strongest = np.argsort(-faces.au[row], kind="stable")[:UNITS_SHOWN].tolist()
        groups.append([(faces.au_names[i], float(faces.au[row, i]), bool(present[i])) for i in sorted(strongest)])
    return groups


def _bar(
    canvas: Image, name: str, share: float, corner: tuple[int, int], size: tuple[int, int], colour: Colour
) -> None:
    (x, y), (width, line) = corner, size
    start = x + 5 * line
    room = width - 5 * line
    end = start + max(1, round(room * min(max(share, 0.0), 1.0)))
    _text(canvas, name, (x, y + line - line // 4), round(line * 0.85), WHITE)
    cv2.rectangle(canvas, (start, y + line // 5), (start + room, y + line - line // 5), (60, 62, 70), -1)
    cv2.rectangle(canvas, (start, y + line // 5), (end, y + line - line // 5), colour, -1)


def _dial(
    canvas: Image,
    va: npt.NDArray[np.float32],
    centre: tuple[int, int],
    radius: int,
    line: int,
    colour: Colour,
) -> None:
    """Valence to the right, arousal upwards, in a circle of radius 1."""
    x, y = centre
    cv2.circle(canvas, centre, radius, DIM, 1, cv2.LINE_AA)
    cv2.line(canvas, (x - radius, y), (x + radius, y), DIM, 1)
    cv2.line(canvas, (x, y - radius), (x, y + radius), DIM, 1)
    tip = (x + round(radius * float(va[0])), y - round(radius * float(va[1])))
    cv2.line(canvas, centre, tip, colour, 1, cv2.LINE_AA)
    cv2.circle(canvas, tip, max(2, line // 4), colour, -1, cv2.LINE_AA)
    small = round(line * 0.7)
    _text(canvas, "valence", (x + radius + line // 4, y + small // 2), small, DIM)
    _text(canvas, "arousal", (x + line // 3, y - radius + small // 2), small, DIM)


def _shade(canvas: Image, x: int, y: int, width: int, height: int) -> None:
    """Darken a part of the picture, so that text on it can be read."""
    part = canvas[max(0, y) : y + height, max(0, x) : x + width]
    part[:] = cv2.addWeighted(part, 0.25, np.full_like(part, PANEL), 0.75, 0)


def _text(canvas: Image, text: str, at: tuple[int, int], line: int, colour: Colour) -> None:
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, line / 32, colour, 1 + line // 24, cv2.LINE_AA)


def _text_width(text: str, line: int) -> int:
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, line / 32, 1 + line // 24)
    return int(width)
