"""The hash of which rows were scored."""

import pyarrow as pa

from mien.data.scored_rows import persons, row_keys, rows_hash
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


def test_people_are_the_subjects_and_a_row_without_one_stands_alone() -> None:
    given = table(subject=["ann", None, "ann", None])
    assert persons(given, [0, 1, 2, 3]) == ["ann", "row 1", "ann", "row 3"]
    assert persons(given, [3, 0]) == ["row 3", "ann"]
    assert persons(table(clip=["a", "b"]), [1]) == ["row 1"]


def test_the_order_of_rows_does_not_matter_but_every_row_and_person_does() -> None:
    people, names = ["ann", "bob", "bob"], ["1.png", "2.png", "3.png"]
    digest = rows_hash(table(subject=people, path=names), [0, 1, 2])
    assert digest == rows_hash(table(subject=people[::-1], path=names[::-1]), [0, 1, 2]) and len(digest) == 64
    others = [
        rows_hash(table(subject=people, path=names), [0, 1]),  # a row less
        rows_hash(table(subject=["ann", "ann", "bob"], path=names), [0, 1, 2]),  # another person on a row
        rows_hash(table(subject=people, path=names), [0, 1, 2, 2]),  # a row twice
        rows_hash(table(path=names), [0, 1, 2]),  # nobody known
    ]
    assert len({digest, *others}) == 5
