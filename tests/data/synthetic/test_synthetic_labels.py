"""Labels of drawn faces: what may occur together, and what follows from what."""

from collections import Counter

import numpy as np
import pytest

from mien.data.synthetic import DRAWN_AUS, DRAWN_COMPOUNDS, EXCLUSIVE, KINDS, FaceLabels, affect, sample_labels, settle
from mien.data.synthetic.sampling import ANCHORS, prototype_aus
from mien.errors import MienError
from mien.labels import COMPOUNDS, EXPRESSIONS, PROTOTYPES


def many(kind: str, count: int = 1500) -> list[FaceLabels]:
    rng = np.random.default_rng(11)
    return [sample_labels(rng, kind) for _ in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_exclusive_pairs_never_occur_and_openers_part_the_lips(kind: str) -> None:
    for labels in many(kind):
        present = set(labels.present)
        assert set(labels.intensities) == set(DRAWN_AUS)
        assert not [pair for pair in EXCLUSIVE if present.issuperset(pair)]
        assert "AU25" in present or present.isdisjoint(("AU16", "AU26", "AU27"))
        assert all(0 <= value <= 5 for value in labels.intensities.values())
        assert present == {name for name, value in labels.intensities.items() if value >= 1}
        assert -1 <= labels.valence <= 1 and -1 <= labels.arousal <= 1


@pytest.mark.parametrize("pair", EXCLUSIVE)
def test_settle_separates_every_exclusive_pair(pair: tuple[str, str]) -> None:
    out = settle(dict.fromkeys(pair, 4.0))
    assert sum(out[name] >= 1 for name in pair) == 1


def test_settle_survives_everything_at_once() -> None:
    out = settle(dict.fromkeys(DRAWN_AUS, 5.0))
    assert not [pair for pair in EXCLUSIVE if min(out[name] for name in pair) >= 1]
    assert settle(out) == out


def test_prototypes_show_what_defines_them_and_nothing_foreign() -> None:
    rows = many("prototype", 4000)
    assert set(Counter(row.expression for row in rows)) == set(EXPRESSIONS)
    for row in rows:
        assert row.expression is not None and row.compound is None
        shares = prototype_aus(row.expression)
        assert {name for name, share in shares.items() if share == 1.0} <= set(row.present) <= set(shares)
    smiles = [row for row in rows if row.expression == "happiness"]
    assert np.mean(["AU06" in row.present for row in smiles]) == pytest.approx(
        PROTOTYPES["happiness"]["AU06"], abs=0.08
    )
    active = [row.intensities[name] for row in rows for name in row.present]
    assert np.mean(active) == pytest.approx(3.1, abs=0.2) and min(active) < 1.5 and max(active) > 4.7


def test_contempt_is_one_sided_and_other_expressions_nearly_even() -> None:
    rows = many("prototype")
    assert min(abs(row.asymmetry["AU14"]) for row in rows if row.expression == "contempt") >= 0.75
    assert max(abs(row.asymmetry["AU14"]) for row in rows if row.expression != "contempt") <= 0.2


def test_compounds_join_both_parts_and_leave_out_the_undistinguishable() -> None:
    rows = many("compound", 2000)
    assert {row.compound for row in rows} == set(DRAWN_COMPOUNDS)
    assert set(COMPOUNDS) - set(DRAWN_COMPOUNDS) == {"appalled", "hatred", "awed"}
    parts = [frozenset(COMPOUNDS[name]) for name in DRAWN_COMPOUNDS]
    assert len(set(parts)) == len(parts), "no two drawn compounds share both parts"
    for row in rows:
        assert row.expression is None and row.compound is not None
        allowed = set().union(*(prototype_aus(part) for part in COMPOUNDS[row.compound]))
        assert set(row.present) <= allowed


def test_random_rows_have_no_class_and_every_au_occurs() -> None:
    rows = many("random")
    assert all(row.expression is None and row.compound is None for row in rows)
    assert {name for row in rows for name in row.present} == set(DRAWN_AUS)
    assert min(len(row.present) for row in rows) == 0


def test_affect_follows_its_rule() -> None:
    assert affect({"AU12": 4.0, "AU25": 4.0}, "happiness") == pytest.approx(ANCHORS["happiness"])
    assert affect({"AU12": 2.0, "AU25": 2.0}, "happiness") == pytest.approx([v / 2 for v in ANCHORS["happiness"]])
    assert affect({"AU12": 2.0, "AU25": 0.5}, "happiness") == affect({"AU12": 2.0}, "happiness"), "traces do not count"
    assert affect({"AU12": 5.0}, "neutral") == (0.0, 0.0)
    both = affect({"AU12": 4.0, "AU25": 4.0, "AU01": 4.0, "AU02": 4.0, "AU26": 4.0}, compound="happily_surprised")
    assert both == pytest.approx(((0.80 + 0.15) / 2, (0.45 + 0.80) / 2))
    assert affect({"AU12": 5.0}) == pytest.approx((0.75, 0.30))
    values = np.array([(row.valence, row.arousal) for kind in KINDS for row in many(kind, 500)])
    assert values.min() < -0.85 and values.max() > 0.95, "the range is used"


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(MienError, match="did you mean 'random'"):
        sample_labels(np.random.default_rng(0), "randon")  # type: ignore[arg-type]
