"""Callbacks: the steps of one job, told to the URL that came with its request. Written in the transaction of the step,
like webhooks, and sent by the same loop; what they say, the job's dialect writes when they are sent.

A request for several takes is told as one: it runs when its first take runs, and ends when the last one has ended.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import VitascopeError
from vitascope.store import ids
from vitascope.store.database import Store
from vitascope.store.outbox import LEASE_SECONDS, Waiting, wait_seconds
from vitascope.store.schema import callbacks, jobs

CALLBACK = "cbk_"
KEY = "callback"  # in a job's `request`: {"url", "states", ...}
_SHOWN = 50  # callbacks of one account that are looked at together
_DONE = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Due:
    """A row of `callbacks`."""

    id: str
    account_id: str
    job_id: str
    state: str
    attempts: int
    next_at: float
    done_at: float | None
    last_status: int | None
    last_error: str | None
    created_at: float


assert {item.name for item in fields(Due)} == set(callbacks.c.keys())


@dataclass(frozen=True)
class Outcome:
    """How an attempt went. `over`: there will be no other, whatever happened."""

    status: int | None = None
    error: str = ""
    over: bool = False


def emit(tx: Connection, job: Any, now: float) -> None:
    """Note that this job has come to its state, if its caller wants to be told."""
    wanted: Mapping[str, Any] = (job.request or {}).get(KEY) or {}
    if job.state not in wanted.get("states", ()):
        return
    told = job.id
    if (job.request or {}).get("n", 1) > 1:
        told, due = _together(tx, job)
        if not due:
            return
    values = {"id": ids.new_id(CALLBACK, now), "account_id": job.account_id, "job_id": told, "state": job.state}
    tx.execute(callbacks.insert().values(**values, next_at=now, created_at=now))


def waiting(tx: Connection, now: float) -> list[Waiting]:
    """The callbacks that are due, the oldest first; of each account only its first few, as of each webhook."""
    order = (callbacks.c.next_at, callbacks.c.id)
    place = sa.func.row_number().over(partition_by=callbacks.c.account_id, order_by=order).label("place")
    columns = (callbacks.c.id, callbacks.c.account_id, callbacks.c.job_id, callbacks.c.next_at, place)
    due = sa.select(*columns).where(callbacks.c.done_at.is_(sa.null()), callbacks.c.next_at <= now).subquery()
    url = jobs.c.request[(KEY, "url")].as_string()
    query = sa.select(due.c.id, due.c.account_id, url, due.c.job_id)
    query = query.join_from(due, jobs, due.c.job_id == jobs.c.id, isouter=True)
    found = tx.execute(query.where(due.c.place <= _SHOWN).order_by(due.c.next_at, due.c.id))
    return [Waiting(id, account_id, url or "", job_id) for id, account_id, url, job_id in found]


def postpone(tx: Connection, callback_id: str, until: float) -> None:
    """Not before then; it does not count as an attempt."""
    still = (callbacks.c.id == callback_id, callbacks.c.done_at.is_(sa.null()), callbacks.c.next_at < until)
    tx.execute(callbacks.update().where(*still).values(next_at=until))


def deliver(
    store: Store, attempt: Callable[[Due], Outcome], callback_id: str, *, rng: random.Random | None = None
) -> bool | None:
    """Try this callback now: whether there was an answer; None when it was not due any more."""
    with store.begin() as tx:
        due = _claim(tx, callback_id, store.clock())
    if not due:
        return None
    answered = True
    try:
        outcome = attempt(due)
    except VitascopeError as error:
        answered, outcome = False, Outcome(error=error.message[:500])
    with store.begin() as tx:
        _settle(tx, due, outcome, store.clock(), rng or random.SystemRandom())
    return answered


def of_job(tx: Connection, account_id: str, job_id: str) -> list[Due]:
    """The job's callbacks, oldest first."""
    mine = (callbacks.c.account_id == account_id, callbacks.c.job_id == job_id)
    return [Due(**row._mapping) for row in tx.execute(sa.select(callbacks).where(*mine).order_by(callbacks.c.id))]


def forget(tx: Connection, now: float, days: float = 30) -> int:
    """Remove those that were done with so long ago. The number removed."""
    return tx.execute(callbacks.delete().where(callbacks.c.done_at < now - days * 86_400.0)).rowcount


def _together(tx: Connection, job: Any) -> tuple[str, bool]:
    """(the first take's id, whether all takes together have come to this state just now)."""
    rows = tx.execute(sa.select(jobs.c.id, jobs.c.state).where(jobs.c.batch_id == job.batch_id).order_by(jobs.c.id))
    states = {row.id: row.state for row in rows}
    others = [state for id, state in states.items() if id != job.id]
    if job.state in _DONE:
        return min(states), all(state in _DONE for state in others)
    if job.state == "queued":
        return min(states), len(states) == 1  # told with the first one; the others follow in the same transaction
    return min(states), all(state == "queued" for state in others)


def _claim(tx: Connection, callback_id: str, now: float) -> Due | None:
    due = (callbacks.c.id == callback_id, callbacks.c.done_at.is_(sa.null()), callbacks.c.next_at <= now)
    row = tx.execute(sa.select(callbacks).where(*due).with_for_update(skip_locked=True)).first()
    if not row:
        return None
    values = {"attempts": row.attempts + 1, "next_at": now + LEASE_SECONDS}
    tx.execute(callbacks.update().where(callbacks.c.id == row.id).values(**values))
    return Due(**{**row._mapping, "attempts": row.attempts + 1})


def _settle(tx: Connection, due: Due, outcome: Outcome, now: float, chance: random.Random) -> None:
    still_ours = (callbacks.c.id == due.id, callbacks.c.attempts == due.attempts, callbacks.c.done_at.is_(sa.null()))
    values: dict[str, Any] = {"last_status": outcome.status, "last_error": outcome.error or None}
    if outcome.over or not outcome.error:
        values["done_at"] = now
    else:
        values["next_at"] = now + wait_seconds(due.attempts, chance)
    tx.execute(callbacks.update().where(*still_ours).values(**values))
