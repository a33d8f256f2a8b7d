"""Labels of a row as Label Studio's results, and people's results as labels of a row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mien.data.columns import VALUE_COLUMNS, vote
from mien.labels import EXPRESSIONS, VALENCE_AROUSAL, LabelSet

Values = dict[str, Any]
UNKNOWN = "au_unknown"


def results(values: Mapping[str, Any], labels: LabelSet) -> list[dict[str, Any]]:
    """What a row's labels are in an annotation; empty for a row without any."""
    found = [_choice(task, [values[task]]) for task in ("expression", "compound") if values.get(task) is not None]
    units = {name: values.get(name) for name in labels.get("au", ())}
    if any(value is not None for value in units.values()):
        found.append(_choice("au", [name for name, value in units.items() if value]))
        found.append(_choice(UNKNOWN, [name for name, value in units.items() if value is None]))
    for name in VALENCE_AROUSAL:
        if values.get(name) is not None:
            found.append(_result(name, "number", {"number": values[name]}))
    return found


def laid_over(values: Values, annotations: Sequence[Mapping[str, Any]], units: Sequence[str]) -> Values:
    """A row after what people answered; without an annotation that was not cancelled, as it was.

    One annotation replaces the labels that the interface asks for: what is not answered is null. Several are joined:
    expressions become votes, a unit is what most say, values are the mean. An expression that changes takes the row's
    votes along, which were about another one.

    Args:
        units: the action units that were asked for; others are known only where they are chosen.

    Raises:
        ValueError, TypeError, KeyError: an annotation is not built as it should be.
    """
    given = [_answers(one, units) for one in annotations if not one.get("was_cancelled")]
    if not given:
        return values
    asked = [*VALENCE_AROUSAL, "expression", "compound", *units]
    changed = {**values, **dict.fromkeys(name for name in asked if name in values)}
    for name in dict.fromkeys(name for answers in given for name in answers):
        said = [answers[name] for answers in given if answers.get(name) is not None]
        changed[name] = _joined(name, said)
    expressions = Counter(answers["expression"] for answers in given if answers.get("expression"))
    if len(given) > 1 and expressions:
        return changed | {vote(name): float(expressions[name]) for name in EXPRESSIONS}
    if changed.get("expression") != values.get("expression"):
        changed |= {vote(name): None for name in EXPRESSIONS if vote(name) in values}
    return changed


def _answers(annotation: Mapping[str, Any], units: Sequence[str]) -> Values:
    """Column -> value of one annotation."""
    found: Values = {}
    chosen: dict[str, list[str]] = {}
    for result in annotation["result"]:
        name, value = result["from_name"], result["value"]
        if "number" in value:
            found[name] = float(value["number"])
        elif name in ("expression", "compound"):
            (found[name],) = value["choices"]
        elif name in ("au", UNKNOWN):
            chosen[name] = [str(unit) for unit in value["choices"]]
    if chosen:
        found |= dict.fromkeys(units, 0) | dict.fromkeys(chosen.get("au", ()), 1)
        found |= dict.fromkeys(chosen.get(UNKNOWN, ()))
    wrong = [name for name in found if name not in (*VALENCE_AROUSAL, "expression", "compound", *VALUE_COLUMNS["au"])]
    if wrong:
        raise ValueError(f"no label is called {', '.join(wrong)}")
    return found


def _joined(name: str, said: list[Any]) -> Any:
    if len(said) < 2:
        return said[0] if said else None
    if name in VALENCE_AROUSAL:
        return sum(said) / len(said)
    (first, most), *others = Counter(said).most_common(2)
    return None if others and others[0][1] == most else first


def _choice(name: str, chosen: Sequence[str]) -> dict[str, Any]:
    return _result(name, "choices", {"choices": list(chosen)})


def _result(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "to_name": "face", "type": kind, "value": value}
