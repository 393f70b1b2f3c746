"""The native API, one file for each noun. A route says what it takes and gives; what it does is done elsewhere."""

from __future__ import annotations

from typing import Any

from vitascope.server.schemas import ErrorBody

Answers = dict[int | str, dict[str, Any]]
_NAMES = ("video/mp4", "image/jpeg", "image/png", "image/webp", "application/octet-stream")
_KINDS: dict[str, dict[str, Any]] = {name: {} for name in _NAMES}
MEDIA: Answers = {
    200: {"content": _KINDS, "description": "The file."},
    206: {"content": _KINDS, "description": "The part that the Range header asks for."},
    304: {"description": "The caller has it already (If-None-Match)."},
    416: {"description": "The range lies behind the end."},
}
ZIP: Answers = {200: {"content": {"application/zip": {}}, "description": "The zip, as it is put together."}}


def errors(*statuses: int) -> Answers:
    """The answers that a route may give besides the good one, for the OpenAPI page."""
    return {status: {"model": ErrorBody} for status in sorted({400, 401, 403, 429, 500, 503, *statuses})}


def body(model: type[Any], *, files: bool = False, required: bool = True) -> dict[str, Any]:
    """The OpenAPI of a body that `server.body` reads: JSON or a form, of this model (see `openapi.describe`)."""
    ref = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    kinds = ["application/json", "multipart/form-data"]
    return {"requestBody": {"required": required, "content": dict.fromkeys(kinds[1:] if files else kinds, ref)}}
