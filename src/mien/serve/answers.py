"""Faces as the body of an answer: the rows that ``mien analyze`` writes, as JSON or CSV."""

from collections.abc import Sequence
from io import BytesIO
from math import isfinite
from typing import Any

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mien.inference.results import Faces
from mien.inference.sinks import write_csv
from mien.inference.table import to_arrow

CSV = "text/csv"


def answer(request: Request, found: Sequence[Faces]) -> Response:
    """The rows of all pictures: ``{"rows": [...]}``, or CSV where the request accepts that."""
    table = to_arrow(*found)
    if CSV in request.headers.get("accept", ""):
        content = BytesIO()
        write_csv(content, table.schema, [table])
        return Response(content.getvalue(), media_type=CSV)
    return JSONResponse({"rows": [plain(row) for row in table.to_pylist()]})


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row in which every number that JSON lacks (NaN, infinity) is None.

    >>> plain({"score": float("nan"), "face": 0})
    {'score': None, 'face': 0}
    """
    return {name: None if isinstance(value, float) and not isfinite(value) else value for name, value in row.items()}


def row_schema(columns: pa.Schema) -> dict[str, Any]:
    """A row in the words of OpenAPI."""
    return {"type": "object", "properties": {field.name: _kind(field.type) for field in columns}}


def _kind(column: pa.DataType) -> dict[str, Any]:
    kind = "integer" if pa.types.is_integer(column) else "number" if pa.types.is_floating(column) else "string"
    return {"type": [kind, "null"]}
