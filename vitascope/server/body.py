"""The body of a request as one mapping of fields, whether it came as JSON or as a form with files. Used as a dependency
by every route that takes both; the files are closed when the answer is out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from vitascope.errors import BadSpec
from vitascope.server.errors import made
from vitascope.server.middleware import MEDIA_BYTES, PLAIN_BYTES, take
from vitascope.vendors.fields import clean, from_json, unbracketed

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
MAX_FILES, MAX_FIELDS = 8, 200
_LARGE = 64 * 1024  # bytes that take long enough to read that others should not wait for it


def kind_of(request: Request) -> str:
    """What the body is said to be: "application/json", or empty."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def form_of(request: Request) -> FormData:
    """A form, to be closed when its files were read. One without parts has no files, and is small. Raises BadSpec."""
    has_parts = kind_of(request) == FORMS[0]
    take(request.scope, MEDIA_BYTES if has_parts else PLAIN_BYTES)
    most = MEDIA_BYTES if has_parts else PLAIN_BYTES
    try:
        return await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=most)
    except (HTTPException, MultiPartException, ValueError, KeyError) as error:
        reason = getattr(error, "detail", "") or "it is cut off"
        raise BadSpec(f"The form cannot be read: {reason}.", hint="Send multipart/form-data or JSON.") from error


async def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object that was sent. Raises BadSpec."""
    found: Any = {}
    if body.strip():
        found = await to_thread.run_sync(from_json, body) if len(body) > _LARGE else from_json(body)
    if not isinstance(found, dict):
        raise BadSpec("The body must be a JSON object.", hint='For example {"prompt": "a red ball"}.')
    return found


async def fields(request: Request) -> AsyncIterator[dict[str, Any]]:
    """An empty body is an empty mapping. The route knows its caller by now. Raises BadSpec when it cannot be read."""
    kind = kind_of(request)
    take(request.scope, MEDIA_BYTES)
    if kind in FORMS:
        form = await form_of(request)
        try:
            yield clean_form(form.multi_items())
        finally:
            await form.close()
        return
    body = await request.body()
    if kind not in ("", "application/json", "text/json") and not kind.endswith("+json") and body:
        raise made(415, "unsupported_media_type", f"A body of {kind[:60]} is not read.", "Send JSON or a form.")
    yield await object_of(body)


async def aside(work: Callable[..., Any], *args: Any) -> Any:
    """Do this in a thread, so that others are answered meanwhile."""
    return await to_thread.run_sync(work, *args)


def clean_form(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, value in pairs:
        clean(name)
        if isinstance(value, str):
            clean(value, name[:100])
    return unbracketed(pairs)


Body = Annotated[dict[str, Any], Depends(fields)]
