"""/files: results behind signed links, which open without a key until they expire."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from vitascope.orders import stills
from vitascope.server.auth import Asking, Here
from vitascope.server.files import delivery
from vitascope.server.routes import MEDIA, errors

router = APIRouter(route_class=Asking, prefix=delivery.PATH, tags=["files"])
_NAME = {"max_length": 200}


@router.get("/{key:path}", response_class=Response, responses=errors(404) | MEDIA)
def open_link(
    context: Here,
    request: Request,
    key: str,
    until: Annotated[int, Query(ge=0, lt=2**40)],
    signature: Annotated[str, Query(max_length=64)],
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The file behind a link that an answer gave."""
    delivery.check(context, key, until, signature)
    return delivery.answer(context, stills.there(context.blobs, key), request, name=name)


router.add_api_route("/{key:path}", open_link, methods=["HEAD"], include_in_schema=False)
