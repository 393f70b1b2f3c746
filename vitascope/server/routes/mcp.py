"""/mcp: the tools for agents, over streamable HTTP. Only a key comes in here, never a browser's session or the owner's
token: no page that a browser has open can act through this door. The tools ask the API of this server with that key.
"""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from starlette.types import Message, Receive, Scope, Send

from vitascope import strictjson
from vitascope.errors import BadSpec, MissingExtra, NotAllowed, NotSignedIn
from vitascope.mcp import api
from vitascope.server import auth, local, middleware
from vitascope.server.auth import Asking, Here
from vitascope.server.body import aside
from vitascope.server.context import Context

router = APIRouter(route_class=Asking, include_in_schema=False)


@router.post("/mcp")
async def mcp(context: Here, request: Request) -> Response:
    """A message of the Model Context Protocol; see docs/mcp.md."""
    _refuse_foreign(context, request)
    key = auth.given_key(request.headers)
    if not key:
        raise NotSignedIn("No key was sent.", hint="Send one as `Authorization: Bearer KEY`.", reason="missing")
    actor = await aside(auth.by_credential, context, key)
    middleware.take(request.scope, await aside(_most_bytes))
    body = await request.body()
    try:
        await aside(strictjson.loads, body)
    except (ValueError, RecursionError) as error:
        raise BadSpec(f"The body cannot be read: {error}.", hint="Send one JSON-RPC message.") from error
    return _Answer(context, actor.id, body)


def _most_bytes() -> int:
    """Of a message. Not asked on the loop: the first time, the SDK is loaded, which takes half a second."""
    try:
        from vitascope.mcp import server
    except ImportError as error:
        raise MissingExtra("MCP", "mcp") from error
    return server.MOST_BYTES


class _Answer(Response):
    """Written by the SDK, which speaks ASGI itself. It may be held open while a clip is waited for."""

    def __init__(self, context: Context, account_id: str, body: bytes):
        super().__init__()
        self._context, self._account_id, self._sent = context, account_id, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from vitascope.mcp import server

        sent = [self._sent]

        async def again() -> Message:
            return {"type": "http.request", "body": sent.pop()} if sent else await receive()

        with self._context.listening.place(self._account_id):
            await server.over_http(_server(), scope, again, send)


@cache
def _server() -> Any:
    from vitascope.mcp import server

    return server.make(_within)


async def _within(request: Request) -> api.Api:
    """This server's own API, for who sent this request: the key alone is passed on."""
    key = {"authorization": f"Bearer {auth.given_key(request.headers)}"}
    client = request.client or ("", 0)
    return api.within(request.app, str(request.base_url), key, (client[0], client[1]))


def _refuse_foreign(context: Context, request: Request) -> None:
    """A name that may have been made to point here, and a page of elsewhere, are refused before the key is looked at.
    Names that mean this machine, addresses and the name of `public_url` are this server's own.
    """
    host = request.headers.get("host", "")
    public = urlsplit(context.settings.public_url).netloc
    if host != public and not local.is_local_name(host) and not _is_address(host):
        raise NotAllowed(
            f'This server does not go by the name "{host[:100]}".',
            hint="Its operator sets VITASCOPE_PUBLIC_URL to the address that agents use.",
        )
    if request.headers.get("origin", "") not in context.settings.allowed_origins:
        auth.refuse_foreign(context, request)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(urlsplit(f"//{host}").hostname or "")
        return True
    except ValueError:
        return False
