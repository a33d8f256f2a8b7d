"""What a drawn face shows: intensities of action units first, every other label from them by stated rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from mien.choose import nearest
from mien.data.synthetic.curves import bounded
from mien.data.synthetic.muscles import DRAWN_AUS
from mien.errors import MienError
from mien.labels import COMPOUNDS, EXCLUSIVE_AUS, EXPRESSIONS, INTENSITY_RANGE, PRESENT_AT, PROTOTYPES, VA_RANGE

Kind = Literal["prototype", "compound", "random"]
KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_SHARES: dict[Kind, float] = {"prototype": 0.5, "compound": 0.2, "random": 0.3}

# Valence and arousal of an expression at a mean intensity of 4 (``_FULL_AT`` of 5).
ANCHORS = {
    "neutral": (0.0, 0.0),
    "happiness": (0.80, 0.45),
    "sadness": (-0.70, -0.40),
    "surprise": (0.15, 0.80),
    "fear": (-0.55, 0.75),
    "anger": (-0.60, 0.65),
    "disgust": (-0.70, 0.35),
    "contempt": (-0.45, 0.20),
}
_FULL_AT = 0.8

# Valence and arousal that an AU of intensity 5 adds to a random row.
AU_WEIGHTS = {
    "AU01": (-0.10, 0.20),
    "AU02": (0.05, 0.30),
    "AU04": (-0.35, 0.20),
    "AU05": (-0.05, 0.45),
    "AU06": (0.25, 0.10),
    "AU07": (-0.15, 0.15),
    "AU09": (-0.45, 0.20),
    "AU10": (-0.30, 0.15),
    "AU12": (0.75, 0.30),
    "AU14": (-0.25, 0.10),
    "AU15": (-0.50, -0.25),
    "AU16": (-0.15, 0.15),
    "AU17": (-0.25, -0.05),
    "AU18": (0.05, 0.05),
    "AU20": (-0.35, 0.35),
    "AU23": (-0.25, 0.20),
    "AU24": (-0.25, 0.15),
    "AU25": (0.05, 0.10),
    "AU26": (0.05, 0.25),
    "AU27": (0.00, 0.50),
    "AU43": (0.00, -0.60),
}

# Pairs that one face cannot show together, or that a drawing cannot show apart. The first of a pair gives way.
EXCLUSIVE = (
    *EXCLUSIVE_AUS,
    ("AU15", "AU12"),
    ("AU20", "AU18"),
    ("AU18", "AU12"),
    ("AU18", "AU24"),
    ("AU17", "AU27"),
    ("AU17", "AU16"),
    ("AU23", "AU27"),
)
OPENERS = ("AU16", "AU26", "AU27")  # these part the lips: they bring AU25
_WITH_OPENERS = tuple(pair for pair in EXCLUSIVE if not set(OPENERS).isdisjoint(pair))
_TRACED = tuple(name for name in DRAWN_AUS if name not in ("AU43", *OPENERS))

# appalled, hatred and awed join the same two expressions as angrily_disgusted and fearfully_surprised: drawn from
# the parts' AUs alone they would be the same pictures under two names.
DRAWN_COMPOUNDS = tuple(name for name in COMPOUNDS if name not in ("appalled", "hatred", "awed"))


@dataclass(frozen=True)
class FaceLabels:
    """Every label of one drawn face. They are the drawing's own parameters and rules, no annotator's opinion.

    Attributes:
        intensities: AU to intensity, 0-5, for all of ``DRAWN_AUS``; an AU is present from ``PRESENT_AT`` on.
        expression: one of ``EXPRESSIONS``; only on prototype rows.
        compound: one of ``DRAWN_COMPOUNDS``; only on compound rows.
        valence, arousal: in [-1, 1], by ``affect``.
        kind: how the AUs were drawn.
        asymmetry: AU to -1 (left side of the image alone) ... 1 (right side alone).
    """

    intensities: Mapping[str, float]
    expression: str | None
    compound: str | None
    valence: float
    arousal: float
    kind: Kind
    asymmetry: Mapping[str, float] = field(default_factory=dict)

    @property
    def present(self) -> tuple[str, ...]:
        """The AUs that count as present."""
        return tuple(name for name, value in self.intensities.items() if value >= PRESENT_AT)


def settle(intensities: Mapping[str, float]) -> dict[str, float]:
    """All drawn AUs, made possible for one face: openers bring AU25, and of an exclusive pair one falls to a trace.

    Args:
        intensities: AU to intensity, 0-5.

    Returns:
        Every AU of ``DRAWN_AUS`` with its intensity, no exclusive pair present together.

    >>> faces = settle({"AU26": 3.0, "AU24": 2.0})
    >>> faces["AU25"], faces["AU24"] < 1
    (1.0, True)
    """
    out = {name: float(intensities.get(name, 0.0)) for name in DRAWN_AUS}
    for first, second in _WITH_OPENERS:
        _yield_to(out, first, second)
    out["AU25"] = max(out["AU25"], min(PRESENT_AT, max(out[name] for name in OPENERS)))
    for first, second in EXCLUSIVE:
        _yield_to(out, first, second)
    return out


def _yield_to(intensities: dict[str, float], first: str, second: str) -> None:
    if intensities[second] >= PRESENT_AT and intensities[first] >= PRESENT_AT:
        intensities[first] = 0.0


@cache
def prototype_aus(expression: str) -> Mapping[str, float]:
    """The AUs of an expression that are drawn, with their probabilities (AU11 of sadness is not drawn)."""
    return MappingProxyType({name: share for name, share in PROTOTYPES[expression].items() if name in DRAWN_AUS})


def affect(
    intensities: Mapping[str, float], expression: str | None = None, compound: str | None = None
) -> tuple[float, float]:
    """Valence and arousal by rule: synthetic labels, stated here and nowhere measured.

    expression:  anchor · (mean intensity of the present AUs of its prototype) / 4
    compound:    the mean of its two parts
    otherwise:   Σ AU_WEIGHTS · intensity / 5

    each clipped to [-1, 1]. An intensity of 4 gives the anchor itself, so the range is used up to its ends.

    Args:
        intensities: AU to intensity, 0-5.
        expression, compound: at most one of the two.

    >>> affect({"AU12": 4.0, "AU25": 4.0}, expression="happiness")
    (0.8, 0.45)
    """
    parts = COMPOUNDS[compound] if compound else (expression,) if expression else ()
    if parts:
        points = [tuple(axis * _strength(intensities, part) for axis in ANCHORS[part]) for part in parts]
    else:
        active = [(AU_WEIGHTS[name], value / INTENSITY_RANGE[1]) for name, value in intensities.items()]
        points = [(sum(w[0] * v for w, v in active), sum(w[1] * v for w, v in active))]
    valence, arousal = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    return bounded(valence, *VA_RANGE), bounded(arousal, *VA_RANGE)


def _strength(intensities: Mapping[str, float], expression: str) -> float:
    shown = [intensities.get(name, 0.0) for name in prototype_aus(expression)]
    active = [value for value in shown if value >= PRESENT_AT]
    return sum(active) / len(active) / (_FULL_AT * INTENSITY_RANGE[1]) if active else 0.0


def sample_labels(rng: np.random.Generator, kind: Kind) -> FaceLabels:
    """Draw the labels of one face.

    Args:
        rng: the only source of chance.
        kind: ``prototype``: one of the eight expressions, its AUs by their shares in ``PROTOTYPES``; ``compound``:
            the AUs of both parts of a compound (where they exclude each other, the parted lips win); ``random``: up
            to five AUs of any kind, and no expression or compound.

    Raises:
        MienError: on an unknown kind.

    >>> sample_labels(np.random.default_rng(0), "random").expression is None
    True
    """
    if kind not in KINDS:
        raise MienError(f"Unknown kind of synthetic label {kind!r}: {nearest(kind, KINDS)}")
    expression = compound = None
    leans = rng.normal(0, 0.07, len(DRAWN_AUS)).tolist()
    asymmetry = {name: bounded(lean, -0.2, 0.2) for name, lean in zip(DRAWN_AUS, leans, strict=True)}
    if kind == "prototype":
        expression = EXPRESSIONS[int(rng.integers(len(EXPRESSIONS)))]
        active = _drawn(rng, (expression,))
        if expression == "contempt":
            lean = float(rng.uniform(0.75, 1.0)) * (1 if rng.random() < 0.5 else -1)
            asymmetry |= {"AU14": lean, "AU12": lean}
    elif kind == "compound":
        compound = DRAWN_COMPOUNDS[int(rng.integers(len(DRAWN_COMPOUNDS)))]
        active = _drawn(rng, COMPOUNDS[compound])
    else:
        chosen = rng.permutation(len(DRAWN_AUS))[: int(rng.integers(0, 6))]
        active = {DRAWN_AUS[i]: float(rng.uniform(PRESENT_AT, INTENSITY_RANGE[1])) for i in chosen}
    intensities = settle(_traces(rng) | active)
    valence, arousal = affect(intensities, expression, compound)
    return FaceLabels(intensities, expression, compound, valence, arousal, kind, asymmetry)


def _drawn(rng: np.random.Generator, parts: tuple[str, ...]) -> dict[str, float]:
    """Active AUs of one or two expressions: one strength for the face, and each AU near it."""
    strength = 1.2 + 3.8 * float(rng.beta(1.6, 1.6))
    active: dict[str, float] = {}
    for part in parts:
        for name, share in prototype_aus(part).items():
            if rng.random() < share:
                value = bounded(strength + rng.normal(0, 0.6), PRESENT_AT, INTENSITY_RANGE[1])
                active[name] = max(value, active.get(name, 0.0))
    return active


def _traces(rng: np.random.Generator) -> dict[str, float]:
    """Movements too weak to count, in about one AU of eight. AU43 and the openers stay at rest."""
    chances, places = rng.random((2, len(_TRACED))).tolist()
    drawn = zip(_TRACED, chances, places, strict=True)
    return {name: 0.1 + 0.75 * place for name, chance, place in drawn if chance < 0.12}
