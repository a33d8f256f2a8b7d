"""Who the drawn person is: everything about a face that an expression does not change."""

from dataclasses import dataclass

import numpy as np

from mien.data.synthetic.curves import Colour, bounded, mix

# Skin from the lightest to the darkest, after the ten tones of the Monk scale; the darkest is lifted a little, since
# a drawing has no specular light that would keep its features readable.
_SKIN: tuple[Colour, ...] = (
    (238, 216, 202),
    (238, 208, 188),
    (240, 205, 176),
    (228, 187, 150),
    (208, 162, 122),
    (176, 128, 90),
    (146, 100, 68),
    (120, 82, 58),
    (100, 68, 51),
    (84, 58, 46),
)
_HAIR: tuple[Colour, ...] = ((28, 24, 24), (52, 36, 28), (88, 58, 36), (134, 92, 52), (196, 156, 92), (150, 66, 34))
_IRIS: tuple[Colour, ...] = ((52, 32, 22), (84, 54, 30), (110, 92, 48), (78, 110, 76), (82, 122, 158), (112, 124, 130))
_GREY: Colour = (190, 188, 186)
HAIR_STYLES = ("bald", "ring", "short", "crop", "fringe", "swept", "curly", "bun", "bob", "long", "scarf")
BEARDS = ("none", "stubble", "moustache", "goatee", "full")


@dataclass(frozen=True)
class Identity:
    """The resting face of one person, in face units (about half a face height; x right, y down, origin mid-face)."""

    # outline: half widths at temple, cheek, jaw and chin, and the heights of chin and hairline
    temple: float
    cheek: float
    jaw: float
    chin: float
    chin_y: float
    hairline: float
    # eyes and brows
    eye_x: float
    eye_y: float
    eye_half: float
    lid_up: float
    lid_low: float
    eye_tilt: float
    crease: float
    iris: Colour
    iris_radius: float
    brow_y: float
    brow_arch: float
    brow_tilt: float
    brow_half: float
    brow_thick: float
    brow_gap: float
    brow_colour: Colour
    # nose, mouth, ears
    nose_y: float
    nose_half: float
    nose_length: float
    mouth_y: float
    mouth_half: float
    upper_lip: float
    lower_lip: float
    lip_colour: Colour
    mouth_rest: float
    mouth_skew: float
    teeth: Colour
    ear: float
    # colours, hair and things worn
    skin: Colour
    hair: Colour
    hair_style: str
    hair_volume: float
    parting: float
    beard: str
    glasses: bool
    glasses_round: float
    glasses_colour: Colour
    clothes: Colour
    # lines of age at rest, 0-1
    age: float
    folds: float
    forehead_lines: float
    frown_lines: float
    crow_lines: float
    eye_bags: float
    freckles: int


def _near(rng: np.random.Generator, mean: float, spread: float) -> float:
    """A normal draw of mean ``mean`` cut at two standard deviations of ``spread``."""
    return mean + spread * bounded(rng.standard_normal(), -2, 2)


def _between(rng: np.random.Generator, colours: tuple[Colour, ...], at: float, jitter: float) -> Colour:
    """The colour at ``at`` (0-1) of a palette, with each channel moved by up to ``jitter``."""
    place = at * (len(colours) - 1)
    low = min(int(place), len(colours) - 2)
    red, green, blue = mix(colours[low], colours[low + 1], place - low)
    move = rng.uniform(-jitter, jitter, 3)
    return (
        bounded(red + move[0], 0, 255),
        bounded(green + move[1], 0, 255),
        bounded(blue + move[2], 0, 255),
    )


def _random_colour(rng: np.random.Generator, low: float, high: float) -> Colour:
    red, green, blue = rng.uniform(low, high, 3)
    return (float(red), float(green), float(blue))


def _pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    total = np.array(list(weights.values()))
    return list(weights)[int(rng.choice(len(total), p=total / total.sum()))]


def sample_identity(rng: np.random.Generator) -> Identity:
    """A person: shape, colours, hair, age and things worn, partly tied to each other by build, age and skin tone.

    Args:
        rng: the only source of chance, so that one state of it always gives one person.

    >>> sample_identity(np.random.default_rng(7)) == sample_identity(np.random.default_rng(7))
    True
    """
    build = float(rng.uniform())  # 0: slight features, long hair and painted lips likelier; 1: heavy jaw, beard
    age = float(rng.beta(1.3, 1.9))
    tone = float(rng.uniform())
    skin = _between(rng, _SKIN, tone, 6)
    fair = tone < 0.55 and rng.uniform() < 0.6
    hair = _HAIR[int(rng.integers(6))] if fair else _between(rng, _HAIR[:3], float(rng.beta(1, 2)), 4)
    natural = mix(hair, _GREY, bounded((age - 0.55) * 2.6 + rng.normal(0, 0.2), 0, 0.95))
    style = _style(rng, build, age)
    fabric = _random_colour(rng, 30, 220)
    lips = mix(skin, (170, 60, 66) if build > 0.5 else (186, 44, 62), _near(rng, 0.42 - 0.14 * build, 0.07))
    lines = np.clip(rng.normal((age - 0.3) * 1.1, 0.16, 5), 0, 0.8)
    return Identity(
        temple=_near(rng, 0.68, 0.03),
        cheek=_near(rng, 0.73, 0.035),
        jaw=_near(rng, 0.53 + 0.1 * build, 0.04),
        chin=_near(rng, 0.17 + 0.1 * build, 0.035),
        chin_y=_near(rng, 0.99, 0.05),
        hairline=_near(rng, -0.80, 0.05),
        **_eyes(rng, build),
        iris=_IRIS[int(rng.integers(2, 6) if tone < 0.5 and rng.uniform() < 0.6 else rng.integers(2))],
        brow_colour=mix(mix(natural, skin, 0.08), (24, 16, 14), 0.35 + 0.35 * tone),
        nose_y=_near(rng, 0.25, 0.03),
        nose_half=_near(rng, 0.135 + 0.035 * tone, 0.018),
        nose_length=_near(rng, 0.24, 0.04),
        mouth_y=_near(rng, 0.55, 0.025),
        mouth_half=_near(rng, 0.27, 0.025),
        upper_lip=_near(rng, 0.056 + 0.025 * tone - 0.015 * age, 0.011),
        lower_lip=_near(rng, 0.074 + 0.03 * tone - 0.015 * age, 0.013),
        lip_colour=lips,
        mouth_rest=_near(rng, -0.006, 0.011),
        mouth_skew=_near(rng, 0.0, 0.006),
        teeth=mix((248, 246, 238), (226, 208, 168), float(rng.uniform(0, 0.7))),
        ear=_near(rng, 0.2, 0.025),
        skin=skin,
        hair=fabric if style == "scarf" else natural,
        hair_style=style,
        hair_volume=float(rng.uniform(0.04, 0.13)),
        parting=float(rng.choice((-1.0, 1.0))),
        beard=_beard(rng, build, style),
        glasses=bool(rng.uniform() < 0.18 + 0.12 * age),
        glasses_round=float(rng.uniform(0.35, 1.0)),
        glasses_colour=_random_colour(rng, 15, 110),
        clothes=_random_colour(rng, 20, 235),
        age=age,
        folds=float(lines[0]),
        forehead_lines=float(lines[1]),
        frown_lines=float(lines[2]) * 0.6,
        crow_lines=float(lines[3]) * 0.7,
        eye_bags=float(lines[4]),
        freckles=int(rng.integers(6, 16)) if rng.uniform() < 0.15 else 0,
    )


def _eyes(rng: np.random.Generator, build: float) -> dict[str, float]:
    eye_y = _near(rng, -0.15, 0.02)
    return {
        "eye_x": _near(rng, 0.335, 0.02),
        "eye_y": eye_y,
        "eye_half": _near(rng, 0.182, 0.012),
        "lid_up": _near(rng, 0.096, 0.010),
        "lid_low": _near(rng, 0.064, 0.006),
        "eye_tilt": _near(rng, 0.012, 0.014),
        "crease": bounded(rng.normal(0.6, 0.35), 0, 1),
        "iris_radius": _near(rng, 0.088, 0.004),
        "brow_y": eye_y - _near(rng, 0.255 - 0.03 * build, 0.02),
        "brow_arch": _near(rng, 0.05 - 0.025 * build, 0.014),
        "brow_tilt": _near(rng, 0.0, 0.016),
        "brow_half": _near(rng, 0.225, 0.012),
        "brow_thick": _near(rng, 0.055 + 0.035 * build, 0.011),
        "brow_gap": _near(rng, 0.0, 0.012),
    }


def _style(rng: np.random.Generator, build: float, age: float) -> str:
    heavy = {"bald": 0.8 + age, "ring": 1.6 * age, "short": 3.0, "crop": 2.0, "fringe": 0.6, "swept": 1.6, "curly": 0.9}
    slight = {
        "short": 0.6,
        "fringe": 1.2,
        "swept": 1.0,
        "curly": 1.2,
        "bun": 1.2,
        "bob": 1.6,
        "long": 2.4,
        "scarf": 0.7,
    }
    return _pick(rng, heavy if rng.uniform() < build else slight)


def _beard(rng: np.random.Generator, build: float, style: str) -> str:
    if style in ("bun", "bob", "long", "scarf") or rng.uniform() > build:
        return "none"
    return _pick(rng, {"none": 1.2, "stubble": 1.0, "moustache": 0.5, "goatee": 0.5, "full": 0.8})
