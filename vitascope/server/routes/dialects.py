"""/v1/dialects: which vendors' clients work here, and what to tell them. Open to all: it says nothing of anybody."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request

from vitascope.server import compatibility
from vitascope.server.auth import Asking, Here
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Page, page
from vitascope.vendors.api import Dialect

router = APIRouter(route_class=Asking, prefix="/v1/dialects", tags=["dialects"])


class OperationView(Answer):
    name: str
    method: str
    path: str
    state: Literal["works", "refused"]
    why: str


class DialectView(Answer):
    id: str
    name: str
    object: Literal["dialect"] = "dialect"
    title: str
    base_url: str
    base_urls: list[str]
    sdk: str
    snippet: str
    signed: bool
    operations: list[OperationView]
    ignored: list[str]
    aliases: list[str]


@router.get("", responses=errors())
def list_dialects(context: Here, request: Request) -> Page[DialectView]:
    """All of them, with lines to paste; put your own in the place of {key}, {access} and {secret}."""
    origin = context.base_url(request)
    found = [_view(dialect, origin) for dialect in compatibility.ALL]
    return page(found, len(found))  # type: ignore[return-value]


def _view(dialect: Dialect, origin: str) -> DialectView:
    places = compatibility.base_urls(dialect, origin)
    return DialectView(
        id=dialect.name,
        name=dialect.name,
        title=dialect.title,
        base_url=places[0],
        base_urls=places,
        sdk=dialect.sdk,
        snippet=dialect.snippet.replace("{base}", origin).strip(),
        signed="{secret}" in dialect.snippet,
        operations=[
            OperationView.model_validate(operation, from_attributes=True)
            for operation in compatibility.operations(dialect)
        ],
        ignored=list(dialect.ignored),
        aliases=list(dialect.aliases),
    )
