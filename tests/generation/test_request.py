import numpy as np
import pytest

from generation.makers import LABELS
from mien.errors import MienError
from mien.generation.request import condition_of
from mien.generation.strip import moves, number_or_span, steps


def test_words_become_targets_and_masks() -> None:
    values, told = condition_of({"expression": "fear", "AU12": 3.0, "valence": -0.5}, LABELS)
    assert values["expression"].tolist() == [0, 0, 1] and told["expression"].all()
    assert values["au"].tolist() == [0, 1, 0, 0, 0] and told["au"].tolist() == [False, True, False, False, False]
    assert values["au_intensity"].tolist() == [3] and told["au_intensity"].tolist() == [True]
    np.testing.assert_array_equal(values["va"], np.float32([-0.5, 0]))
    assert told["va"].tolist() == [True, False] and not told["compound"].any()


@pytest.mark.parametrize(("intensity", "present"), [(0.0, 0), (0.9, 0), (1.0, 1), (5.0, 1)])
def test_a_unit_is_present_from_intensity_a_on(intensity: float, present: int) -> None:
    values, told = condition_of({"AU12": intensity}, LABELS)
    assert values["au"][1] == present
    assert told["au"][1]  # an intensity of 0 says that it is absent, not that nobody knows


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"expression": "hapiness"}, r"cannot be told expression 'hapiness': did you mean 'happiness'\?"),
        ({"expression": "sadness"}, r"cannot be told expression 'sadness': did you mean 'happiness'"),
        ({"AU99": 1.0}, r"cannot be told 'AU99': known: AU05, AU12"),
        ({"AU12": 6.0}, r"AU12 = 6\.0: expected a number from 0 to 5"),
        ({"valence": -1.5}, r"valence = -1\.5: expected a number from -1 to 1"),
        ({"AU12": float("nan")}, r"AU12 = nan: expected"),
        ({"AU24": 2.0, "AU25": 2.0}, r"AU24 \(lip pressor\) and AU25 \(lips part\) exclude each other"),
        ({"AU05": 2.0, "AU43": 2.0}, "exclude each other"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(asked: dict[str, str | float], message: str) -> None:
    with pytest.raises(MienError, match=message):
        condition_of(asked, LABELS)


def test_units_that_exclude_each_other_may_both_be_named_when_one_is_absent() -> None:
    assert condition_of({"AU24": 0.0, "AU25": 3.0}, LABELS)[0]["au"].tolist() == [0, 0, 0, 1, 0]


def test_a_task_that_was_not_learned_is_named() -> None:
    with pytest.raises(MienError, match="cannot be told 'valence': it was trained on no such label"):
        condition_of({"valence": 0.5}, {"au": ("AU12",)})


def test_spans_go_evenly_and_include_both_ends() -> None:
    asked = steps({"expression": "fear", "AU12": (0.0, 5.0), "valence": (0.5, -0.5)}, 3)
    assert [one["AU12"] for one in asked] == [0, 2.5, 5]
    assert [one["valence"] for one in asked] == [0.5, 0, -0.5]
    assert {one["expression"] for one in asked} == {"fear"}


def test_text_becomes_a_number_or_a_span() -> None:
    assert number_or_span("-0.5..0.5", "valence") == (-0.5, 0.5)
    assert number_or_span("3", "AU12") == 3
    assert moves({"AU12": (0.0, 1.0)}) and not moves({"AU12": 1.0, "expression": "fear"})
    with pytest.raises(MienError, match=r"AU12=much: expected a number such as 3\.5, or from\.\.to"):
        number_or_span("much", "AU12")
