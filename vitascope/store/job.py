"""One job as it is now, and the reading of many: by id, in pages, counted, and its place in the line. `jobs.py` moves
them and hands all of this on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import NotFound
from vitascope.store import fairness
from vitascope.store.schema import STATES, jobs, turns

DONE = ("succeeded", "failed", "cancelled")
MAX_ATTEMPTS = 3

# Written into the statement, not bound to it: only so do both databases know that the small indexes will do.
IS_QUEUED = jobs.c.state == sa.literal_column("'queued'")
IS_RUNNING = jobs.c.state == sa.literal_column("'running'")


@dataclass(frozen=True)
class Job:
    """A row of `jobs`; what each field means is said there."""

    id: str
    account_id: str
    project_id: str | None
    batch_id: str
    state: str
    priority: int
    lane: str
    spec: dict[str, Any]
    request: dict[str, Any] | None
    model: str
    needs: str
    units: int
    run_after: float
    started_at: float | None
    finished_at: float | None
    attempts: int
    released: int
    lease_worker: str | None
    lease_until: float | None
    cancel_requested: bool
    step: int
    steps: int
    preview_key: str | None
    preview_at: float | None
    looks: list[int]
    told_at: float | None
    clip_id: str | None
    error_code: str | None
    error_message: str | None
    error_hint: str | None
    parent_clip_id: str | None
    relation: str | None
    idempotency: str | None
    compute_ms: int
    created_at: float

    def look_key(self, step: int) -> str:
        """Where its preview after so many steps lies."""
        return f"previews/{self.id}-{step}.webp"

    @property
    def done(self) -> bool:
        return self.state in DONE


assert {item.name for item in fields(Job)} == set(jobs.c.keys())


@dataclass(frozen=True)
class Lease:
    """The right to work on a job until `until`; `beat` prolongs it."""

    job: Job
    worker: str
    attempt: int
    until: float


def get(tx: Connection, account_id: str | None, job_id: str) -> Job:
    """Raises NotFound, also for somebody else's. `account_id=None`: whoever it belongs to."""
    query = sa.select(jobs).where(jobs.c.id == job_id)
    if account_id is not None:
        query = query.where(jobs.c.account_id == account_id)
    row = tx.execute(query).first()
    if not row:
        raise NotFound(f"There is no job {job_id}.", hint="Jobs are listed at /v1/videos.")
    return as_job(row)


def page(
    tx: Connection,
    account_id: str | None,
    *,
    after: str | None = None,
    limit: int = 20,
    order: str = "desc",
    state: str | None = None,
    batch_id: str | None = None,
) -> list[Job]:
    """Up to `limit` jobs behind the one with the id `after`; "desc" begins with the newest."""
    query = sa.select(jobs)
    if account_id is not None:
        query = query.where(jobs.c.account_id == account_id)
    if state:
        query = query.where(jobs.c.state == state)
    if batch_id:
        query = query.where(jobs.c.batch_id == batch_id)
    if after:
        query = query.where(jobs.c.id < after if order == "desc" else jobs.c.id > after)
    by = jobs.c.id.desc() if order == "desc" else jobs.c.id.asc()
    return [as_job(row) for row in tx.execute(query.order_by(by).limit(limit))]


def count(tx: Connection, account_id: str | None = None, *, states: Sequence[str] = ("queued",)) -> int:
    """Jobs in these states, of one account or of all."""
    query = sa.select(sa.func.count()).select_from(jobs)
    where = [jobs.c.state == sa.literal_column(f"'{state}'") for state in states if state in STATES]
    query = query.where(sa.or_(*where))
    return tx.scalar(query if account_id is None else query.where(jobs.c.account_id == account_id)) or 0


def line(tx: Connection, now: float) -> fairness.Line:
    """All that wait, counted: one read of the queue, from which `position` answers for any number of jobs."""
    rank = sa.case(
        (sa.and_(jobs.c.lane == "offpeak", jobs.c.run_after > now), 1), (jobs.c.lane == "relaxed", 2), else_=0
    ).label("tier")
    waiting = (jobs.c.account_id, rank, jobs.c.priority)
    groups = tx.execute(
        sa.select(*waiting, sa.func.count(), sa.func.min(jobs.c.id)).where(IS_QUEUED).group_by(*waiting)
    ).all()
    running = sa.select(jobs.c.account_id, sa.func.count()).where(IS_RUNNING).group_by(jobs.c.account_id)
    turned = tx.execute(sa.select(turns.c.account_id, turns.c.turn)).all()
    return fairness.Line(
        now,
        tuple(fairness.Group(*row) for row in groups),
        {row[0]: row[1] for row in tx.execute(running)},
        {row[0]: row[1] for row in turned},
        max((row[1] for row in turned), default=0),
    )


def position(tx: Connection, job: Job, line: fairness.Line) -> int:
    """How many starts until this one's, 1 = next; 0 when it does not wait. `line`: a recent one."""
    if job.state != "queued":
        return 0
    return place(tx, line, job.account_id, job.lane, job.priority, job.run_after, job.id)


def place(
    tx: Connection, line: fairness.Line, account_id: str, lane: str, priority: int, run_after: float, id: str = "~"
) -> int:
    """The same for a job that may not be there yet: it would be the last of its account."""
    if account_id not in line.own:
        columns = (jobs.c.lane, jobs.c.run_after, jobs.c.priority, jobs.c.id)
        rows = tx.execute(sa.select(*columns).where(IS_QUEUED, jobs.c.account_id == account_id))
        own = ((fairness.tier(row.lane, row.run_after, line.at), -row.priority, row.id) for row in rows)
        line.own[account_id] = sorted(own)
    tier = fairness.tier(lane, run_after, line.at)
    return line.position(account_id, tier, priority, line.before(account_id, tier, priority, id))


def as_job(row: Any) -> Job:
    return Job(**row._mapping)
