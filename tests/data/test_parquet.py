"""Damaged Parquet files are one sentence each; fuzzing found them as errors of Arrow, JSON or Unicode."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.data.table import LabelTable
from mien.errors import TableError


def test_a_damaged_page(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    values = np.random.default_rng(0).random(1000).astype(np.float32)
    pq.write_table(pa.table({"valence": values}), path, compression="zstd", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[60:400] = bytes(340)
    path.write_bytes(content)
    with pytest.raises(TableError, match=r"table\.parquet: the file is damaged \(.*copy it again"):
        LabelTable(path).read(["valence"])


def test_text_that_is_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    offsets = pa.py_buffer(np.array([0, 1], np.int32).tobytes())
    text = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(b"\xc4"))
    pq.write_table(pa.table({"subject": text}), path)
    with pytest.raises(TableError, match=r"table\.parquet: the file is damaged"):
        LabelTable(path).read(["subject"])


@pytest.mark.parametrize("record", [b"{", b"\xf4", b"[]", b'{"classes": 3}', b'{"notes": {"AU12": 1}}'])
def test_a_damaged_record_of_our_own(record: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"path": ["a.png"]}, metadata={b"mien": record}), path)
    with pytest.raises(TableError, match=r"table\.parquet: the record that mien keeps in a table is damaged"):
        LabelTable(path)


def test_a_table_of_another_tool_has_no_record(tmp_path: Path) -> None:
    pq.write_table(pa.table({"path": ["a.png"]}), tmp_path / "table.parquet")
    assert LabelTable(tmp_path / "table.parquet").notes == {}
