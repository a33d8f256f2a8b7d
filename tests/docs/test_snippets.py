"""What the documentation shows is what runs: every command, every piece of code, every recipe."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docs.snippets import PAGES, ROOT, RUN, Snippet, commands, mien, parse, snippets, snippets_in
from docs.stage import set_stage
from mien import config
from mien.data.databases import READERS
from mien.data.synthetic import databases
from mien.data.synthetic.databases import Drawing, write_databases
from mien.losses import LOSSES
from mien.methods import METHODS
from mien.protocols import PROTOCOLS

LIVELY = [page for page in PAGES if any(snippet.runs for snippet in snippets(page))]
QUICK = ("training.steps=2", "training.batch_size=12", "training.evaluate_every=2", "training.checkpoint_every=2")
QUICK_COMPARISON = ("experiment.methods=['single', 'joint']", "experiment.seeds=[0]")


def draw_few(folder: Path, tasks: Any, drawing: Drawing, *rest: Any) -> Any:
    """Twelve people at most, of each three pictures."""
    few = replace(drawing, subjects=min(drawing.subjects, 12), per_subject=min(drawing.per_subject, 3))
    return write_databases(folder, tasks, few, *rest)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Training of two steps, few drawn faces, and dicts that are as before when the page ends."""
    whole = config.read_recipe
    monkeypatch.setattr(
        config, "read_recipe", lambda path, changes=(): whole(path, [*changes, *QUICK, *QUICK_COMPARISON])
    )
    monkeypatch.setattr(databases, "write_databases", draw_few)
    for registry in (READERS, LOSSES, METHODS, PROTOCOLS):
        for name, entry in registry.items():
            monkeypatch.setitem(registry, name, entry)
    before = [dict(registry) for registry in (READERS, LOSSES, METHODS, PROTOCOLS)]
    monkeypatch.chdir(tmp_path)
    yield
    for registry, entries in zip((READERS, LOSSES, METHODS, PROTOCOLS), before, strict=True):
        for name in registry.keys() - entries.keys():
            del registry[name]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("page", LIVELY, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_runs(page: Path, small: None, capsys: pytest.CaptureFixture[str]) -> None:
    set_stage(Path.cwd())
    names: dict[str, object] = {"__name__": "page"}
    for snippet in snippets(page):
        if snippet.runs:
            try:
                run(snippet, names)
            except BaseException as error:
                error.add_note(f"in {snippet.where}")
                raise


def run(snippet: Snippet, names: dict[str, object]) -> None:
    if snippet.language == "python":
        exec(compile(snippet.code, snippet.where, "exec"), names)
    elif snippet.language == "toml":
        config.Recipe.model_validate(tomllib.loads(snippet.code))
        Path(snippet.title or "mine.toml").write_text(snippet.code)
    else:
        for words, runs in commands(snippet):
            if runs:
                assert words[0] == "mien", f"only mien is run here; say why {words[0]} is not: <!-- not run: ... -->"
                mien(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_not_run_could_be(page: Path) -> None:
    """Their verbs and options exist, and the reason is a reason."""
    for snippet in snippets(page):
        assert not snippet.reason or len(snippet.reason) > 10, f"{snippet.where}: why is it not run?"
        if snippet.language == "sh":
            for words, runs in commands(snippet):
                if words[0] == "mien" and not runs:
                    parse(words)


def test_every_block_has_a_language() -> None:
    """A block without one would be run by nobody and noticed by nobody."""
    known = {*RUN, "text", "js", "json", "html", "csv", "bibtex"}
    for page in PAGES:
        fences = re.findall(r"^ *```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert {fence.split(" ")[0] for fence in fences[::2]} <= known, page


def test_a_wrong_command_is_noticed() -> None:
    with pytest.raises(Exception, match="No such option"):
        parse(["mien", "analyze", "photo.jpg", "--colour"])
    with pytest.raises(Exception, match="no such verb"):
        parse(["mien", "table", "paint"])


def test_comments_keep_back_blocks_and_single_commands() -> None:
    text = "<!-- not run (mien web): it runs until it is stopped -->\n```sh\nmien web  # a page\nmien --help\n```\n"
    text += "```python\nx = 1\n```\n<!-- not run: needs a camera -->\n```sh\nmien analyze webcam\n```\n"
    first, second, third = snippets_in(text, "a page")
    assert list(commands(first)) == [(["mien", "web"], False), (["mien", "--help"], True)]
    assert second.code == "x = 1\n" and second.runs
    assert not third.runs and list(commands(third)) == [(["mien", "analyze", "webcam"], False)]
