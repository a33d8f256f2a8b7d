"""The command line as a user meets it: help, errors, and one way from drawing faces to comparing networks."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from typer.testing import CliRunner

from mien.cli import app, main
from mien.errors import MienError

VERBS = (
    "analyze",
    "report",
    "synth",
    "table",
    "train",
    "evaluate",
    "experiment",
    "compare",
    "reproduce",
    "average",
    "calibrate",
    "score",
    "submission",
    "export",
    "label",
    "generate",
    "judge",
    "serve",
    "web",
)
RECIPE = """
name = "tiny"

[[data]]
name = "A"
path = "{folder}/A.parquet"

[[data]]
name = "B"
path = "{folder}/B.parquet"

[preprocessing]
size = 16

[network]
backbone = "plain_small"

[training]
steps = 4
batch_size = 8
evaluate_every = 2
checkpoint_every = 2
threads = 1

[experiment]
methods = ["single", "sjmt"]
seeds = [0]
"""


def mien(*args: object, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with a wide terminal."""
    environment = os.environ | {"COLUMNS": "200"} | ({"MIEN_CACHE": str(cache)} if cache else {})
    command = [sys.executable, "-c", "from mien.cli import main; main()", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


class Failed(Exception):
    """A command ended with an error that is not a user's."""


def in_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *args: object
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of ``main`` in this process."""
    monkeypatch.setattr(sys, "argv", ["mien", *map(str, args)])
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    else:
        code = 0
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("args", [(), *((verb,) for verb in VERBS)])
def test_help(args: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*args, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == 0
    wanted = VERBS if not args else ("mien " + args[0],)
    assert [text for text in wanted if text not in result.output] == []


def test_every_verb_is_listed_here() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert names | {group.name for group in app.registered_groups} == set(VERBS)


def test_without_arguments_it_shows_its_help() -> None:
    assert "Start with: mien synth demo" in CliRunner().invoke(app, []).output


def test_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"mien {importlib.metadata.version('mien')}\n"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("train", "gone.toml"), "gone.toml: cannot read the recipe (No such file or directory)"),
        (("train", "{recipe}", "--set", "training.stepz=3"), "unknown key 'training.stepz'; did you mean 'steps'?"),
        (("train", "{recipe}", "--set", "training.steps=many"), "training.steps = 'many'"),
        (("train", "{recipe}", "--set", "training.steps"), "expected section.key=value"),
        (("train", "{recipe}", "--out", "{out}"), "A.parquet: no such table"),
        (("experiment", "{recipe}", "--out", "{out}"), "A.parquet: no such table"),
        (("evaluate", "{out}", "x.parquet"), "No checkpoint in"),
        (("evaluate", "{out}", "x.parquet", "--where", "source"), "expected COLUMN=VALUE"),
        (("evaluate", "{out}", "x.parquet", "--task", "expresion"), "did you mean 'expression'?"),
        (("compare", "{out}"), "no results (No such file or directory)"),
        (("compare", "{out}", "{out}"), "were not tested on a file of the same name"),
        (("synth", "{out}", "-d", "A"), "expected NAME=TASK,TASK"),
        (("synth", "{out}", "-d", "A=emotion"), "unknown task 'emotion'"),
        (("table", "check", "gone.parquet"), "gone.parquet: no such table"),
    ],
)
def test_an_error_is_one_sentence_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    sentence: str,
) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE.format(folder=tmp_path))
    names = {"recipe": tmp_path / "recipe.toml", "out": tmp_path / "out"}
    code, out, err = in_process(monkeypatch, capsys, *(arg.format(**names) for arg in args))
    assert code == 2 and out == ""
    assert err.startswith("error: ") and err.count("\n") == 1 and sentence in err
    assert "Traceback" not in err


def test_debug_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MienError, match="no results"):
        in_process(monkeypatch, capsys, "--debug", "compare", tmp_path)


def test_wrong_usage_is_typers_own_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = in_process(monkeypatch, capsys, "trian")
    assert code == 2 and "No such command" in err


def test_a_missing_extra_says_what_to_type(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("mien.cli.needs.find_spec", lambda name: None if name == "accelerate" else object())
    code, _, err = in_process(monkeypatch, capsys, "train", "x.toml")
    assert (
        code == 2 and err == "error: Training needs accelerate, not installed here; type: pip install 'mien[train]'\n"
    )


def test_importing_the_command_line_is_cheap() -> None:
    heavy = ("torch", "pandas", "numpy", "pyarrow", "matplotlib", "accelerate")
    code = f"import sys, mien.cli; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_process_ends_without_a_traceback(tmp_path: Path) -> None:
    found = mien("compare", tmp_path)
    assert found.returncode == 2 and found.stdout == ""
    assert found.stderr.startswith("error: ") and "Traceback" not in found.stderr
    loud = mien("--debug", "compare", tmp_path)
    assert loud.returncode == 1 and "Traceback" in loud.stderr and "ScoreError" in loud.stderr


def test_from_drawn_faces_to_a_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """synth -> train -> evaluate -> experiment -> compare; drawing needs processes of its own, the rest runs here."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    drawn = mien(
        "synth", tmp_path, "-d", "A=expression,va", "-d", "B=au", "--subjects", 9, "--per-subject", 4, "--size", 32
    )
    assert drawn.returncode == 0, drawn.stderr
    assert f"{tmp_path / 'A.parquet'}: gives expression, va" in drawn.stdout
    recipe, out = tmp_path / "recipe.toml", tmp_path / "run"
    recipe.write_text(RECIPE.format(folder=tmp_path))

    def here(*args: object) -> str:
        result = CliRunner().invoke(app, list(map(str, args)))
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    for method in ("sjmt", "joint"):
        folder = out / method
        said = here("train", recipe, "--out", folder, "--set", f"method.name={method}")
        assert f"{folder}: trained. Next: mien evaluate {folder} TABLE --split test" in said
        said = here("evaluate", folder, tmp_path / "B.parquet", "--split", "test")
        assert "AU12" in said and "macro_f1" not in said
    scores = json.loads((out / "sjmt" / "test" / "B.json").read_text())
    assert scores["about"]["where"] == {"split": "test"} and list(scores["labels"]) == ["au"]
    grouping = ("--split", "all", "--group", "yaw_deg=0", "--au-by-expression", "--out", tmp_path / "groups")
    said = here("evaluate", out / "sjmt", tmp_path / "A.parquet", *grouping)
    assert "0 and over" in said and "expression equal opportunity" in said and "SJMT, Figure 2" in said
    kinds = (".html", ".json", ".parquet", "-au-by-expression.png", "-au-by-expression.svg")
    assert {path.name for path in (tmp_path / "groups").iterdir()} == {f"A{kind}" for kind in kinds}
    assert json.loads((tmp_path / "groups" / "A.json").read_text())["about"]["where"] == {}, "all is no split's name"
    as_json = here(
        "evaluate", out / "sjmt", tmp_path / "A.parquet", "--split", "test", "--task", "va", "--name", "va", "--json"
    )
    assert {record["task"] for record in json.loads(as_json)["scores"]} == {"va"}
    monkeypatch.chdir(tmp_path)
    here("evaluate", "default", tmp_path / "B.parquet", "--split", "test")
    assert (tmp_path / "evaluation" / "B.json").exists(), "results of the shipped network belong to who asked for them"
    predictions = out / "sjmt" / "test" / "va.parquet"
    judged = json.loads(
        here("score", "afewva", predictions, "--truth", tmp_path / "A.parquet", "--split", "test", "--json")
    )
    ccc = next(s["value"] for s in json.loads(as_json)["scores"] if (s["metric"], s["label"]) == ("ccc", ""))
    assert judged["scores"][0]["value"] == pytest.approx(ccc, rel=1e-5) and judged["joined_by"] == "row"
    assert judged["rows_sha256"] == json.loads(as_json)["rows_sha256"]
    compared = here("compare", out / "sjmt", out / "joint")
    assert "Difference to" in compared and "B" in compared and "f1" in compared

    said = here("experiment", recipe, "--out", tmp_path / "runs")
    assert "Done: single, sjmt; seeds [0]." in said and "SJMT on A" in said
    assert (tmp_path / "runs" / "report.html").exists()
    drawn = tmp_path / "more"
    assert "sjmt - single" in here("compare", tmp_path / "runs", "--against", "single", "--plot", drawn)
    svg = drawn.with_suffix(".svg").read_text()
    assert "more than single" in svg and "<!-- sjmt -->" in svg and "<!-- single -->" not in svg
    assert "| sjmt - single |" in (tmp_path / "runs" / "results.md").read_text()
    result = CliRunner().invoke(app, ["compare", str(tmp_path / "runs"), "--against", "sjtm"])
    assert isinstance(result.exception, MienError) and "did you mean 'sjmt'?" in str(result.exception)


def test_a_want_of_memory_is_one_sentence_and_another_fault_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mien.cli.app", Mock(side_effect=RuntimeError("CUDA out of memory.\nTried to allocate 2 GiB")))
    code, _, said = in_process(monkeypatch, capsys, "train")
    assert code == 2 and said.startswith("error: Not enough memory (CUDA out of memory.); nothing that was saved")
    assert said.count("\n") == 1
    monkeypatch.setattr("mien.cli.app", Mock(side_effect=RuntimeError("size mismatch")))
    with pytest.raises(RuntimeError, match="size mismatch"):
        main()
