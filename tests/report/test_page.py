"""The report of an experiment, from results made by hand: no training here."""

import json
import math
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.errors import ScoreError
from mien.report.page import write_page
from mien.report.results import differences_table, read_results, scores_table

EXPRESSIONS = ["neutral", "fear"]


def records(method: str, seed: int) -> list[dict[str, Any]]:
    """Expression scores of database A, AU scores of B; those of seed 1 are partly undefined."""
    found = []
    for database, task, metrics, labels in (
        ("A", "expression", ("accuracy", "macro_f1", "f1"), ("", *EXPRESSIONS)),
        ("B", "au", ("accuracy", "f1", "auc"), ("", "AU01", "AU12")),
    ):
        for place, metric in enumerate(metrics):
            for label in labels:
                value = None if task == "au" and metric == "auc" else 0.5 + 0.1 * place + 0.01 * seed
                interval = {"low": value and value - 0.1, "high": value and value + 0.1}
                cell = {"method": method, "seed": seed, "database": database, "task": task, "metric": metric}
                found.append(cell | {"label": label, "value": value, "n": 30, "undefined": 0} | interval)
    return found


def write_experiment(folder: Path, methods: list[str], seeds: list[int], about: str = "") -> None:
    scores = [r for seed in seeds for method in methods for r in records(method, seed)]
    grouped = {
        "method": "sjmt",
        "seed": seeds[0],
        "database": "A",
        "expressions": EXPRESSIONS,
        "counts": [4, 0],
        "aus": ["AU01", "AU12"],
        "means": [[0.2, 0.9], [None, None]],
    }
    data = [{"name": "A", "rows": 99, "labels": {"expression": EXPRESSIONS}, "fingerprint": "f" * 64}]
    made_of = {"recipe": {"name": "tiny"}, "data": data, "environment": {"mien": "0", "torch": "2"}}
    content = {"name": "tiny", "about": about, "scores": scores, "au_by_expression": [grouped], **made_of}
    (folder / "results.json").write_text(json.dumps(content))
    for method in methods:
        run = folder / f"{method}-seed{seeds[0]}"
        (run / "test").mkdir(parents=True)
        train = [{"kind": "train", "step": s, "loss": 1 / s, "lr": 0.1} for s in range(1, 9)]
        validation = [{"kind": "validation", "step": s, "overall": 0.1 * s, "A/expression": math.nan} for s in (4, 8)]
        (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in train + validation))
        columns = {
            "row": [0, 1, 2],
            "expression": ["fear", "fear", "neutral"],
            "true_expression": ["neutral", "fear", None],
            "expression_neutral": [0.1, 0.2, 0.8],
            "expression_fear": [0.9, 0.8, 0.2],
        }
        pq.write_table(pa.table(columns), run / "test" / "A.parquet")
        pq.write_table(pa.table({"row": [0], "AU01": [0.5], "true_AU01": [1.0]}), run / "test" / "B.parquet")
    (folder / "samples").mkdir()
    cv2.imwrite(str(folder / "samples" / "A-0.png"), np.zeros((8, 8, 3), np.uint8))
    sample = {"database": "A", "image": "A-0.png", "annotated": "fear", "predicted": "neutral 0.51, <AU12>"}
    (folder / "samples" / "samples.json").write_text(json.dumps([sample]))


class Page(HTMLParser):
    """What a page loads, and the text of its cells and headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attributes if name.split(":")[-1] in ("src", "href", "data")]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] in ("td", "th"):
            self.cells.append(data.strip())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("experiment")
    write_experiment(path, ["single", "sjmt"], [0, 1], "fast & <loose>")
    write_page(path)
    return path


@pytest.fixture
def text(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def test_the_page_needs_nothing_beside_it(text: str) -> None:
    page = Page(text)
    assert page.loads and [source for source in page.loads if not source.startswith(("data:", "#"))] == []
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "@import" not in text and "url(http" not in text


def test_the_page_holds_the_tables(text: str, folder: Path) -> None:
    results, cells = read_results(folder), Page(text).cells
    for table in (scores_table(results), differences_table(results, "single")):
        assert [cell for row in table for cell in row if cell not in cells] == []
    assert "undefined" in cells  # the AUC


def test_the_page_holds_a_figure_of_each_kind(text: str) -> None:
    # overview, curves, labels of A and of B, confusion of two runs, action units by expression
    assert text.count("<svg") == 7
    assert text.count("<img ") == 1


def test_what_comes_from_a_recipe_is_escaped(text: str) -> None:
    assert "fast &amp; &lt;loose&gt;" in text and "<loose>" not in text
    assert "&lt;AU12&gt;" in text


def test_several_seeds_and_one_are_told_apart(text: str, tmp_path: Path) -> None:
    assert "Mean of 2 seeds" in text
    write_experiment(tmp_path, ["sjmt"], [3])
    alone = write_page(tmp_path).read_text(encoding="utf-8")
    assert "One seed" in alone and alone.count("<svg") == 6


def test_the_page_opens_without_runs_or_samples(tmp_path: Path) -> None:
    write_experiment(tmp_path, ["sjmt"], [0])
    for path in sorted(tmp_path.glob("*/**/*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert "<svg" in write_page(tmp_path).read_text(encoding="utf-8")


def test_without_results_it_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="make them with 'mien experiment RECIPE'"):
        write_page(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_report_needs_no_torch() -> None:
    code = "import sys, mien.report.page, mien.report.compare; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
