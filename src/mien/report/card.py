"""A model card: what a network was trained on, how well it does, where it fails, and what it is not for.

Every number comes from the record of ``mien evaluate --all`` and from ``model.json``; nothing is typed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from string import Template
from typing import Any

from mien.metrics.intervals import Interval
from mien.report.results import markdown, shown

Record = Mapping[str, Any]
TERMS = {
    "fer2013plus": "pictures from web searches without a licence; votes MIT",
    "muxspace": "news photos (LFW), research use; labels Apache-2.0",
    "avatars": "rendered from VALID avatars, MIT",
    "avatar_clips": "rendered from VALID avatars, MIT",
}


def card(record: Record, info: Record) -> str:
    """The card as Markdown.

    Args:
        record: of ``mien.examination.examine.examine``.
        info: content of ``model.json``.
    """
    template = Template(resources.files("mien.report").joinpath("templates/card.md").read_text(encoding="utf-8"))
    spec = info["spec"]
    return template.substitute(
        name=info["recipe"].get("name", "network"),
        version=record["mien_version"],
        digest=info["weights_sha256"][:16],
        backbone=spec["backbone"],
        size=spec["preprocessing"]["size"],
        colour="grey" if spec["preprocessing"]["grey"] else "colour",
        method=_method(info["recipe"].get("method", {})),
        steps=info["step"],
        start=_start(info["recipe"]),
        batch=info["recipe"].get("training", {}).get("batch_size", "?"),
        labels="; ".join(f"{task}: {', '.join(names)}" for task, names in spec["labels"].items()),
        data=_data(info["provenance"]),
        goals=_goals(record["sets"]),
        withheld=", ".join(info["withheld"]) or "none",
        classes="\n\n".join(_per_label(record["sets"], "expression", ("recall", "f1"))),
        units=_units(record["sets"], info["thresholds"]),
        calibration=_calibration(record["sets"]),
        groups=_groups(record["sets"]),
        spoiled="\n\n".join(_spoiled(name, one) for name, one in record["spoiled"].items()) or "Not measured.",
        no_faces=_no_faces(record["no_faces"]),
        speed=f"{record['speed']['median_ms']:.2f} ms",
    )


def _method(how: Record) -> str:
    """What trained it, and who taught it."""
    taught = f", taught by {' and '.join(how['teacher'])}," if "teacher" in how else ""
    return f"`{how.get('name', 'unknown')}`{taught}"


def _start(recipe: Record) -> str:
    """What training began with."""
    init = recipe.get("network", {}).get("init")
    return f"the weights of {init} on" if init else "random weights on"


def _data(provenance: Sequence[Record]) -> str:
    rows = [["database", "rows of its table", "labels", "derived or modelled", "terms as found"]]
    for source in provenance:
        notes = "; ".join(f"{what}: {text}" for what, text in source["notes"].items() if what != "split")
        terms = TERMS.get(source["reader"], "those of its owner")
        rows.append([source["name"], str(source["rows"]), ", ".join(source["labels"]), notes or "no", terms])
    return markdown(rows)


def _goals(sets: Record) -> str:
    rows = [["set", "measure", "score [95 %]", "at least", "reach for", "rows", "people"]]
    for name, one in sets.items():
        for what, goal in one["goals"].items():
            task, metric, label = [*what.split(maxsplit=2), ""][:3]
            score = _score(one["scores"], task, metric, label)
            missed = "" if score.value >= goal["floor"] else " (missed)"
            measure = f"{one['about']}: {what.replace('_', ' ')}"
            numbers = (f"{goal['floor']:.2f}{missed}", f"{goal['reach']:.2f}", str(one["rows"]), str(one["people"]))
            rows.append([name, measure, shown(score), *numbers])
    return markdown(rows)


def _per_label(sets: Record, task: str, metrics: Sequence[str]) -> Iterable[str]:
    for name, one in sets.items():
        labels = list(dict.fromkeys(s["label"] for s in one["scores"] if s["task"] == task and s["label"]))
        if labels:
            rows = [[name, *metrics, "faces"]]
            for label in labels:
                found = [_score(one["scores"], task, metric, label) for metric in metrics]
                rows.append([label, *map(shown, found), str(found[0].n)])
            yield markdown(rows)


def _units(sets: Record, thresholds: Mapping[str, float]) -> str:
    """Every action unit on every set that codes it."""
    coded = {name: one["scores"] for name, one in sets.items() if any(s["task"] == "au" for s in one["scores"])}
    units = sorted({s["label"] for scores in coded.values() for s in scores if s["task"] == "au" and s["label"]})
    columns = [("F1", "au", "f1"), ("AUC", "au", "auc"), ("intensity PCC", "au_intensity", "pcc")]
    used = [
        (name, *column)
        for name, scores in coded.items()
        for column in columns
        if any((s["task"], s["metric"]) == column[1:] for s in scores)
    ]
    rows = [["unit", "threshold", *(f"{name}: {title}" for name, title, _, _ in used)]]
    for unit in units:
        cells = [shown(_score(coded[name], task, metric, unit)) for name, _, task, metric in used]
        rows.append([unit, f"{thresholds.get(unit, 0.5):.2f}", *(cell.replace("undefined", "-") for cell in cells)])
    return markdown(rows)


def _calibration(sets: Record) -> str:
    rows = [["set", "expected calibration error of the expression"]]
    rows += [
        [name, f"{score['value']:.3f}"]
        for name, one in sets.items()
        for score in one["scores"]
        if score["metric"] == "ece"
    ]
    return markdown(rows)


def _groups(sets: Record) -> str:
    rows = [["set", "group", "measure", "score [95 %]", "rows"]]
    for name, one in sets.items():
        for group, scores in one["groups"].items():
            for s in scores:
                what = f"{s['task']} {s['metric']} {s['label']}".strip().replace("_", " ")
                rows.append([name, group, what, shown(_interval(s)), str(s["n"])])
    return markdown(rows) if len(rows) > 1 else "No set names groups."


def _spoiled(name: str, one: Record) -> str:
    whole = one["as they are"]
    rows = [[f"{name}: {one['what'].replace('_', ' ')}", "score", "drop"], ["as they are", _number(whole), ""]]
    for kind, steps in one["spoiled"].items():
        for amount, value in steps.items():
            drop = "" if value is None or whole is None else f"{whole - value:+.3f}"
            rows.append([f"{kind} {amount}", _number(value), drop])
    return markdown(rows)


def _no_faces(kinds: Record) -> str:
    columns = list(next(iter(kinds.values())))
    rows = [["pictures", *columns]]
    for kind, shares in kinds.items():
        rows.append([kind, *(f"{shares[c]:.0f}" if c == "pictures" else f"{shares[c]:.0%}" for c in columns)])
    return markdown(rows)


def _score(scores: Iterable[Record], task: str, metric: str, label: str) -> Interval[float]:
    for s in scores:
        if (s["task"], s["metric"], s["label"]) == (task, metric, label):
            return _interval(s)
    return Interval(float("nan"), float("nan"), float("nan"), 0, 0, 0)


def _interval(s: Record) -> Interval[float]:
    value, low, high = (float("nan") if s[key] is None else float(s[key]) for key in ("value", "low", "high"))
    return Interval(value, low, high, s["n"], s["n"], 0)


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
