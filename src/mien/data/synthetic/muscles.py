"""Action units as the drawing wants them: how far each is activated on either side of the face."""

from collections.abc import Mapping

from mien.choose import nearest
from mien.data.synthetic.curves import bounded
from mien.errors import MienError
from mien.labels import INTENSITY_RANGE

DRAWN_AUS = (
    *("AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU10", "AU12", "AU14", "AU15"),
    *("AU16", "AU17", "AU18", "AU20", "AU23", "AU24", "AU25", "AU26", "AU27", "AU43"),
)
LEFT, RIGHT = 0, 1  # sides of the image, not of the person
SIDES = ((LEFT, -1.0), (RIGHT, 1.0))  # a side's index and the sign of its x


class Activation:
    """Activations in [0, 1] (intensity / 5) of every drawn AU on the left and right side of the image.

    Args:
        intensities: AU to intensity, 0-5; an AU that is not named is at rest.
        asymmetry: AU to a number in [-1, 1]: 0 moves both sides alike, 1 only the right side of the image, -1 only
            the left. The stronger side always has the full intensity.

    >>> Activation({"AU14": 5.0}, {"AU14": 1.0})["AU14"]
    (0.0, 1.0)
    """

    def __init__(self, intensities: Mapping[str, float], asymmetry: Mapping[str, float] | None = None) -> None:
        bottom, top = INTENSITY_RANGE
        asymmetry = asymmetry or {}
        self._sides = dict.fromkeys(DRAWN_AUS, (0.0, 0.0))
        for name, value in intensities.items():
            if name not in self._sides:
                raise MienError(f"The synthetic face has no action unit {name!r}: {nearest(name, DRAWN_AUS)}")
            if not bottom <= value <= top:
                raise MienError(f"The intensity of {name} must lie in 0-5, got {value}: 0 is at rest, 5 the apex")
            lean = bounded(asymmetry.get(name, 0.0), -1, 1)
            full = float(value) / top
            self._sides[name] = (full * min(1.0, 1 - lean), full * min(1.0, 1 + lean))
        self.jaw = 0.16 * self.both("AU26") + 0.32 * self.both("AU27")  # how far it has dropped, in face units

    def __getitem__(self, name: str) -> tuple[float, float]:
        return self._sides[name]

    def both(self, name: str) -> float:
        """The mean of the two sides."""
        left, right = self._sides[name]
        return (left + right) / 2
