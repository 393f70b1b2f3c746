"""What a courier does with one purchase, one action at a time: send the order, look for one whose answer was lost, look
at one that is placed, fetch its result and settle it. `store/purchases.py` has the states.

At most one purchase for an order, whatever dies when: `sent` is committed before the paid request. What may have been
bought is never sent again by itself, except under a name by which the server makes one task only. Our own patience is
no verdict: the server's word is, and a failure is believed when it was said twice. When the job ends without a clip its
credits are back for good; a clip that is found later is the user's for nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vitascope import logs
from vitascope.clip import ClipSpec
from vitascope.engines.remote.protocol import NotSent, Refused, Seen, TaskEngine, TaskOrder, Ticket, Unclear
from vitascope.errors import BadClip, BadSettings, NotMade, VitascopeError
from vitascope.orders import following
from vitascope.orders.retry import patiently
from vitascope.orders.settling import DAY, DOUBT_SECONDS, DOUBTS, HOUR, Settler, ended, perhaps, refused, void
from vitascope.store import budgets, inputs, jobs, paused, purchases
from vitascope.store.jobs import Job
from vitascope.store.purchase import FOREVER
from vitascope.store.purchases import Purchase

UNSURE_SECONDS = DAY  # after which an order that may have been bought is given up
LONGEST_WAIT = HOUR
SETTLED_SECONDS = 900.0  # after which no request is on its way any more
TWICE_SECONDS = 5.0  # until a failure is asked for again
STOPPED_SECONDS = 30.0

_log = logs.get(__name__)


@dataclass(frozen=True)
class Buyer(Settler):
    """What acting on purchases needs. `call`: where a server may call when something has changed with this purchase;
    empty: nowhere.
    """

    call: Callable[[str], str] = lambda purchase_id: ""

    def act(self, held: Purchase, engine: TaskEngine) -> None:
        """The next action on this purchase. Raises LeaseLost when it is another courier's, Unavailable when database or
        storage do not answer; then it is tried again when the lease has run out.
        """
        if held.state == "written":
            return self._send(held, engine)
        if held.state == "sent":  # whoever was sending it died
            with self.store.begin() as tx:
                held = purchases.change(tx, held, state="unsure", keep=True)
        if held.handle is None:
            return self._search(held, engine)
        self._look(held, engine)

    def _send(self, held: Purchase, engine: TaskEngine) -> None:
        try:
            spec = self._spec(held)
        except BadClip as error:  # the clip that it continues is gone
            return self.fail(held, error, billed="no", cost=0)
        with self.store.read() as tx:
            before = budgets.expected(tx, held.job_id)
        if before is not None and held.estimate is not None and held.estimate > before:
            return self.fail(held, _dearer(held, before), billed="no", cost=0)
        with self.store.begin() as tx:
            now = self.store.clock()
            self.store.lock_account(tx, held.account_id)
            job = jobs.get(tx, None, held.job_id)
            if job.done or job.cancel_requested:
                purchases.change(tx, held, state="cancelled", billed="no", cost=0, next_at=None, **ended(now))
                if not job.done:
                    void(tx, jobs.cancelled(tx, held.lease_of(job), now), now)
                return
            if purchases.stopped(tx) is not None:
                purchases.change(tx, held, next_at=now + STOPPED_SECONDS, note="buying is stopped")
                return
            down = paused.read(tx).get(paused.vendor(held.model))
            if down and down.until > now and held.note:  # one that was not sent before; another is the trial
                purchases.change(tx, held, next_at=down.until + self.spread(1.0))
                return
            if down:
                paused.try_again(tx, held.model, now)
            order = self._order(held, job, spec, now)
            assert order, "a job that is not done has its spec"
            digest = hashlib.sha256(json.dumps([order.spec.to_dict(), order.shape.to_dict()]).encode()).hexdigest()
            held = purchases.change(tx, held, state="sent", keep=True, sends=1, sent_at=now, digest=digest)
        self._pay(held, engine, order)

    def _pay(self, held: Purchase, engine: TaskEngine, order: TaskOrder) -> None:
        """The paid request. The purchase is `sent` before."""
        first = held.sends == 1
        try:
            ticket = engine.submit(order)
        except Refused as error:
            if not first:  # it says nothing of the request before, which may still be on its way
                if self.store.clock() - (held.sent_at or 0.0) < SETTLED_SECONDS:
                    return self._unsure(held, error.message)
                return self.give_up(held, refused(held, error.reason, error.message))
            if error.reason == "limit":
                return self._unsent(held, max(error.wait, self.spread(30.0)), error.message)
            if error.reason in ("auth", "money"):
                with self.store.begin() as tx:
                    now, sent_at = self.store.clock(), held.sent_at or 0.0
                    paused.pause(tx, held.model, error.reason, error.message, now, sent_at=sent_at)
            return self.fail(held, refused(held, error.reason, error.message), billed="no", cost=0)
        except NotSent as error:
            if not first:
                return self._unsure(held, error.message)
            return self._unsent(held, self.spread(20.0), error.message)
        except BadSettings as error:
            _log.error("an order cannot be sent", purchase=held.id, why=error.message)
            if not first:
                return self._unsure(held, "its settings are not in order")
            return self._unsent(held, 60.0, "its settings are not in order")
        except Exception as error:
            if not isinstance(error, Unclear | VitascopeError):
                _log.exception("a fault while an order was sent", purchase=held.id)
            return self._unsure(held, str(error))
        self._placed(held, engine, ticket)

    def _placed(self, held: Purchase, engine: TaskEngine, ticket: Ticket) -> None:
        wait = max(engine.facts.usual_seconds / 2, engine.facts.poll_seconds)

        def note() -> None:
            with self.store.begin() as tx:
                now = self.store.clock()
                purchases.found(tx, held, dict(ticket.facts), ticket.handle, now, next_at=now + wait)
                paused.go_on(tx, held.model)

        patiently(note, stopped=self.stopped, what="keeping a ticket")  # it may be all that is known of it
        _log.info("placed", purchase=held.id, handle=ticket.handle)

    def _unsent(self, held: Purchase, wait: float, why: str) -> None:
        with self.store.begin() as tx:
            now = self.store.clock()
            values: dict[str, Any] = {"sends": 0, "sent_at": None, "note": why[:300], "next_at": now + wait}
            purchases.change(tx, held, state="written", **values)

    def _unsure(self, held: Purchase, why: str) -> None:
        _log.warning("perhaps bought", purchase=held.id, why=why)
        with self.store.begin() as tx:
            now = self.store.clock()
            note = f"perhaps bought: {why}"[:300]
            purchases.change(tx, held, state="unsure", next_at=now + self._search_again(held, now), note=note)

    def _search_again(self, held: Purchase, now: float) -> float:
        """Seconds until it is looked for again: the longer it is missed, the longer."""
        return self.spread(min(max((now - (held.sent_at or now)) / 4, TWICE_SECONDS), LONGEST_WAIT))

    def _search(self, held: Purchase, engine: TaskEngine) -> None:
        """An order that may have been bought, without a ticket."""
        spec = self._spec(held)
        with self.store.begin() as tx:
            now = self.store.clock()
            self.store.lock_account(tx, held.account_id)
            job = jobs.get(tx, None, held.job_id)
            order = self._order(held, job, spec, held.sent_at or now)
            taken, stopped = purchases.handles(tx, held.address), purchases.stopped(tx) is not None
        ticket, missing = None, False
        if order:
            try:
                ticket = engine.find(order, taken)
                missing = ticket is None
            except (VitascopeError, Unclear, Refused) as error:
                _log.warning("an order is looked for", purchase=held.id, why=str(error))
        if ticket:
            self._placed(held, engine, ticket)
            return
        since = now - (held.sent_at or now)
        if held.settled_at is not None:
            return self.wait(held, HOUR, until=self.kept_until(held, engine))
        if job.cancel_requested:
            return self.give_up(held, None)
        if since >= UNSURE_SECONDS:
            return self.give_up(held, perhaps(held))
        again = engine.facts.names and since < engine.facts.unique_seconds and not stopped
        if order and missing and again:
            with self.store.begin() as tx:  # under its name it is bought once, however often it is sent
                held = purchases.change(tx, held, state="sent", keep=True, sends=held.sends + 1)
            return self._pay(held, engine, order)
        self.wait(held, self._search_again(held, now))

    def _look(self, held: Purchase, engine: TaskEngine) -> None:
        """One that is placed; or one that was settled without a clip, which may still have been made."""
        assert held.handle is not None, "it is placed"
        ticket = Ticket(held.handle, held.ticket or {})
        with self.store.read() as tx:
            job = jobs.get(tx, None, held.job_id)
        try:
            (seen,) = engine.poll([ticket])
        except (VitascopeError, Unclear, Refused) as error:
            wait = max(self.spread(2 * engine.facts.poll_seconds), getattr(error, "wait", 0.0))
            return self.wait(held, wait, note=str(error), engine=engine)
        if seen.state == "done":
            return self.receive(held, engine, ticket, job, seen)
        if seen.state == "gone":
            return self._gone(held, engine, "its server does not know it any more")
        if seen.state in ("failed", "cancelled"):
            return self._not_made(held, engine, seen)
        unwanted = job.cancel_requested or (job.done and held.state == "placed")
        if unwanted and held.cancel_sent_at is None and held.cancels != "never":
            return self._stop(held, engine, ticket)
        if seen.state == "unknown":
            _log.warning("an unknown state is taken for running", purchase=held.id, state=seen.message)
        self._running(held, engine, job, seen)

    def _stop(self, held: Purchase, engine: TaskEngine, ticket: Ticket) -> None:
        """Ask its server once to stop it. What came of it the next look tells."""
        with suppress(VitascopeError, Unclear, Refused):
            _log.info("asked to stop", purchase=held.id, taken=engine.cancel(ticket))
        self.wait(held, TWICE_SECONDS, cancel_sent_at=self.store.clock())

    def _running(self, held: Purchase, engine: TaskEngine, job: Job, seen: Seen) -> None:
        now, facts = self.store.clock(), engine.facts
        if now - (held.placed_at or now) > facts.keeps_seconds:
            return self._gone(held, engine, "it was not made in time", certain=True)
        late = now - (held.placed_at or now) > facts.late_seconds
        wait = (
            HOUR
            if late or held.state != "placed"
            else max(min(self.spread(facts.poll_seconds), 60.0), min(seen.wait, HOUR))
        )
        step = round(100 * seen.progress)
        with self.store.begin() as tx:
            purchases.change(tx, held, next_at=now + wait, doubts=0, note=None)
            if held.settled_at is None and step > job.step:
                jobs.beat(tx, held.lease_of(job), now, step=step, steps=100, lease_seconds=FOREVER - now)

    def _not_made(self, held: Purchase, engine: TaskEngine, seen: Seen) -> None:
        """The server says that it failed, or was cancelled. It is asked once more before that is believed."""
        if held.state != "placed":  # known already; nothing else is to come
            return self.over(held)
        if held.doubts == 0:
            return self.wait(held, TWICE_SECONDS, doubts=1)
        if seen.state == "cancelled" and held.cancel_sent_at is not None:
            return self.fail(held, None, state="cancelled", billed=seen.billed, cost=seen.cost)
        why = seen.message or ("it was cancelled there" if seen.state == "cancelled" else "it says no more")
        self.fail(held, refused(held, seen.reason, why), billed=seen.billed, cost=seen.cost)

    def _gone(self, held: Purchase, engine: TaskEngine, why: str, *, certain: bool = False) -> None:
        """The server does not know it, or not any more. One that was asked to stop may be forgotten for that."""
        if held.cancel_sent_at is not None and held.state == "placed" and held.doubts >= 1:
            return self.fail(held, None, state="cancelled", billed="unknown", cost=None)
        if held.state != "placed":
            return self.wait(held, HOUR, until=self.kept_until(held, engine))
        if held.doubts + 1 < DOUBTS and not certain:
            wait = DOUBT_SECONDS if held.cancel_sent_at is None else TWICE_SECONDS
            return self.wait(held, wait, doubts=held.doubts + 1)
        _log.error("a purchase is lost", purchase=held.id, why=why)
        self.give_up(held, refused(held, "fault", why))

    def _order(self, held: Purchase, job: Job, spec: ClipSpec | None, at: float) -> TaskOrder | None:
        """None: there is nothing to be ordered any more."""
        if not spec or not job.spec:
            return None
        return TaskOrder(name=held.name, spec=spec, shape=job.resolved, at=at, call=self.call(held.id))

    def _spec(self, held: Purchase) -> ClipSpec | None:
        """What is to be made, with its pictures. None: its account has left, and what was asked with it."""
        with self.store.read() as tx:
            job = jobs.get(tx, None, held.job_id)
        kept = following.whole_spec(self.store, self.blobs, job) if job.spec else None
        return ClipSpec.from_dict(inputs.at_hand(self.store, self.blobs, job.account_id, kept)) if kept else None


def _dearer(held: Purchase, before: int) -> VitascopeError:
    """Its vendor's price rose since the order was taken, so neither the quote nor the budgets hold for it."""
    return NotMade(
        f"{held.model} costs {(held.estimate or 0) / 1e6:g} USD now; it was ordered when it cost {before / 1e6:g}.",
        hint="The credits are back. Look at the new price and order again.",
    )
