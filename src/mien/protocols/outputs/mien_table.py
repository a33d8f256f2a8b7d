"""mien's own table of analysed faces, as ``mien analyze -o`` writes it."""

from pathlib import Path

import numpy as np

from mien.analysis.table import NEEDED, read_analysis, value_columns
from mien.inference.results import OK
from mien.protocols.outputs.base import Format, Outputs, having, hidden, whole


def read(path: Path) -> Outputs:
    """A table as CSV, Parquet or JSON lines; rows whose status is not ok have no answer."""
    table = read_analysis(path)
    values = {name: table[name].to_numpy(np.float64) for name in value_columns(table)}
    seen = (table["status"] == OK).tolist()
    words = [None] * len(table) if "compound" not in table else table["compound"].where(table["compound"].notna(), None)
    compound = [word if there else None for word, there in zip(words, seen, strict=True)]
    return Outputs(
        "mien",
        str(path),
        table["path"].tolist(),
        whole(table["frame"].to_numpy(np.float64)),
        table["score"].to_numpy(np.float64),
        hidden(values, seen),
        compound=compound if "compound" in table else None,
    )


FORMAT = Format(read, "mien analyze: CSV, Parquet or JSON lines", (".csv", ".parquet", ".jsonl"), having(*NEEDED))
