"""Faces as HTML: a card of bars for each, and a table."""

from typing import NamedTuple

import numpy as np

from mien.inference.draw import COLOURS
from mien.inference.results import PRESENT_FROM, Faces
from mien.labels import ACTION_UNITS, INTENSITY_RANGE
from mien.web.answer import TEMPLATES

CARDS = 12  # more faces stand in the table alone
UNITS_SHOWN = 8  # the most active ones; the others are a click away


class Bar(NamedTuple):
    """A value: its label, what that means, share of full length, text, and whether it stands out."""

    name: str
    meaning: str
    share: float
    text: str
    strong: bool


class Card(NamedTuple):
    """What one face shows."""

    title: str
    colour: str
    facts: str
    expressions: list[Bar]
    units: list[Bar]
    more_units: list[Bar]
    intensities: list[Bar]
    va: tuple[float, float] | None


def cards_html(faces: Faces, most: int = CARDS) -> str:
    """A card for each of one picture's faces; of more than ``most`` it is said that they are not shown."""
    cards = [card(faces[row], row) for row in range(min(len(faces), most))]
    return TEMPLATES.get_template("cards.html").render(cards=cards, more=len(faces) - len(cards))


def table_html(faces: Faces, name: str) -> str:
    """How many faces the picture called ``name`` has, and the main columns of their rows."""
    rows = [_row(faces[row], row) for row in range(len(faces))]
    return TEMPLATES.get_template("table.html").render(name=name, rows=rows)


def card(face: Faces, row: int) -> Card:
    """The card of one face, number ``row`` of its picture."""
    x1, y1, x2, y2 = face.xyxy[0].tolist()
    followed = face.track_id[0] >= 0
    number = int(face.track_id[0]) if followed else row
    units, more = _units(face)
    return Card(
        title=f"Face {number if followed else number + 1}",
        colour=hex_colour(number),
        facts=f"{x2 - x1:.0f} by {y2 - y1:.0f} pixels, detector {face.score[0]:.2f}",
        expressions=_expressions(face),
        units=units,
        more_units=more,
        intensities=[
            _unit(name, value, value / INTENSITY_RANGE[1], f"{value:.1f}", value >= 1)
            for name, value in zip(face.au_intensity_names, _first(face.au_intensity), strict=True)
        ],
        va=(float(face.va[0, 0]), float(face.va[0, 1])) if face.va.shape[1] == 2 else None,
    )


def hex_colour(number: int) -> str:
    """The colour of a face or person, as it is drawn into the picture."""
    return "#{:02x}{:02x}{:02x}".format(*COLOURS[number % len(COLOURS)])


def _expressions(face: Faces) -> list[Bar]:
    top = face.top()[0]
    pairs = zip(face.expression_names, _first(face.expression), strict=True)
    return [Bar(name, "", share, f"{share:.0%}", name == top) for name, share in pairs]


def _units(face: Faces) -> tuple[list[Bar], list[Bar]]:
    """Probabilities of the most active units and of the others, each in the order of their numbers."""
    present = face.au_present[0].tolist() if face.au_names else []
    bars = [
        _unit(name, value, value, f"{value:.0%}", seen)
        for name, value, seen in zip(face.au_names, _first(face.au), present, strict=True)
    ]
    limits = [face.thresholds.get(bar.name, PRESENT_FROM) for bar in bars]
    near = np.argsort([limit - bar.share for bar, limit in zip(bars, limits, strict=True)], kind="stable")
    shown = set(near[:UNITS_SHOWN].tolist())
    return [b for i, b in enumerate(bars) if i in shown], [b for i, b in enumerate(bars) if i not in shown]


def _unit(name: str, value: float, share: float, text: str, strong: bool) -> Bar:
    return Bar(name, ACTION_UNITS[name].name, share, text, strong)


def _first(values: np.ndarray) -> list[float]:
    row: list[float] = values[0].tolist()
    return row


def _row(face: Faces, row: int) -> dict[str, str]:
    """A line of the table on the page; the files hold all columns."""
    columns = {
        "face": str(row + 1),
        "x1, y1, x2, y2": ", ".join(f"{v:.0f}" for v in face.xyxy[0]),
        "score": f"{face.score[0]:.2f}",
    }
    if face.expression_names:
        columns["expression"] = f"{face.top()[0]} {face.expression[0].max():.0%}"
    if face.au_names:
        seen = [name for name, there in zip(face.au_names, face.au_present[0], strict=True) if there]
        columns["action units"] = " ".join(seen) or "none"
    if face.va.shape[1] == 2:
        columns |= {"valence": f"{face.va[0, 0]:+.2f}", "arousal": f"{face.va[0, 1]:+.2f}"}
    if face.compound_names:
        columns["compound"] = face.top("compound")[0].replace("_", " ")
    return columns
