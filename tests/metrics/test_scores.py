"""All scores at once: every number equals its plain function, on every task, with gaps."""

import json
import math

import numpy as np
import pytest

from mien.errors import ScoreError
from mien.metrics import agreement, classification, multilabel
from mien.metrics.arrays import mean_defined
from mien.metrics.grouped import mean_by_prediction
from mien.metrics.scores import Score, find, from_records, score, to_records

LABELS = {
    "expression": ("neutral", "happiness", "fear"),
    "au": ("AU01", "AU12", "AU25"),
    "au_intensity": ("AU01", "AU12"),
    "va": ("valence", "arousal"),
    "compound": ("happily_surprised", "sadly_angry"),
}


def random_case(n=60, seed=0):
    rng = np.random.default_rng(seed)
    preds = {task: rng.random((n, len(names))) for task, names in LABELS.items()}
    target = {task: rng.random((n, len(names))) for task, names in LABELS.items()}
    target |= {task: rng.integers(len(LABELS[task]), size=n) for task in ("expression", "compound")}
    target["au"] = rng.integers(2, size=(n, 3))
    mask = {task: rng.random(np.shape(values)) < 0.7 for task, values in target.items()}
    return preds, target, mask


def test_every_number_equals_its_plain_function():
    preds, target, mask = random_case()
    cuts = np.array([0.3, 0.5, 0.8])
    scores = score(preds, target, mask, LABELS, thresholds=cuts)
    for task in ("expression", "compound"):
        case = (preds[task].argmax(1), target[task], mask[task])
        size = len(LABELS[task])
        assert find(scores, task, "accuracy").value == classification.accuracy(*case)
        assert find(scores, task, "macro_f1").value == classification.macro_f1(*case, size)
        assert find(scores, task, "balanced_accuracy").value == classification.balanced_accuracy(*case, size)
        for metric, plain in (("recall", classification.class_recall), ("f1", classification.class_f1)):
            found = [find(scores, task, metric, label).value for label in LABELS[task]]
            np.testing.assert_array_equal(found, plain(*case, size))
    plain = {
        "au": {
            "accuracy": lambda p, t, m: multilabel.label_accuracy(p, t, m, cuts),
            "f1": lambda p, t, m: multilabel.label_f1(p, t, m, cuts),
            "auc": multilabel.label_auc,
        },
        "au_intensity": {name: getattr(agreement, name) for name in ("pcc", "ccc", "icc31", "mae")},
        "va": {name: getattr(agreement, name) for name in ("ccc", "pcc", "rmse")},
    }
    for task, metrics in plain.items():
        for metric, function in metrics.items():
            values = function(preds[task], target[task], mask[task])
            found = [find(scores, task, metric, label).value for label in LABELS[task]]
            np.testing.assert_allclose(found, values, rtol=1e-12)
            assert find(scores, task, metric).value == pytest.approx(mean_defined(values).value)
    assert len(scores) == (3 + 6) + (3 + 4) + 3 * 4 + 4 * 3 + 3 * 3


def test_row_counts():
    preds, target, mask = random_case()
    scores = score(preds, target, mask, LABELS)
    assert find(scores, "au", "f1", "AU12").n == mask["au"][:, 1].sum()
    assert find(scores, "au", "f1").n == mask["au"].any(1).sum()
    assert find(scores, "expression", "accuracy").n == mask["expression"].sum()
    fear = (target["expression"] == 2) & mask["expression"]
    assert find(scores, "expression", "recall", "fear").n == fear.sum()


def test_intervals_hold_their_value_and_need_clusters():
    preds, target, mask = random_case(300)
    people = np.arange(300) // 5
    scores = score(preds, target, mask, LABELS, people, draws=100)
    assert all(s.low <= s.value <= s.high for s in scores)
    assert scores == score(preds, target, mask, LABELS, people, draws=100)
    assert all(math.isnan(s.low) and math.isnan(s.high) for s in score(preds, target, mask, LABELS))


def test_people_without_a_label_of_the_task_are_not_resampled():
    preds, target, mask = random_case(40)
    known = np.arange(40) < 20
    mask = {task: m & (known if m.ndim == 1 else known[:, None]) for task, m in mask.items()}
    some = score(preds, target, mask, LABELS, range(40), draws=50)
    first = [{task: np.asarray(v)[:20] for task, v in given.items()} for given in (preds, target, mask)]
    assert some == score(*first, LABELS, range(20), draws=50)


def test_hidden_values_change_nothing():
    preds, target, mask = random_case()
    wide = {task: m if m.ndim == 2 else np.repeat(m[:, None], len(LABELS[task]), 1) for task, m in mask.items()}
    dirty_preds = {task: np.where(wide[task], p, np.nan) for task, p in preds.items()}
    dirty_target = {task: np.where(mask[task], t, -9) for task, t in target.items()}
    clean, dirty = (
        score(*given, mask, LABELS, range(60), draws=20) for given in ((preds, target), (dirty_preds, dirty_target))
    )
    assert clean == dirty


def test_an_unlabelled_task_is_nan_with_no_rows():
    preds, target, mask = random_case()
    nothing = {task: np.zeros_like(m) for task, m in mask.items()}
    scores = score(preds, target, nothing, LABELS, range(60), draws=5)
    assert all(math.isnan(s.value) and math.isnan(s.low) and s.n == 0 for s in scores)
    assert find(scores, "au", "f1").undefined == 3 and find(scores, "expression", "macro_f1").undefined == 3


def test_undefined_labels_are_counted_not_zeroed():
    preds, target, mask = random_case()
    target["au"][:, 1] = 0
    target["expression"] = np.minimum(target["expression"], 1)
    scores = score(preds, target, mask, LABELS)
    f1 = find(scores, "au", "f1")
    defined = [find(scores, "au", "f1", label).value for label in ("AU01", "AU25")]
    assert f1.undefined == 1 and f1.value == pytest.approx(np.mean(defined))
    assert f1.value != pytest.approx(sum(defined) / 3)  # zero_division = 0
    assert find(scores, "au", "accuracy").undefined == 0
    assert find(scores, "expression", "macro_f1").undefined == 1
    assert find(scores, "expression", "accuracy").undefined == 0


def test_scores_survive_json():
    preds, target, mask = random_case()
    mask["va"][:] = False
    scores = score(preds, target, mask, LABELS)
    text = json.dumps(to_records(scores), allow_nan=False)
    again = from_records(json.loads(text))
    assert [str(s) for s in again] == [str(s) for s in scores]
    with pytest.raises(ScoreError, match="keys"):
        from_records([{"task": "va"}])


def test_find_says_what_was_near():
    with pytest.raises(ScoreError, match="did you mean 'va ccc'"):
        find([Score("va", "", "ccc", 0.5, 0.4, 0.6, 9, 0)], "va", "cccc")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda p, t, m: p.pop("va"), "preds has no task 'va'"),
        (lambda p, t, m: p.update(au=np.zeros((60, 2))), "au predictions have shape"),
        (lambda p, t, m: t.update(va=np.zeros((60, 3))), "va targets have shape"),
        (lambda p, t, m: t.update(expression=np.full(60, 3)), "expression targets hold 3"),
        (lambda p, t, m: m.update(au=np.ones(60, bool)), "au mask"),
        (lambda p, t, m: p.update(va=np.full((60, 2), np.nan)), "va predictions hold nan"),
        (lambda p, t, m: p.update(au=np.full((60, 3), 4.0)), "sigmoid"),
    ],
)
def test_bad_input_is_one_sentence(change, says):
    case = random_case()
    change(*case)
    with pytest.raises(ScoreError, match=says) as error:
        score(*case, LABELS)
    assert "\n" not in str(error.value)


def test_clusters_must_fit_the_rows():
    with pytest.raises(ScoreError, match="one per row"):
        score(*random_case(), LABELS, clusters=["ann"])


def test_an_unknown_task_has_no_scores():
    given = {"gaze": np.zeros((3, 1))}
    with pytest.raises(ScoreError, match="gaze"):
        score(given, given, {"gaze": np.full((3, 1), True)}, {"gaze": ("left",)})


def test_hand_worked_means_by_predicted_expression():
    probs = np.array([[0.2, 0.9], [0.4, 0.5], [0.9, 0.1]])
    means, counts = mean_by_prediction(probs, [1, 1, 0], 3)
    np.testing.assert_allclose(means, [[0.9, 0.1], [0.3, 0.7], [np.nan, np.nan]])
    assert counts.tolist() == [1, 2, 0]
    with pytest.raises(ScoreError, match="shape"):
        mean_by_prediction(probs, [1, 1], 3)
