"""One job as it is now, and the reading of many: by id, in pages, counted, and its place in the line. `jobs.py` moves
them and hands all of this on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope import clip_format_1
from vitascope.clip import Shape
from vitascope.errors import NotFound
from vitascope.store import fairness
from vitascope.store.ids import FILM_BATCH
from vitascope.store.schema import STATES, jobs, turns

DONE = ("succeeded", "failed", "cancelled")
MAX_ATTEMPTS = 3
REMOTE = "remote"  # what a job needs that another server does: it takes no machine and no place of the plan here
SPEC_FORMAT = 2  # of the specs that this version writes; it reads, and so claims, all up to this

# Written into the statement, not bound to it: only so do both databases know that the small indexes will do.
IS_QUEUED = jobs.c.state == sa.literal_column("'queued'")
IS_RUNNING = jobs.c.state == sa.literal_column("'running'")
IS_LOCAL = jobs.c.needs != sa.literal_column("'remote'")

_earlier = jobs.alias("earlier")
#: The job that it continues, if it names one, has its clip.
IS_READY = sa.or_(
    jobs.c.after.is_(None),
    sa.exists().where(_earlier.c.id == jobs.c.after, _earlier.c.state == sa.literal_column("'succeeded'")),
)


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
    spec_format: int
    shape: dict[str, Any]
    after: str | None
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
    def resolved(self) -> Shape:
        """What its spec came to. A row that a process of the first edition wrote meanwhile does not say so."""
        return Shape.from_dict(self.shape or clip_format_1.shape(self.spec))

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
    """Raises NotFound, also for another account's. `account_id=None`: whichever account it belongs to."""
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


def waiting(tx: Connection, account_id: str) -> int:
    """What counts against the plan's limit of waiting jobs: each job, and each batch of a film once."""
    table = jobs.c
    of_film = table.batch_id.startswith(FILM_BATCH, autoescape=True)
    counted = sa.func.count(sa.distinct(sa.case((of_film, table.batch_id), else_=table.id)))
    return tx.scalar(sa.select(counted).where(IS_QUEUED, table.account_id == account_id)) or 0


def queue_view(tx: Connection, now: float) -> fairness.QueueView:
    """All that wait, counted: one read of the queue, from which `position` answers for any number of jobs."""
    rank = sa.case(
        (sa.and_(jobs.c.lane == "offpeak", jobs.c.run_after > now), 1), (jobs.c.lane == "relaxed", 2), else_=0
    ).label("tier")
    waiting = (jobs.c.account_id, rank, jobs.c.priority)
    groups = tx.execute(
        sa.select(*waiting, sa.func.count(), sa.func.min(jobs.c.id)).where(IS_QUEUED, IS_LOCAL).group_by(*waiting)
    ).all()
    running = sa.select(jobs.c.account_id, sa.func.count()).where(IS_RUNNING, IS_LOCAL).group_by(jobs.c.account_id)
    turned = tx.execute(sa.select(turns.c.account_id, turns.c.turn)).all()
    return fairness.QueueView(
        now,
        tuple(fairness.Group(*row) for row in groups),
        {row[0]: row[1] for row in tx.execute(running)},
        {row[0]: row[1] for row in turned},
        max((row[1] for row in turned), default=0),
    )


def position(tx: Connection, job: Job, queue: fairness.QueueView) -> int:
    """How many starts until this one's, 1 = next; 0 when it does not wait in this line: another server has lines of its
    own. `queue`: a recent one.
    """
    if job.state != "queued" or job.needs == REMOTE:
        return 0
    return place(tx, queue, job.account_id, job.lane, job.priority, job.run_after, job.id)


def place(
    tx: Connection,
    queue: fairness.QueueView,
    account_id: str,
    lane: str,
    priority: int,
    run_after: float,
    id: str = "~",
) -> int:
    """The same for a job that may not be there yet: it would be the last of its account."""
    if account_id not in queue.own:
        columns = (jobs.c.lane, jobs.c.run_after, jobs.c.priority, jobs.c.id)
        rows = tx.execute(sa.select(*columns).where(IS_QUEUED, IS_LOCAL, jobs.c.account_id == account_id))
        own = ((fairness.tier(row.lane, row.run_after, queue.at), -row.priority, row.id) for row in rows)
        queue.own[account_id] = sorted(own)
    tier = fairness.tier(lane, run_after, queue.at)
    return queue.position(account_id, tier, priority, queue.before(account_id, tier, priority, id))


def as_job(row: Any) -> Job:
    return Job(**row._mapping)
