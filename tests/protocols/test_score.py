"""Protocols on truth and answers worked by hand; each names the wrong averages that it rejects."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mien.data.databases import read_database
from mien.data.databases.reading import OTHER as OTHER_COLUMN
from mien.data.scored_rows import rows_hash
from mien.data.table import LabelTable
from mien.errors import ScoreError, TableError
from mien.labels import CLASS_TASKS, KNOWN_NAMES
from mien.metrics.agreement import icc31
from mien.metrics.composites import p_mtl
from mien.metrics.scores import find
from mien.protocols import PROTOCOLS
from mien.protocols.base import OTHER, Matched
from mien.protocols.outputs import read_outputs
from mien.protocols.score import Scored, score_outputs
from mien.protocols.truth import read_truth
from protocols.answers import answers


def truth(**columns: Any) -> LabelTable:
    n = len(next(iter(columns.values())))
    return LabelTable(pa.table({"path": [f"{i}.png" for i in range(n)], **columns}))


def scored(name: str, table: LabelTable, draws: int = 0, **said: Any) -> Scored:
    options = {key: said.pop(key) for key in ("splits", "where", "thresholds", "first_frame") if key in said}
    path = [f"{i}.png" for i in range(len(table))]
    return score_outputs(PROTOCOLS[name], answers(**{"path": path, **said}), table, draws=draws, **options)


def value(found: Scored, metric: str, label: str = "") -> float:
    return find(found.scores, found.protocol.name, metric, label).value


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_says_all_that_it_should(name: str) -> None:
    protocol = PROTOCOLS[name]
    assert protocol.name == name and all(
        (protocol.title, protocol.source, protocol.split, protocol.averaging, protocol.scorer)
    )
    for task, names in protocol.labels.items():
        assert set(names) <= {*KNOWN_NAMES[task], OTHER} and len(set(names)) == len(names) > 1
    assert all(figure.who and figure.value and figure.source for figure in protocol.figures)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_scores_right_answers_as_right(name: str) -> None:
    """All labels at once: every class, and every unit present and absent, in four folds of two people."""
    protocol, rng, n = PROTOCOLS[name], np.random.default_rng(0), 64
    columns: dict[str, list[Any]] = {"subject": [f"s{i % 8}" for i in range(n)], "split": [*"ab"] * (n // 2)}
    columns |= {"fold": [str(i % 4) for i in range(n)]}
    said: dict[str, list[float]] = {}
    words: dict[str, list[str]] = {}
    for task, names in protocol.labels.items():
        if task in CLASS_TASKS:
            words[task] = [names[i % len(names)] for i in range(n)]
            columns |= with_other(words[task]) if task == "expression" else words
            continue
        for label in names:
            column = f"{label}_intensity" if task == "au_intensity" else label
            numbers = rng.integers(0, 2, n) if task == "au" else rng.uniform(0, 1, n)
            said[column] = columns[column] = [float(np.float32(one)) for one in numbers]
            if protocol.present_from:
                columns[f"{label}_intensity"] = [protocol.present_from * one for one in said[column]]
    found = scored(name, truth(**columns), values=said, splits=["a", "b"], draws=5, **words)
    best = 3.0 if name == "abaw_mtl" else 1.0
    headline = found.scores[0]
    assert headline.label == "" and headline.value == pytest.approx(best)
    assert headline.low == pytest.approx(best) and (found.rows, found.people, found.resampled) == (n, 8, "subject")
    assert all(s.value == pytest.approx(0 if s.metric.endswith(("mae", "rmse")) else s.value) for s in found.scores)
    assert not (found.missing or found.unused or found.unanswered)


def test_accuracy_is_over_pictures_and_mean_class_accuracy_over_classes() -> None:
    """Three of four are right; of happiness all of three, of fear none of one."""
    table = truth(expression=["happiness"] * 3 + ["fear"])
    found = scored("rafdb", table, expression=["happiness"] * 4)
    assert value(found, "accuracy") == 0.75
    assert math.isnan(value(found, "mean_class_accuracy"))  # five classes have no picture: no mean over seven
    full = truth(expression=["happiness"] * 3 + ["fear", *(n for n in PROTOCOLS["rafdb"].labels["expression"])])
    said = ["happiness"] * 4 + list(PROTOCOLS["rafdb"].labels["expression"])
    found = scored("rafdb", full, expression=said)
    assert value(found, "accuracy") == pytest.approx(10 / 11)
    assert value(found, "mean_class_accuracy") == pytest.approx((6 + 1 / 2) / 7)
    assert abs(10 / 11 - (6 + 1 / 2) / 7) > 0.01  # rejected: one for the other


def test_the_compounds_of_sjmt_give_the_paper_s_means_from_its_counts() -> None:
    """Table 4: pictures of each class, and right ones of the single network, 15.8 % of 19 and so on."""
    counts = {
        "angrily_disgusted": (19, 3),
        "angrily_surprised": (25, 9),
        "fearfully_angry": (19, 3),
        "fearfully_surprised": (17, 10),
        "happily_disgusted": (486, 231),
        "happily_surprised": (36, 22),
        "sadly_angry": (15, 2),
        "sadly_disgusted": (105, 33),
    }
    seen = [name for name, (of_it, _) in counts.items() for _ in range(of_it)]
    said = [name if i < right else "hatred" for name, (of_it, right) in counts.items() for i in range(of_it)]
    found = scored("sjmt_compounds", truth(compound=seen), compound=said)
    assert value(found, "mean_class_accuracy") == pytest.approx(0.349, abs=1e-3)
    assert value(found, "accuracy") == pytest.approx(0.434, abs=1e-3)  # rejected for the mean: 8 points away
    assert value(found, "class_accuracy", "fearfully_surprised") == pytest.approx(0.588, abs=1e-3)
    shares = {name: [float(word == name) for word in said] for name in counts}
    by_shares = scored("sjmt_compounds", truth(compound=seen), values=shares)
    assert value(by_shares, "accuracy") == pytest.approx(
        (313 + 14) / 722
    )  # of equal shares the first: happily surprised
    with pytest.raises(ScoreError, match="no column for compounds, neither 'compound' nor one of"):
        scored("sjmt_compounds", truth(compound=seen), values={"AU12": [0.0] * 722})


def test_affectnet_7_leaves_out_contempt_in_the_truth_and_counts_it_as_wrong_in_a_word() -> None:
    table = truth(expression=["fear", "contempt", "anger"])
    by_word = scored("affectnet7", table, expression=["contempt", "contempt", "anger"])
    assert (by_word.rows, value(by_word, "accuracy")) == (2, 0.5)
    probs = {"fear": [0.3, 0, 0], "contempt": [0.7, 1, 0], "anger": [0, 0, 1]}
    by_probability = scored("affectnet7", table, values=probs)
    assert value(by_probability, "accuracy") == 1  # the largest of the seven
    assert value(scored("affectnet8", table, values=probs), "accuracy") == pytest.approx(2 / 3)
    assert by_probability.notes == [
        "tool has no column for neutral, happiness, sadness, surprise, disgust: never its answer"
    ]


def test_leaked_pictures_count_only_in_the_published_protocols() -> None:
    table = truth(expression=["fear", "fear", "anger", "anger"], split=["test", "test_leaked", "test", "train"])
    said = ["anger", "fear", "anger", "fear"]
    assert value(scored("fer2013", table, expression=said), "accuracy") == 1 / 2
    assert value(scored("fer2013_published", table, expression=said), "accuracy") == 2 / 3
    assert value(scored("ferplus", table, expression=said), "accuracy") == 1 / 2
    assert value(scored("ferplus_published", table, expression=said), "accuracy") == 2 / 3


UNITS = {name: PROTOCOLS[name].labels["au"] for name in ("disfa", "bp4d", "sjmt_units", "abaw3_units")}


def units(name: str, first: list[Any], rest: float = 0.0, ending: str = "") -> dict[str, list[Any]]:
    """Columns of all units of a protocol: the first one's, and the others constant."""
    first_unit, *others = UNITS[name]
    return {f"{first_unit}{ending}": first, **{f"{au}{ending}": [rest] * len(first) for au in others}}


def test_disfa_is_the_mean_of_folds_and_present_from_intensity_2() -> None:
    """AU01: fold 0 has one of one, fold 1 one true and one false positive; the other units are never present."""
    table = truth(**units("disfa", [2.0, 5.0, 1.0, 0.0], ending="_intensity"), fold=[0, 1, 1, 1], subject=[*"abbb"])
    found = scored("disfa", table, values=units("disfa", [0.9, 0.9, 0.9, 0.1]))
    assert value(found, "f1_of_folds", "AU01") == pytest.approx((1 + 2 / 3) / 2)
    assert value(found, "f1_of_all_rows", "AU01") == pytest.approx(4 / 5)  # rejected as the headline
    assert value(found, "mean_f1_of_folds") == pytest.approx((1 + 2 / 3) / 2 / 8)  # rejected: present units only
    from_1 = scored("disfa", table, values=units("disfa", [0.9, 0.9, 0.9, 0.1]), thresholds={"AU01": 0.95})
    assert value(from_1, "f1_of_folds", "AU01") == 0


def test_intensities_are_scored_unit_by_unit_and_icc_is_consistency() -> None:
    """AU01 is answered with twice the truth, the other eleven are right."""
    labels = PROTOCOLS["disfa_intensity"].labels["au_intensity"]
    columns = {f"{unit}_intensity": [0.0, 1.0, 2.0] for unit in labels}
    found = scored("disfa_intensity", truth(**columns), values=columns | {"AU01_intensity": [0.0, 2.0, 4.0]})
    assert value(found, "icc31", "AU01") == pytest.approx(0.8) and value(found, "pcc", "AU01") == pytest.approx(1)
    assert value(found, "mean_icc31") == pytest.approx((0.8 + 11) / 12)
    assert value(found, "mean_mae") == pytest.approx(1 / 12) and value(found, "mae", "AU01") == 1
    agreement = 2 * (4 / 3) / (8 / 3 + 2 / 3 + 1)  # rejected: ICC of agreement, which punishes the shift too
    said, true = np.array([[0, 2, 4] + [0, 1, 2] * 11]).T, np.array([[0, 1, 2] * 12]).T
    all_units_at_once = icc31(said, true, np.full((36, 1), True))[0]  # rejected as well
    assert abs(0.8 - agreement) > 0.1 and abs(value(found, "mean_icc31") - all_units_at_once) > 0.005


def test_folds_must_be_there_and_keep_people_apart() -> None:
    columns = units("bp4d", [1.0, 0.0])
    with pytest.raises(ScoreError, match="no column 'fold' that says which fold tests a row"):
        scored("bp4d", truth(**columns), values=columns)
    table = truth(**columns, fold=["1", "2"], subject=["ann", "ann"])
    with pytest.raises(ScoreError, match="ann is tested in the folds 1 and 2; bp4d has subject folds"):
        scored("bp4d", table, values=columns)


def test_sjmt_is_the_mean_of_the_units_accuracies_each_over_its_own_rows() -> None:
    """AU01 is known of one row only, and wrong there; the other ten units are right in all four."""
    table = truth(**units("sjmt_units", [1, None, None, None]), split=["test"] * 4)
    found = scored("sjmt_units", table, values=units("sjmt_units", [0.0] * 4))
    assert value(found, "mean_accuracy") == pytest.approx(10 / 11)
    assert abs(value(found, "mean_accuracy") - 40 / 41) > 0.01  # rejected: all decisions at once
    assert value(found, "mean_f1") == 0  # "absent everywhere" is worth 10/11 and nothing


def test_sjmts_figures_on_sfew_are_shares_of_right_pictures() -> None:
    """Seven one-against-all accuracies of the same answers average to far more than the paper prints."""
    seven = PROTOCOLS["sjmt_expression"].labels["expression"]
    table, said = truth(expression=[*seven] * 2), [*seven, *(["neutral"] * 7)]
    assert value(scored("sjmt_expression", table, expression=said), "accuracy") == pytest.approx(8 / 14)
    one_against_all = 1 - 2 / 7 * (6 / 14)
    assert one_against_all > 0.87
    figures = [float(f.value.split()[0]) / 100 for f in PROTOCOLS["sjmt_expression"].figures]
    assert all(figure < 1 - 2 / 7 for figure in figures)  # below what even no right answer would give


def test_ccc_is_over_all_frames_not_per_video_and_by_population_moments() -> None:
    """Two videos: within each the answers run against the truth, across them they agree."""
    said, true = [0.1, 0.0, 0.9, 0.8], [0.0, 0.1, 0.8, 0.9]
    table = truth(valence=true, arousal=true, clip=[*"vvww"])
    found = scored("abaw_va", table, values={"valence": said, "arousal": said})
    p, t = np.array(said), np.float32(true).astype(float)
    whole = 2 * np.cov(p, t, ddof=0)[0, 1] / (p.var() + t.var() + (p.mean() - t.mean()) ** 2)
    assert value(found, "mean_ccc") == pytest.approx(whole) and whole > 0.95
    shifted = scored("abaw_va", table, values={"valence": [s - 0.3 for s in said], "arousal": said})
    p = p - 0.3
    cov = [np.cov(p, t, ddof=d) for d in (0, 1)]
    ccc = [2 * c[0, 1] / (c[0, 0] + c[1, 1] + (p.mean() - t.mean()) ** 2) for c in cov]
    assert value(shifted, "ccc", "valence") == pytest.approx(ccc[0]) and abs(ccc[0] - ccc[1]) > 0.01  # rejected: ddof 1
    assert (found.resampled, found.people) == ("clip", 2)


def test_va_sets_print_ccc_pcc_and_rmse() -> None:
    table = truth(valence=[0.0, 0.5, 1.0], arousal=[0.0, 0.5, 1.0])
    found = scored("afewva", table, values={"valence": [0.5, 0.75, 1.0], "arousal": [0.0, 0.5, 1.0]})
    # Half the spread, 0.25 too high: var 1/24 and 1/6, cov 1/12, shift 1/4.
    assert value(found, "ccc", "valence") == pytest.approx((1 / 6) / (1 / 24 + 1 / 6 + 1 / 16))
    assert value(found, "pcc", "valence") == pytest.approx(1)
    assert value(found, "rmse", "valence") == pytest.approx(math.sqrt((0.25 + 0.0625) / 3))
    assert value(found, "mean_ccc") == pytest.approx((value(found, "ccc", "valence") + 1) / 2)


def with_other(words: list[Any]) -> dict[str, list[Any]]:
    """Expressions as a label table has them: 'other' in a column of its own."""
    other = [word if word == OTHER else None for word in words]
    return {"expression": [None if word == OTHER else word for word in words], OTHER_COLUMN: other}


def test_what_a_table_calls_other_is_not_always_the_challenges_other() -> None:
    table = truth(expression=[None, None, "fear"], expression_other=["other", "uncertain", None])
    found = scored("abaw3_expression", table, expression=["other", "fear", "fear"])
    assert found.rows == 2 and value(found, "f1", OTHER) == 1


def test_other_is_a_class_that_counts_even_where_a_tool_never_says_it() -> None:
    eight = PROTOCOLS["abaw3_expression"].labels["expression"]
    table = truth(**with_other([*eight]), split=["val"] * 8)
    said = {name: [float(name == word) for word in eight] for name in eight if name != OTHER}
    found = scored("abaw3_expression", table, values=said)
    # 'other' is answered with the first of equals, neutral, which costs neutral half its precision.
    assert value(found, "mean_f1") == pytest.approx((6 + 2 / 3 + 0) / 8)
    assert value(found, "f1", OTHER) == 0 and "never its answer" in found.notes[0]


def test_p_mtl_takes_each_part_over_the_rows_that_have_its_label() -> None:
    protocol = PROTOCOLS["abaw_mtl"]
    eight, twelve = protocol.labels["expression"], protocol.labels["au"]
    nothing: list[Any] = [None] * 8
    columns: dict[str, list[Any]] = with_other([*eight, *nothing, *nothing])
    columns |= {"valence": [*nothing, *np.linspace(-1, 1, 8), *nothing]}
    columns |= {"arousal": columns["valence"], **{au: [*nothing, *nothing, *[1, 0] * 4] for au in twelve}}
    said: dict[str, list[float]] = {au: [0.0] * 16 + [0.9, 0.1] * 4 for au in twelve}
    said |= {"valence": [0.0] * 8 + list(np.linspace(-1, 1, 8)) + [0.0] * 8}
    said["arousal"] = [v / 2 for v in said["valence"]]
    found = scored("abaw_mtl", truth(**columns), values=said, expression=[*eight, *["neutral"] * 16])
    arousal = 2 * 0.5 / (0.25 + 1)
    assert value(found, "p_mtl") == pytest.approx((1 + arousal) / 2 + 1 + 1)
    assert [find(found.scores, "abaw_mtl", m).n for m in ("p_mtl", "mean_ccc", "mean_f1_units")] == [24, 8, 8]


def test_rows_without_partner_answer_or_label_are_told_apart() -> None:
    table = truth(expression=["fear", "anger", None, "fear", "fear"])
    said = answers(["0.png", "1.png", "2.png", "3.png", "z.png"], expression=["fear", "anger", "fear", None, "fear"])
    found = score_outputs(PROTOCOLS["rafdb"], said, table, draws=0)
    assert (found.rows, value(found, "accuracy")) == (2, 1.0)
    assert (found.missing, found.unanswered, found.unused) == (["4.png"], ["3.png"], ["z.png"])


def test_rows_without_partner_are_named_so_that_one_finds_them() -> None:
    columns = {"valence": [0.0, 0.5, 1.0], "arousal": [0.0, 0.5, 1.0], "frame": [0, 1, 2]}
    said = answers(["v.mp4", "v.mp4", "w.mp4"], {"valence": [0, 1, 1], "arousal": [0, 1, 1]}, frame=[0, 1, 7])
    for place, called in (("path", "v.mp4 frame 2"), ("clip", "v.mp4 frame 2")):
        table = LabelTable(pa.table({**columns, place: ["v.mp4"] * 3}))
        found = score_outputs(PROTOCOLS["afewva"], said, table, draws=0)
        assert (found.missing, found.unused) == ([called], ["w.mp4 frame 7"])


def test_the_same_rows_have_the_same_hash_whatever_the_tool() -> None:
    table = truth(expression=["fear", "anger", "fear"], subject=["ann", "bob", "ann"])
    one = scored("rafdb", table, expression=["fear"] * 3)
    two = scored("rafdb", table, values={"anger": [1, 1, 1], "fear": [0, 0, 0]})
    fewer = scored("rafdb", table, expression=["fear", "fear", None])
    assert one.rows_hash == two.rows_hash != fewer.rows_hash
    assert one.rows_hash == rows_hash(table, [0, 1, 2])  # as 'mien evaluate' has it


def test_intervals_are_over_people() -> None:
    """Everybody is wholly right or wholly wrong: with two of each, half of the draws are off by a quarter or more."""
    table = truth(expression=["fear"] * 40, subject=[f"s{i // 10}" for i in range(40)])
    found = scored("rafdb", table, expression=["fear"] * 20 + ["anger"] * 20, draws=400)
    accuracy = find(found.scores, "rafdb", "accuracy")
    assert accuracy.value == 0.5 and accuracy.low <= 0.25 and accuracy.high >= 0.75
    rows = scored("rafdb", truth(expression=["fear"] * 40), expression=["fear"] * 20 + ["anger"] * 20, draws=400)
    assert find(rows.scores, "rafdb", "accuracy").low > 0.3 and rows.resampled == "row"  # rejected: over pictures


@pytest.mark.parametrize(
    ("name", "columns", "said", "sentence"),
    [
        ("rafdb", {"valence": [0.0]}, {"expression": ["fear"]}, "no column expression, which rafdb scores"),
        ("abaw_va", {"valence": [0.0]}, {"values": {"valence": [0.0]}}, "no column arousal, which abaw_va scores"),
        ("rafdb", {"expression": ["fear"]}, {"values": {"AU12": [0.0]}}, "no column for expressions, neither"),
        (
            "abaw_va",
            {"valence": [0.0], "arousal": [0.0]},
            {"values": {"valence": [0.0]}},
            r"answers.csv \(tool\): no column for arousal, which abaw_va scores; it has valence",
        ),
        ("rafdb", {"expression": ["fear"], "split": ["train"]}, {"expression": ["fear"]}, "its splits are train"),
        ("rafdb", {"expression": [None]}, {"expression": ["fear"]}, "none has both an answer and a label"),
    ],
)
def test_what_is_missing_is_one_sentence(
    name: str, columns: dict[str, list[Any]], said: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ScoreError, match=sentence) as caught:
        scored(name, truth(**columns), **said)
    assert "\n" not in str(caught.value)


def test_a_threshold_of_a_unit_that_is_not_scored_is_refused() -> None:
    columns = units("abaw3_units", [1, 0])
    with pytest.raises(ScoreError, match="Unknown action unit of abaw3_units 'AU99'"):
        scored("abaw3_units", truth(**columns), values=columns, thresholds={"AU99": 0.3})


def test_rows_may_be_chosen() -> None:
    table = truth(expression=["fear", "anger"], source=["lfw", "web"], split=["x", "y"])
    assert scored("rafdb", table, expression=["fear", "fear"], splits=["y"]).rows == 1
    assert scored("rafdb", table, expression=["fear", "fear"], splits=[], where={"source": "lfw"}).rows == 1
    with pytest.raises(TableError, match="no column 'sauce'; did you mean 'source'"):
        scored("rafdb", table, expression=["fear", "fear"], where={"sauce": "lfw"})


def test_a_table_whose_splits_are_all_unknown_has_none() -> None:
    table = truth(expression=["fear", "anger"], split=pa.array([None, None], pa.string()))
    found = scored("rafdb", table, expression=["fear", "fear"])
    assert found.rows == 2 and found.settings["splits"] == []
    assert scored("rafdb", truth(expression=["fear"], split=["test"]), expression=["fear"]).settings["splits"] == [
        "test"
    ]


def test_predictions_by_row_need_no_paths() -> None:
    """As ``mien evaluate`` writes them of a table that holds the pictures themselves; rows keep the table's numbers."""
    columns = {"expression": ["anger", "fear", "anger", "fear"], "split": ["train", "test", "test", "test_leaked"]}
    table = LabelTable(pa.table(columns))
    said = answers([""] * 3, {"anger": [0.9, 0.1, 0.9], "fear": [0.1, 0.9, 0.1]}, row=[2, 1, 3])
    found = score_outputs(PROTOCOLS["fer2013"], said, table, draws=0)
    assert (found.rows, found.rule, value(found, "accuracy"), found.unused) == (2, "row", 1.0, ["row 3"])


def test_annotations_of_the_challenge_are_a_truth(tmp_path: Path) -> None:
    (tmp_path / "12-24.txt").write_text("AU1,AU2\n1,0\n-1,-1\n", encoding="utf-8")
    (tmp_path / "13-x.txt").write_text("AU1,AU2\n0,1\n", encoding="utf-8")
    table = read_truth(tmp_path)
    rows = table.read(["path", "clip", "frame", "AU01", "AU02"]).to_pylist()
    assert [row["path"] for row in rows] == ["12-24/00001.jpg", "12-24/00002.jpg", "13-x/00001.jpg"]
    assert [(row["clip"], row["frame"], row["AU01"]) for row in rows] == [
        ("12-24", 1, 1),
        ("12-24", 2, None),
        ("13-x", 1, 0),
    ]
    (tmp_path / "e.txt").write_text("Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other\n7\n")
    row = read_truth(tmp_path / "e.txt").read(["expression", OTHER_COLUMN]).to_pylist()
    assert row == [{"expression": None, OTHER_COLUMN: OTHER}]  # a label table has no expression of that name


def test_a_csv_file_is_a_truth(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,expression,fold\na.png,fear,1\n")
    table = read_truth(tmp_path / "t.csv")
    assert table.name == str(tmp_path / "t.csv"), "results and messages name the file"
    assert table.read(["expression"]).column("expression").to_pylist() == ["fear"]


def test_the_headline_of_p_mtl_is_the_plain_functions() -> None:
    rng, n = np.random.default_rng(1), 50
    labels = PROTOCOLS["abaw_mtl"].labels
    full = {"va": np.full((n, 2), True), "expression": np.full(n, True), "au": rng.random((n, 12)) < 0.8}
    preds = {"va": rng.uniform(-1, 1, (n, 2)), "expression": rng.integers(0, 8, n), "au": rng.random((n, 12))}
    target = {"va": rng.uniform(-1, 1, (n, 2)), "expression": rng.integers(0, 8, n), "au": rng.integers(0, 2, (n, 12))}
    matched = Matched(labels, preds, target, full, np.full(12, 0.4), ["p"] * n)
    weights = rng.integers(0, 3, n).astype(float)
    plain = p_mtl(matched.of("va"), matched.of("expression"), matched.of("au"), 8, matched.thresholds, weights)
    assert PROTOCOLS["abaw_mtl"].measure(matched).values(weights)[0] == pytest.approx(plain)


def test_the_reader_of_aff_wild2_and_its_bare_annotations_are_the_same_truth(tmp_path: Path) -> None:
    units = [f"AU{int(au[2:])}" for au in PROTOCOLS["abaw_mtl"].labels["au"]]
    lines = [f"image,valence,arousal,expression,{','.join(units)}"]
    for n in range(1, 9):
        unit = str(n % 2)
        lines.append(f"v/{n:05d}.jpg,{n / 8 - 0.5},{0.5 - n / 8},{n - 1}," + ",".join([unit] * 12))
        picture = tmp_path / "cropped_aligned" / "v" / f"{n:05d}.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.touch()
    (tmp_path / "validation_set_annotations.txt").write_text("\n".join([*lines, ""]))
    said = read_outputs(tmp_path / "validation_set_annotations.txt")
    for table in (read_truth(tmp_path / "validation_set_annotations.txt"), read_database("affwild2_mtl", tmp_path)):
        found = score_outputs(PROTOCOLS["abaw_mtl"], said, table, draws=0)
        assert value(found, "p_mtl") == pytest.approx(3) and found.rows == 8
        assert find(found.scores, "abaw_mtl", "f1", OTHER).n == 1 and not (found.missing or found.unused)
