"""The one place where labels are written: complete, in order, and sets of them joined without surprises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import MienError
from mien.labels import (
    ACTION_UNITS,
    CLASS_TASKS,
    COMPOUNDS,
    EXPRESSIONS,
    KNOWN_NAMES,
    PROTOTYPES,
    TASKS,
    label_set,
    size,
    union,
)

LABEL_SETS = st.dictionaries(
    st.sampled_from(TASKS), st.just(None)
).flatmap(  # any tasks, each with any of its labels in any order
    lambda tasks: st.fixed_dictionaries({t: st.lists(st.sampled_from(KNOWN_NAMES[t]), unique=True) for t in tasks})
)


def test_a_label_set_has_one_order_whatever_order_it_is_given_in():
    given_set = label_set({"va": ["arousal", "valence"], "au": ["AU12", "AU02"], "expression": ["fear", "neutral"]})
    assert list(given_set.items()) == [
        ("expression", ("neutral", "fear")),
        ("au", ("AU02", "AU12")),
        ("va", ("valence", "arousal")),
    ]


def test_a_task_without_labels_is_left_out():
    assert label_set({"au": [], "va": ["valence"]}) == {"va": ("valence",)}


def test_unknown_names_name_the_nearest():
    with pytest.raises(MienError, match=r"^Unknown task 'expresion' in a label set: did you mean 'expression'\?$"):
        label_set({"expresion": ["fear"]})
    with pytest.raises(MienError, match=r"^Unknown expression label 'happines': did you mean 'happiness'\?$"):
        label_set({"expression": ["happines"]})


def test_an_unknown_task_is_refused_even_without_labels():
    with pytest.raises(MienError, match="Unknown task"):
        label_set({"gaze": []})


def test_a_label_of_another_task_is_unknown():
    with pytest.raises(MienError, match="Unknown au label 'fear'"):
        label_set({"au": ["fear"]})


@given(st.lists(LABEL_SETS, max_size=4))
def test_union_holds_every_label_once_and_does_not_depend_on_the_order(sets):
    joined = union(sets)
    assert joined == union(sets[::-1]) == union([joined, joined]) == label_set(joined)
    assert {(t, n) for t, names in joined.items() for n in names} == {
        (t, n) for labels in sets for t, names in labels.items() for n in names
    }


def test_size_counts_outputs_over_all_tasks():
    assert size({"expression": EXPRESSIONS, "va": ("valence", "arousal")}) == 10  # not 2 tasks
    assert size({}) == 0


def test_what_is_written_fits_together():
    assert len(EXPRESSIONS) == 8 and EXPRESSIONS[0] == "neutral"
    assert list(ACTION_UNITS) == sorted(ACTION_UNITS)  # AU02 before AU12, since numbers have two digits
    assert set(PROTOTYPES) == set(EXPRESSIONS)
    assert {au for aus in PROTOTYPES.values() for au in aus} <= set(ACTION_UNITS)
    assert all(0 < share <= 1 for aus in PROTOTYPES.values() for share in aus.values())
    assert len(COMPOUNDS) == 15
    assert {part for parts in COMPOUNDS.values() for part in parts} <= set(EXPRESSIONS) - {"neutral"}
    assert set(CLASS_TASKS) <= set(TASKS)
    assert PROTOTYPES["happiness"] == {"AU12": 1.0, "AU25": 1.0, "AU06": 0.51}  # Du et al. 2014, Table 1
