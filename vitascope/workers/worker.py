"""A worker: claims jobs, makes them on one engine, several at once, and gives back what it cannot finish. Killed at any
moment, it leaves nothing that another does not pick up when the lease ends.

One thread claims, one drives the engine (`scheduler`), one keeps the leases (`heart`), one does the duties, and each
job has its own, in which `fulfil` runs. While the database does not answer they all wait; work under way goes
on.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import sqlalchemy as sa

from vitascope import logs, metrics
from vitascope.engines.protocol import StepEngine, Stopped
from vitascope.errors import LeaseLost, Unavailable
from vitascope.orders.fulfil import fulfil
from vitascope.orders.retry import DRAIN_SECONDS, patiently
from vitascope.runtime import House
from vitascope.store import jobs, schema
from vitascope.store.ids import WORKER, new_id
from vitascope.workers.delivering import delivery
from vitascope.workers.filming import Filming
from vitascope.workers.lease import LEASE_SECONDS, Heart, Pulse
from vitascope.workers.maintenance import ALL, MEASURING, Duties, Duty, clock_went_back
from vitascope.workers.scheduler import Scheduler

SLOTS = 4  # jobs held at once, so that short and important ones can overtake
IDLE_SECONDS, BUSY_SECONDS = 0.25, 1.0  # between two looks into the queue; who has work leaves the next to others
SEEN_SECONDS = 10.0

_log = logs.get(__name__)


class Worker:
    """`run` until `drain`. `width`: runs the engine likes to step at once; `needs`: kinds of jobs it can take."""

    def __init__(
        self,
        house: House,
        engine: StepEngine[Any],
        *,
        slots: int = SLOTS,
        width: int = 1,
        needs: Sequence[str] = ("cpu",),
        lease_seconds: float = LEASE_SECONDS,
        drain_seconds: float = DRAIN_SECONDS,
        duties: bool = True,
    ):
        self.house, self.needs, self.lease_seconds = house, tuple(needs), lease_seconds
        self.slots, self.width, self.drain_seconds = max(slots, width), width, drain_seconds
        self.id = new_id(WORKER, house.store.clock())
        self.scheduler = Scheduler(engine, width=width)
        self.models = (engine.card.name,)
        self.pulse = Pulse(house.store, house.blobs, lease_seconds=lease_seconds)
        clock = Duty("clock", 30, partial(clock_went_back, lease_seconds=max(lease_seconds, LEASE_SECONDS)))
        kinds = ((clock, *ALL), delivery(house), MEASURING)
        self.duties: list[Duties | Filming] = []
        if duties:
            self.duties = [*(Duties(house, self.id, some) for some in kinds), Filming(house, self.id, lease_seconds)]
        self._held: set[Heart] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._draining = threading.Event()  # take nothing new
        self._ending = threading.Event()  # and give back what is held
        self._give_up_at = float("inf")  # when that is given back which is not done
        self._seen_at = 0.0

    def run(self) -> None:
        """Returns when it was drained and holds nothing more."""
        self.scheduler.on_idle = self._wake.set
        self.scheduler.on_step = self._note_step
        with ThreadPoolExecutor(self.slots, thread_name_prefix="job") as pool:
            self.scheduler.start()
            self.pulse.start()
            for some in self.duties:
                some.start()
            _log.info("worker ready", worker=self.id, model=self.models[0], slots=self.slots)
            try:
                while not self._draining.is_set():
                    self._turn(pool)
            finally:
                self._end()
        self.pulse.stop()
        for some in self.duties:
            some.stop()
        with suppress(Unavailable), self.house.store.begin() as tx:
            tx.execute(sa.delete(schema.workers).where(schema.workers.c.id == self.id))
        _log.info("worker ended", worker=self.id)

    def drain(self) -> None:
        """Take nothing new, finish what is nearly done, give back the rest; a second call gives it back at once. Safe
        in a signal's handler.
        """
        if self._give_up_at < float("inf"):
            self._ending.set()
        self._give_up_at = time.monotonic() + self.drain_seconds
        self._draining.set()
        self._wake.set()

    def retire(self) -> None:
        """Take nothing new, give back what has not begun and finish what has, however long it takes."""
        self._draining.set()
        self._wake.set()

    @property
    def draining(self) -> bool:
        return self._draining.is_set()

    @property
    def held(self) -> int:
        with self._lock:
            return len(self._held)

    def _turn(self, pool: ThreadPoolExecutor) -> None:
        """Claim one job if there is room, then rest until it is worth looking again."""
        lease = None
        self._wake.clear()
        try:
            self._be_seen()
            if self.held < self.slots:
                with self.house.store.begin() as tx:
                    lease = jobs.claim(
                        tx,
                        self.id,
                        self.house.store.clock(),
                        needs=self.needs,
                        models=self.models,
                        lease_seconds=self.lease_seconds,
                        plans=self.house.plans,
                    )
        except Unavailable as error:
            _log.warning("waiting for the database", why=error.message)
            self._draining.wait(BUSY_SECONDS)
            return
        except Exception:  # what is under way shall not end for it
            _log.exception("claiming failed")
            self._draining.wait(BUSY_SECONDS)
            return
        if lease:
            heart = Heart(lease, self.scheduler.slot(account=lease.job.account_id, priority=lease.job.priority))
            with self._lock:
                self._held.add(heart)
            self.pulse.add(heart)
            pool.submit(self._work, heart)
        busy = self.scheduler.waiting or lease
        if not lease or self.held >= self.width:
            self._wake.wait(BUSY_SECONDS if busy else IDLE_SECONDS)

    def _work(self, heart: Heart) -> None:
        lease, start = heart.lease, time.perf_counter()
        job, outcome = lease.job, "failed"
        with logs.bound(job=job.id, worker=self.id):
            try:
                if lease.attempt == 1:
                    metrics.queue_seconds.labels(job.lane).observe(max(0.0, (job.started_at or 0) - job.created_at))
                _log.info("started", attempt=lease.attempt)
                marks = patiently(lambda: self.house.marks(job), stopped=self._ending, what="reading the account")
                done = fulfil(
                    self.house.store,
                    self.house.blobs,
                    lease,
                    heart.slot,
                    watch=heart,
                    marks=marks,
                    stopped=self._ending,
                )
                outcome = done.state
                metrics.jobs_ended.labels(outcome).inc()
            except LeaseLost as error:
                outcome = "lost"
                metrics.leases_lost.inc()
                _log.warning("lease lost", why=error.message)
            except (Stopped, Unavailable):
                outcome = self._give_back(lease)
            except BaseException:  # the lease ends by itself, and another tries
                _log.exception("the work broke off")
            finally:
                heart.slot.leave()
                self.pulse.remove(heart)
                with self._lock:
                    self._held.discard(heart)
                self._wake.set()
            seconds = time.perf_counter() - start
            metrics.clip_seconds.labels(job.model, outcome).observe(seconds)
            _log.info(outcome, seconds=round(seconds, 3), engine_seconds=round(heart.slot.seconds, 3))

    def _give_back(self, lease: jobs.Lease) -> str:
        try:
            with self.house.store.begin() as tx:
                jobs.release(tx, lease, self.house.store.clock())
        except LeaseLost:
            return "lost"
        except Unavailable:
            return "left to its lease"
        return "given back"

    def _end(self) -> None:
        """Wait for what is nearly done, then make the rest leave the engine."""
        if self._give_up_at == float("inf"):
            with self._lock:
                held = list(self._held)
            for heart in held:
                if heart.slot.run is None:
                    heart.slot.leave()
        while self.held and time.monotonic() < self._give_up_at and not self._ending.is_set():
            self._wake.clear()
            self._wake.wait(0.1)
        self._ending.set()
        self.scheduler.close()

    def _be_seen(self) -> None:
        if time.monotonic() - self._seen_at < SEEN_SECONDS and self._seen_at:
            return
        now, table = self.house.store.clock(), schema.workers
        changing = {"seen_at": now, "busy": self.held}
        with self.house.store.begin() as tx:
            if not tx.execute(sa.update(table).where(table.c.id == self.id).values(**changing)).rowcount:
                fixed = {"id": self.id, "host": platform.node(), "pid": os.getpid(), "started_at": now}
                kind = {"needs": self.needs[-1], "models": list(self.models), "created_at": now}
                tx.execute(sa.insert(table).values(**fixed, **kind, **changing))
        self._seen_at = time.monotonic()

    def _note_step(self, seconds: float, runs: int) -> None:
        for _ in range(runs):
            metrics.step_seconds.labels(self.models[0]).observe(seconds)
