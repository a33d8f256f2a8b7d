"""What ``mien evaluate`` found, as one HTML file that needs nothing beside it."""

import json
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape

from mien.files import atomic_write
from mien.metrics.intervals import Interval
from mien.metrics.scores import from_records
from mien.report.drawing import to_svg
from mien.report.firing import firing_table
from mien.report.group_tables import gaps_table, groups_table, left_out
from mien.report.plots import au_by_expression_plot
from mien.report.results import shown


def write_evaluation_page(path: Path) -> Path:
    """Write ``NAME.html`` beside ``NAME.json``, an evaluation: scores, groups of people, units by expression."""
    content = json.loads(path.read_text(encoding="utf-8"))
    about = content["about"]
    grouped = about.get("au_by_expression")
    environment = Environment(loader=PackageLoader("mien.report"), autoescape=select_autoescape())
    page = environment.get_template("evaluation.html").render(
        name=path.stem,
        about=about,
        rows_sha256=content["rows_sha256"],
        scores=scores_grid(content["scores"]),
        groups=[
            {"column": g["column"], "scores": groups_table(g), "gaps": gaps_table(g), "labels": gaps_table(g, True)}
            | {"left_out": left_out(g)}
            for g in about.get("groups", ())
        ],
        heat=to_svg(au_by_expression_plot(grouped, "Mean probability")) if grouped else None,
        firing=firing_table(grouped) if grouped else None,
    )
    out = path.with_suffix(".html")
    atomic_write(out, page)
    return out


def scores_grid(records: list[dict[str, object]]) -> list[list[str]]:
    """Labels by metrics, task after task; the means of a task come first."""
    rows = [["task", "label", "metric", "score [95 %]", "faces", "undefined"]]
    for s in sorted(from_records(records), key=lambda s: (s.task, s.label != "")):
        interval = Interval(s.value, s.low, s.high, s.n, s.n, 0)
        rows.append([s.task, s.label or "all", s.metric, shown(interval), str(s.n), str(s.undefined or "")])
    return rows
