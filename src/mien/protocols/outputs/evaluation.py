"""The predictions that ``mien evaluate`` writes: RUN/test/NAME.parquet, which name the truth table's rows."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mien.data.columns import VALUE_COLUMNS
from mien.errors import TableError
from mien.labels import CLASS_TASKS, KNOWN_NAMES
from mien.protocols.outputs.base import NO_FRAME, Format, Outputs, having


def read(path: Path) -> Outputs:
    """The predictions of one evaluation; the truth in the file is not used."""
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise TableError(f"{path}: not a Parquet file ({error})") from None
    names = {column: column for by_label in VALUE_COLUMNS.values() for column in by_label.values()}
    names |= {f"{task}_{name}": name for task in CLASS_TASKS for name in KNOWN_NAMES[task]}
    values = {
        ours: table[theirs].to_numpy().astype(np.float64)
        for theirs, ours in names.items()
        if theirs in table.column_names
    }
    rows = table["row"].to_numpy().astype(np.int64)
    n = len(rows)
    unknown = np.full(n, np.nan)
    return Outputs("evaluation", str(path), [""] * n, np.full(n, NO_FRAME), unknown, values, row=rows)


FORMAT = Format(read, "mien evaluate: RUN/test/NAME.parquet", (".parquet",), having("row", "person"))
