"""Operations on jobs: order one, look at it, list, cancel, delete, fetch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from vitascope.errors import Conflict, NotFound
from vitascope.orders import stills
from vitascope.server import requests, video_object
from vitascope.server.auth import Actor
from vitascope.server.dialects import job_lookup
from vitascope.server.dialects.exchange import Held, Said, Turn, job_of, looker, one_view, shown
from vitascope.server.dialects.references import resolved
from vitascope.server.files import delivery
from vitascope.store import callbacks, handles, jobs, library
from vitascope.store.jobs import Job
from vitascope.vendors.api import Listing, Page, Reply
from vitascope.vendors.fields import bad
from vitascope.vendors.id_formats import HEX
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

_MAX_NAME = 200  # letters of an external id


def create(turn: Turn, actor: Actor, once: str) -> Said:
    context, call, route = turn.context, turn.call, turn.route
    assert route.parse
    requests.admit(context, actor)
    asked: Asked = resolved(turn, actor, route.parse(call))
    if route.does == "again":
        with context.store.read() as tx:
            job = job_of(turn, actor, tx)
        order = requests.again(context, actor, job, asked, relation=route.relation, dialect=turn.dialect.name)
    else:
        order = requests.order(context, actor, asked, dialect=turn.dialect.name)
    order = dataclasses.replace(order, request={**order.request, **_callback(turn, actor, asked)})
    key = (once or call.headers.get("idempotency-key", ""))[:200]
    made = requests.submit(context, actor, order, idempotency=key or None, also=_naming(turn, actor, asked))
    with context.store.read() as tx:
        return _answered(turn, actor, one_view(turn, actor, tx, made[0]))


def _naming(turn: Turn, actor: Actor, asked: Asked) -> Callable[[Connection, list[Job]], None] | None:
    name = asked.external_id
    if not name:
        return None
    if len(name) > _MAX_NAME:
        raise bad("external_id", f"The task's own id has {len(name)} characters.", f"At most {_MAX_NAME}.")

    def also(tx: Connection, made: list[Job]) -> None:
        handles.claim(tx, actor.id, handles.external(turn.family), name, made[0].id, turn.context.now())

    return also


def _callback(turn: Turn, actor: Actor, asked: Asked) -> dict[str, Any]:
    """What a job remembers of where it is to be told. Raises when that may not be called."""
    written = turn.dialect.callback
    if not asked.callback_url or not written:
        return {}
    turn.context.outside.check(actor.id, asked.callback_url)
    states = [state for state in asked.callback_states or written.states if state in written.states]
    told = {"url": asked.callback_url, "states": states, "base": turn.origin}
    return {callbacks.KEY: told}


def get(turn: Turn, actor: Actor, _once: str) -> Said:
    try:
        with turn.context.store.read() as tx:
            return _answered(turn, actor, one_view(turn, actor, tx, job_of(turn, actor, tx)))
    except NotFound:
        if not turn.dialect.not_found:
            raise
        return turn.dialect.not_found(turn.call, turn.route.id(turn.call))


def _answered(turn: Turn, actor: Actor, view: View) -> Said:
    said = shown(turn, view)
    seconds = turn.route.hold(turn.call) if turn.route.hold and not view.done else 0.0
    return Held(said, actor, view.id, seconds) if seconds > 0 else said


def listed(turn: Turn, actor: Actor, _once: str) -> Reply:
    listing: Listing = turn.route.parse(turn.call) if turn.route.parse else Listing()
    asked = {"dialect": turn.dialect.name, "skin": turn.skin}
    with turn.context.store.read() as tx:
        found = job_lookup.page(tx, actor.id, listing, family=turn.family, **asked)
        views = looker(turn, actor).views(tx, found[: listing.limit])
        total = job_lookup.count(tx, actor.id, listing, family=turn.family, **asked) if listing.count else None
    return shown(turn, views, Page(listing, len(found) > listing.limit, total))


def cancel(turn: Turn, actor: Actor, _once: str) -> Reply:
    with turn.context.store.begin() as tx:
        found = job_of(turn, actor, tx)
        for take in _takes(tx, actor, found):
            video_object.cancel(tx, actor, take, turn.context.now())
        return shown(turn, one_view(turn, actor, tx, job_of(turn, actor, tx)))


def delete(turn: Turn, actor: Actor, _once: str) -> Reply:
    with turn.context.store.begin() as tx:
        found = job_of(turn, actor, tx)
        view = one_view(turn, actor, tx, found)
        for take in _takes(tx, actor, found):
            video_object.delete(
                tx, actor, job_lookup.one(tx, actor.id, take[4:], skin=HEX, family=""), turn.context.now()
            )
        return shown(turn, view)


def withdraw(turn: Turn, actor: Actor, _once: str) -> Reply:
    with turn.context.store.read() as tx:
        view = one_view(turn, actor, tx, job_of(turn, actor, tx))
    return (delete if view.done else cancel)(turn, actor, "")


def content(turn: Turn, actor: Actor, _once: str) -> Response:
    with turn.context.store.read() as tx:
        job = job_of(turn, actor, tx)
        if not job.clip_id:
            raise Conflict(f"The task is {job.state}.", hint="Wait until it has succeeded.")
        clip = library.get(tx, actor.id, job.clip_id)
    which = turn.route.variant(turn.call)
    frame = {"image": "first", "last_frame": "last"}.get(which)
    key = stills.key(clip.video_key, frame) if frame else clip.poster_key if which == "poster" else clip.video_key
    if not key:
        raise NotFound(f"This task has no {which}.", hint="Ask for the video itself.")
    name = delivery.file_name(clip.prompt, clip.seed, key[key.rfind(".") :])
    return delivery.answer(turn.context, stills.there(turn.context.blobs, key), turn.request, name=name)


def _takes(tx: Connection, actor: Actor, job: Job) -> list[str]:
    """The ids of all that one request asked for."""
    if int((job.request or {}).get("n") or 1) == 1:
        return [job.id]
    return [take.id for take in jobs.page(tx, actor.id, batch_id=job.batch_id, limit=100)]
