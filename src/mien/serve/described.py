"""What ``/openapi.json`` says of an endpoint that takes pictures: it reads its body itself, so we say it by hand."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from mien.serve.answers import CSV, row_schema
from mien.serve.uploads import MULTIPART

ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string", "description": "One sentence: what is wrong, and what to do."}},
    "required": ["error"],
}
REASONS = {
    400: "No picture, or a body that makes no sense",
    408: "The upload took too long",
    413: "A picture, the request or the number of pictures is beyond the limits that GET /model states",
    415: "No picture by its type",
    422: "A broken picture",
    503: "Too many requests wait; Retry-After says when to come back",
}


def described(columns: pa.Schema) -> Callable[[str, int], dict[str, Any]]:
    """Keyword arguments of a FastAPI endpoint that answers with rows of these columns, from its summary and the most
    pictures that it takes.
    """
    file = {"type": "string", "format": "binary"}
    rows = {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": row_schema(columns)}},
        "required": ["rows"],
    }
    answers: dict[int | str, dict[str, Any]] = {
        code: {"description": text, "content": {"application/json": {"schema": ERROR}}}
        for code, text in REASONS.items()
    }
    answers[200] = {
        "description": "The rows that mien analyze writes",
        "content": {"application/json": {"schema": rows}, CSV: {"schema": {"type": "string"}}},
    }

    def about(summary: str, most: int) -> dict[str, Any]:
        files = {"type": "array", "items": file, "minItems": 1, "maxItems": most}
        form = {"type": "object", "properties": {"file": files}, "required": ["file"]}
        body = {"required": True, "content": {"image/*": {"schema": file}, MULTIPART: {"schema": form}}}
        return {"summary": summary, "openapi_extra": {"requestBody": body}, "responses": answers}

    return about
