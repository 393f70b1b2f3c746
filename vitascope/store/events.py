"""What happened, in order, for those who watch: one row for every step of a job. Written in the transaction of the
step itself, under the lock of its account, so ids of one account become visible in their order and a reader that
remembers the last id misses none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store import deliveries, webhooks
from vitascope.store.database import lock_account
from vitascope.store.schema import events


@dataclass(frozen=True)
class Event:
    id: int
    account_id: str
    job_id: str | None
    kind: str  # "job.queued", "job.progress", "clip.trashed", ...
    data: Mapping[str, Any]
    at: float


def tell(
    tx: Connection, account_id: str, kind: str, data: Mapping[str, Any], now: float, *, job_id: str | None = None
) -> None:
    lock_account(tx, account_id)
    row = {"account_id": account_id, "job_id": job_id, "kind": kind, "data": dict(data), "at": now}
    tx.execute(events.insert().values(**row))
    if kind in webhooks.KINDS:
        deliveries.emit(tx, account_id, kind, {**({"job_id": job_id} if job_id else {}), **data}, now)


def since(tx: Connection, account_id: str, after: int, *, limit: int = 100, job_id: str | None = None) -> list[Event]:
    """Up to `limit` events of the account (of one job, if it is named) whose id is above `after`, oldest first."""
    query = sa.select(events).where(events.c.account_id == account_id, events.c.id > after)
    if job_id:
        query = query.where(events.c.job_id == job_id)
    return [Event(**row._mapping) for row in tx.execute(query.order_by(events.c.id).limit(limit))]


def last_id(tx: Connection, account_id: str) -> int:
    """The id of the account's newest event; 0 when it has none."""
    return tx.scalar(sa.select(sa.func.max(events.c.id)).where(events.c.account_id == account_id)) or 0


def forget(tx: Connection, before: float) -> int:
    """Remove what is older than this moment. The number removed."""
    return tx.execute(events.delete().where(events.c.at < before)).rowcount
