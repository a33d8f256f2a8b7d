"""From a table to a store: the same pixels as a direct cut, made once, and never half."""

import tracemalloc
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.data import prepare as module
from mien.data.columns import BOX, LANDMARKS
from mien.data.prepare import Faces, padding, prepare
from mien.data.table import LabelTable
from mien.errors import TableError
from mien.geometry import TEMPLATE
from mien.images import write_picture
from mien.preprocessing import Preprocessing

LABELS = {"expression": ("neutral", "fear"), "au": ("AU12",)}
SMALL = Preprocessing(size=16, grey=False)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def picture(number, height=20, width=24):
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Six pictures and a table of them: three rows of train, one without any label."""
    for i in range(6):
        write_picture(tmp_path / "faces" / f"{i}.png", picture(i))
    columns = {
        "path": [f"faces/{i}.png" for i in range(6)],
        "split": ["train", "val", "train", "train", "val", "train"],
        "expression": pa.array(["fear", "neutral", None, "neutral", None, None], pa.string()),
        "AU12": pa.array([None, 1, None, 0, 1, 1], pa.int8()),
        "frame": pa.array([0, 1, 2, 3, 4, 4]),
    }
    pq.write_table(pa.table(columns), tmp_path / "table.parquet")
    return tmp_path


def faces(folder, table=None, **more):
    table = LabelTable(folder / "table.parquet") if table is None else table
    return Faces(**{"table": table, "name": "A", "labels": LABELS, "preprocessing": SMALL, **more})


def in_memory(n=4, root=None, **columns):
    given = {"path": pa.nulls(n, pa.string()), "expression": ["fear"] * n, **columns}
    return LabelTable(pa.table(given), root=root)


def no_decoding(monkeypatch):
    def decode(*_):
        raise AssertionError("a picture was decoded again")

    monkeypatch.setattr(module, "read_image", decode)


def left_in(cache):
    return sorted(path.name for path in cache.iterdir()) if cache.exists() else []


# -- what is in a store


@pytest.mark.parametrize("grey", [False, True])
def test_a_store_holds_direct_cuts_and_their_labels(folder, grey):
    cut = Preprocessing(size=16, grey=grey)
    store = prepare(faces(folder, preprocessing=cut, where={"split": "train"}))
    assert store.name == "A" and len(store) == 3 and store.skipped == ()
    assert store.rows.tolist() == [0, 3, 5]  # row 2 has no label
    assert store.images.shape == (3, 20, 20, 1 if grey else 3) and store.images.dtype == np.uint8
    assert padding(cut) == 2
    for row, image in zip(store.rows, store.images, strict=True):
        assert np.array_equal(image, cut.crop(picture(row), pad=2))
    assert store.labels.target["expression"].tolist() == [[0, 1], [1, 0], [0, 0]]
    assert store.labels.mask["expression"].tolist() == [[True, True], [True, True], [False, False]]
    assert store.labels.target["au"].tolist() == [[0], [0], [1]]
    assert store.labels.mask["au"].tolist() == [[False], [True], [True]]


def test_a_store_is_mapped_and_not_loaded(folder):
    store = prepare(faces(folder))
    for array in (store.images, store.rows, *store.labels.target.values()):
        while not isinstance(array, np.memmap):
            array = array.base
        assert array.mode == "r"


def test_faces_are_cut_by_their_box_and_whole_without_one(folder):
    corners = [[2.0, 3.0, 15.0, 17.5], [None] * 4, [4.0, 4.0, None, 12.0]]
    boxes = {name: pa.array([box[i] for box in corners], pa.float32()) for i, name in enumerate(BOX)}
    table = in_memory(3, folder, path=[f"faces/{i}.png" for i in range(3)], **boxes)
    store = prepare(faces(folder, table))
    for row, box in enumerate([corners[0], None, None]):
        assert np.array_equal(store.images[row], SMALL.crop(picture(row), box, pad=2))


def test_encoded_bytes_win_over_a_path(folder):
    data = (folder / "faces" / "3.png").read_bytes()
    store = prepare(faces(folder, in_memory(1, folder, path=["faces/0.png"], image=[data])))
    assert np.array_equal(store.images[0], SMALL.crop(picture(3), pad=2))


def test_rows_keep_their_order_and_number_over_several_batches(folder, monkeypatch):
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 2)
    table = in_memory(6, folder, path=[f"faces/{i}.png" for i in range(6)], frame=[1, 0, 0, 1, 1, 1])
    store = prepare(faces(folder, table, where={"frame": "1"}))
    assert store.rows.tolist() == [0, 3, 4, 5]
    assert all(np.array_equal(store.images[i], SMALL.crop(picture(r), pad=2)) for i, r in enumerate(store.rows))


def test_an_unknown_label_names_its_row_in_the_table(folder, monkeypatch):
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 2)
    table = in_memory(6, folder, expression=["fear"] * 5 + ["joy"], split=["val", "train"] * 3)
    with pytest.raises(TableError, match="row 5, column 'expression': unknown expression 'joy'"):
        prepare(faces(folder, table, where={"split": "train"}))  # not row 2, its place among the chosen


# -- which rows


def test_where_joins_its_columns_and_skips_nulls(folder):
    assert prepare(faces(folder, where={"split": "val"})).rows.tolist() == [1, 4]
    assert prepare(faces(folder, where={"split": "train", "frame": "3"})).rows.tolist() == [3]
    path = [f"faces/{i}.png" for i in range(4)]
    source = pa.array(["lfw", None, "film", "lfw"])
    for column in (source, source.dictionary_encode()):
        table = in_memory(4, folder, path=path, source=column)
        assert prepare(faces(folder, table, where={"source": "lfw"})).rows.tolist() == [0, 3]


def test_a_wrong_where_is_a_sentence(folder):
    with pytest.raises(TableError, match="no column 'splitt'; did you mean 'split'"):
        prepare(faces(folder, where={"splitt": "train"}))
    with pytest.raises(TableError, match="column 'frame' holds int64, never 'first'"):
        prepare(faces(folder, where={"frame": "first"}))


def test_unlabelled_rows_are_kept_when_wanted(folder):
    store = prepare(faces(folder, unlabelled=True))
    assert store.rows.tolist() == [0, 1, 2, 3, 4, 5]
    assert not any(mask[2].any() for mask in store.labels.mask.values())


def test_withheld_tasks_are_masked_and_their_rows_unlabelled(folder):
    store = prepare(faces(folder, tasks=("expression",)))
    assert store.rows.tolist() == [0, 1, 3]
    assert not store.labels.mask["au"].any() and not store.labels.target["au"].any()
    assert store.labels.mask["expression"].all()


def test_a_task_that_the_database_lacks_is_masked(folder):
    store = prepare(faces(folder, labels={**LABELS, "va": ("valence", "arousal")}))
    assert store.labels.mask["va"].shape == (5, 2) and not store.labels.mask["va"].any()


@pytest.mark.parametrize("where", [{"split": "test"}, {}])
def test_an_empty_split_is_a_sentence(folder, where):
    table = in_memory(2, folder, split=["train"] * 2)  # neither row has a picture
    chosen, broken = ("split = test", 0) if where else ("any value", 2)
    for _ in range(2):  # the second time from the cache
        with pytest.raises(TableError) as caught:
            prepare(faces(folder, table, where=where))
        assert str(caught.value) == (
            f"table: no row with {chosen} has a picture and a label of expression, au ({broken} pictures are broken); "
            "'mien table summarise' shows its splits and labels"
        )


# -- broken pictures


def test_broken_pictures_are_skipped_counted_and_listed_but_never_fatal(folder):
    good = (folder / "faces" / "3.png").read_bytes()
    (folder / "faces" / "broken.png").write_bytes(b"<html>")
    rows = [
        ("faces/0.png", None, None),
        ("faces/broken.png", None, None),
        ("faces/missing.png", None, None),
        (None, None, None),
        (None, good, None),
        (None, b"", None),
        (None, b"no picture, with a \ncomma", None),
        ("faces/2.png", None, (5, 5, 5, 5)),
        ("faces/1.png", None, (2, 2, 18, 18)),
    ]
    path, image, box = zip(*rows, strict=True)
    boxes = {name: pa.array([b and float(b[i]) for b in box], pa.float32()) for i, name in enumerate(BOX)}
    table = in_memory(
        9, folder, path=path, image=pa.array(image, pa.binary()), AU12=pa.array([1, 0, 0, 0, 1, 0, 0, 0, 0]), **boxes
    )
    for _ in range(2):  # the second time from the cache
        store = prepare(faces(folder, table))
        assert store.rows.tolist() == [0, 4, 8]
        assert np.array_equal(store.images[1], SMALL.crop(picture(3), pad=2))
        assert store.labels.target["au"][:, 0].tolist() == [1, 1, 0]  # each picture keeps its own row's label
        assert [s.row for s in store.skipped] == [1, 2, 3, 5, 6, 7]
        reasons = [s.reason for s in store.skipped]
        assert "broken.png: not a picture" in reasons[0]
        assert "missing.png: cannot read the picture" in reasons[1]
        assert reasons[2] == "table, row 3: neither image nor path is given; add one or remove the row"
        assert "table, row 5: the picture is empty" in reasons[3]
        assert "table, row 6: not a picture" in reasons[4]
        assert "the face box (5, 5, 5, 5) is empty" in reasons[5]


# -- the cache


def test_a_second_prepare_takes_the_cache(folder, monkeypatch, cache):
    first = prepare(faces(folder))
    no_decoding(monkeypatch)
    again = prepare(faces(folder, name="another name"))
    assert again.name == "another name"
    assert np.array_equal(first.images, again.images) and np.array_equal(first.rows, again.rows)
    assert len(left_in(cache)) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"preprocessing": Preprocessing(size=24, grey=False)},
        {"preprocessing": Preprocessing(size=16, grey=True)},
        {"preprocessing": Preprocessing(size=16, grey=False, context=1.0)},
        {"where": {"split": "train"}},
        {"tasks": ("au",)},
        {"labels": {"au": ("AU12",)}},
        {"labels": {"expression": ("neutral", "happiness"), "au": ("AU12",)}},
        {"unlabelled": True},
    ],
)
def test_what_changes_the_arrays_makes_a_new_store(folder, cache, more):
    prepare(faces(folder))
    prepare(faces(folder, **more))
    assert len(left_in(cache)) == 2


def test_what_does_not_change_the_arrays_shares_the_store(folder, cache):
    prepare(faces(folder))
    prepare(faces(folder, preprocessing=Preprocessing(size=16, grey=False, mean=(0.1, 0.1, 0.1))))
    assert len(left_in(cache)) == 1


def test_a_changed_table_makes_a_new_store(folder, cache):
    table = LabelTable(folder / "table.parquet")
    assert prepare(faces(folder, table)).labels.target["au"].sum() == 3
    changed = table.replace("AU12", [0] * 6)
    assert prepare(faces(folder, changed)).labels.target["au"].sum() == 0
    changed.write(folder / "table.parquet")
    assert prepare(faces(folder)).labels.target["au"].sum() == 0
    assert len(left_in(cache)) == 3


def test_a_changed_picture_makes_a_new_store(folder):
    assert np.array_equal(prepare(faces(folder)).images[0], SMALL.crop(picture(0), pad=2))
    write_picture(folder / "faces" / "0.png", picture(77))
    assert np.array_equal(prepare(faces(folder)).images[0], SMALL.crop(picture(77), pad=2))


def test_a_picture_that_came_later_is_found(folder):
    (folder / "faces" / "0.png").rename(folder / "elsewhere.png")
    assert len(prepare(faces(folder)).skipped) == 1
    (folder / "elsewhere.png").rename(folder / "faces" / "0.png")
    assert prepare(faces(folder)).skipped == ()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_leaves_nothing_half_written(folder, monkeypatch, cache, stop):
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 2)
    read, seen = module.read_image, []

    def interrupted(source, where):
        seen.append(source)
        if len(seen) > 3:
            raise stop
        return read(source, where)

    with monkeypatch.context() as patch:
        patch.setattr(module, "read_image", interrupted)
        with pytest.raises(stop):
            prepare(faces(folder))
    assert left_in(cache) == []
    assert prepare(faces(folder)).rows.tolist() == [0, 1, 3, 4, 5]
    assert [name for name in left_in(cache) if name.startswith(".")] == []


def test_a_store_that_another_process_made_meanwhile_is_kept(folder, cache, monkeypatch):
    finish = module.StoreWriter.finish

    def slow(writer):
        finish(writer)
        monkeypatch.setattr(module.StoreWriter, "finish", finish)
        prepare(faces(folder))  # the other process, faster

    monkeypatch.setattr(module.StoreWriter, "finish", slow)
    assert prepare(faces(folder)).rows.tolist() == [0, 1, 3, 4, 5]
    assert len(left_in(cache)) == 1


def test_progress_is_told_of_every_batch(folder, monkeypatch):
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 4)
    told = []

    def progress(items, what, total):
        for item in items:
            told.append((what, total))
            yield item

    prepare(faces(folder), progress)
    assert told == [("A: cutting faces", 2)] * 2


def test_memory_does_not_grow_with_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 64)
    write_picture(tmp_path / "a.png", picture(0, 8, 8))
    data = (tmp_path / "a.png").read_bytes()

    def peak(rows):
        path = tmp_path / f"{rows}.parquet"
        pq.write_table(pa.table({"image": [data] * rows, "expression": ["fear"] * rows}), path)
        run = partial(prepare, faces(tmp_path, LabelTable(path), labels={"expression": ("neutral", "fear")}))
        tracemalloc.start()
        try:
            assert len(run()) == rows
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is imported and remembered on first use
    few, many = peak(200), peak(2000)
    assert many < 1.5 * few + 100_000  # 2000 faces alone are 2.4 MB


def test_landmarks_align_the_rows_that_have_them(folder):
    table = pq.read_table(folder / "table.parquet")
    points = TEMPLATE * [16, 14] + [4, 3]
    for name, value in zip(LANDMARKS, points.ravel(), strict=True):
        table = table.append_column(name, pa.array([value, None, None, None, None, value], pa.float32()))
    table = LabelTable(table, root=folder)
    aligned, plain = Preprocessing(size=16, grey=False, align=True), Preprocessing(size=16, grey=False)
    store = prepare(faces(folder, table, preprocessing=aligned, where={"split": "train"}))
    assert store.rows.tolist() == [0, 3, 5]
    assert np.array_equal(store.images[0], aligned.crop(picture(0), pad=2, landmarks=points.astype(np.float32)))
    assert np.array_equal(store.images[1], plain.crop(picture(3), pad=2)), "no landmarks: the whole picture"
    unaligned = prepare(faces(folder, table, preprocessing=plain, where={"split": "train"}))
    assert not np.array_equal(unaligned.images[0], store.images[0]), "another cut has another store"
