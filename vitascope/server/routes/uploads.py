"""/uploads: where the bytes of a file go that a client has a ticket for. The address itself is the right to send there,
so neither a key nor a session is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse

from vitascope.server import body, middleware
from vitascope.server.auth import Asking, Here
from vitascope.server.files import client_files
from vitascope.server.routes import Answers, errors
from vitascope.server.schemas import Answer

router = APIRouter(route_class=Asking, prefix=client_files.PATH, tags=["files"])
_STATUSES = ("200", "201", "204")  # that a form may ask for, as it does of S3
_STATUS = {"type": "string", "enum": list(_STATUSES)}


class SentView(Answer):
    object: Literal["upload"] = "upload"
    bytes: int


_FILE = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "properties": {"file": _FILE, "key": {"type": "string"}, "success_action_status": _STATUS}}
_AS_ASKED: Answers = {
    200: {"model": SentView},
    201: {"description": "If success_action_status asks for it."},
    204: {"description": "Of a form that does not ask for another."},
}


@router.put(
    "/{account_id}/{upload_id}",
    response_model=SentView,
    responses=errors(404, 409, 413, 422),
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {"schema": _FILE}}}},
)
@router.post(
    "/{account_id}/{upload_id}",
    name="send_form",
    response_class=Response,
    responses=errors(404, 409, 413, 422) | _AS_ASKED,
    openapi_extra={"requestBody": {"content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def send_file(
    context: Here,
    request: Request,
    account_id: str,
    upload_id: str,
    until: Annotated[int, Query(ge=0, lt=2**40)],
    signature: Annotated[str, Query(max_length=64)],
) -> Response:
    """Send a file's bytes, as the body or in a form."""
    client_files.check(context, account_id, upload_id, until, signature)
    middleware.take(request.scope, middleware.MEDIA_BYTES)
    if body.kind_of(request) not in body.FORMS:
        data = await request.body()
        await body.aside(client_files.receive, context, account_id, upload_id, data)
        return JSONResponse(SentView(bytes=len(data)).model_dump())
    form = await body.form_of(request)
    try:
        file = next((value for value in form.values() if isinstance(value, UploadFile)), b"")
        part = str(form.get("key", "")).rpartition("/")[2]
        kept = await body.aside(partial(client_files.receive, part=part), context, account_id, upload_id, file)
        wanted = str(form.get("success_action_status", "204"))
        if wanted == "200":
            return JSONResponse(SentView(bytes=kept.data["bytes"]).model_dump())
        return Response(status_code=int(wanted) if wanted in _STATUSES else 204)
    finally:
        await form.close()
