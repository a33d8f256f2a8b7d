"""An experiment as one HTML file that needs nothing beside it."""

import base64
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from jinja2 import Environment, PackageLoader, select_autoescape
from matplotlib.figure import Figure

from mien.files import atomic_write
from mien.report.drawing import to_svg
from mien.report.plots import au_by_expression_plot, confusion_plot, curves_plot, per_label_plot, scores_plot
from mien.report.results import Column, Results, differences_table, read_results, scores_table

PAGE_FILE = "report.html"
SAMPLES = "samples"


def write_page(folder: str | Path) -> Path:
    """Write ``report.html`` into an experiment's folder: tables, curves, confusion matrices, sample faces.

    Raises:
        ScoreError: the folder holds no results.
    """
    folder = Path(folder)
    results = read_results(folder)
    environment = Environment(loader=PackageLoader("mien.report"), autoescape=select_autoescape())
    page = environment.get_template("experiment.html").render(
        results=results,
        scores=scores_table(results),
        differences=differences_table(results),
        overview=to_svg(scores_plot(results)),
        curves=to_svg(curves_plot(_logs(folder, results))),
        per_label=[to_svg(per_label_plot(results, c)) for c in _labelled_columns(results)],
        confusions=[to_svg(figure) for figure in _confusions(folder, results)],
        grouped=[to_svg(au_by_expression_plot(g, f"{g['method']} on {g['database']}")) for g in _grouped(results)],
        samples=_samples(folder),
        settings=json.dumps(results.everything["recipe"], indent=1),
    )
    atomic_write(folder / PAGE_FILE, page)
    return folder / PAGE_FILE


def _logs(folder: Path, results: Results) -> dict[str, list[dict[str, Any]]]:
    """Logs of the runs of the first seed, which stand for the others."""
    suffix = f"seed{results.seeds[0]}"
    logs = {}
    for path in sorted(folder.glob(f"*-{suffix}/log.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        logs[path.parent.name.removesuffix(f"-{suffix}")] = [json.loads(line) for line in lines]
    return logs


def _labelled_columns(results: Results) -> list[Column]:
    """Columns worth showing label by label."""
    wanted = {"expression": "f1", "compound": "f1", "au": "f1", "au_intensity": "pcc"}
    found = {
        (c.database, c.task): Column(c.database, c.task, wanted[c.task]) for c in results.columns if c.task in wanted
    }
    return list(found.values())


def _confusions(folder: Path, results: Results) -> list[Figure]:
    """Confusion matrices of the multi-task runs of the first seed."""
    figures = []
    for path in sorted(folder.glob(f"*-seed{results.seeds[0]}/test/*.parquet")):
        table = pq.read_table(path)
        if "true_expression" not in table.column_names:
            continue
        pairs = [
            (t, p) for t, p in zip(*(table[c].to_pylist() for c in ("true_expression", "expression")), strict=True) if t
        ]
        classes = [name.removeprefix("expression_") for name in table.column_names if name.startswith("expression_")]
        method = path.parent.parent.name.rsplit("-seed", 1)[0]
        figures.append(
            confusion_plot([t for t, _ in pairs], [p for _, p in pairs], classes, f"{method} on {path.stem}")
        )
    return figures


def _grouped(results: Results) -> list[dict[str, Any]]:
    return [g for g in results.everything["au_by_expression"] if g["seed"] == results.seeds[0]]


def _samples(folder: Path) -> list[dict[str, Any]]:
    """Test faces with what was annotated and what a network says."""
    path = folder / SAMPLES / "samples.json"
    if not path.exists():
        return []
    samples = json.loads(path.read_text(encoding="utf-8"))
    for sample in samples:
        data = base64.b64encode((folder / SAMPLES / sample["image"]).read_bytes()).decode()
        sample["data"] = f"data:image/png;base64,{data}"
    return list(samples)
