"""``training.compile``: the same training, to rounding, and files that do not know of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file
from smooth import SMOOTH
from test_processes import cut_off, losses
from tiny import MakeRecipe

from mien.errors import RecipeError
from mien.models.backbones import BACKBONES
from mien.models.checkpoint import read_info
from mien.training import compiled
from mien.training.resume import STATE_FILE
from mien.training.stages import train

STEPS = 4


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_a_run_goes_on_compiled_and_not_compiled(
    make_recipe: MakeRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BACKBONES, "smooth", SMOOTH["smooth"])
    asked = []
    monkeypatch.setattr("mien.training.loop.compiled", lambda *how: asked.append(1) or compiled.compiled(*how))
    settings = {"steps": STEPS, "evaluate_every": STEPS, "checkpoint_every": 2}
    with_it, without = (
        make_recipe(network={"backbone": "smooth"}, training={**settings, "compile": on}) for on in (True, False)
    )
    train(without, tmp_path / "plain")
    assert not asked
    for name, first, then in (("into", without, with_it), ("out", with_it, without)):
        cut_off(first, tmp_path / name)
        train(then, tmp_path / name)
        for mine, plain in zip(losses(tmp_path / name), losses(tmp_path / "plain"), strict=True):
            assert mine == pytest.approx(plain, rel=1e-4)
        ours, theirs = (load_file(tmp_path / folder / STATE_FILE) for folder in (name, "plain"))
        assert ours.keys() == theirs.keys() and not any("_orig_mod" in key for key in ours)
        assert read_info(tmp_path / name).step == STEPS
    assert len(asked) == 2


def test_without_a_compiler_it_is_one_sentence(tmp_path: Path) -> None:
    code = "import torch; from mien.training.compiled import check_compiler; check_compiler(torch.device('cpu'))"
    bare = os.environ | {"PATH": os.devnull, "TORCHINDUCTOR_CACHE_DIR": str(tmp_path)}
    found = subprocess.run([sys.executable, "-c", code], env=bare, capture_output=True, text=True)
    assert found.returncode == 1
    last = found.stderr.strip().splitlines()[-1]
    assert last.startswith("mien.errors.RecipeError: training.compile: torch.compile does not work here (")
    assert "compiler" in last and last.endswith("or leave training.compile out")


def test_a_game_is_not_compiled(make_recipe: MakeRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.training.run.check_compiler", lambda device: None)
    recipe = make_recipe(
        network={"backbone": "face_resnet_gn_slim"}, method={"name": "gan", "width": 8}, training={"compile": True}
    )
    with pytest.raises(RecipeError, match="does not go with method 'gan'"):
        train(recipe, tmp_path)
