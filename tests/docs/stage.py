"""The files that the documentation talks about: a photo, videos, a folder of pictures, codes in a CSV file."""

from functools import cache
from io import BytesIO
from itertools import islice
from pathlib import Path

import av

from mien.data.synthetic import stills
from mien.inference.video import read_video

EXAMPLES = Path(__file__).parents[2] / "src" / "mien" / "web" / "examples"
FRAMES = 12
PHOTOS = ("photo.jpg", "study/first.jpg")
VIDEOS = ("talk.mp4", "interview.mp4", "study/second.mp4")


def set_stage(folder: Path) -> None:
    """Write them all into ``folder``."""
    for name in PHOTOS:
        _write(folder / name, (EXAMPLES / "happiness.jpg").read_bytes())
    for name in VIDEOS:
        _write(folder / name, _clip())
    lines = ["path,subject,AU04,AU12,valence"]
    for number, (expression, picture) in enumerate(_faces()):
        name = f"pictures/{expression}/{number}.png"
        _write(folder / name, picture)
        lines.append(f"{name},person{number // 3},{number % 2},{'' if number % 3 else 1},0.{number % 10}")
    _write(folder / "codes.csv", "\n".join(lines).encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@cache
def _faces() -> list[tuple[str, bytes]]:
    drawn = stills(range(10), per_subject=3, size=48, seed=1, kinds=["prototype"])
    return [(row["expression"], row["image"]) for batch in drawn for row in batch.to_pylist()]


@cache
def _clip() -> bytes:
    """The first frames of the example video."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=20, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 320, "yuv420p"
        for frame in islice(read_video(EXAMPLES / "two-people.mp4"), FRAMES):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame.image, format="rgb24")))
        out.mux(stream.encode())
    return file.getvalue()
