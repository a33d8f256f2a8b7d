"""The code in the documentation, and how it is run.

A block of ``sh``, ``python`` or ``toml`` runs in the order of its page, in a folder of the page's own. What cannot run
says so in a comment before it, which readers do not see:

    <!-- not run: reason -->                            the whole block
    <!-- not run (mien web, curl): reason -->           the commands that begin so
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from mien.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
RUN = ("sh", "python", "toml")
BLOCK = re.compile(
    r"(?:^ *<!-- not run(?: \((?P<only>[^)]*)\))?: (?P<reason>.+?) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?[^\n]*\n(?P<code>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Snippet:
    """A block of code.

    Attributes:
        where: page and line.
        title: the file that a reader saves it as.
        reason: why it, or the commands that begin with one of ``only``, are not run; empty where all runs.
    """

    where: str
    language: str
    code: str
    title: str
    reason: str
    only: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether any of it is run."""
        return not self.reason or bool(self.only)


def snippets(page: Path) -> list[Snippet]:
    """The blocks of a page that are commands, code or recipes."""
    return snippets_in(page.read_text(encoding="utf-8"), str(page.relative_to(ROOT)))


def snippets_in(text: str, page: str) -> list[Snippet]:
    """The same of a page's text."""
    found = []
    for match in BLOCK.finditer(text):
        code = re.sub(rf"^{match['indent']}", "", match["code"], flags=re.MULTILINE)
        only = tuple(part.strip() for part in (match["only"] or "").split(",") if part)
        where = f"{page}:{text[: match.start('indent')].count(chr(10)) + 1}"
        if match["language"] in RUN:
            found.append(Snippet(where, match["language"], code, match["title"] or "", match["reason"] or "", only))
    return found


def commands(snippet: Snippet) -> Iterator[tuple[list[str], bool]]:
    """The commands of a ``sh`` block as words, and whether each is run."""
    used = set()
    for line in snippet.code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        kept_back = [start for start in snippet.only if f"{' '.join(words)} ".startswith(f"{start} ")]
        used.update(kept_back)
        yield words, not (snippet.reason and (kept_back or not snippet.only))
    unused = set(snippet.only) - used
    assert not unused, f"{snippet.where}: no command begins with {unused}"


def parse(words: list[str]) -> None:
    """Raise unless ``mien`` would take these words: the verb is there, and so are the options."""
    command, rest = typer.main.get_command(app), words[1:]
    while hasattr(command, "commands"):  # a group of verbs
        assert rest and rest[0] in command.commands, f"no such verb: {' '.join(words)}"
        command, rest = command.commands[rest[0]], rest[1:]
    command.make_context(words[0], list(rest))


def mien(words: list[str]) -> None:
    """Run a command in this process, since a new one would first load everything again."""
    code = typer.main.get_command(app).main(words[1:], prog_name="mien", standalone_mode=False)
    assert not code, f"{' '.join(words)} ended with {code}"
