"""What a worker does with a job: make the clip, keep its files, then ONE transaction that puts it into the library,
takes the credits and ends the job. Going wrong is one transaction too: the credits are back, and the job says why.
`submit.py` is how an order is taken.

How a spec becomes frames and a file is told in `engines/render.py`, which needs no service.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from vitascope import logs
from vitascope.engines.protocol import StepEngine, Stopped
from vitascope.errors import BadSettings, BadWeights, EngineFailed, LeaseLost, OutputFailed, Unavailable, VitascopeError
from vitascope.orders import produce
from vitascope.orders.retry import patiently
from vitascope.store import events, jobs, ledger, library
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.ids import CLIP, new_id
from vitascope.store.jobs import Job, Lease

_log = logs.get(__name__)


def fulfil(
    store: Store,
    blobs: Blobs,
    lease: Lease,
    engine: StepEngine[Any],
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
    clip_id = new_id(CLIP, store.clock())  # each attempt its own, so that none writes over another's files

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
            made = produce.make(spec, engine, folder, shape=job.resolved, marks=marks or produce.Marks(), watch=watch)
            watch.progress("files", 0, 1)  # the last moment to stop without waste
            patiently(lambda: produce.keep(blobs, clip_id, made), stopped=stopped, what="keeping the files")

        def conclude(tx: Connection, now: float) -> Job:
            if jobs.get(tx, None, job.id).cancel_requested:  # while the files were being kept
                return _cancelled(tx, lease, now, _compute_ms(engine))
            done = jobs.finish(tx, lease, now, clip_id=clip_id, compute_ms=_compute_ms(engine))
            produce.shelve(tx, clip_id, job, made, now)
            ledger.post(tx, job.id, now)
            faults = [defect.message for defect in made.defects if not defect.warning]
            if faults and job.units:
                ledger.refund(tx, job.id, job.units, now)
                told = {"units": job.units, "defects": faults}
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
            f"The server cannot make this clip: {what}.", hint="The credits are back. Tell the operator of this server."
        )
    except EngineFailed as error:
        _log.exception("the engine of a model failed", job=job.id, model=job.model)
        error.hint = "The credits are back. Tell the operator of this server the job's id; the log says where."
        reason = error
    except VitascopeError as error:
        reason = error
    except Exception as error:
        _log.exception("a fault while making a clip", job=job.id)
        reason = VitascopeError(
            f"A fault inside Vitascope: {type(error).__name__}.",
            hint="The credits are back. Try again; if it stays, tell the operator of this server the job's id.",
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


def give_up(store: Store, blobs: Blobs, job: Job, reason: VitascopeError | None = None) -> Job:
    """End a job that no worker will get again (see `jobs.exhausted`), or get at all. Raises LeaseLost when that is no
    longer so.
    """
    reason = reason or VitascopeError(
        f"The clip could not be made in {job.attempts - job.released} attempts: each time its worker died.",
        hint="The credits are back. Ask for a shorter or smaller clip, or tell the operator of this server.",
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


def _compute_ms(engine: StepEngine[Any]) -> int | None:
    seconds = getattr(engine, "seconds", None)  # a scheduler's slot knows
    return None if seconds is None else round(1000 * seconds)
