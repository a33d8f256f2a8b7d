"""The way to the shipped network, on drawn lookalikes: train, ship, evaluate, and read a picture with the result."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from lookalikes import write_lookalikes
from mien.cli import main
from mien.config import read_recipe
from mien.inference.analyzer import Analyzer
from mien.models import shipped
from mien.training.stages import train

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))
SMALL = ["training.steps=2", "training.batch_size=12", "training.evaluate_every=2", "training.warmup=0"]


def test_from_recipe_to_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ship_model import ship

    monkeypatch.setenv("MIEN_DATA", str(write_lookalikes(tmp_path)))
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    weights = tmp_path / "weights"
    monkeypatch.setattr(shipped, "FOLDER", weights)
    train(read_recipe(ROOT / "recipes" / "default.toml", SMALL), tmp_path / "run")
    ship(tmp_path / "run", weights)
    assert "fp32 expression: largest difference" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["mien", "evaluate", "default", "--all", "--most", "20", "--card"])
    sys.argv.append(str(weights / "card.md"))
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    record = json.loads((weights / "card.json").read_text())
    assert record["sets"]["ferplus"]["rows"] > 0 and record["weights_sha256"] in (weights / "model.json").read_text()
    assert (weights / "card.md").read_text().startswith("# Model card: mien default")
    crop = np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8)
    full, small = (Analyzer(name, all_units=True).crops([crop]) for name in ("default", "default-int8"))
    assert len(full.au_names) > 15 and full.compound.shape[1] > 5
    np.testing.assert_allclose(full.expression, small.expression, atol=0.1)
