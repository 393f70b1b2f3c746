"""Messages to other servers, webhooks and callbacks alike, sent side by side: who has few under way goes first, an
account and a host have only so many at once, and a host that does not answer is left alone for a while, longer each
time. So nobody waits for another one's silent receiver.

What is due, and what becomes of it, the store knows; how it is sent, the sender. What is remembered here belongs to
this process: another worker finds out for itself.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from vitascope import logs
from vitascope.errors import Unavailable
from vitascope.outbound.post import Sender
from vitascope.runtime import House
from vitascope.store import callbacks, deliveries
from vitascope.store.database import Store
from vitascope.store.outbox import Waiting
from vitascope.workers.maintenance import Duty

AT_ONCE = 64
OF_ACCOUNT = 4
OF_SILENT_ACCOUNT = 1  # whose last message nobody answered
OF_HOST = 8
TURN_SECONDS = 5.0
LOOK_SECONDS = 1.0  # between two looks at what is due, while nothing can be started
FAILURES = 3  # in a row, until a host is left alone
FIRST_REST, LONGEST_REST = 30.0, 600.0
_REMEMBERED = 10_000  # hosts; whoever has more makes us forget the oldest

_log = logs.get(__name__)


@dataclass(frozen=True)
class Kind:
    """What is sent: the store's words for one table of messages."""

    waiting: Callable[[Connection, float], list[Waiting]]
    postpone: Callable[[Connection, str, float], None]
    deliver: Callable[[str], bool | None]  # with the id: whether somebody answered, None when it was not ours to send


@dataclass(frozen=True)
class Rest:
    """Attempts at one host that found nobody, and when it may be tried again."""

    failures: int = 0
    until: float = 0.0


class Breaker:
    """Which hosts are left alone. An account's own, so that nobody closes a host to others with a slow path on it."""

    def __init__(self) -> None:
        self._rests: OrderedDict[tuple[str, str], Rest] = OrderedDict()

    def rest(self, where: tuple[str, str]) -> Rest:
        return self._rests.get(where, Rest())

    def note(self, where: tuple[str, str], answered: bool, now: float) -> None:
        failures = self.rest(where).failures + 1
        self._rests.pop(where, None)
        if answered:
            return
        pause = min(FIRST_REST * 2.0 ** min(failures - FAILURES, 30), LONGEST_REST) if failures >= FAILURES else 0.0
        self._rests[where] = Rest(failures, now + pause)
        while len(self._rests) > _REMEMBERED:
            self._rests.popitem(last=False)


class Deliveries:
    """Starts what is due, each message in a thread of its own; `turn` is called again and again."""

    def __init__(self, store: Store, kinds: Iterable[Kind], *, clock: Callable[[], float] = time.monotonic):
        self._store, self._kinds, self._clock = store, tuple(kinds), clock
        self._changed = threading.Condition()
        self._accounts, self._hosts, self._pairs = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
        self._ids, self._abouts = set[str](), set[str]()
        self._breaker, self._silent = Breaker(), set[str]()

    def turn(self, seconds: float = TURN_SECONDS) -> int:
        """Start messages until none is due that may be sent now, for so long at most. How many were started."""
        started, end = 0, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and (due := self._due()):
            with self._changed:
                chosen = self._choose(due)
                if not chosen:
                    self._changed.wait(min(LOOK_SECONDS, left))  # for one that is under way to end
            for kind, one in chosen:
                threading.Thread(target=self._send, args=(kind, one), name="delivery", daemon=True).start()
            started += len(chosen)
        return started

    @property
    def under_way(self) -> int:
        return len(self._ids)

    def _due(self) -> list[tuple[Kind, Waiting]]:
        """What may be sent as far as its host goes; the rest is put off until its host is tried again."""
        now, at = self._store.clock(), self._clock()
        with self._store.read() as tx:
            due = [(kind, one) for kind in self._kinds for one in kind.waiting(tx, now)]
        found, resting = [], []
        for kind, one in due:
            rest = self._breaker.rest(_where(one))
            if rest.failures >= FAILURES and (rest.until > at or self._pairs[_where(one)]):
                resting.append((kind, one, max(rest.until - at, 1.0)))
            elif one.id not in self._ids:
                found.append((kind, one))
        if resting:
            with self._store.begin() as tx:
                for kind, one, wait in resting:
                    kind.postpone(tx, one.id, now + wait)
        return found

    def _choose(self, due: list[tuple[Kind, Waiting]]) -> list[tuple[Kind, Waiting]]:
        """Those to be sent now: accounts take turns, and so do the hosts of each. They count from here on."""
        chosen, told = [], set(self._abouts)
        in_turn = _in_turn(_in_turn(due, self._pairs, _where), self._accounts, lambda one: one.account_id)
        for kind, one in in_turn:
            if one.about not in told and len(self._ids) < AT_ONCE and self._may(one):
                chosen.append((kind, one))
                self._count(one, 1)
            told.add(one.about)  # what comes later about it waits
        return chosen

    def _may(self, one: Waiting) -> bool:
        of_account = OF_SILENT_ACCOUNT if one.account_id in self._silent else OF_ACCOUNT
        tried = self._breaker.rest(_where(one)).failures >= FAILURES and self._pairs[_where(one)] > 0
        return not tried and self._accounts[one.account_id] < of_account and self._hosts[_host(one)] < OF_HOST

    def _count(self, one: Waiting, change: int) -> None:
        self._ids ^= {one.id}
        self._abouts ^= {one.about}
        counts: tuple[tuple[Counter[Any], Any], ...] = (
            (self._accounts, one.account_id),
            (self._hosts, _host(one)),
            (self._pairs, _where(one)),
        )
        for counter, key in counts:
            counter[key] += change
            if not counter[key]:
                del counter[key]

    def _send(self, kind: Kind, one: Waiting) -> None:
        answered = None
        try:
            answered = kind.deliver(one.id)
        except Unavailable as error:
            _log.warning("a message waits", why=error.message)
        except Exception:
            _log.exception("a message could not be sent", message=one.id)
        with self._changed:
            self._count(one, -1)
            if answered is not None:
                self._breaker.note(_where(one), answered, self._clock())
                (self._silent.discard if answered else self._silent.add)(one.account_id)
            self._changed.notify_all()


def delivery(house: House) -> tuple[Duty, ...]:
    """The duty of one worker to send what is due; it remembers which hosts are silent."""
    send = Sender(house.settings.allowed_hosts)
    told = _Told(house, send)
    kinds = (
        Kind(deliveries.waiting, deliveries.postpone, partial(deliveries.deliver, house.store, send)),
        Kind(callbacks.waiting, callbacks.postpone, told),
    )
    sending = Deliveries(house.store, kinds)
    return (Duty("deliveries", 0, lambda _house: sending.turn()),)


@dataclass
class _Told:
    """Tries a callback. Most workers never have one, nor what telling it brings along."""

    house: House
    send: Sender

    def __call__(self, callback_id: str) -> bool | None:
        return callbacks.deliver(self.house.store, self._teller, callback_id)

    @cached_property
    def _teller(self) -> Callable[[callbacks.Due], callbacks.Outcome]:
        from vitascope.server.dialects.callbacks import Teller, context_of

        return Teller(context_of(self.house), self.send)


def _in_turn(
    due: list[tuple[Kind, Waiting]], under_way: Counter[Any], of: Callable[[Waiting], Any]
) -> list[tuple[Kind, Waiting]]:
    """The first of each, then the second of each; what is under way counts as come before."""
    seen, places = Counter(under_way), []
    for number, (_, one) in enumerate(due):
        places.append((seen[of(one)], number))
        seen[of(one)] += 1
    return [due[number] for _, number in sorted(places)]


def _host(one: Waiting) -> str:
    return urlsplit(one.url).netloc.lower()


def _where(one: Waiting) -> tuple[str, str]:
    return one.account_id, _host(one)
