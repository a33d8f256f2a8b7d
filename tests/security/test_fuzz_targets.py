"""Some damaged inputs for each target of tools/fuzz.py, which runs for as long as one likes."""

from pathlib import Path

import numpy as np
import pytest
from fuzz_targets import TARGETS, feed

INPUTS = {"image": 200, "recipe": 150, "model": 150, "csv": 60, "table": 60, "annotations": 60, "outputs": 60}
DICTIONARY = [
    b"\0",
    b"\xff\xfe",
    b"nan",
    b"-1",
    b"1e999",
    b"9" * 30,
    b"\n",
    b'"',
    b"[[",
    b"]]",
    b"\xc4",
    b"=",
    b"{",
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_read_or_refused_with_a_sentence(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target, rng = TARGETS[name], np.random.default_rng(3)
    one = target.prepare(tmp_path)
    told = [feed(one, seed) for seed in target.seeds]
    assert None in told, f"no seed is read: {told}"
    told = [feed(one, damaged(target.seeds[i % len(target.seeds)], rng)) for i in range(INPUTS[name])]
    refused = [sentence for sentence in told if sentence is not None]
    assert refused, "nothing was refused: the damage does not reach the reader"
    capfd.readouterr()  # the decoders' own complaints


def damaged(seed: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes changed, words put in, or a piece cut out."""
    data = bytearray(seed)
    for _ in range(rng.integers(1, 6)):
        at = int(rng.integers(len(data) + 1))
        kind = rng.integers(3)
        if kind == 0 and at < len(data):
            data[at] = rng.integers(256)
        elif kind == 1:
            data[at:at] = DICTIONARY[rng.integers(len(DICTIONARY))]
        else:
            del data[at : at + int(rng.integers(1, 20))]
    return bytes(data)
