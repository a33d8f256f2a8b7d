"""The hash of which rows were scored."""

import pyarrow as pa

from mien.data.scored_rows import row_keys, rows_hash
from mien.data.table import LabelTable


def table(**columns: list[object]) -> LabelTable:
    return LabelTable(pa.table({"expression": ["fear"] * len(next(iter(columns.values()))), **columns}))


def test_a_row_is_called_by_what_is_the_same_on_every_machine() -> None:
    here = table(path=["/home/ann/set/a.png", "/home/ann/set/b.png"])
    there = table(path=["C:\\set\\a.png", "set/b.png"])
    assert row_keys(here, [0, 1]) == row_keys(there, [0, 1]) == ["   a.png", "   b.png"]
    clips = table(database=["d", "d"], clip=["c", "c"], frame=[4, 5])
    assert row_keys(clips, [1]) == ["d c 5 "]


def test_a_row_without_a_name_is_called_by_its_number() -> None:
    assert row_keys(table(subject=["ann", "bob"]), [1]) == [" row 1"]
    assert row_keys(table(database=["d", None], path=[None, "b.png"]), [0, 1]) == ["d row 0", "   b.png"]


def test_the_order_of_rows_does_not_matter_but_every_row_and_person_does() -> None:
    digest = rows_hash(["ann", "bob", "bob"], ["1", "2", "3"])
    assert digest == rows_hash(["bob", "bob", "ann"], ["3", "2", "1"]) and len(digest) == 64
    others = [
        rows_hash(["ann", "bob"], ["1", "2"]),  # a row less
        rows_hash(["ann", "ann", "bob"], ["1", "2", "3"]),  # another person on a row
        rows_hash(["ann", "bob", "bob", "bob"], ["1", "2", "3", "3"]),  # a row twice
    ]
    assert len({digest, *others}) == 4
