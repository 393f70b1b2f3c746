"""One order from another server as it is now, and the reading of several. `purchases.py` moves them and hands all of
this on.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import Conflict
from vitascope.store.job import Job, Lease
from vitascope.store.schema import purchases

SPEECH = "speech"  # the engine of a line that was bought: it has no job, and no courier looks at it
FOREVER = 4_102_444_800.0  # until when its job is leased to a purchase: the year 2100


@dataclass(frozen=True)
class Purchase:
    """A row of `purchases`; what each field means is said there."""

    id: str
    account_id: str
    job_id: str
    leg: int
    model: str
    engine: str
    source: dict[str, Any]
    address: str
    name: str
    digest: str | None
    state: str
    sends: int
    ticket: dict[str, Any] | None
    handle: str | None
    cancels: str
    cancel_sent_at: float | None
    doubts: int
    next_at: float | None
    lease_worker: str | None
    lease_until: float | None
    sent_at: float | None
    placed_at: float | None
    ended_at: float | None
    settled_at: float | None
    estimate: int | None
    cost: int | None
    billed: str
    note: str | None
    clip_id: str | None
    created_at: float

    @property
    def can_stop(self) -> bool:
        """Whether cancelling its job may still spare something."""
        if self.settled_at is not None:
            return False
        return self.cancels != "never" or self.state in ("written", "unsure")

    def lease_of(self, job: Job) -> Lease:
        """Its right to the job."""
        return Lease(job, self.id, job.attempts, FOREVER)


assert {item.name for item in fields(Purchase)} == set(purchases.c.keys())


def of_job(tx: Connection, job_id: str) -> Purchase | None:
    """The job's last purchase."""
    query = sa.select(purchases).where(purchases.c.job_id == job_id).order_by(purchases.c.leg.desc()).limit(1)
    row = tx.execute(query).first()
    return as_purchase(row) if row else None


def get(tx: Connection, purchase_id: str) -> Purchase:
    return as_purchase(tx.execute(sa.select(purchases).where(purchases.c.id == purchase_id)).one())


def page(tx: Connection, *, limit: int = 50) -> list[Purchase]:
    """The newest first."""
    return [as_purchase(row) for row in tx.execute(sa.select(purchases).order_by(purchases.c.id.desc()).limit(limit))]


def refuse_cancel(tx: Connection, job: Job, now: float) -> None:
    """Raises Conflict when the job's purchase cannot be stopped any more; else its courier looks at it at once."""
    purchase = of_job(tx, job.id)
    if not purchase or purchase.settled_at is not None:
        return
    if not purchase.can_stop:
        raise Conflict(
            f"{job.id} is bought, and its server cannot stop it.",
            hint="It goes on at the agreed price, and its clip is kept when it comes.",
        )
    soon = (purchases.c.id == purchase.id, purchases.c.next_at > now)
    tx.execute(sa.update(purchases).where(*soon).values(next_at=now))


def as_purchase(row: Any) -> Purchase:
    return Purchase(**row._mapping)
