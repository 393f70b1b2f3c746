"""/v1/library/export and /import: everything of an account in one file, to keep or to carry elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

from anyio import open_file, to_thread
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.responses import StreamingResponse

from vitascope.server import middleware
from vitascope.server.auth import Actor, Asking, Here, Who
from vitascope.server.context import Context
from vitascope.server.files import delivery
from vitascope.server.routes import ZIP, errors
from vitascope.server.schemas import Answer
from vitascope.store import archive, limits
from vitascope.vendors.fields import bad

router = APIRouter(route_class=Asking, prefix="/v1/library", tags=["library"])
IMPORTS_A_MINUTE = 4
_CHUNK = 1 << 20
_BODY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {"schema": {"type": "object", "properties": {"file": _BODY["schema"]}, "required": ["file"]}}


class LeftOutView(Answer):
    id: str
    why: str


class ImportView(Answer):
    object: Literal["import"] = "import"
    clips: int
    already_here: int
    projects: int
    bytes: int
    left_out: list[LeftOutView] = Field(description="Clips of the archive that are damaged.")


async def received(context: Here, actor: Who, request: Request) -> AsyncIterator[Path]:
    """The archive as a file, which is gone when the answer is out. It comes as the body itself, or in a form."""
    await to_thread.run_sync(_count, context, actor)
    middleware.take(request.scope, middleware.ARCHIVE_BYTES)
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        path = Path(folder) / "archive.zip"
        async with await open_file(path, "wb") as file:
            if request.headers.get("content-type", "").startswith("multipart/"):
                async with request.form(max_files=1, max_fields=10) as form:
                    sent = form.get("file")
                    if not isinstance(sent, UploadFile):
                        raise bad("file", "The archive is missing.", "Send it as the body, or in a form as file.")
                    while piece := await sent.read(_CHUNK):
                        await file.write(piece)
            else:
                async for piece in request.stream():
                    await file.write(piece)
        yield path


@router.get("/export", response_class=Response, responses=errors() | ZIP)
def export_library(context: Here, actor: Who) -> Response:
    """All clips, recipes, projects and the history, as one zip that streams out while it is put together."""
    pieces = archive.export(context.store, context.blobs, actor.id)
    headers = {"content-disposition": delivery.disposition("vitascope.zip")}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.post(
    "/import",
    responses=errors(400, 413, 422),
    openapi_extra={"requestBody": {"content": {"application/zip": _BODY, "multipart/form-data": _FORM}}},
)
def import_library(context: Here, actor: Who, path: Annotated[Path, Depends(received)]) -> ImportView:
    """Add what such a zip holds to the library; damaged clips are left out and listed. Of a wrong zip nothing comes."""
    return ImportView.model_validate(
        archive.take_in(context.store, context.blobs, actor.id, path, meaning=context.meaning)
    )


def _count(context: Context, actor: Actor) -> Any:
    with context.store.begin() as tx:
        rate = {"per_second": IMPORTS_A_MINUTE / 60, "burst": IMPORTS_A_MINUTE, "what": "imports"}
        limits.take(tx, f"import:{actor.id}", context.now(), **rate)  # type: ignore[arg-type]
