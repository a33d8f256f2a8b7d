"""The faults of ``tools/faults.py``, each a few times; the script itself counts many more."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "faults.py"
TRIALS = {
    "kill": 3,
    "interrupt": 1,
    "two_runs": 1,
    "full_disk": 2,
    "read_only": 1,
    "flipped_state": 5,
    "flipped_weights": 5,
    "flipped_part": 20,
    "cut_store": 1,
    "jumping_clock": 1,
    "little_memory_training": 1,
    "little_memory_analysis": 1,
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults need Linux")


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("faults", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", "set by the faults, and as it was afterwards")
        yield module.Faults(tmp_path_factory.mktemp("faults"), steps=10)


@pytest.mark.parametrize("fault", TRIALS)
def test_no_trial_goes_wrong(faults: Any, fault: str) -> None:
    found = getattr(faults, fault)(TRIALS[fault])
    assert found["bad"] == 0 and max(found.values()) >= TRIALS[fault], found


def test_every_fault_is_tried(faults: Any) -> None:
    own = {
        name
        for name, value in vars(type(faults)).items()
        if getattr(value, "__annotations__", {}).keys() == {"trials", "return"}
    }
    assert own == set(TRIALS)
