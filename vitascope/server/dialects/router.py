"""Stands before the native routes and takes out what a vendor's client has sent: it finds the dialect and the operation
by path, method and body, lets `speaking` do it, and answers. What matches no dialect goes on to the native routes.

Which operation is meant may stand in the body, so the first `FREE_BYTES` of it are read of anybody. The rest is read
when one of those whose path it is knows the caller, and a form only then.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import anyio
from anyio import to_thread
from fastapi import Request
from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitascope.errors import TooMany, VitascopeError
from vitascope.server import body, middleware
from vitascope.server.dialects import runner
from vitascope.server.dialects.exchange import Held, Turn, shown
from vitascope.server.dialects.route_table import Found, Spot, Table
from vitascope.server.errors import METHODS, refused_method, respond
from vitascope.server.places import Stream
from vitascope.vendors.api import Call, Dialect, Reply
from vitascope.vendors.view import View

NATIVE_PREFIXES = ("/openai", "/proxy/openai")  # our own form under its vendor's name, and where ComfyUI looks for it
FREE_BYTES = 64 * 1024
HELD_SECONDS = 300.0  # the longest that an answer is held open
_LOOK_SECONDS = (0.1, 0.2, 0.5)  # between two looks at a job that a caller waits for; the last one repeats
_LARGE = ("create", "again", "upload", "receive", "refuse")  # what may bring pictures and clips
_JSON = ("application/json", "text/json")
_PERHAPS = ("", "text/plain")


class Switch:
    """Wraps the application. `owns(scope)`: whether a native route has this path and method."""

    def __init__(self, app: ASGIApp, table: Table, owns: Callable[[Scope], bool]):
        self.app, self.table, self.owns = app, table, owns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD" and not self.owns(scope) and self.owns({**scope, "method": "GET"}):
            await self._head(scope, receive, send)
            return
        await self._route(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As GET, without the body: what would stream is told that its caller has gone."""
        ended = False

        async def send_head(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
                ended = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            elif message.get("more_body"):
                raise OSError("only the head was asked for")

        scope["state"]["head"] = True
        try:
            await self._route({**scope, "method": "GET"}, receive, send_head)
        except (OSError, ClientDisconnect):
            if not ended:
                raise

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        for prefix in NATIVE_PREFIXES:
            if path == prefix or path.startswith(f"{prefix}/"):
                scope["path"] = path[len(prefix) :] or "/"
                await self.app(scope, receive, send)
                return
        found = [] if _names_model(scope) else self.table.find(path)
        if not found:
            await self.app(scope, receive, send)
            return
        request, sent = Request(scope, receive), _Sent()
        try:
            mine = [one for one in found if _takes(one, scope) and not self._is_taken(scope, one.spot)]
            if not mine:
                self._refuse_method(scope, found)
            elif not _is_form(request):
                sent = await self._plain(scope, request, mine)
            turn = self._turn(scope, request, mine, sent)
            if turn and _is_form(request):
                await to_thread.run_sync(runner.admit, turn)
                sent = await _Sent.form(request)
                turn = replace(turn, call=replace(turn.call, fields=sent.fields))
            if turn:
                await (await _answer(turn))(scope, receive, send)
                return
        except VitascopeError as error:
            await respond(scope, error)(scope, receive, send)
            return
        finally:
            await sent.close()
        await self.app(scope, sent.again(receive), send)

    def _turn(self, scope: Scope, request: Request, mine: list[Found], sent: _Sent) -> Turn | None:
        for one in mine:
            turn = self._as_turn(scope, request, one, sent)
            if turn.route.match and not turn.route.match(turn.call):
                continue
            _speaks(scope, turn.dialect, turn.call)
            scope["route"] = one.spot  # for the log and the metrics: the pattern, not the path
            return turn
        return None

    async def _plain(self, scope: Scope, request: Request, mine: list[Found]) -> _Sent:
        """The body that is no form. What cannot be read is told by whom the path is, if it is not ours too."""
        sent = await _Sent.begun(request)
        try:
            if sent.has_more:
                await self._known(scope, request, mine, sent, runner.admit)
                large = self.owns(scope) or any(one.spot.route.does in _LARGE for one in mine)
                middleware.take(scope, middleware.MEDIA_BYTES if large else middleware.PLAIN_BYTES)
                sent = await sent.whole(request)
                await self._known(scope, request, mine, sent, runner.check)
            if all(one.spot.route.does == "receive" for one in mine):
                return sent
            return await sent.read(request)
        except VitascopeError:
            if self.owns(scope):
                mine.clear()
                return sent
            _speaks(scope, mine[0].spot.dialect, None)
            raise

    async def _known(
        self, scope: Scope, request: Request, mine: list[Found], sent: _Sent, check: Callable[[Turn], None]
    ) -> None:
        """Raises what the first of these says, when none of them knows who sends this."""
        reason: VitascopeError | None = None
        for one in mine:
            try:
                return await to_thread.run_sync(check, self._as_turn(scope, request, one, sent))
            except VitascopeError as error:
                reason = reason or error
        if reason:
            raise reason

    def _as_turn(self, scope: Scope, request: Request, one: Found, sent: _Sent) -> Turn:
        context = scope["app"].state.context
        origin = context.base_url(request)
        call = _call(scope, sent, one, origin, context.now())
        return Turn(context, request, one.spot.dialect, one.spot.route, call, origin)

    def _is_taken(self, scope: Scope, spot: Spot) -> bool:
        """Whether something else here begins like this path, so that a route for everything leaves it alone."""
        if not spot.route.catch_all or spot.prefix:
            return False
        return scope["path"].split("/")[1] in self.table.firsts or self.owns(scope)

    def _refuse_method(self, scope: Scope, found: list[Found]) -> None:
        """A known path with a method that neither a dialect nor a native route takes there."""
        known = [one.spot for one in found if not one.spot.route.catch_all]
        if not known or self.owns(scope):
            return
        if not any(self.owns({**scope, "method": method}) for method in METHODS):
            _speaks(scope, known[0].dialect, None)  # else it is whose the caller seems to be, or ours
        raise refused_method(scope, {spot.route.method for spot in known})


class _Sent:
    """A body that was read, or begun: its fields and its bytes, and the means to let others read it once more."""

    def __init__(
        self,
        fields: dict[str, Any] | None = None,
        raw: bytes | None = None,
        form: Any = None,
        *,
        has_more: bool = False,
    ):
        self.fields, self.raw, self._form, self.has_more = fields or {}, raw, form, has_more

    @classmethod
    async def begun(cls, request: Request) -> _Sent:
        """All of a small body, the beginning of a larger one."""
        pieces, has_more = bytearray(), True
        while has_more and len(pieces) <= FREE_BYTES:
            has_more = await _next(request, pieces)
        return cls({}, bytes(pieces), has_more=has_more)

    async def whole(self, request: Request) -> _Sent:
        """With what follows."""
        pieces = bytearray(self.raw or b"")
        while await _next(request, pieces):
            pass
        return _Sent({}, bytes(pieces))

    async def read(self, request: Request) -> _Sent:
        """With the fields of the JSON that it is. Raises BadSpec."""
        raw, kind = self.raw or b"", body.kind_of(request)
        is_json = kind in _JSON or kind.endswith("+json") or (kind in _PERHAPS and raw.lstrip()[:1] == b"{")
        return _Sent(await body.object_of(raw), raw) if is_json else self

    @classmethod
    async def form(cls, request: Request) -> _Sent:
        form = await body.form_of(request)
        return cls(body.clean_form(form.multi_items()), None, form)

    def again(self, receive: Receive) -> Receive:
        """What the native routes receive: the body once more, if it was read."""
        if self.raw is None:
            return receive
        messages = [{"type": "http.request", "body": self.raw, "more_body": self.has_more}]

        async def replay() -> Any:
            return messages.pop() if messages else await receive()

        return replay

    async def close(self) -> None:
        if self._form:
            await self._form.close()


async def _next(request: Request, pieces: bytearray) -> bool:
    """Add the next piece of the body; whether there are more. Raises ClientDisconnect."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    pieces += message.get("body", b"")
    return bool(message.get("more_body", False))


def _names_model(scope: Scope) -> bool:
    """Whether this is our own /v1/models/{name} with a slash in the name, which the caller has encoded. With a plain
    one the path is Replicate's, at the root.
    """
    return scope["path"].startswith("/v1/models/") and b"%2f" in scope.get("raw_path", b"").lower()


def owner_of(routes: list[Any]) -> Callable[[Scope], bool]:
    """Whether one of these routes has a request's path and method."""
    return lambda scope: any(route.matches(scope)[0] is Match.FULL for route in routes)


async def _answer(turn: Turn) -> Response:
    if turn.route.does == "stream":
        actor, view = await to_thread.run_sync(runner.view_of, turn)
        return Stream(_changes(turn, actor, view), turn.context.listening, actor.id)
    said = await to_thread.run_sync(runner.answer, turn)
    if isinstance(said, Held):
        said = await _held(turn, said)
    return said if isinstance(said, Response) else _response(said)


async def _held(turn: Turn, held: Held) -> Any:
    """The answer once more, when the job is done or the time is over; at once for who has too many open."""
    said = held.said
    with (
        suppress(TooMany),
        turn.context.listening.place(held.actor.id),
        anyio.move_on_after(min(held.seconds, HELD_SECONDS)),
    ):
        async for view in _looks(turn, held.actor, held.job_id):
            said = shown(turn, view)
    return said


async def _looks(turn: Turn, actor: Any, job_id: str) -> AsyncIterator[View]:
    """The job whenever it has changed, until it is done or the server stops."""
    waits, before = list(_LOOK_SECONDS), None
    while not turn.context.stopping.is_set():
        view = await to_thread.run_sync(runner.look, turn, actor, job_id)
        now = (view.state, view.progress, view.queue_position)
        if now != before:
            yield view
        if view.done:
            return
        before = now
        await anyio.sleep(waits.pop(0) if len(waits) > 1 else waits[0])


async def _changes(turn: Turn, actor: Any, view: View) -> AsyncIterator[bytes]:
    async for now in _looks(turn, actor, view.id):
        yield b"data: " + _json(shown(turn, now).body) + b"\n\n"


def _is_form(request: Request) -> bool:
    return body.kind_of(request) in body.FORMS


def _takes(one: Found, scope: Scope) -> bool:
    method = one.spot.route.method
    return method == scope["method"] or (method == "GET" and scope["method"] == "HEAD")


def _speaks(scope: Scope, dialect: Dialect, call: Call | None) -> None:
    scope.setdefault("state", {})["dialect"] = dialect
    if call:
        scope["state"]["call"] = call


def _call(scope: Scope, sent: _Sent, found: Found, origin: str, now: float) -> Call:
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    return Call(
        method=scope["method"],
        path=scope["path"].removeprefix(found.spot.prefix) or "/",
        params=found.params,
        query=dict(QueryParams(scope["query_string"])),
        headers=dict(Headers(scope=scope)),
        fields=sent.fields,
        base=origin + found.spot.prefix,
        prefix=found.spot.prefix,
        raw=sent.raw or b"",
        target=raw_path.decode("latin-1"),
        search=scope["query_string"].decode("latin-1"),
        request_id=scope["state"].get("request_id", ""),
        now=now,
    )


def _response(said: Reply) -> Response:
    headers = {"cache-control": "no-store", **said.headers}
    if isinstance(said.body, dict | list):
        kind = said.media_type or "application/json"
        return Response(_json(said.body), status_code=said.status, headers=headers, media_type=kind)
    return Response(said.body, status_code=said.status, headers=headers, media_type=said.media_type)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
