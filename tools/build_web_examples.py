"""Draw the examples of ``mien web``: portraits, a group and a short video of synthetic people.

    python tools/build_web_examples.py src/mien/web/examples

Nobody is shown: every face comes from ``mien.data.synthetic``.
"""

import argparse
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from mien.data.synthetic import View, render
from mien.data.synthetic.records import person
from mien.data.synthetic.sampling import prototype_aus, settle
from mien.files import atomic_write
from mien.preprocessing import Image

SEED = 3
STRENGTH = 3.5  # of an expression's action units, 0-5
USUAL = 0.5  # they are those that at least half of all people show
BACKDROP = (188.0, 196.0, 200.0)
PORTRAITS = {"happiness": 2, "surprise": 4, "anger": 5, "sadness": 7}
GROUP = ((0, "happiness"), (3, "neutral"), (6, "surprise"), (1, "disgust"))
SIDE, LARGER = 256, 2  # drawn, and enlarged, so that there is room for text
JPEG_QUALITY = 88
FPS, SECONDS = 20, 6


def face(subject: int, shown: Mapping[str, float], **view: float) -> Image:
    """One person, whose picture ends in the common backdrop."""
    looks = View(backdrop=BACKDROP, light=0.25, **view)
    return render(person(SEED, subject), settle(dict(shown)), looks, SIDE).image


def units(expression: str, strength: float = STRENGTH) -> dict[str, float]:
    """The action units of an expression."""
    return {au: strength for au, share in prototype_aus(expression).items() if share >= USUAL}


def group() -> Image:
    """Several people side by side, each a little nearer or lower than the next."""
    rng = np.random.default_rng(SEED)
    faces = [
        face(subject, units(name), yaw_deg=rng.uniform(-12, 12), roll_deg=rng.uniform(-5, 5), scale=rng.uniform(0.9, 1))
        for subject, name in GROUP
    ]
    return np.hstack(faces)


def film_frame(time_s: float) -> Image:
    """Two people: one smiles, the other is surprised a second later."""
    rise = (1 - np.cos(2 * np.pi * np.clip([time_s - 0.6, time_s - 1.8], 0, 4) / 4)) / 2
    sway = 6 * np.sin(2 * np.pi * 0.3 * time_s)
    left = face(1, units("happiness", 4 * rise[0]), yaw_deg=8 + sway, roll_deg=sway / 3)
    right = face(6, units("surprise", 4 * rise[1]), yaw_deg=-10 + sway / 2, roll_deg=-sway / 2)
    return cv2.resize(np.hstack([left, right]), (640, 320), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def write_photo(path: Path, image: Image) -> None:
    large = cv2.resize(image, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(large, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    atomic_write(path, data.tobytes())


def write_film(path: Path) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"crf": "23", "preset": "slow"})
        stream.width, stream.height, stream.pix_fmt = 640, 320, "yuv420p"
        for index in range(FPS * SECONDS):
            picture = av.VideoFrame.from_ndarray(film_frame(index / FPS), format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, FPS)
            out.mux(stream.encode(picture))
        out.mux(stream.encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, subject in PORTRAITS.items():
        alone = cv2.copyMakeBorder(face(subject, units(name)), 0, 0, SIDE // 4, SIDE // 4, cv2.BORDER_REPLICATE)
        write_photo(folder / f"{name}.jpg", alone.astype(np.uint8))
    write_photo(folder / "group.jpg", group())
    write_film(folder / "two-people.mp4")


if __name__ == "__main__":
    main()
