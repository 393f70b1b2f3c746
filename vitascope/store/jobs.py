"""A job is a clip on its way: waiting, leased to a worker, done. This file knows every step it can take and nothing of
money or files; who calls it puts what belongs to a step into the same transaction.

A lease is fenced by its worker and its attempt: a worker that lost it (another has the job, it was cancelled, it is
done) gets LeaseLost and must throw its work away. `attempts` only ever grows. Each step locks the account and then
the job. In a transaction of several parts take the job's step first: who lost the lease is told before all else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.clip import ClipSpec, Shape
from vitascope.errors import LeaseLost, VitascopeError
from vitascope.plans import Plans
from vitascope.store import callbacks, events, fairness, ranking, recipes
from vitascope.store.database import insert_new, lock_account, lock_claims
from vitascope.store.ids import JOB, new_id
from vitascope.store.job import (
    DONE,
    IS_LOCAL,
    IS_QUEUED,
    IS_READY,
    IS_RUNNING,
    MAX_ATTEMPTS,
    REMOTE,
    SPEC_FORMAT,
    Job,
    Lease,
    as_job,
    count,
    get,
    page,
    place,
    position,
    queue_view,
    waiting,
)
from vitascope.store.purchase import refuse_cancel
from vitascope.store.schema import jobs, turns

__all__ = [  # `jobs` is the door to all that concerns a job
    "DONE",
    "MAX_ATTEMPTS",
    "Job",
    "Lease",
    "ask_cancel",
    "beat",
    "cancelled",
    "claim",
    "count",
    "enqueue",
    "exhausted",
    "fail",
    "finish",
    "free",
    "get",
    "page",
    "place",
    "position",
    "queue_view",
    "release",
    "shorten",
    "stranded",
    "unclaimed",
    "waiting",
]
DAY = 86_400.0
PROGRESS_SECONDS = 0.5  # at least, between two events of progress


def enqueue(
    tx: Connection,
    *,
    account_id: str,
    spec: ClipSpec,
    shape: Shape,
    model: str,
    units: int,
    batch_id: str,
    now: float,
    project_id: str | None = None,
    request: Mapping[str, Any] | None = None,
    priority: int = 0,
    lane: str = "normal",
    needs: str = "cpu",
    run_after: float = 0.0,
    parent_clip_id: str | None = None,
    relation: str | None = None,
    idempotency: str | None = None,
    after: str | None = None,
) -> Job:
    """A new job, last of its account. `units`: its price, which the caller holds in the same transaction. `after`: the
    job whose clip it continues; it cannot be claimed before that one is done.
    """
    lock_account(tx, account_id)
    told = spec.to_dict()
    values = {
        "id": new_id(JOB, now),
        "account_id": account_id,
        "project_id": project_id,
        "batch_id": batch_id,
        "state": "queued",
        "priority": priority,
        "lane": lane,
        "spec": told if spec.is_words_alone else recipes.packed(tx, account_id, told, now),
        "shape": shape.to_dict(),
        "spec_format": SPEC_FORMAT,
        "request": dict(request) if request is not None else None,
        "model": model,
        "needs": needs,
        "units": units,
        "run_after": run_after,
        "steps": shape.steps,
        "parent_clip_id": parent_clip_id,
        "relation": relation,
        "idempotency": idempotency,
        "after": after,
        "created_at": now,
    }
    job = as_job(tx.execute(jobs.insert().values(**values).returning(jobs)).one())
    return _tell(tx, job, "job.queued", now)


def claim(
    tx: Connection,
    worker: str,
    now: float,
    *,
    needs: Sequence[str] = ("cpu",),
    models: Sequence[str],
    lease_seconds: float = 30.0,
    plans: Plans,
) -> Lease | None:
    """The next job for this worker, by the fair order; None when nothing may start. Commit soon: claims take turns.

    A job whose lease ran out counts as waiting, as long as it has attempts left.
    """
    lock_claims(tx)
    ordered = ranking.waiting(tx, now, needs, models, plans)
    for wait in (False, True):  # an account that is just being written to is passed over, unless there is no other
        for head in ordered if not wait else ordered[:1]:
            if lock_account(tx, head.account_id, wait=wait):
                job = _take(tx, head, worker, now, lease_seconds)
                if job:
                    return Lease(job, worker, job.attempts, now + lease_seconds)
    return None


def free(now: float) -> sa.ColumnElement[bool]:
    """True for the row of a job that nobody works on and somebody could: it waits, or its lease ran out."""
    return sa.or_(sa.and_(IS_QUEUED, IS_READY), sa.and_(IS_RUNNING, jobs.c.lease_until <= now))


def unclaimed(tx: Connection, model: str, now: float, *, limit: int = 100) -> list[Job]:
    """Jobs of this model that nobody works on, the oldest first."""
    query = sa.select(jobs).where(free(now), jobs.c.model == model).order_by(jobs.c.id).limit(limit)
    return [as_job(row) for row in tx.execute(query)]


def stranded(tx: Connection, *, limit: int = 100) -> list[Job]:
    """Jobs that wait for one which will have no clip. The caller ends each, and voids its hold."""
    earlier = jobs.alias("earlier")
    lost = sa.or_(earlier.c.id.is_(None), earlier.c.state.in_(("failed", "cancelled")))
    query = sa.select(jobs).outerjoin(earlier, earlier.c.id == jobs.c.after)
    query = query.where(IS_QUEUED, jobs.c.after.is_not(None), lost).order_by(jobs.c.id).limit(limit)
    return [as_job(row) for row in tx.execute(query)]


def exhausted(tx: Connection, now: float, *, limit: int = 100) -> list[Job]:
    """Jobs that no worker will get again, because their lease ran out and they were tried too often or shall be
    cancelled. For each, in a transaction of its own, the caller calls `cancelled` where `cancel_requested`, else
    `fail`, and voids its hold.
    """
    gone = sa.and_(IS_RUNNING, jobs.c.lease_until <= now)
    spent = sa.or_(jobs.c.attempts - jobs.c.released >= MAX_ATTEMPTS, jobs.c.cancel_requested)
    return [as_job(row) for row in tx.execute(sa.select(jobs).where(gone, spent).order_by(jobs.c.id).limit(limit))]


def shorten(tx: Connection, now: float, *, lease_seconds: float) -> int:
    """Leases that end later than any can were given by a clock that was ahead. They end one period from now, unless
    their worker beats before. The number of them.
    """
    latest = now + lease_seconds
    late = sa.select(jobs.c.id).where(IS_RUNNING, IS_LOCAL, jobs.c.lease_until > latest)  # a purchase keeps its own
    values = {"lease_until": latest}
    found = sorted(tx.scalars(late))
    for job_id in found:
        mine = (jobs.c.id == job_id, IS_RUNNING, jobs.c.lease_until > latest)
        tx.execute(sa.update(jobs).where(*mine).values(**values))
    late_nights = (IS_QUEUED, jobs.c.run_after > now + DAY)  # a night begins within a day
    tx.execute(sa.update(jobs).where(*late_nights).values(run_after=now + DAY))
    return len(found)


def beat(
    tx: Connection,
    lease: Lease,
    now: float,
    *,
    step: int,
    steps: int,
    lease_seconds: float = 30.0,
    looks: Sequence[int] | None = None,
    compute_ms: int | None = None,
) -> bool:
    """Prolong the lease and make progress known. True: go on; False: the owner asked to cancel. `looks`: steps of
    which there is a preview, when there is a new one; `compute_ms`: machine time of this attempt so far. Raises
    LeaseLost.
    """
    told = tx.execute(sa.select(jobs.c.told_at).where(_fence(lease))).first()
    if not told:
        raise _lost(lease.job.id)
    telling = told.told_at is None or now - told.told_at >= PROGRESS_SECONDS
    if telling:
        lock_account(tx, lease.job.account_id)
    values: dict[str, Any] = {"lease_until": now + lease_seconds, "step": step, "steps": steps}
    if telling:
        values["told_at"] = now
    if looks:
        values.update(looks=list(looks), preview_key=lease.job.look_key(looks[-1]), preview_at=now)
    job = _change(tx, lease, **values, **_machine_time(lease, compute_ms))
    if telling:
        _tell(tx, job, "job.progress", now)
    return not job.cancel_requested


def finish(tx: Connection, lease: Lease, now: float, *, clip_id: str, compute_ms: int | None = None) -> Job:
    """Raises LeaseLost; then the clip must not be kept."""
    values = {"clip_id": clip_id, "step": lease.job.steps, **_machine_time(lease, compute_ms)}
    return _end(tx, lease, "succeeded", now, **values)


def fail(tx: Connection, held: Lease | Job, now: float, error: VitascopeError, *, compute_ms: int | None = None) -> Job:
    """With a lease: the worker says so. With a job: its reader says so, unless it has changed since."""
    words = {"error_code": error.code, "error_message": error.message, "error_hint": error.hint or None}
    return _end(tx, held, "failed", now, **words, **_machine_time(held, compute_ms))


def cancelled(tx: Connection, held: Lease | Job, now: float, *, compute_ms: int | None = None) -> Job:
    return _end(tx, held, "cancelled", now, **_machine_time(held, compute_ms))


def ask_cancel(tx: Connection, account_id: str | None, job_id: str, now: float) -> Job:
    """The job as it is now. One that no worker holds is cancelled at once, and the caller voids its hold in this
    transaction; one that runs is told so at its next beat; one that is done stays as it is. Raises Conflict for one
    that another server makes and cannot stop.
    """
    lock_account(tx, get(tx, account_id, job_id).account_id)
    job = get(tx, account_id, job_id)
    if job.state == "queued" or (job.state == "running" and (job.lease_until or 0) <= now):
        return cancelled(tx, job, now)
    if job.state == "running" and not job.cancel_requested:
        if job.needs == REMOTE:
            refuse_cancel(tx, job, now)
        asked = sa.update(jobs).where(jobs.c.id == job_id, IS_RUNNING).values(cancel_requested=True).returning(jobs)
        row = tx.execute(asked).first()
        job = as_job(row) if row else get(tx, account_id, job_id)
    return job


def release(tx: Connection, lease: Lease, now: float) -> Job:
    """Give the job back unharmed, when the worker is asked to stop: it is first of its account again and the attempt
    does not count.
    """
    lock_account(tx, lease.job.account_id)
    values = {"state": "queued", "lease_worker": None, "lease_until": None, "step": 0, "released": jobs.c.released + 1}
    return _tell(tx, _change(tx, lease, **values), "job.queued", now)


def elsewhere(tx: Connection, lease: Lease, now: float, **values: Any) -> Job:
    """Give the job back to be made by another model, at the same price: `values` are what changes of it."""
    lock_account(tx, lease.job.account_id)
    free = {"state": "queued", "lease_worker": None, "lease_until": None, "step": 0, "released": jobs.c.released + 1}
    return _tell(tx, _change(tx, lease, **free, **values), "job.queued", now)


def _take(tx: Connection, head: fairness.Head, worker: str, now: float, lease_seconds: float) -> Job | None:
    """Lease the job, unless it was beaten for, cancelled or ended since it was seen."""
    taking = (
        sa.update(jobs)
        .where(jobs.c.id == head.job_id, free(now))
        .values(
            state="running",
            attempts=jobs.c.attempts + 1,
            lease_worker=worker,
            lease_until=now + lease_seconds,
            started_at=sa.func.coalesce(jobs.c.started_at, now),
            step=0,
            looks=[],
        )
        .returning(jobs)
    )
    row = tx.execute(taking).first()
    if not row:
        return None
    if row.needs == REMOTE:  # it takes nobody's turn at a machine
        return _tell(tx, as_job(row), "job.running", now)
    turn = (tx.scalar(sa.select(sa.func.max(turns.c.turn))) or 0) + 1
    if not insert_new(tx, turns, {"account_id": head.account_id, "turn": turn, "created_at": now}):
        tx.execute(sa.update(turns).where(turns.c.account_id == head.account_id).values(turn=turn))
    return _tell(tx, as_job(row), "job.running", now)


def _end(tx: Connection, held: Lease | Job, state: str, now: float, **values: Any) -> Job:
    lock_account(tx, (held.job if isinstance(held, Lease) else held).account_id)
    job = _change(tx, held, state=state, finished_at=now, lease_worker=None, lease_until=None, **values)
    return _tell(tx, job, f"job.{state}", now)


def _change(tx: Connection, held: Lease | Job, **values: Any) -> Job:
    row = tx.execute(sa.update(jobs).where(_fence(held)).values(**values).returning(jobs)).first()
    if not row:
        raise _lost(held.job.id if isinstance(held, Lease) else held.id)
    return as_job(row)


def _fence(held: Lease | Job) -> sa.ColumnElement[bool]:
    """True for the row only while it is what the holder thinks it is."""
    if isinstance(held, Lease):
        mine = sa.and_(jobs.c.lease_worker == held.worker, jobs.c.attempts == held.attempt)
        return sa.and_(jobs.c.id == held.job.id, IS_RUNNING, mine)
    until = jobs.c.lease_until.is_(None) if held.lease_until is None else jobs.c.lease_until == held.lease_until
    same = sa.and_(jobs.c.state == held.state, jobs.c.attempts == held.attempts, jobs.c.finished_at.is_(None))
    return sa.and_(jobs.c.id == held.id, same, until)


def _lost(job_id: str) -> LeaseLost:
    return LeaseLost(f"{job_id} is no longer this worker's.", hint="Another has it or it is done; drop the work.")


def _machine_time(held: Lease | Job, compute_ms: int | None) -> dict[str, Any]:
    """Earlier attempts cost machine time too."""
    if compute_ms is None:
        return {}
    return {"compute_ms": (held.job.compute_ms if isinstance(held, Lease) else held.compute_ms) + compute_ms}


def _tell(tx: Connection, job: Job, kind: str, now: float) -> Job:
    data: dict[str, Any] = {"state": job.state, "batch_id": job.batch_id, "step": job.step, "steps": job.steps}
    if job.preview_key:
        data |= {"preview_at": job.preview_at, "look": job.looks[-1] if job.looks else None}
    if job.clip_id:
        data["clip_id"] = job.clip_id
    if job.error_code:
        data["error"] = {"code": job.error_code, "message": job.error_message, "hint": job.error_hint}
    events.tell(tx, job.account_id, kind, data, now, job_id=job.id)
    if kind == f"job.{job.state}":  # not at progress
        callbacks.emit(tx, job, now)
    return job
