"""docs/protocols.md says what the program says."""

import re
from pathlib import Path

import pytest

from mien.protocols import PROTOCOLS
from mien.protocols.describe import section
from mien.protocols.outputs import FORMATS

DOCS = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_docs_have_the_section_that_the_program_prints(name: str) -> None:
    assert section(PROTOCOLS[name]) in DOCS, f"'mien score {name}' prints the section anew"


def test_the_docs_have_no_other_protocols_and_name_every_format() -> None:
    assert re.findall(r"^## `(\w+)`$", DOCS, re.MULTILINE) == list(PROTOCOLS)
    assert [name for name in FORMATS if f"`{name}`" not in DOCS] == []


def test_every_part_is_a_sentence_no_wider_than_the_page() -> None:
    for protocol in PROTOCOLS.values():
        text = section(protocol)
        assert all(len(line) <= 120 for line in text.splitlines() if not line.startswith("|"))
        assert ".." not in text and " ." not in text
        assert re.findall(r"\*\*(\w+)\.\*\*", text)[:2] == ["Source", "Rows"]
