"""A large analysis in shards: whatever dies, its table has the rows of one machine's, each once."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference import sharded, simple_work
from inference.made import scene, write_video
from mien.errors import MienError
from mien.images import write_picture
from mien.inference import shards
from mien.inference.job import analyze
from mien.inference.journal import MANIFEST_FILE, Journal
from mien.inference.on_ray import on_ray
from mien.inference.pool import in_processes
from mien.inference.shards import Done, Shard, analyze_shards, plan
from mien.inference.sinks import write_tables
from mien.inference.sources import Source, find_sources
from mien.inference.table import schema

TESTS = Path(__file__).parents[1]
LABELS = sharded.make().labels


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Eight photos, one of them broken; a video; a table with pictures, paths and a gap; a folder in a store."""
    monkeypatch.setattr(shards, "PHOTOS_AT_ONCE", sharded.AT_ONCE)
    rng = np.random.default_rng(0)
    folder, store = tmp_path / "study", tmp_path / "store"
    for place, count in ((folder, 7), (store, 2)):
        place.mkdir()
        for i in range(count):
            squares = [(20 + 50 * k, int(rng.integers(20, 100)), 30) for k in range(i % 3)]
            write_picture(place / f"p{i}.png", scene(squares, level=int(rng.integers(40, 120))))
    (folder / "broken.jpg").write_bytes(b"no picture")
    write_video(folder / "v.mp4", [scene([(20 + i, 20, 40)]) for i in range(6)], [i / 25 for i in range(6)])
    images = [(folder / f"p{i}.png").read_bytes() for i in range(5)]
    table = pa.table({"image": [*images, None, None], "path": [None] * 5 + ["study/p6.png", None]})
    pq.write_table(table, tmp_path / "faces.parquet", row_group_size=4)
    return [str(folder), str(tmp_path / "faces.parquet"), f"file://{store}"]


def one_machine(corpus: list[str], out: Path) -> pd.DataFrame:
    journal = Journal(out, {}, schema(LABELS))
    analyze(sharded.make(), find_sources(corpus), journal.keep)
    return table_of(journal)


def table_of(journal: Journal) -> pd.DataFrame:
    found: pd.DataFrame = pa.concat_tables(journal.rows()).to_pandas()
    return found


def serial(work: Callable[[Shard], Done], items: Iterable[Shard]) -> Iterator[Done]:
    yield from map(work, items)


def test_one_row_per_face_and_one_that_says_why_there_is_none(corpus: list[str], tmp_path: Path) -> None:
    table = one_machine(corpus, tmp_path / "one.parquet")
    assert table.groupby("path", sort=False).size().to_list() == [1, 1, 1, 2, 1, 1, 2, 1, 6, 1, 1, 2, 1, 1, 1, 1, 1, 1]
    rows = table[table["path"].str.contains("#")]
    assert rows["path"].str.rsplit("#").str[-1].unique().tolist() == [str(i) for i in range(7)]
    assert rows["status"].iloc[-1].endswith("the picture is empty (0 bytes); copy the file again or remove the row")
    assert table["path"].iloc[-1] == f"{corpus[2]}/p1.png" and table["status"].iloc[-1] == "ok"


def test_shards_are_bounded_lists_of_one_kind(corpus: list[str]) -> None:
    sources = find_sources(corpus)
    found = list(plan(sources))
    assert [len(shard.sources) for shard in found] == [3, 3, 2, 1, 1, 1, 2]
    assert [shard.number for shard in found] == [0, 3, 6, 8, 9, 10, 11]
    assert [(s.start, s.stop) for shard in found[4:6] for s in shard.sources] == [(0, 4), (4, 7)]
    assert all(len({source.kind for source in shard.sources}) == 1 for shard in found)
    left = list(plan(sources, {source.key for source in sources[:4]}))
    assert [shard.number for shard in left] == [4, 7, 8, 9, 10, 11], "places stay what they are"


@pytest.mark.parametrize("engine", ["processes", "ray"])
def test_workers_that_die_lose_and_double_nothing(
    corpus: list[str], tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "ray":
        pytest.importorskip("ray")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), *sys.path]))  # Ray's workers get no other path
    marks = tmp_path / "marks"
    marks.mkdir()
    journal = Journal(tmp_path / "many.parquet", {}, schema(LABELS))
    work, sources = partial(sharded.dies_at_times, marks, 0.5), find_sources(corpus)
    run = partial(in_processes, workers=2) if engine == "processes" else partial(on_ray, workers=2)
    deaths = [shard for shard in plan(sources) if random.Random(shard.number).random() < 0.5]
    assert len(deaths) >= 2
    tally = analyze_shards(work, sources, journal, run)
    expected = one_machine(corpus, tmp_path / "one.parquet")
    pd.testing.assert_frame_equal(table_of(journal), expected, rtol=1e-5, atol=1e-6)
    assert (tally.faces, len(tally.failed)) == (expected["face"].notna().sum(), 2)


def test_a_driver_that_is_killed_goes_on_without_doing_anything_twice(corpus: list[str], tmp_path: Path) -> None:
    marks, out = tmp_path / "marks", tmp_path / "many.parquet"
    marks.mkdir()
    journal = Journal(out, {}, schema(LABELS))
    code = "import sys; from inference.sharded import drive; drive(*sys.argv[1:])"
    path = {"PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    driver = subprocess.Popen([sys.executable, "-c", code, str(out), str(marks), *corpus], env=os.environ | path)
    deadline = time.monotonic() + 120
    while len(kept := sorted(journal.folder.glob("[!_]*.parquet"))) < 2:
        assert driver.poll() is None and time.monotonic() < deadline, "the driver does not come to its second shard"
        time.sleep(0.001)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    before = {part: part.stat().st_mtime_ns for part in sorted(journal.folder.glob("[!_]*.parquet"))}
    assert 2 <= len(kept) <= len(before) < 7
    again = Journal(out, {}, schema(LABELS))
    done_again: list[int] = []
    analyze_shards(sharded.work, find_sources(corpus), again, serial, lambda done: done_again.append(done.shard.number))
    assert {part: part.stat().st_mtime_ns for part in before} == before
    assert len(done_again) + len(before) == 7
    expected = one_machine(corpus, tmp_path / "one.parquet")
    pd.testing.assert_frame_equal(table_of(again), expected, rtol=1e-5, atol=1e-6)


def test_a_folder_of_tables_reads_as_one_and_has_a_manifest(corpus: list[str], tmp_path: Path) -> None:
    out = tmp_path / "faces"
    journal = Journal(out, {"model": "m"}, schema(LABELS))
    analyze_shards(sharded.work, find_sources(corpus), journal, serial)
    expected = table_of(journal)
    journal.publish(out)
    pd.testing.assert_frame_equal(pd.read_parquet(out).reset_index(drop=True), expected)
    manifest = json.loads((out / MANIFEST_FILE).read_text())
    assert manifest["rows"] == len(expected) == sum(part["rows"] for part in manifest["parts"])
    assert manifest["job"] == {"model": "m"} and len(manifest["parts"]) == 7
    listed = [source for part in manifest["parts"] for source in part["sources"]]
    assert listed == [source.key for source in find_sources(corpus)]
    assert all((out / part["file"]).stat().st_size == part["bytes"] for part in manifest["parts"])


def test_a_part_with_a_flipped_byte_is_not_read(corpus: list[str], tmp_path: Path) -> None:
    journal = Journal(tmp_path / "t.parquet", {}, schema(LABELS))
    analyze_shards(sharded.work, find_sources(corpus[:1]), journal, serial)
    part = sorted(journal.folder.glob("[!_]*.parquet"))[1]
    content = bytearray(part.read_bytes())
    content[len(content) // 3] ^= 1
    part.write_bytes(content)
    with pytest.raises(MienError, match=rf"{part.name} is broken .*delete it, and its sources are analysed again"):
        write_tables(tmp_path / "t.parquet", journal.rows())
    assert not (tmp_path / "t.parquet").exists()
    part.unlink()
    again = Journal(tmp_path / "t.parquet", {}, schema(LABELS))
    analyze_shards(sharded.work, find_sources(corpus[:1]), again, serial)
    assert len(table_of(again)) == 16


def test_few_items_are_in_hand_and_none_is_lost() -> None:
    """Back-pressure: an item is taken when a worker is free for it, however slowly the results are used."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for i in range(30):
            taken.append(i)
            yield i

    found = []
    for result in in_processes(simple_work.double, items(), workers=2):
        found.append(result)
        assert len(taken) <= len(found) + 2
    assert sorted(found) == list(range(0, 60, 2))


def test_what_always_fails_is_said_after_all_others_are_done(tmp_path: Path) -> None:
    found = []
    with pytest.raises(MienError, match=r"Given up after 3 tries: 3 \(ValueError: no such number\); all others are"):
        for result in in_processes(partial(simple_work.fails_on_three, tmp_path), range(8), workers=2):
            found.append(result)
    assert sorted(found) == [0, 2, 4, 8, 10, 12, 14]


def test_a_table_without_pictures_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"AU12": [1]}), tmp_path / "t.parquet")
    with pytest.raises(MienError, match="no column 'image' or 'path'"):
        find_sources([str(tmp_path / "t.parquet")])
    (tmp_path / "u.parquet").write_bytes(b"no table")
    with pytest.raises(MienError, match="not a Parquet table"):
        find_sources([str(tmp_path / "u.parquet")])


def test_stores(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for name in ("/study/a.png", "/study/deep/b.JPG", "/study/notes.txt", "/study/c.mp4"):
        memory.pipe(name, b"something")
    found = find_sources(["memory://study"])
    assert [(source.kind, Path(source.name).name) for source in found] == [
        ("photo", "a.png"),
        ("video", "c.mp4"),
        ("photo", "b.JPG"),
    ]
    assert find_sources(["memory://study/*.mp4"]) == [found[1]]
    assert find_sources(["memory://study/notes.txt"]) == [Source("photo", "memory://study/notes.txt")]
    with pytest.raises(MienError, match="no photo or video there"):
        find_sources(["memory://nowhere"])
    with pytest.raises(MienError, match="nosuch://bucket: cannot be read from its store"):
        find_sources(["nosuch://bucket"])
    journal = Journal(tmp_path / "t.csv", {}, schema(LABELS))
    analyze(sharded.make(), found, journal.keep)
    table = table_of(journal)
    assert table["path"].tolist() == [source.name for source in found]
    assert table["status"].str.startswith("error").all() and not table["status"].str.contains("/tmp").any()
