"""The figures of a comparison, held against ones worked out by hand."""

from typing import Any

import numpy as np
import pytest

from mien.export.parity import OutputParity, Parity, parity
from mien.inference.base import Predictor
from mien.models.info import ModelInfo
from mien.models.spec import ModelSpec

SPEC = ModelSpec.model_validate(
    {
        "backbone": "plain_small",
        "labels": {"expression": ("neutral", "fear"), "au": ("AU01", "AU12"), "va": ("valence", "arousal")},
        "preprocessing": {"size": 16},
    }
)
FACES = np.zeros((2, 16, 16, 1), np.uint8)


def says(**outputs: Any) -> Predictor:
    info = ModelInfo(spec=SPEC, thresholds={"AU12": 0.2}, weights_sha256="")
    arrays = {task: np.array(values, np.float32) for task, values in outputs.items()}
    return Predictor(info, "test", "cpu", lambda image: arrays)


def test_differences_and_decisions() -> None:
    one = says(expression=[[0.6, 0.4], [0.1, 0.9]], au=[[0.4, 0.1], [0.6, 0.3]], va=[[0, 0], [0.5, -1]])
    two = says(expression=[[0.4, 0.6], [0.1, 0.9]], au=[[0.4, 0.3], [0.6, 0.4]], va=[[0, 0], [0.5, -0.6]])
    report = parity(one, two, FACES, "by hand")
    expression, au, va = report.outputs
    assert (report.faces, report.source, report.max_error) == (2, "by hand", pytest.approx(0.4))
    assert (expression.mean_error, expression.agreement) == (pytest.approx(0.1), 0.5)
    # AU12 crosses its own threshold of 0.2 once among four decisions; at 0.5 for all units it would be none.
    assert (au.mean_error, au.max_error, au.agreement) == (pytest.approx(0.075), pytest.approx(0.2), 0.75)
    assert (va.mean_error, va.agreement) == (pytest.approx(0.1), None)


def one_output(task: str, values: Any, error: float) -> OutputParity:
    """The comparison of a network with itself whose first value of ``task`` is moved by ``error``."""
    good = {"expression": [[0.6, 0.4]] * 2, "au": [[0.4, 0.1]] * 2, "va": [[0, 0]] * 2} | {task: values}
    moved = np.array(values, np.float64)
    moved[0, 0] += error
    (found,) = (
        o for o in parity(says(**good), says(**good | {task: moved}), FACES, "by hand").outputs if o.output == task
    )
    return found


def test_what_rounding_explains_is_a_share_of_the_range_with_a_floor() -> None:
    wide, narrow = [[-1.0, 0.0], [0.5, 0.25]], [[0.5, 0.5], [0.5, 0.5005]]
    assert one_output("va", wide, 0).span == pytest.approx(1.5)
    assert one_output("va", wide, 0).tolerance == pytest.approx(3e-4)
    assert one_output("va", narrow, 0).tolerance == pytest.approx(2e-5), "the floor, not 1e-7"
    for values, error, strays in (
        (wide, 2.5e-4, False),  # one limit of 1e-4 for all would refuse it
        (wide, 3.5e-4, True),
        (narrow, 1e-5, False),
        (narrow, 5e-5, True),  # a tenth of all that this output says; one limit of 1e-4 would let it through
    ):
        found = one_output("va", values, error)
        assert found.max_error == pytest.approx(error, rel=0.02)
        assert bool(Parity(2, "by hand", (found,)).strayed()) is strays, (values, error)


def test_a_nan_is_no_agreement() -> None:
    good = {"expression": [[0.6, 0.4]] * 2, "au": [[0.4, 0.1]] * 2, "va": [[0, 0]] * 2}
    report = parity(says(**good), says(**good | {"va": [[0, np.nan]] * 2}), FACES, "by hand")
    assert not report.max_error <= 1e-4
    assert [o.output for o in report.strayed()] == ["va"]
