"""/v1/events: what happens, as it happens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from vitascope.server import events, video_object
from vitascope.server.auth import Asking, Here, Who
from vitascope.server.places import Stream
from vitascope.server.routes import Answers, errors
from vitascope.vendors.fields import bad

router = APIRouter(route_class=Asking, prefix="/v1/events", tags=["events"])
STREAM: Answers = {200: {"content": {"text/event-stream": {}}, "description": "Server-sent events."}}


@router.get("", response_class=Response, responses=errors(404, 422) | STREAM)
def listen(
    context: Here,
    actor: Who,
    request: Request,
    after: Annotated[str | None, Query(max_length=20, description="As Last-Event-ID; 0 for all that is kept.")] = None,
    video_id: Annotated[str | None, Query(max_length=64, description="Only of this video.")] = None,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> Response:
    """A stream that does not end. Come back with Last-Event-ID and nothing was missed."""
    seen = last_event_id or after
    if seen is not None and not (seen.isascii() and seen.isdigit() and int(seen) < 2**63):
        raise bad("after", f'There is no event "{seen}".', "Send the id of the last event seen.")
    job_id = ""
    if video_id:
        with context.store.read() as tx:
            job_id = video_object.job(tx, actor, video_id).id
    stream = events.stream(
        context, actor.id, context.base_url(request), after=int(seen) if seen else None, job_id=job_id
    )
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(stream, context.listening, actor.id, headers=headers)
