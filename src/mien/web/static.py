"""Write the page that needs no server's help: the network, the face detector and ONNX Runtime run in the browser."""

import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import mien
from mien.errors import MienError
from mien.faces import mtcnn
from mien.files import atomic_write
from mien.geometry import TEMPLATE
from mien.inference.draw import COLOURS
from mien.inference.predictor import Predictor, load_predictor
from mien.inference.results import PRESENT_FROM
from mien.inference.table import schema
from mien.labels import ACTION_UNITS
from mien.web.answer import TEMPLATES
from mien.web.cards import UNITS_SHOWN, hex_colour

RUNTIME = "onnxruntime-web"
RUNTIME_VERSION = "1.30.0"  # the one that the tests hold to the Python results
RUNTIME_FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
FETCH = f"type: npm pack {RUNTIME}@{RUNTIME_VERSION}"
NETS = ("pnet", "rnet", "onet")
# The browser itself refuses whatever would leave it.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'"
)


def write_static(
    folder: Path, model: str | Path | None = None, runtime: Path | None = None, min_face: int = 40
) -> list[Path]:
    """Write the page and all that it needs to ``folder``; nothing is fetched from anywhere.

    Args:
        folder: where to; files of the same names are replaced.
        model: an ONNX file of ``mien export``, a run's folder with one, or None for the shipped network.
        runtime: the npm package onnxruntime-web 1.30.0 as a folder or as the .tgz of ``npm pack``; when None it is
            looked for in the working folder and in its ``node_modules``.
        min_face: side in pixels of the smallest face to look for.

    Returns:
        The files written.

    Raises:
        MienError: no network or no ONNX file of it, no runtime or one of another version, or the folder cannot be
            written.
    """
    onnx, predictor = _onnx_file(model)
    weights = resources.files("mien.faces") / "weights"
    package = resources.files("mien.web")
    with _runtime_files(runtime) as parts:
        files = {f"runtime/{name}": (parts / name).read_bytes() for name in RUNTIME_FILES}
    files |= {"model.onnx": onnx.read_bytes(), "LICENSE.mtcnn": (weights / "LICENSE.mtcnn").read_bytes()}
    files |= {f"{net}.onnx": (weights / f"{net}.onnx").read_bytes() for net in NETS}
    files |= {file.name: file.read_bytes() for file in (package / "browser").iterdir()}
    examples = sorted(file.name for file in (package / "examples").iterdir() if file.name.endswith(".jpg"))
    files |= {f"examples/{name}": (package / "examples" / name).read_bytes() for name in examples}
    files["settings.json"] = json.dumps(_settings(predictor, min_face)).encode()
    files["index.html"] = _index(predictor, examples).encode()
    for name, content in files.items():
        atomic_write(folder / name, content)
    return [folder / name for name in files]


def _onnx_file(model: str | Path | None) -> tuple[Path, Predictor]:
    """The network's one file, after it was opened here: a broken one never reaches a browser."""
    predictor = load_predictor(model, "cpu", 1)
    path = Path(predictor.name)
    if path.is_dir():
        raise MienError(f"{path} has weights for torch, which no browser runs; type: mien export {path}")
    if predictor.over_time:
        raise MienError(f"{path} is a model of clips, and this page reads frames one by one; give a frame network")
    return path, predictor


def _index(predictor: Predictor, examples: list[str]) -> str:
    page: str = TEMPLATES.get_template("static.html").render(
        policy=POLICY,
        version=mien.__version__,
        runtime=RUNTIME_VERSION,
        labels=predictor.info.reported,
        name=Path(predictor.name).name,
        examples=examples,
        server=False,
    )
    return page


def _output(task: str, predictor: Predictor) -> dict[str, object]:
    """Where the reported labels stand in a row of the network's output, and what is done to them."""
    info = predictor.info
    names = info.spec.labels[task]
    output: dict[str, object] = {"width": len(names), "columns": [names.index(n) for n in info.reported.get(task, ())]}
    if (how := info.calibration.get(task)) and not how.is_identity:
        bias = [how.bias.get(name, 0.0) for name in names]
        output["calibration"] = {"temperature": how.temperature, "bias": bias}
    return output


def _settings(predictor: Predictor, min_face: int) -> dict[str, object]:
    """What the scripts must know, from the one place where Python has it."""
    info = predictor.info
    detector = mtcnn.Mtcnn(min_face, threads=1)
    return {
        "labels": info.reported,
        "outputs": {task: _output(task, predictor) for task in info.spec.labels},
        "preprocessing": {**info.spec.preprocessing.model_dump(), "template": TEMPLATE.tolist()},
        "thresholds": info.thresholds,
        "sets": {task: {"kind": how.kind, "limit": how.limit} for task, how in info.conformal.items()},
        "present_from": PRESENT_FROM,
        "columns": schema(info.reported, info.conformal).names,
        "meanings": {name: unit.name for name, unit in ACTION_UNITS.items()},
        "units_shown": UNITS_SHOWN,
        "colours": [hex_colour(number) for number in range(len(COLOURS))],
        "detector": {
            "min_face": detector.min_face,
            "thresholds": detector.thresholds,
            "cell": mtcnn.CELL,
            "step": mtcnn.STEP,
            "shrink": mtcnn.SHRINK,
            "largest_level": mtcnn.LARGEST_LEVEL,
            "at_once": mtcnn.AT_ONCE,
            "same_level": mtcnn.SAME_LEVEL,
            "same_picture": mtcnn.SAME_PICTURE,
            "same_face": mtcnn.SAME_FACE,
        },
    }


@contextmanager
def _runtime_files(given: Path | None) -> Iterator[Path]:
    """A folder with ONNX Runtime's three files, of the version that we know."""
    here = (Path(f"{RUNTIME}-{RUNTIME_VERSION}.tgz"), Path("node_modules") / RUNTIME)
    path = given or next((place for place in here if place.exists()), None)
    if path is None:
        raise MienError(
            f"The page needs the JavaScript package {RUNTIME} {RUNTIME_VERSION}, which mien neither ships nor fetches; "
            f"{FETCH}, and run this again"
        )
    with TemporaryDirectory() as unpacked:
        root = path if path.is_dir() else _unpacked(path, Path(unpacked))
        root = root.parent if root.name == "dist" else root
        _check_version(root, path)
        yield root / "dist"


def _unpacked(archive: Path, folder: Path) -> Path:
    """The package's few files that are needed, out of the .tgz of ``npm pack``."""
    try:
        with tarfile.open(archive) as tar:
            for name in ("package.json", *(f"dist/{name}" for name in RUNTIME_FILES)):
                member = tar.extractfile(f"package/{name}")
                if member is None:
                    raise KeyError(name)
                target = folder / name
                target.parent.mkdir(exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(member, file)
    except (OSError, EOFError, tarfile.TarError, KeyError) as error:
        raise MienError(f"{archive}: not the npm package {RUNTIME} ({error}); {FETCH}") from None
    return folder


def _check_version(root: Path, where: Path) -> None:
    try:
        about = json.loads((root / "package.json").read_text(encoding="utf-8"))
        found = f"{about['name']} {about['version']}"
    except (OSError, ValueError, KeyError, TypeError):
        raise MienError(f"{where}: not the npm package {RUNTIME}; {FETCH}") from None
    if found != f"{RUNTIME} {RUNTIME_VERSION}":
        raise MienError(f"{where} is {found}; expected {RUNTIME} {RUNTIME_VERSION}: {FETCH}")
    if missing := [name for name in RUNTIME_FILES if not (root / "dist" / name).is_file()]:
        raise MienError(f"{where} lacks dist/{missing[0]}; {FETCH}")
