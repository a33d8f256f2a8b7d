"""A label table reads as a stream, keeps what it was told, and knows its own content."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.data.columns import TYPES
from mien.data.table import METADATA_KEY, LabelTable
from mien.errors import MienError, TableError


def rows(n=10, **more):
    return pa.table(
        {
            "path": [f"faces/{i}.png" for i in range(n)],
            "expression": pa.array(["fear", "anger", None, "neutral", "fear"] * (n // 5), pa.string()),
            "AU12": pa.array([1, 0, None, 1, 1] * (n // 5), pa.int8()),
            "age": pa.array(range(n)),
            **more,
        }
    )


@pytest.fixture
def stored(tmp_path):
    def write(table, **options):
        path = tmp_path / "table.parquet"
        pq.write_table(table, path, **options)
        return path

    return write


def content(table, columns=None, **options):
    return pa.Table.from_batches(table.stream(columns, **options)).to_pydict()


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("size", [1, 3, 4, 100])
def test_the_stream_gives_all_rows_in_order_in_bounded_batches(stored, on_disk, size):
    table = rows(20)
    source = stored(table, row_group_size=7) if on_disk else pa.concat_tables([table.slice(0, 9), table.slice(9)])
    batches = list(LabelTable(source).stream(rows=size))
    assert max(batch.num_rows for batch in batches) <= size
    assert pa.Table.from_batches(batches).to_pydict() == table.to_pydict()
    assert len(LabelTable(source)) == 20


@pytest.mark.parametrize("on_disk", [False, True])
def test_only_the_wanted_columns_come_in_the_wanted_order(stored, on_disk):
    table = LabelTable(stored(rows()) if on_disk else rows())
    (batch,) = table.stream(["age", "AU12"])
    assert batch.schema.names == ["age", "AU12"]
    assert table.columns == ["path", "expression", "AU12", "age"]


def test_a_file_is_read_by_columns(stored, monkeypatch):
    asked = []
    read = pq.ParquetFile.iter_batches
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda self, **o: asked.append(o["columns"]) or read(self, **o))
    list(LabelTable(stored(rows())).stream(["AU12"]))
    assert asked == [["AU12"]]  # all of them would decode every picture


def test_known_columns_come_in_their_type_and_others_as_they_are():
    table = LabelTable(
        pa.table(
            {
                "AU01": pa.array([1.0, None], pa.float64()),
                "valence": pa.array([1, 0], pa.int64()),
                "expression": pa.array(["fear", None]).dictionary_encode(),
                "split": pa.array(["train", "val"], pa.large_string()),
                "AU02": pa.nulls(2),
                "age": pa.array([1.5, 2.5], pa.float64()),
            }
        )
    )
    (batch,) = table.stream()
    assert [str(t) for t in batch.schema.types] == ["int8", "float", "string", "string", "int8", "double"]
    assert batch.column("expression").to_pylist() == ["fear", None]
    (as_stored,) = table.stream(as_stored=True)
    assert str(as_stored.schema.field("AU01").type) == "double"
    assert table.read(["AU01", "expression"]).schema == pa.schema([("AU01", pa.int8()), ("expression", pa.string())])


def test_a_value_that_does_not_fit_its_type_is_a_sentence():
    table = LabelTable(pa.table({"AU01": [0.0, 0.5]}))
    with pytest.raises(TableError, match=r"column 'AU01' holds a value that is no int8 .*'mien table check' lists"):
        list(table.stream())


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("valence", pa.array(["high"]), "column 'valence' holds string, expected float; convert the column"),
        ("expression", pa.array([3]), "column 'expression' holds int64, expected string"),
        ("image", pa.array(["a.png"]), "column 'image' holds string, expected binary"),
    ],
)
def test_a_column_of_the_wrong_type_is_refused_at_once(name, values, said):
    with pytest.raises(TableError, match=said):
        LabelTable(pa.table({name: values}))


def test_a_missing_column_names_the_nearest(stored):
    path = stored(rows())
    with pytest.raises(TableError, match=r"table\.parquet: no column 'expresion'; did you mean 'expression'\?$"):
        list(LabelTable(path).stream(["expresion"]))
    with pytest.raises(TableError, match="no column 'AU99'"):
        LabelTable(path).read(["AU99"])


def test_a_missing_file_and_one_that_is_no_parquet_are_sentences(tmp_path):
    with pytest.raises(TableError, match=r"none\.parquet: no such table; check the path"):
        LabelTable(tmp_path / "none.parquet")
    (tmp_path / "a.csv").write_text("path,AU01\na.png,1\n")
    with pytest.raises(TableError, match=r"a\.csv: not a Parquet table"):
        LabelTable(tmp_path / "a.csv")
    with pytest.raises(TableError, match="not a Parquet table"):
        LabelTable(tmp_path)


# -- replace


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_column_is_replaced_or_added_and_the_old_table_stays(stored, on_disk):
    old = LabelTable(stored(rows(), row_group_size=4) if on_disk else rows())
    new = old.replace("age", [-i for i in range(10)]).replace("split", ["train"] * 4 + ["val"] * 6)
    assert content(new, ["split", "age", "path"], rows=3) == {
        "split": ["train"] * 4 + ["val"] * 6,
        "age": [-i for i in range(10)],  # a batch's slice taken from the start would repeat 0, -1, -2
        "path": [f"faces/{i}.png" for i in range(10)],
    }
    assert content(new, ["split"]) == {"split": ["train"] * 4 + ["val"] * 6}
    assert new.columns == [*old.columns, "split"]
    assert content(old, ["age"]) == {"age": list(range(10))}
    assert "split" not in old.columns


def test_a_replaced_column_has_the_type_of_its_name():
    table = LabelTable(rows()).replace("AU12", pa.array([1] * 10, pa.int64())).replace("split", ["a"] * 10)
    assert table.read(["AU12", "split"]).schema == pa.schema([("AU12", pa.int8()), ("split", pa.string())])
    with pytest.raises(TableError, match="column 'AU12' holds a value that is no int8"):
        table.replace("AU12", [0.5] * 10)


def test_a_replacement_of_another_length_is_refused():
    with pytest.raises(TableError, match="column 'age' got 9 values for 10 rows"):
        LabelTable(rows()).replace("age", range(9))


# -- labels


def test_labels_are_the_columns_and_the_classes_that_occur():
    table = LabelTable(rows(valence=pa.nulls(10), AU06_intensity=pa.nulls(10)))
    assert table.labels == {
        "expression": ("neutral", "fear", "anger"),
        "au": ("AU12",),
        "au_intensity": ("AU06",),
        "va": ("valence",),
    }


def test_classes_say_what_annotators_could_choose():
    table = LabelTable(rows(), classes={"expression": ["fear", "anger", "neutral", "disgust"]})
    assert table.labels["expression"] == ("neutral", "fear", "disgust", "anger")  # disgust: offered, never chosen


def test_vote_columns_are_classes_that_were_offered():
    table = LabelTable(pa.table({"votes_sadness": [0.0, 0.0], "votes_fear": [1.0, 2.0]}))
    assert table.labels == {"expression": ("sadness", "fear")}


def test_labels_follow_a_replaced_column():
    table = LabelTable(rows())
    assert table.labels["expression"] == ("neutral", "fear", "anger")
    assert table.replace("expression", ["disgust"] * 10).labels["expression"] == ("disgust",)


def test_unknown_classes_are_refused():
    with pytest.raises(MienError, match="Unknown expression label 'joy'"):
        _ = LabelTable(rows(), classes={"expression": ["joy"]}).labels


# -- write and read


def test_what_is_written_is_read_again(tmp_path):
    classes, notes = {"expression": ("neutral", "fear", "disgust", "anger")}, {"AU12": "derived from the expression"}
    table = LabelTable(rows(), classes=classes, notes=notes).replace("split", ["train"] * 10)
    table.write(tmp_path / "new" / "a.parquet")
    again = LabelTable(tmp_path / "new" / "a.parquet")
    assert content(again) == content(table)
    assert again.columns == table.columns
    assert (again.labels, again.notes) == (table.labels, notes)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.parquet"]
    meta = json.loads(pq.read_schema(tmp_path / "new" / "a.parquet").metadata[METADATA_KEY])
    assert meta == {"classes": {"expression": list(classes["expression"])}, "notes": notes}


def test_classes_that_occur_are_written_down(tmp_path):
    LabelTable(rows()).write(tmp_path / "a.parquet")
    only_fear = pq.read_table(tmp_path / "a.parquet").slice(0, 1)  # the metadata goes with the rows
    assert LabelTable(only_fear).labels["expression"] == ("neutral", "fear", "anger")


def test_a_written_table_has_the_types_of_its_columns(tmp_path):
    LabelTable(pa.table({"AU01": [1.0, None], "expression": pa.array(["fear", None]).dictionary_encode()})).write(
        tmp_path / "a.parquet"
    )
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert {name: schema.field(name).type for name in schema.names} == {n: TYPES[n] for n in ("AU01", "expression")}


def test_relative_paths_move_with_the_table_and_absolute_ones_stay(tmp_path):
    (tmp_path / "data").mkdir()
    source = pa.table({"path": ["faces/1.png", str(tmp_path / "2.png"), None]})
    pq.write_table(source, tmp_path / "data" / "a.parquet")
    LabelTable(tmp_path / "data" / "a.parquet").write(tmp_path / "out" / "deep" / "b.parquet")
    moved = LabelTable(tmp_path / "out" / "deep" / "b.parquet")
    assert content(moved) == {"path": ["../../data/faces/1.png", str(tmp_path / "2.png"), None]}
    assert (moved.root / "../../data/faces/1.png").resolve() == tmp_path / "data" / "faces" / "1.png"
    moved.write(tmp_path / "data" / "back.parquet")
    assert content(LabelTable(tmp_path / "data" / "back.parquet"))["path"][0] == "faces/1.png"


def test_a_table_can_be_written_over_itself(stored):
    path = stored(rows())
    LabelTable(path).replace("age", [7] * 10).write(path)
    assert content(LabelTable(path), ["age"]) == {"age": [7] * 10}


def test_a_failing_write_keeps_the_old_table(stored):
    path = stored(rows())
    with pytest.raises(TableError, match="no int8"):
        LabelTable(rows().set_column(2, "AU12", pa.array([0.5] * 10))).write(path)
    assert content(LabelTable(path)) == rows().to_pydict()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


# -- fingerprint


def test_the_same_content_has_the_same_fingerprint(stored):
    path = stored(rows())
    assert LabelTable(path).fingerprint == LabelTable(str(path)).fingerprint
    in_pieces = pa.concat_tables([rows().slice(0, 3), rows().slice(3)])
    assert LabelTable(rows()).fingerprint == LabelTable(in_pieces).fingerprint


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("before", [False, True])
def test_a_replaced_column_changes_the_fingerprint(stored, on_disk, before):
    table = LabelTable(stored(rows()) if on_disk else rows())
    if before:
        _ = table.fingerprint  # remembered by the table, but not by the one made from it
    one, other = (table.replace("split", [s] * 10) for s in ("train", "val"))
    assert len({table.fingerprint, one.fingerprint, other.fingerprint}) == 3
    assert one.fingerprint == table.replace("split", ["train"] * 10).fingerprint


def test_other_content_has_another_fingerprint(stored):
    prints = [LabelTable(rows()).fingerprint, LabelTable(rows().rename_columns(["path", "expression", "AU06", "age"]))]
    changed = rows().set_column(3, "age", pa.array([*range(9), -1]))
    assert len({prints[0], prints[1].fingerprint, LabelTable(changed).fingerprint}) == 3
    first = LabelTable(stored(rows())).fingerprint
    assert LabelTable(stored(changed)).fingerprint != first


def test_the_words_of_a_categorical_column_count(stored):
    def of(words):
        return pa.array(words).dictionary_encode()

    # Both have the codes 0, 1: a serialised batch is the same.
    one, other = (LabelTable(pa.table({"source": of(words)})) for words in (["a", "b"], ["x", "y"]))
    assert one.fingerprint != other.fingerprint
    table = LabelTable(pa.table({"age": [1, 2]}))
    assert table.replace("source", of(["a", "b"])).fingerprint != table.replace("source", of(["x", "y"])).fingerprint


def test_a_table_without_rows_is_a_table(stored):
    for table in (LabelTable(rows(0)), LabelTable(stored(rows(0)))):
        assert len(table) == 0
        assert table.read(["AU12"]).num_rows == 0
        assert np.asarray(table.read(["AU12"])["AU12"]).shape == (0,)
        assert table.labels == {"au": ("AU12",)}
