"""What happens to every request before and after the routes: an id, one slash where there were two, a bound on the body
while it streams in, headers that keep browsers careful, and an answer in the caller's own words whatever goes wrong.

A body is small until a route that knows its caller has asked for more (`take`), so a stranger's is never read whole.

Written against the ASGI protocol itself, because a body must be counted while it arrives and answers stream out.
"""

from __future__ import annotations

import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitascope import logs, metrics
from vitascope.errors import BadSpec, TooLarge
from vitascope.server import outside
from vitascope.server.errors import inside, respond

UNKNOWN_BYTES = 2**20  # until a route has said how much it takes; a single piece of what arrives may have a fourth
PLAIN_BYTES = 2**18
MEDIA_BYTES = 96 * 2**20  # two pictures or a clip, in base64
ARCHIVE_BYTES = 8 * 2**30
_SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
_PREFLIGHT = {
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": "*, authorization",
    "access-control-max-age": "600",
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_QUIET = ("/healthz", "/readyz", "/metrics")
_log = logs.get(__name__)


def take(scope: Scope, limit: int) -> None:
    """Let the body of this request have so many bytes. Raises TooLarge when it says that it has more."""
    scope["state"]["body_bytes"] = limit
    _refuse_length(Headers(scope=scope), limit)


def ceiling(path: str) -> int:
    """The most bytes that any route at this path ever takes: what says it has more is not even asked who it is."""
    return ARCHIVE_BYTES if path == "/v1/library/import" else MEDIA_BYTES


class Gate:
    """Wraps the whole application. `prefix`: the path that others know it under; a proxy may have taken it away, or
    left it, and a caller that reaches this machine directly may use it too.
    """

    def __init__(self, app: ASGIApp, prefix: str = ""):
        self.app, self.prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope["path"] = self._below(re.sub(r"/{2,}", "/", scope["path"]))
        raw_path = re.sub(rb"/{2,}", b"/", scope.get("raw_path") or scope["path"].encode("utf-8"))
        scope["raw_path"] = self._below(raw_path.decode("latin-1")).encode("latin-1")
        id = _request_id(headers.get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = id
        outside.client.set(receive)
        visit = _Visit(scope, receive, send, id)
        with logs.bound(request_id=id):
            try:
                _refuse_early(scope, headers)
                if visit.shared and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                    await Response(status_code=204, headers=_PREFLIGHT)(scope, visit.receive, visit.send)
                    return
                await self.app(scope, visit.receive, visit.send)
            except ClientDisconnect:
                visit.status = 499  # the caller went away in the middle; no one is left to answer
            except Exception as error:
                if not visit.too_large:
                    known = error if hasattr(error, "hint") else None
                    if not known:
                        _log.exception("a fault inside Vitascope", method=scope["method"], path=scope["path"])
                    await visit.answer(known or inside(error))
            if visit.too_large:
                await visit.answer(_too_large(visit.limit))
            visit.note()

    def _below(self, path: str) -> str:
        """The path without the prefix, if it has it."""
        if self.prefix and f"{path}/".startswith(f"{self.prefix}/"):
            return path[len(self.prefix) :] or "/"
        return path


class _Visit:
    """One request: counts what comes in, dresses what goes out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, id: str):
        self.scope, self._receive, self._send, self.id = scope, receive, send, id
        self.received, self.started, self.too_large = 0, False, False
        self.status, self.begun, self.seconds = 0, time.perf_counter(), 0.0
        self.shared = _shared_with(scope)

    @property
    def limit(self) -> int:
        return int(self.scope["state"].get("body_bytes", UNKNOWN_BYTES))

    async def receive(self) -> Message:
        if self.too_large:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
            if self.received > self.limit and not self.started:
                self.too_large = True
                raise _too_large(self.limit)
        return message

    async def send(self, message: Message) -> None:
        if self.too_large and not self.started:
            return  # whatever the routes made of the cut body; the answer is ours
        await self._out(message)

    async def answer(self, error: Exception) -> None:
        """Say what went wrong, if nothing was said yet; else the connection breaks off, which says it too."""
        if self.started:
            raise error
        response = respond(self.scope, error)
        response.headers["connection"] = "close"  # the rest of the body is not read
        await response(self.scope, self._receive, self._out)

    async def _out(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            self.seconds = time.perf_counter() - self.begun
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.id
            for name, value in _SECURITY.items():
                headers.setdefault(name, value)
            if self.shared:
                headers["access-control-allow-origin"] = self.shared
                headers["access-control-expose-headers"] = "*"
                headers.add_vary_header("origin")
            if self.scope["path"].startswith("/v1/"):
                headers.setdefault("cache-control", "no-store")
        await self._send(message)

    def note(self) -> None:
        """One line of the log and one count; the pattern of the path, because a path may hold a secret's beginning."""
        route = getattr(self.scope.get("route"), "path", "none")
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        metrics.request(route, method, self.status, self.seconds)
        log = _log.debug if route in _QUIET else _log.info
        log("answered", method=method, route=route, status=self.status, ms=round(self.seconds * 1000, 1))


def _request_id(given: str) -> str:
    return given if re.fullmatch(r"[\w.:-]{1,80}", given, re.ASCII) else f"req_{secrets.token_hex(12)}"


def _shared_with(scope: Scope) -> str:
    """The origin of the page that asks, if the operator lets its like read the answers; else empty. Cookies are not
    let in: such a page brings a key.
    """
    origin = Headers(scope=scope).get("origin", "")
    context = getattr(getattr(scope.get("app"), "state", None), "context", None)
    if not origin or not context:
        return ""
    allowed = context.settings.allowed_origins
    return origin if origin in allowed or "*" in allowed else ""


def _refuse_early(scope: Scope, headers: Headers) -> None:
    """What can be refused before anything is read."""
    if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):
        raise BadSpec("The address holds a zero character.", hint="Leave it out.")
    if "transfer-encoding" in headers and ("content-length" in headers or scope.get("http_version") == "1.0"):
        raise BadSpec(  # a proxy before us may have believed the other one, and see two requests where we see one
            "The request says in two ways where its body ends.", hint="Send Content-Length or Transfer-Encoding."
        )
    _refuse_length(headers, ceiling(scope["path"]))


def _refuse_length(headers: Headers, limit: int) -> None:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"More than {limit / 2**20:g} MB was sent.", hint=f"At most {limit:,} bytes are taken here.")
