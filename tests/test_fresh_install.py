"""The light install, as a stranger makes it: a new virtual environment, no torch, and the commands that need none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif("CI" not in os.environ, reason="installs from the package index; set CI=1 to run it")


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a new environment with mien and nothing else."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", ROOT], check=True)
    return folder / "bin"


def run(command: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([command, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_torch_is_not_installed(bin_folder: Path, tmp_path: Path) -> None:
    assert "No module named 'torch'" in run(bin_folder / "python", "-c", "import torch", cwd=tmp_path).stderr


def test_faces_are_drawn_and_their_table_checked(bin_folder: Path, tmp_path: Path) -> None:
    drawn = run(bin_folder / "mien", "synth", "out", "--subjects", "3", "--per-subject", "2", "--sheet", cwd=tmp_path)
    assert drawn.returncode == 0, drawn.stderr
    checked = run(bin_folder / "mien", "table", "check", "out/A.parquet", "--images", cwd=tmp_path)
    assert "0 errors" in checked.stdout, checked.stdout + checked.stderr


def test_training_says_what_to_install(bin_folder: Path, tmp_path: Path) -> None:
    refused = run(bin_folder / "mien", "train", str(ROOT / "recipes" / "demo.toml"), cwd=tmp_path)
    assert refused.returncode == 2
    assert "pip install 'mien[train]'" in refused.stderr and "Traceback" not in refused.stderr


def test_a_photo_is_read_with_the_network_that_lies_in_the_wheel(bin_folder: Path, tmp_path: Path) -> None:
    code = "import numpy as np, sys; from mien import Analyzer; "
    code += "faces = Analyzer().crops([np.zeros((80, 80), np.uint8)]); "
    code += "print(faces.expression.shape, bool(faces.is_face[0]), 'torch' in sys.modules)"
    assert run(bin_folder / "python", "-c", code, cwd=tmp_path).stdout.strip() == "(1, 8) False False"
    read = run(bin_folder / "mien", "analyze", str(ROOT / "docs" / "images" / "faces.png"), "-o", "t.csv", cwd=tmp_path)
    assert read.returncode == 0, read.stderr
    header, *rows = (tmp_path / "t.csv").read_text().splitlines()
    assert {"expression", "AU12", "AU12_intensity", "valence"} <= set(header.replace('"', "").split(",")) and rows
