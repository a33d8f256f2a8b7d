"""What HTTP costs: a running ``mien serve`` against the ``Analyzer`` that it runs, as a ratio in one run.

    python benchmarks/serve.py --out benchmarks/results/serve.json

The service is a process of its own; the client keeps one connection. Both read the same picture with the same untrained
network and one thread, in turn, round after round, so that a machine that slows down slows both.
"""

import argparse
import http.client
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from common import machine, write_results
from predictor import LABELS, ROUNDS, interleaved

from mien.data.synthetic import stills
from mien.export.onnx_file import export_onnx
from mien.images import read_image
from mien.inference.analyzer import Analyzer
from mien.inference.results import Faces
from mien.models.affect import AffectModel, ModelSpec
from mien.models.checkpoint import save
from mien.preprocessing import Preprocessing

Row = dict[str, object]
PHOTOS = [(640, 480), (1920, 1080)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/serve.json"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        model = Path(name) / "model.onnx"
        spec = ModelSpec(backbone="plain_small", labels=LABELS, preprocessing=Preprocessing(size=64))
        save(Path(name), AffectModel(spec))
        export_onnx(name, model)
        analyzer = Analyzer(model, "cpu", 1)
        with served(model) as connection:
            rows = [crop(analyzer, connection), *(photo(analyzer, connection, *size) for size in PHOTOS)]
    for row in rows:
        print(
            f"{row['picture']}: in Python {row['python_ms']:.1f} ms, over HTTP {row['http_ms']:.1f} ms, ratio "
            f"{row['ratio']:.3f}; at best {row['python_best_ms']:.1f} and {row['http_best_ms']:.1f} ms"
        )
    write_results(arguments.out, {"threads": 1, "rounds": ROUNDS, "machine": machine(), "rows": rows})


def crop(analyzer: Analyzer, connection: http.client.HTTPConnection) -> dict[str, object]:
    """A cut face: hardly any work, so what is left is HTTP itself."""
    content = drawn()[0]
    return compare(
        "cut face, 160 x 160",
        lambda: analyzer.crops([read_image(content)]),
        lambda: post(connection, "/crops", content),
    )


def photo(analyzer: Analyzer, connection: http.client.HTTPConnection, width: int, height: int) -> dict[str, object]:
    """A photo with four faces."""
    canvas = np.full((height, width, 3), 128, np.uint8)
    for number, face in enumerate(drawn()):
        canvas[100:260, number * 160 : number * 160 + 160] = read_image(face)
    content = cv2.imencode(".jpg", canvas[..., ::-1])[1].tobytes()
    return compare(
        f"photo, {width} x {height}, {len(analyzer.image(read_image(content)))} faces",
        lambda: analyzer.image(read_image(content)),
        lambda: post(connection, "/analyze", content),
    )


def compare(picture: str, in_python: Callable[[], Faces], over_http: Callable[[], list[Row]]) -> dict[str, object]:
    """Medians of both, and of their ratios round by round; they must say the same."""
    assert [row["valence"] for row in over_http()] == in_python().to_pandas()["valence"].tolist()
    alone, asked = interleaved(lambda: in_python().to_pandas(), over_http)
    return {
        "picture": picture,
        "python_ms": 1000 * statistics.median(alone),
        "http_ms": 1000 * statistics.median(asked),
        "python_best_ms": 1000 * min(alone),
        "http_best_ms": 1000 * min(asked),
        "ratio": statistics.median(b / a for a, b in zip(alone, asked, strict=True)),
    }


def drawn() -> list[bytes]:
    """Four encoded faces."""
    return next(iter(stills(range(4), 1, 160, seed=0)))["image"].to_pylist()


def post(connection: http.client.HTTPConnection, path: str, content: bytes) -> list[Row]:
    """The rows of an answer."""
    connection.request("POST", path, content, {"Content-Type": "image/jpeg"})
    return json.loads(connection.getresponse().read())["rows"]


@contextmanager
def served(model: Path) -> Iterator[http.client.HTTPConnection]:
    """A connection to a running service."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mien.cli", "serve", str(model), "--port", str(port), "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        for _ in range(100):
            time.sleep(0.2)
            try:
                connection.connect()
                break
            except ConnectionRefusedError:
                continue
        yield connection
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
