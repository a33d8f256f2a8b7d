"""No person is on two sides; the shares come out; the same seed gives the same split."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.data.splits import assign_folds, assign_splits, fold_numbers, keep_part
from mien.data.table import LabelTable
from mien.errors import TableError

SHARES = {"train": 0.7, "val": 0.1, "test": 0.2}


def faces(subjects: Sequence[str | None], **more: list[str]) -> LabelTable:
    return LabelTable(pa.table({"subject": pa.array(subjects, pa.string()), **more}))


def split_of(table: LabelTable) -> list[str]:
    return list(table.read(["split"])["split"].to_pylist())


def sides(keys: Sequence[str | None], splits: list[str]) -> dict[str | None, set[str]]:
    found = defaultdict(set)
    for key, split in zip(keys, splits, strict=True):
        found[key].add(split)
    return found


people = st.lists(st.sampled_from([None, *(f"s{n}" for n in range(40))]), min_size=120, max_size=300)


@settings(max_examples=25, deadline=None)
@given(people, st.integers(0, 1000))
def test_splits_are_disjoint_by_subject_and_near_the_shares(subjects: list[str | None], seed: int) -> None:
    splits = split_of(assign_splits(faces(subjects), SHARES, seed))
    assert all(len(found) == 1 for name, found in sides(subjects, splits).items() if name)
    for name, share in SHARES.items():
        largest = max(subjects.count(person) for person in set(subjects) - {None}) if any(subjects) else 1
        assert abs(splits.count(name) - share * len(subjects)) <= max(largest, 2)


@settings(max_examples=15, deadline=None)
@given(people, st.integers(0, 1000))
def test_folds_partition_the_rows_and_the_subjects(subjects: list[str | None], seed: int) -> None:
    rounds = [split_of(assign_folds(faces(subjects), 4, fold, seed, 0.2)) for fold in range(4)]
    tested = np.array([[split == "test" for split in splits] for splits in rounds])
    assert (tested.sum(axis=0) == 1).all()
    assert fold_numbers(faces(subjects), 4, seed).tolist() == tested.argmax(axis=0).tolist()
    for splits in rounds:
        assert all(len(found) == 1 for name, found in sides(subjects, splits).items() if name)
        assert set(splits) == {"train", "val", "test"}


def test_same_seed_same_split_and_another_seed_another() -> None:
    table = faces([f"s{n}" for n in range(60)])
    assert split_of(assign_splits(table, SHARES, 1)) == split_of(assign_splits(table, SHARES, 1))
    assert split_of(assign_splits(table, SHARES, 1)) != split_of(assign_splits(table, SHARES, 2))


def test_split_does_not_depend_on_the_order_of_the_rows() -> None:
    names = [f"s{n % 30}" for n in range(100)]
    forward = sides(names, split_of(assign_folds(faces(names), 3, 0, seed=5)))
    backward = sides(names[::-1], split_of(assign_folds(faces(names[::-1]), 3, 0, seed=5)))
    assert forward == backward


def test_large_subjects_are_spread_over_train_and_the_rest() -> None:
    names = [f"big{n // 50}" for n in range(500)] + [f"small{n}" for n in range(500)]
    splits = split_of(assign_splits(faces(names), {"train": 0.5, "test": 0.5}, seed=0))
    assert 200 <= splits[:500].count("test") <= 300  # placing by what is missing alone would fill train with them first
    assert splits.count("test") == 500


def test_the_same_name_in_two_databases_is_two_people() -> None:
    table = faces(["s1"] * 2, database=["a", "b"])
    assert set(split_of(assign_splits(table, {"train": 0.5, "test": 0.5}, seed=0))) == {"train", "test"}


def test_rows_without_a_subject_stay_together_by_clip() -> None:
    clips = [f"c{n // 10}" for n in range(100)]
    splits = split_of(assign_splits(faces([None] * 100, clip=clips), {"train": 0.5, "test": 0.5}, seed=0))
    assert all(len(found) == 1 for found in sides(clips, splits).values())


def test_another_column_may_say_what_stays_together() -> None:
    light = [f"l{n % 4}" for n in range(40)]
    table = faces([f"s{n}" for n in range(40)], light=light)
    splits = split_of(assign_splits(table, {"train": 0.5, "test": 0.5}, seed=0, by="light"))
    assert all(len(found) == 1 for found in sides(light, splits).values())
    with pytest.raises(TableError, match="no column 'lihgt'; did you mean 'light'"):
        assign_splits(table, {"train": 1.0}, seed=0, by="lihgt")


def test_faults() -> None:
    table = faces(["a", "a", "b"])
    with pytest.raises(TableError, match=r"2 subjects do not fill these splits \(train .* 0 rows"):
        assign_splits(table, SHARES, seed=0)
    with pytest.raises(TableError, match=r"add up to 1, got train 0\.5"):
        assign_splits(table, {"train": 0.5}, seed=0)
    with pytest.raises(TableError, match="Cannot take fold 3 of 3"):
        assign_folds(table, 3, 3, seed=0)
    with pytest.raises(TableError, match="no rows"):
        assign_splits(faces([]), {"train": 1.0}, seed=0)


def test_parts_share_no_person_cover_the_training_rows_and_leave_the_others_alone() -> None:
    subjects = [f"s{i % 40}" for i in range(200)]
    split = ["test" if i % 40 >= 30 else "train" for i in range(200)]
    faces = LabelTable(pa.table({"subject": subjects, "split": split}))
    parts = [keep_part(faces, number, 3).read(["split"])["split"].to_pylist() for number in (1, 2, 3)]
    for row, known in enumerate(split):
        placed = sorted(part[row] for part in parts)
        assert placed == (["test"] * 3 if known == "test" else ["left_out", "left_out", "train"])
    people = [{subjects[row] for row, name in enumerate(part) if name == "train"} for part in parts]
    assert [len(one) for one in people] == [10, 10, 10]
    assert not people[0] & people[1] and not people[1] & people[2]
    with pytest.raises(TableError, match="part 4 of 3"):
        keep_part(faces, 4, 3)
