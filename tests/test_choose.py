"""Names are looked up in a dict, and a wrong one is answered with what to type."""

import pytest

from mien.choose import choose, nearest
from mien.errors import MienError, RecipeError

REGISTRY = {"resnet32": 1, "resnet56": 2, "vgg16": None}


def test_choose_gives_the_entry_itself_even_when_it_is_none():
    assert choose(REGISTRY, "resnet56", "backbone") == 2
    assert choose(REGISTRY, "vgg16", "backbone") is None


def test_a_near_name_is_offered():
    with pytest.raises(MienError, match=r"^Unknown backbone 'resnet23': did you mean 'resnet32'\?$"):
        choose(REGISTRY, "resnet23", "backbone")


def test_without_a_near_name_all_are_listed_in_order():
    with pytest.raises(MienError, match=r"^Unknown backbone 'transformer': known: resnet32, resnet56, vgg16$"):
        choose(REGISTRY, "transformer", "backbone")


def test_the_error_is_of_the_wanted_kind_and_hides_the_key_error():
    with pytest.raises(RecipeError) as caught:
        choose(REGISTRY, "?", "method", RecipeError)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("name", "names", "clause"),
    [
        ("hapiness", ["neutral", "happiness"], "did you mean 'happiness'?"),
        ("x", ["b", "a"], "known: a, b"),
        ("x", [], "known: none"),
    ],
)
def test_nearest(name, names, clause):
    assert nearest(name, iter(names)) == clause
