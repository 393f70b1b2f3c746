"""/healthz, /readyz, /metrics: for monitoring. They hold no personal data."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from vitascope import __version__, metrics
from vitascope.errors import Unavailable
from vitascope.server.auth import Asking, Here, Operator
from vitascope.server.routes import Answers, errors
from vitascope.server.schemas import Answer
from vitascope.store import health as kept

router = APIRouter(route_class=Asking, tags=["health"])
TEXT: Answers = {200: {"content": {"text/plain": {}}, "description": "Numbers by name."}}


class Health(Answer):
    status: Literal["ok"] = "ok"
    version: str = __version__


@router.get("/healthz")
def healthy() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", responses=errors(503))
def ready(context: Here) -> Health:
    """The tables that requests need can be read too, nothing is known to be damaged, and the server will not end."""
    if context.stopping.is_set():
        raise Unavailable("The server is about to end.", hint="Ask another.")
    kept.ready(context.store)
    return Health()


@router.get("/metrics", response_class=Response, responses=errors() | TEXT)
def scrape(context: Here, actor: Operator) -> Response:
    """For Prometheus, with an operator's key."""
    return Response(metrics.page(context.store, context.settings.home), media_type=metrics.CONTENT_TYPE)
