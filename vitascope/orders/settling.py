"""How a purchase ends: its result is fetched, looked at and settled in one transaction, or its credits are back, and it
is looked at again later, in case that was not its server's last word.
"""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from vitascope import __version__, logs
from vitascope.clip import ClipSpec, Recipe
from vitascope.engines.remote.protocol import Refused, Seen, TaskEngine, Ticket, Unclear
from vitascope.errors import (
    BadClip,
    LeaseLost,
    NotAllowed,
    NotMade,
    OutputFailed,
    PolicyRefused,
    TooLarge,
    VitascopeError,
)
from vitascope.orders import legs, produce, received
from vitascope.orders.produce import Marks
from vitascope.orders.received import Received
from vitascope.orders.retry import patiently
from vitascope.store import events, jobs, ledger, library, purchases
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.ids import CLIP, new_id
from vitascope.store.jobs import Job
from vitascope.store.purchase import FOREVER
from vitascope.store.purchases import Purchase
from vitascope.store.recipes import whole

HOUR, DAY = 3600.0, 86_400.0
DOUBTS, DOUBT_SECONDS = 3, 300.0  # so often in a row a task must be unknown to its server until it is lost
_BACK = "The credits are back."

_log = logs.get(__name__)


@dataclass(frozen=True)
class Settler:
    """`marks` says how a job's clip is marked; `chance` spreads the looks."""

    store: Store
    blobs: Blobs
    marks: Callable[[Job], Marks]
    chance: random.Random
    stopped: threading.Event = field(default_factory=threading.Event)

    def receive(self, held: Purchase, engine: TaskEngine, ticket: Ticket, job: Job, seen: Seen) -> None:
        """Fetched at once, and settled in one transaction."""
        if not job.spec:  # its account has left
            return self.over(held, state="done", billed="yes", cost=seen.cost)
        clip_id = new_id(CLIP, self.store.clock())
        with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
            path = Path(folder) / "clip.mp4"
            try:
                engine.fetch(ticket, path)
                with self.store.read() as tx:
                    spec = ClipSpec.from_dict(whole(tx, job.account_id, job.spec))
                recipe = Recipe(spec=spec, shape=job.resolved, model=job.model, weights="", version=__version__)
                got = received.receive(path, recipe, self.marks(job))
            except (BadClip, TooLarge, NotAllowed, Refused) as error:
                if held.state == "placed" and held.doubts + 1 >= DOUBTS:
                    _log.error("what was paid for cannot be had", purchase=held.id, why=str(error))
                    why = f"its result cannot be used: {error}"
                    return self.fail(held, refused(held, "fault", why), billed="yes", cost=seen.cost)
                return self.wait(held, DOUBT_SECONDS, doubts=held.doubts + 1, note=str(error), engine=engine)
            except (VitascopeError, Unclear) as error:
                if isinstance(error, OutputFailed):
                    _log.error("a result cannot be kept", purchase=held.id, why=error.message)
                return self.wait(held, self.spread(20.0), note="its result is fetched again", engine=engine)
            produce.keep(self.blobs, clip_id, got.made)
        settle = partial(self.settle, held, job.id, clip_id, got, seen)
        try:
            kept = patiently(settle, stopped=self.stopped, what="settling a purchase")
        except LeaseLost:
            with self.store.read() as tx:  # or it was settled by a commit whose answer was lost
                kept = purchases.get(tx, held.id).clip_id == clip_id
            if not kept:
                self.throw_away(clip_id)
                raise
        if not kept:
            self.throw_away(clip_id)
        _log.info("received", purchase=held.id, clip=clip_id if kept else None, bytes=got.made.size_bytes)

    def settle(self, held: Purchase, job_id: str, clip_id: str, got: Received, seen: Seen) -> bool:
        """Whether the clip is kept: as the job's, whose price is taken, or, when that has ended, for nothing."""
        with self.store.begin() as tx:
            now = self.store.clock()
            self.store.lock_account(tx, held.account_id)
            job = jobs.get(tx, None, job_id)
            keep = not job.done or bool(job.spec)
            done: dict[str, Any] = {"clip_id": clip_id if keep else None, "billed": "yes", "cost": seen.cost}
            settled = ended(now) if held.settled_at is None else {"ended_at": now}
            purchases.change(tx, held, state="done", next_at=None, note=None, **done, **settled)
            if not keep:
                return False
            if job.done:
                received.shelve(tx, clip_id, job, got, now, free=True)
                told = {"clip_id": clip_id, "units": 0}
                events.tell(tx, job.account_id, "clip.found", told, now, job_id=job.id)
                return True
            jobs.finish(tx, held.lease_of(job), now, clip_id=clip_id)
            received.shelve(tx, clip_id, job, got, now, free=False)
            ledger.post(tx, job.id, now)
            if job.units and (missing := got.missing(job.resolved)):
                units = -(-job.units * missing.numerator // missing.denominator)
                ledger.refund(tx, job.id, units, now)
                why = f"{got.info.frames} frames of {got.info.width}x{got.info.height} came; more was ordered."
                told = {"units": units, "defects": [why]}
                events.tell(tx, job.account_id, "job.refunded", told, now, job_id=job.id)
            return True

    def fail(
        self, held: Purchase, why: VitascopeError | None, *, state: str = "failed", billed: str, cost: int | None
    ) -> None:
        """The server's verdict: there will be no clip. The credits are back; one last look follows, in an hour."""
        last = self.store.clock() + HOUR if held.handle else None
        self.end(held, state, why, billed=billed, cost=cost, next_at=last)

    def give_up(self, held: Purchase, why: VitascopeError | None) -> None:
        """Without a verdict: the credits are back, and it is looked for every hour while its server may have it."""
        self.end(held, "lost", why, billed="unknown", next_at=self.store.clock() + HOUR)

    def end(self, held: Purchase, state: str, why: VitascopeError | None, **values: Any) -> None:
        """`why` None: its owner wanted it cancelled."""
        with self.store.begin() as tx:
            now = self.store.clock()
            self.store.lock_account(tx, held.account_id)
            job = jobs.get(tx, None, held.job_id)
            over = ended(now) if held.settled_at is None else {"ended_at": now}
            note = (getattr(why, "why", "") or why.message)[:300] if why else None
            purchases.change(tx, held, state=state, doubts=0, note=note, **values, **over)
            if job.done:
                return
            lease = held.lease_of(job)
            if why and values["billed"] == "no" and legs.go_on(tx, held, lease, why, now):
                return
            void(tx, jobs.fail(tx, lease, now, why) if why else jobs.cancelled(tx, lease, now), now)

    def over(self, held: Purchase, state: str | None = None, **values: Any) -> None:
        with self.store.begin() as tx:
            purchases.change(tx, held, state=state, next_at=None, **values)

    def wait(
        self, held: Purchase, seconds: float, *, until: float = FOREVER, engine: TaskEngine | None = None, **values: Any
    ) -> None:
        """Look again after so long, or never after `until`."""
        note = values.pop("note", None)
        if engine and held.settled_at is not None:
            seconds, until = max(seconds, HOUR), self.kept_until(held, engine)
        with self.store.begin() as tx:
            at = self.store.clock() + seconds
            noted: dict[str, Any] = {"note": str(note)[:300]} if note else {}
            if at > until and held.settled_at is not None:
                _log.warning("a purchase is not looked for any more", purchase=held.id)
            purchases.change(
                tx, held, next_at=None if at > until and held.settled_at is not None else at, **noted, **values
            )

    def kept_until(self, held: Purchase, engine: TaskEngine) -> float:
        return (held.placed_at or held.sent_at or held.created_at) + engine.facts.keeps_seconds + DAY

    def spread(self, seconds: float) -> float:
        return seconds * self.chance.uniform(0.8, 1.2)

    def throw_away(self, clip_id: str) -> None:
        for name in ("video.mp4", "poster.jpg", "sprite.jpg"):
            with suppress(VitascopeError):
                self.blobs.delete(library.key(clip_id, name))


def refused(held: Purchase, reason: str, message: str) -> VitascopeError:
    """What is told to the user. What concerns the operator's account there is not."""
    if reason in ("auth", "money"):
        _log.error("a server takes no orders", purchase=held.id, model=held.model, why=message)
        return NotMade(
            f"{held.model} cannot be ordered at the moment.",
            hint=f"{_BACK} Tell the operator of this server.",
            why=f"Its server takes no orders: {message}",
        )
    if reason == "moderation":
        said = f"The server of {held.model} refuses it: {message}"
        return PolicyRefused(said, hint=f"{_BACK} Ask for something else.", rule="vendor", field="prompt")
    if reason == "input":
        return NotMade(f"The server of {held.model} does not take it: {message}", hint=f"{_BACK} Ask for it otherwise.")
    return NotMade(f"The server of {held.model} did not make it: {message}", hint=f"{_BACK} Try again later.")


def perhaps(held: Purchase) -> VitascopeError:
    return NotMade(
        f"The server of {held.model} did not say within a day whether it took the order.",
        hint=f"{_BACK} If the clip is found later, you get it for nothing.",
    )


def ended(now: float) -> dict[str, Any]:
    return {"ended_at": now, "settled_at": now}


def void(tx: Connection, job: Job, now: float) -> None:
    ledger.void(tx, job.id, now)
