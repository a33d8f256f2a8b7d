"""Check what a release holds, and do the main job with it: ``make dist`` ends with this.

    python tools/check_dist.py dist

The wheel has the package with its networks and nothing else; the sdist has what is needed to build it and to learn.
Neither has tests' data, large files or a path of the machine that made it. Then the wheel is installed into a new
environment, where a drawn photo is analysed.
"""

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

LARGEST_MB = 8
NEEDED = ("weights/model.onnx", "weights/model.int8.onnx", "weights/weights.safetensors", "weights/card.md", "py.typed")
NEEDED += ("faces/weights/onet.onnx", "web/examples/happiness.jpg", "report/templates/analysis.html")
IN_SDIST = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "recipes/demo.toml", "examples/")
UNWANTED = re.compile(r"(^|/)(tests?|runs|benchmarks|site|\.git|__pycache__|\.venv)/|\.(parquet|csv|npy|pyc)$")
MACHINE = re.compile(rb"/(?:home|Users|root|work|tmp|mnt|private)/[A-Za-z0-9_.-]+/[A-Za-z0-9_./-]*")
ALLOWED = re.compile(rb"/(?:home|Users)/(?:you|user|me)/")
JOB = """
import sys
from mien import Analyzer, __version__
from mien.data.synthetic import View, render
from mien.data.synthetic.records import person
photo = render(person(3, 0), {"AU12": 4.0}, View(light=0.25), 256).image
faces = Analyzer(threads=1).image(photo)
assert len(faces) == 1 and "torch" not in sys.modules, len(faces)
print(__version__, faces.top()[0], faces.va.round(2).tolist())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-install", action="store_true", help="only look inside")
    arguments = parser.parse_args()
    wheel, sdist = (one(arguments.folder, pattern) for pattern in ("mien-*.whl", "mien-*.tar.gz"))
    faults = [*faults_of(wheel, in_wheel(wheel)), *faults_of(sdist, in_sdist(sdist))]
    for fault in faults:
        print(fault)
    if faults:
        sys.exit(1)
    if not arguments.no_install:
        print("installed, and read a drawn face:", run_from(wheel))


def one(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        sys.exit(f"{folder}: {len(found)} files {pattern}, expected one; empty the folder and build again")
    return found[0]


def in_wheel(path: Path) -> dict[str, bytes]:
    """Name -> content."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def in_sdist(path: Path) -> dict[str, bytes]:
    """The same, without the folder that all is in."""
    with tarfile.open(path) as archive:
        files = [(member, archive.extractfile(member)) for member in archive.getmembers()]
        return {member.name.partition("/")[2]: opened.read() for member, opened in files if opened}


def faults_of(path: Path, files: dict[str, bytes]) -> list[str]:
    """What is missing, too large, or should not be there."""
    wheel = path.suffix == ".whl"
    package = "mien/" if wheel else "src/mien/"
    faults = [f"no {package}{name}" for name in NEEDED if f"{package}{name}" not in files]
    faults += [f"no {name}" for name in IN_SDIST if not wheel and not any(file.startswith(name) for file in files)]
    for name, content in files.items():
        if UNWANTED.search(name) or (wheel and not re.match(r"mien/|mien-[^/]+\.dist-info/", name)):
            faults.append(f"{name} should not be there")
        if len(content) > LARGEST_MB * 1e6:
            faults.append(f"{name} has {len(content) / 1e6:.1f} MB, more than {LARGEST_MB}")
        told = [found for found in MACHINE.findall(content) if not ALLOWED.match(found)]
        if told and b"\0" not in content[:1024]:
            faults.append(f"{name} names a path of a machine: {told[0].decode()}")
    total = sum(map(len, files.values())) / 1e6
    print(f"{path.name}: {len(files)} files, {total:.1f} MB, {path.stat().st_size / 1e6:.1f} MB packed")
    return [f"{path.name}: {fault}" for fault in faults]


def run_from(wheel: Path) -> str:
    """Install into a new environment; the main job there, in a folder with nothing of the clone."""
    with tempfile.TemporaryDirectory() as name:
        venv.create(name, with_pip=True)
        python = Path(name) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", wheel.resolve()], check=True)
        done = subprocess.run([python, "-I", "-c", JOB], cwd=name, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        return done.stdout.strip()


if __name__ == "__main__":
    main()
