"""START HERE: the whole way of a clip through the service, in two functions. `submit` takes the order: rules, price,
then ONE transaction that reserves the credits and puts the jobs into the queue. `fulfil` is what a worker does with a
job: make the clip, keep its files, then ONE transaction that puts it into the library, takes the credits and ends the
job. Going wrong is one transaction too: the credits are back, and the job says why.

So whatever is killed, whenever: no job is lost, none is done twice, and no credit with it. How a spec becomes frames
and a file is told in `drawing.py`, which needs no service; its names are handed on here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from vitascope import ask, logs, policy, pricing
from vitascope.clip import ClipSpec, ModelCard
from vitascope.engines.protocol import Engine
from vitascope.engines.render import (
    Cancelled,
    Clip,
    Progress,
    Stopped,
    draw,
    drawn,
    make,
    recipe_for,
    sha256,
    with_source,
)
from vitascope.errors import BadSettings, BadWeights, LeaseLost, OutputFailed, Unavailable, VitascopeError
from vitascope.orders import admission, produce
from vitascope.orders.retry import patiently
from vitascope.plans import Plan
from vitascope.store import events, jobs, ledger, library
from vitascope.store import idempotency as answers
from vitascope.store.accounts import Account
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.ids import BATCH, CLIP, new_id
from vitascope.store.jobs import Job, Lease

__all__ = [  # the way of a clip without a service, and with one
    "Cancelled",
    "Clip",
    "Progress",
    "Stopped",
    "cancel",
    "draw",
    "drawn",
    "fulfil",
    "give_up",
    "make",
    "recipe_for",
    "sha256",
    "submit",
    "with_source",
]  # fmt: skip

_log = logs.get(__name__)


def submit(
    store: Store,
    blobs: Blobs,
    account: Account,
    spec: ClipSpec,
    *,
    n: int = 1,
    card: ModelCard,
    plan: Plan,
    prices: pricing.Prices,
    rules: policy.Rules,
    request: Mapping[str, Any] | None = None,
    project_id: str | None = None,
    lane: str = "normal",
    idempotency: str | None = None,
    parent: str | None = None,
    relation: str | None = None,
    credits: bool = True,
    draft: bool = False,
    drafted: int = 0,
    needs: str = "cpu",
    run_after: float = 0.0,
    also: Callable[[Connection, list[Job]], None] | None = None,
) -> list[Job]:
    """Order `n` takes of this spec: one job each, of one batch, or none at all. What it costs is what `pricing.quote`
    says of the same arguments; refused orders cost nothing.

    The same `idempotency` key again gives the same jobs as they are now, and Conflict for another order. `parent`: the
    id of the clip this one comes from. `also` is done in the same transaction. Raises BadSpec, PolicyRefused,
    NotAllowed, TooMany, NotEnoughCredits.
    """
    spec = dataclasses.replace(spec, model=card.name)
    card.check(spec)
    takes = ask.takes(spec, n)
    policy.check(spec, rules, n=n)  # most refusals, before anybody is made to wait
    quote = pricing.quote(spec, card, n=n, plan=plan, draft=draft, prices=prices, lane=lane, drafted=drafted)
    units = quote.per_clip if credits else 0
    order = _fingerprint(spec, card.name, n, lane, project_id, parent, relation, draft)
    with store.begin() as tx:
        now = store.clock()
        store.lock_account(tx, account.id)
        if idempotency and (answer := answers.recall(tx, account.id, idempotency, order)):
            return [jobs.get(tx, account.id, job_id) for job_id in answer["jobs"]]
        admission.check(tx, account, spec, n=n, plan=plan, rules=rules, now=now)
        if units:
            ledger.ensure_daily(tx, account.id, plan, now, admission.zone(account))
        batch_id, placed = new_id(BATCH, now), []
        for take in takes:
            job = jobs.enqueue(
                tx,
                account_id=account.id,
                spec=take,
                units=units,
                batch_id=batch_id,
                now=now,
                project_id=project_id,
                request=request,
                priority=plan.priority,
                lane=lane,
                needs=needs,
                run_after=run_after,
                parent_clip_id=parent,
                relation=relation,
                idempotency=idempotency,
            )
            ledger.hold(tx, account.id, job.id, units, now)
            placed.append(job)
        if also:
            also(tx, placed)
        if idempotency:
            answers.remember(tx, account.id, idempotency, order, {"jobs": [job.id for job in placed]}, now)
    return placed


def fulfil(
    store: Store,
    blobs: Blobs,
    lease: Lease,
    engine: Engine[Any],
    *,
    watch: produce.Watch | None = None,
    marks: produce.Marks | None = None,
    stopped: threading.Event | None = None,
) -> Job:
    """Make the leased job's clip, or say why not; the job as it then is. While the database or the storage does not
    answer it waits, until `stopped` is set.

    Raises LeaseLost when another has the job (what was made is thrown away), Stopped or Unavailable when it was cut off
    and can be given back. Everything else ends the job.
    """
    job, watch, stopped = lease.job, watch or produce.Unwatched(), stopped or threading.Event()
    clip_id = new_id(CLIP, store.clock())  # each attempt its own, so that nobody writes over another's files

    def end(what: str, act: Callable[[Connection, float], Job]) -> Job:
        done = patiently(lambda: _in_one(store, job, clip_id, act), stopped=stopped, what=what)
        _throw_away(blobs, "" if done.clip_id == clip_id else clip_id, done)
        return done

    try:
        with tempfile.TemporaryDirectory(prefix="vitascope-") as name:
            folder = Path(name)
            spec = patiently(
                lambda: produce.at_hand(store, blobs, job, engine, folder), stopped=stopped, what="fetching the source"
            )
            made = produce.make(spec, engine, folder, marks=marks or produce.Marks(), watch=watch)
            watch.progress("files", 0, 1)  # the last moment to stop without waste
            patiently(lambda: produce.keep(blobs, clip_id, made), stopped=stopped, what="keeping the files")

        def conclude(tx: Connection, now: float) -> Job:
            if jobs.get(tx, None, job.id).cancel_requested:  # while the files were being kept
                return _cancelled(tx, lease, now, _compute_ms(engine))
            done = jobs.finish(tx, lease, now, clip_id=clip_id, compute_ms=_compute_ms(engine))
            produce.shelve(tx, clip_id, job, made, now)
            ledger.post(tx, job.id, now)
            if made.defects and job.units:
                ledger.refund(tx, job.id, job.units, now)
                told = {"units": job.units, "defects": [defect.message for defect in made.defects]}
                events.tell(tx, job.account_id, "job.refunded", told, now, job_id=job.id)
            return done

        return end("finishing", conclude)
    except Stopped:
        if watch.lost:
            _throw_away(blobs, clip_id)
            raise LeaseLost(f"Another worker has {job.id} now.") from None
        if not watch.cancelled:
            raise
        return end("cancelling", lambda tx, now: _cancelled(tx, lease, now, _compute_ms(engine)))
    except LeaseLost:
        _throw_away(blobs, clip_id)
        raise
    except Unavailable:
        raise
    except (OutputFailed, BadSettings, BadWeights) as error:  # the operator's business, and full of paths
        _log.error("a clip cannot be made here", job=job.id, why=error.message)
        what = getattr(error, "why", "") or "its files or settings are not in order"
        reason = VitascopeError(
            f"The server cannot make this clip: {what}.", hint="The credits are back. Tell whoever runs this server."
        )
    except VitascopeError as error:
        reason = error
    except Exception as error:
        _log.exception("a fault while making a clip", job=job.id)
        reason = VitascopeError(
            f"A fault inside Vitascope: {type(error).__name__}.",
            hint="The credits are back. Try again; if it stays, tell whoever runs this server the job's id.",
        )
    return end("failing", lambda tx, now: _failed(tx, lease, now, reason, _compute_ms(engine)))


def cancel(store: Store, account_id: str, job_id: str) -> Job:
    """As its owner asks: a waiting job is cancelled and its credits are back at once, a running one at its next step.
    Raises NotFound.
    """
    with store.begin() as tx:
        now = store.clock()
        job = jobs.ask_cancel(tx, account_id, job_id, now)
        if job.state == "cancelled":
            ledger.void(tx, job.id, now)
    return job


def give_up(store: Store, blobs: Blobs, job: Job) -> Job:
    """End a job that no worker will get again (see `jobs.exhausted`). Raises LeaseLost when that is no longer so."""
    reason = VitascopeError(
        f"The clip could not be made in {job.attempts - job.released} attempts: each time its worker died.",
        hint="The credits are back. Ask for a shorter or smaller clip, or tell whoever runs this server.",
    )
    with store.begin() as tx:
        now = store.clock()
        done = _cancelled(tx, job, now) if job.cancel_requested else _failed(tx, job, now, reason)
    _throw_away(blobs, "", done)
    return done


def _in_one(store: Store, job: Job, clip_id: str, act: Callable[[Connection, float], Job]) -> Job:
    """The end of a job, once: when an earlier try came through although its answer was lost, nothing more is done."""
    with store.begin() as tx:
        store.lock_account(tx, job.account_id)
        current = jobs.get(tx, None, job.id)
        if current.state == "succeeded" and current.clip_id == clip_id:
            return current
        return act(tx, store.clock())


def _failed(tx: Connection, held: Lease | Job, now: float, why: VitascopeError, compute_ms: int | None = None) -> Job:
    done = jobs.fail(tx, held, now, why, compute_ms=compute_ms)
    ledger.void(tx, done.id, now)
    return done


def _cancelled(tx: Connection, held: Lease | Job, now: float, compute_ms: int | None = None) -> Job:
    done = jobs.cancelled(tx, held, now, compute_ms=compute_ms)
    ledger.void(tx, done.id, now)
    return done


def _throw_away(blobs: Blobs, clip_id: str, job: Job | None = None) -> None:
    """Files of a clip that does not come to be, and the previews of a job that ended; the last one of a job without a
    clip shows where it stopped, and stays for a day. What a killed worker leaves, or what cannot be deleted now,
    `library.sweep` finds.
    """
    doomed = [library.key(clip_id, name) for name in ("video.mp4", "poster.jpg", "sprite.jpg")] if clip_id else []
    for key in [*doomed, *_looks(job)]:
        with suppress(VitascopeError):
            blobs.delete(key)


def _looks(job: Job | None) -> list[str]:
    if not job:
        return []
    return [job.look_key(step) for step in (job.looks if job.state == "succeeded" else job.looks[:-1])]


def _compute_ms(engine: Engine[Any]) -> int | None:
    seconds = getattr(engine, "seconds", None)  # a seat at a scheduler knows
    return None if seconds is None else round(1000 * seconds)


def _fingerprint(spec: ClipSpec, *order: Any) -> str:
    return hashlib.sha256(json.dumps([spec.to_dict(), *order], sort_keys=True).encode()).hexdigest()
