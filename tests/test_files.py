"""Files are replaced wholly or not at all, and leave nothing else behind."""

import os
import subprocess
import sys

import pytest

from mien.errors import MienError, TableError
from mien.files import atomic_write, locked, replacing


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_replaces_and_makes_the_folder(tmp_path):
    path = tmp_path / "new" / "a.bin"
    atomic_write(path, b"one")
    atomic_write(path, b"two")
    assert path.read_bytes() == b"two"
    assert names(path.parent) == ["a.bin"]


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path):
    path = tmp_path / "a.bin"
    atomic_write(path, b"old")
    with path.open("rb") as reader:
        atomic_write(path, b"new")
        assert reader.read() == b"old"  # written in place, it would be half old and half new


def test_text_is_written_as_utf_8(tmp_path):
    atomic_write(tmp_path / "a.txt", "Gesichtszüge\n")
    assert (tmp_path / "a.txt").read_bytes() == b"Gesichtsz\xc3\xbcge\n"


def test_the_file_is_as_readable_as_any_other(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    atomic_write(tmp_path / "atomic", b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_failure_keeps_the_old_file_and_leaves_nothing(tmp_path, monkeypatch, stop):
    path = tmp_path / "a.bin"
    atomic_write(path, b"old")

    def fail(_):
        raise stop

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises((KeyboardInterrupt, MienError)) as caught:
        atomic_write(path, b"new")
    if isinstance(stop, OSError):
        assert str(caught.value).startswith(f"Cannot write {path}: No space left on device")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_bytes_are_on_the_disk_before_the_name_changes(tmp_path, monkeypatch):
    path, seen = tmp_path / "a.bin", []
    monkeypatch.setattr(os, "fsync", lambda fd: seen.append((os.fstat(fd).st_size, path.exists())))
    atomic_write(path, b"four")
    assert seen == [(4, False)]


def test_a_file_where_a_folder_should_be_is_a_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MienError, match="Cannot write"):
        atomic_write(tmp_path / "file" / "a.bin", b"")


def test_a_folder_where_the_file_should_be_is_a_sentence(tmp_path):
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(MienError, match=r"Cannot write .*a\.bin"):
        atomic_write(tmp_path / "a.bin", b"")
    assert names(tmp_path) == ["a.bin"]


def test_replacing_shows_the_old_file_until_the_block_ends(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with replacing(path) as partial:
        assert partial.parent.parent == path.parent  # a rename across file systems would not be atomic
        partial.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a.bin"]


def test_replacing_passes_on_what_the_block_raises(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(TableError, match=r"^row 3 is wrong$"), replacing(path) as partial:
        partial.write_bytes(b"half of it")
        raise TableError("row 3 is wrong")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_replacing_twice_at_once_uses_two_partial_files(tmp_path):
    path = tmp_path / "a.bin"
    with replacing(path) as one, replacing(path) as two:
        one.write_bytes(b"one")
        two.write_bytes(b"two")
        assert one != two
    assert path.read_bytes() == b"one"  # the outer block ended last


def test_a_locked_folder_is_refused_to_others_and_free_afterwards(tmp_path):
    folder = tmp_path / "new" / "run"
    with locked(folder, "wait"):
        sentence = rf"{folder} is in use by another run \(process {os.getpid()} on .*\); choose another"
        with pytest.raises(MienError, match=sentence), locked(folder, "choose another"):
            pass
    with locked(folder, "wait"):
        assert names(folder) == [".lock"]
    assert names(folder) == []


def test_a_lock_ends_with_its_process_however_that_ends(tmp_path):
    code = "import os, sys; from pathlib import Path; from mien.files import locked\n"
    code += "with locked(Path(sys.argv[1]), ''): os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code, tmp_path]).returncode == -9
    half = tmp_path / ".a.bin.12345678.partial"
    half.mkdir()
    (half / "a.bin").write_bytes(b"half of it")
    (half / ".tmpXyz").write_bytes(b"a library's own temporary file")
    (tmp_path / "a.partial").write_bytes(b"somebody's own")
    assert ".lock" in names(tmp_path)
    with locked(tmp_path, ""):
        assert names(tmp_path) == [".lock", "a.partial"]  # and what it had half written is gone


def test_a_folder_that_cannot_be_made_cannot_be_locked(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MienError, match="Cannot write"), locked(tmp_path / "file", ""):
        pass
