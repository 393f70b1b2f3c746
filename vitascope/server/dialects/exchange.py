"""One request of a vendor's client on its way to its answer, and what all operations need of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import Response

from vitascope.errors import NotFound
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.dialects import job_lookup
from vitascope.server.dialects.job_views import Looker
from vitascope.store.jobs import Job
from vitascope.vendors.api import Call, Dialect, Reply, Route
from vitascope.vendors.view import View


@dataclass(frozen=True)
class Turn:
    """One request, on its way to its answer. `origin`: this server as it was called, without any prefix."""

    context: Context
    request: Request
    dialect: Dialect
    route: Route
    call: Call
    origin: str

    @property
    def skin(self) -> Any:
        return self.route.skin or self.dialect.skin

    @property
    def family(self) -> str:
        return self.dialect.family or self.dialect.name


@dataclass(frozen=True)
class Held:
    """An answer that is to wait for the end of a job, so many seconds at most."""

    said: Reply
    actor: Actor
    job_id: str  # 24 hex digits
    seconds: float


Said = Reply | Response | Held


def shown(turn: Turn, *what: Any) -> Reply:
    if not turn.route.show:
        return Reply()
    return turn.route.show(turn.call, *what)


def job_of(turn: Turn, actor: Actor, tx: Connection) -> Job:
    return job_lookup.one(tx, actor.id, turn.route.id(turn.call), skin=turn.skin, family=turn.family)


def one_view(turn: Turn, actor: Actor, tx: Connection, job: Job) -> View:
    views = looker(turn, actor).views(tx, [job])
    if not views:
        raise NotFound("There is no such task any more.", hint="It was deleted.")
    return views[0]


def looker(turn: Turn, actor: Actor) -> Looker:
    days = turn.context.plan(actor.account).retention_days or turn.context.settings.retention_days
    return Looker(turn.context, turn.origin, turn.skin, days)
