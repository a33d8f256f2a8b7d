"""Links inside the documentation lead to files and headings that are there; mkdocs says more where it is installed."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from docs.snippets import PAGES, ROOT

FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """What can follow ``#`` in a link to this page, as mkdocs and GitHub both make it of a heading."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.relative_to(ROOT)}: no {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.relative_to(ROOT)}: no heading {anchor} in {path}"


def test_the_reference_names_modules_that_exist() -> None:
    named = [
        name for page in PAGES for name in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    missing = [name for name in named if not any((ROOT / "src").glob(name.replace(".", "/") + end) for end in ENDS)]
    assert len(named) > 50 and missing == []


ENDS = (".py", "/__init__.py")


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="mkdocs is not installed; `make docs` has it")
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        html = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|link)\b[^>]*?(?:src|href)=\"(https?:[^\"]+)", html)
        assert [url for url in loaded if "canonical" not in url] == [], f"{page.name} loads from elsewhere"
