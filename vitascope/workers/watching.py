"""Sees how other servers answer, and pauses a vendor that does not: after `MANY` requests in a row without an answer,
orders or looks, nothing new is ordered there for a minute; then one order is the trial. A refusal is an answer.

What is in a row is known to this process alone; the pause and the counts by the hour are in the database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from vitascope import logs
from vitascope.engines.remote.protocol import Facts, Refused, Seen, TaskEngine, TaskOrder, Ticket, Unclear
from vitascope.errors import Unavailable
from vitascope.store import paused, vendor_health
from vitascope.store.database import Store
from vitascope.store.vendor_health import Answers

LATE_SECONDS = 10.0
MANY: Mapping[str, int] = {"order": 3, "look": 6}
Kind = Literal["order", "look"]

T = TypeVar("T")
_log = logs.get(__name__)


class Watch:
    """What a courier knows of the servers that it asks. Its methods may be called by several threads at once."""

    def __init__(self, store: Store):
        self.store = store
        self._lock = threading.Lock()
        self._counted: dict[str, Answers] = {}
        self._in_row: dict[tuple[str, str], int] = {}

    def answered(self, model: str, kind: Kind, seconds: float) -> None:
        vendor = paused.vendor(model)
        with self._lock:
            self._count(vendor, Answers(late=1) if seconds > LATE_SECONDS else Answers(good=1))
            self._in_row[vendor, kind] = 0
            if self._in_row.get((vendor, "order"), 0) >= MANY["order"]:
                return  # it answers looks, but takes no orders
        with suppress(Unavailable):  # the caller has an answer that is paid for
            with self.store.read() as tx:
                known = paused.read(tx).get(vendor)
            if known:
                _log.info("a vendor answers again", vendor=vendor)
                with self.store.begin() as tx:
                    paused.go_on(tx, vendor)

    def failed(self, model: str, kind: Kind, said: str, asked_at: float) -> None:
        vendor = paused.vendor(model)
        with self._lock:
            self._count(vendor, Answers(failed=1))
            self._in_row[vendor, kind] = count = self._in_row.get((vendor, kind), 0) + 1
        with suppress(Unavailable), self.store.begin() as tx:
            known = vendor in paused.read(tx)
            if known and kind == "look":
                return  # only an order can be the trial
            if known or count >= MANY[kind]:
                _log.warning("a vendor does not answer", vendor=vendor, kind=kind, in_row=count, why=said)
                paused.pause(tx, vendor, "down", said, self.store.clock(), sent_at=asked_at)

    def write(self) -> None:
        """The counts of since the last time. Raises Unavailable; then they are lost: they are a picture, no book."""
        with self._lock:
            counted, self._counted = self._counted, {}
        if counted:
            with self.store.begin() as tx:
                for vendor, answers in counted.items():
                    vendor_health.add(tx, vendor.rstrip("/"), answers, self.store.clock())

    def _count(self, vendor: str, answer: Answers) -> None:
        self._counted[vendor] = self._counted.get(vendor, Answers()) + answer


@dataclass(frozen=True)
class Watched:
    """A task engine whose answers are seen."""

    engine: TaskEngine
    model: str
    watch: Watch

    @property
    def facts(self) -> Facts:
        return self.engine.facts

    @property
    def address(self) -> str:
        return self.engine.address

    def submit(self, order: TaskOrder) -> Ticket:
        return self._seen("order", lambda: self.engine.submit(order))

    def poll(self, tickets: Sequence[Ticket]) -> list[Seen]:
        return self._seen("look", lambda: self.engine.poll(tickets))

    def fetch(self, ticket: Ticket, path: Path) -> None:
        self.engine.fetch(ticket, path)  # often another server's file

    def cancel(self, ticket: Ticket) -> bool:
        return self._seen("look", lambda: self.engine.cancel(ticket))

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Ticket | None:
        return self._seen("look", lambda: self.engine.find(order, taken))

    def _seen(self, kind: Kind, ask: Callable[[], T]) -> T:
        begun, asked_at = time.monotonic(), self.watch.store.clock()
        try:
            result = ask()
        except Refused:
            self.watch.answered(self.model, kind, time.monotonic() - begun)
            raise
        except (Unavailable, Unclear) as error:
            self.watch.failed(self.model, kind, str(error), asked_at)
            raise
        self.watch.answered(self.model, kind, time.monotonic() - begun)
        return result
