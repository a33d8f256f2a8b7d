"""A paper's numbers beside ours."""

from collections.abc import Mapping, Sequence
from typing import Any

from mien.report.results import Column, Results, shown

OWN = {"sjmt", "teacher_student"}  # what the papers propose, and compare with the rest


def ours_and_theirs(figures: Mapping[str, Sequence[Any]], results: Mapping[str, dict[str, Any]]) -> list[list[str]]:
    """Rows of network, method, what is scored, ours with its interval, and the paper's, both as shares; names first.

    Below several methods of one network stands what the paper's own has more than the others, ours paired over seeds.

    Args:
        figures: network -> numbers with ``method``, ``database``, ``task``, ``metric`` and ``percent``.
        results: network -> what ``results.json`` of its experiment holds.
    """
    rows = [["network", "method", "score", "ours [95 %]", "paper"]]
    for network, content in results.items():
        found = Results(content["name"], content["about"], content["scores"], content)
        printed: dict[Column, dict[str, float | None]] = {}
        for one in figures[network]:
            column = Column(one.database, one.task, one.metric)
            percent = None if one.percent is None else one.percent / 100
            printed.setdefault(column, {})[one.method] = percent
            rows.append([network, one.method, str(column), shown(found.mean(one.method, column)), _number(percent)])
        for column, by_method in printed.items():
            for own in OWN & by_method.keys():
                rows += _differences(network, found, column, own, by_method)
    return rows


def _differences(
    network: str, found: Results, column: Column, own: str, printed: Mapping[str, float | None]
) -> list[list[str]]:
    rows = []
    for other in (method for method in printed if method != own):
        ours = shown(found.difference(own, other, column), signed=True)
        pair = printed[own], printed[other]
        theirs = "" if pair[0] is None or pair[1] is None else f"{pair[0] - pair[1]:+.3f}"
        rows.append([network, f"{own} - {other}", str(column), ours, theirs])
    return rows


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
