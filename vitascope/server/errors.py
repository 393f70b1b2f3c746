"""One error, told in the words of the caller: each dialect has its own form, the native one is OpenAI's. Nothing
leaves here with a traceback, also not for paths that do not exist or bodies that cannot be read.
"""

from __future__ import annotations

import errno
import math
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from vitascope import vendors
from vitascope.errors import BadSpec, NoMemory, NotFound, OutputFailed, TooMany, VitascopeError, is_memory
from vitascope.server.context import Context
from vitascope.vendors.api import Call, Reply
from vitascope.vendors.openai import dialect as openai

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
_NAMES = {405: "method_not_allowed", 406: "not_acceptable", 415: "unsupported_media_type"}


def install(app: FastAPI, page: Callable[[Context, Request], Response]) -> None:
    """Let every error of the routes be answered here. `page`: what a browser is shown at an address of no page."""

    async def handle(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 404 and _reads_pages(request):
            response = await run_in_threadpool(page, request.app.state.context, request)
            response.status_code = max(response.status_code, 404)  # or 503, when the studio is not built
            return response
        return respond(request.scope, error)

    for kind in (VitascopeError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, handle)


def _reads_pages(request: Request) -> bool:
    """Whether somebody typed an address of no page into a browser: the studio says so in words. Who asks the API, or
    speaks a vendor's dialect, gets its own form.
    """
    asked = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
    mine = not request.url.path.startswith(("/v1/", "/assets/", "/icons/", "/files/"))
    return asked and mine and not vendors.spoken(request.url.path, _headers(request.scope))


def respond(scope: Scope, error: Exception) -> Response:
    """The answer in the dialect that this request speaks."""
    known = error if isinstance(error, VitascopeError) else _translated(scope, error)
    told = _told(scope, known)
    status = told.status
    headers = {**(getattr(known, "headers", None) or getattr(error, "headers", None) or {}), **told.headers}
    if isinstance(known, TooMany):
        headers |= {
            "retry-after": str(math.ceil(known.retry_after)),
            "retry-after-ms": str(math.ceil(known.retry_after * 1000)),
        }
    elif status == 409:
        headers["x-should-retry"] = "false"  # OpenAI's clients would try a conflict again and again
    if status == 401:
        headers.setdefault("www-authenticate", "Bearer")
    if isinstance(told.body, bytes):
        return Response(told.body, status_code=status, headers=headers, media_type=told.media_type)
    return JSONResponse(told.body, status_code=status, headers=headers)


def _told(scope: Scope, error: VitascopeError) -> Reply:
    """In the words of whom the request belongs to: as `switch` found, or by its path and headers."""
    state = scope.get("state") or {}
    spoken = state.get("dialect") or vendors.spoken(scope["path"], _headers(scope))
    if not spoken:
        return Reply(*openai.fail(error))
    call = state.get("call") or Call(
        method=scope["method"], path=scope["path"], request_id=state.get("request_id", ""), now=time.time()
    )
    reply: Reply = spoken.fail(error, call)
    return reply


def _headers(scope: Scope) -> dict[str, str]:
    query = scope.get("query_string", b"").decode("latin-1")
    return {**Headers(scope=scope), ":query": query, ":method": scope["method"]}


def inside(error: Exception) -> VitascopeError:
    """What to say of a fault of our own: its kind, never its inside; of what the machine refused, no path."""
    if is_memory(error):
        return NoMemory()
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputFailed("The server's disk is full.", hint="Tell the operator of this server.")
    return made(
        500,
        "inside",
        f"A fault inside Vitascope ({type(error).__name__}).",
        "Nothing is wrong with your request. The server's log has it under this request's id.",
    )


def made(status: int, code: str, message: str, hint: str) -> VitascopeError:
    """An error of HTTP itself, for which the tree has no kind."""
    error = VitascopeError(message, hint=hint)
    error.status, error.code = status, code
    return error


def refused_method(scope: Scope, methods: set[str]) -> VitascopeError:
    """A method that is not taken at this path: these are, and those that native routes have there."""
    methods |= {method for method in METHODS if _has(scope, method=method)}
    allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    told = f"{scope['path'][:200]} does not take {scope['method']}."
    hint = " ".join([f"It takes {allowed}.", *_elsewhere(scope), "The API is described at /docs."])
    error = made(405, _NAMES[405], told, hint)
    error.headers = {"allow": allowed}  # type: ignore[attr-defined]
    return error


def _has(scope: Scope, **changed: str) -> bool:
    """Whether a native route would take this request if it were so."""
    return any(route.matches({**scope, **changed})[0] is Match.FULL for route in scope["app"].router.routes)


def _elsewhere(scope: Scope) -> list[str]:
    """A sentence with the path that takes this method, if a segment too many was asked: /v1/videos/quote."""
    parts = scope["path"].split("/")
    for place in range(1, len(parts) - 1):
        path = "/".join(parts[:place] + parts[place + 1 :])
        if _has(scope, path=path):
            return [f"Perhaps {scope['method']} {path} is meant."]
    return []


def _translated(scope: Scope, error: Exception) -> VitascopeError:
    if isinstance(error, RequestValidationError):
        return _invalid(error.errors())
    if not isinstance(error, HTTPException):
        return inside(error)
    path, status = scope["path"], error.status_code
    if status == 404:
        return NotFound(f"There is nothing at {path[:200]}.", hint="The API is described at /docs.")
    if status == 405:
        return refused_method(scope, set())
    if status == 400:
        return BadSpec(f"The body cannot be read: {error.detail}.", hint="Send JSON or a multipart form.")
    name = _NAMES.get(status, HTTPStatus(status).phrase.lower().replace(" ", "_"))
    return made(status, name, f"{error.detail}.", "The API is described at /docs.")


def _invalid(faults: Sequence[Any]) -> VitascopeError:
    """All that is wrong with the fields, in one sentence each; the first one's name is the error's `field`."""
    told = [(".".join(str(part) for part in fault["loc"][1:]), str(fault["msg"])) for fault in faults[:5]]
    if faults and faults[0]["type"] == "json_invalid":
        return BadSpec("The body is not valid JSON.", hint="Send one JSON object in UTF-8.")
    error = made(
        422,
        "invalid_request",
        " ".join(f"{name or 'body'}: {message}." for name, message in told) or "The request cannot be read.",
        "The API is described at /docs.",
    )
    error.field = told[0][0] if told else ""
    return error
