"""The supervisor of one device: starts a worker process for each model that jobs ask for, as far as the memory of the
device goes, starts it again when it dies, and puts models away for others (`switching` says which).

A process of its own for each model is the only sure way to get a GPU's memory back, and keeps a fault in one model's
runtime from the others. The supervisor loads no model: it reads the queue, in a thread of `serve` or alone in `work`.
"""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope import logs
from vitascope.engines.card import ModelCard
from vitascope.engines.registry import Registry
from vitascope.errors import LeaseLost, Unavailable, VitascopeError
from vitascope.orders.fulfil import give_up
from vitascope.runtime import House
from vitascope.store import jobs, ranking, schema, serving
from vitascope.store.ids import WORKER, new_id
from vitascope.store.job import IS_RUNNING
from vitascope.workers import switching
from vitascope.workers.child import Child, spawn
from vitascope.workers.device import KINDS, Device, devices
from vitascope.workers.switching import Resident, State

LOOK_SECONDS = 0.5
TELL_SECONDS = 10.0  # between two times of saying what is served
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # before a process that died is started again
TRIES = 3  # loads that fail in a row, until the model's jobs fail too
LONGEST_LOAD = 1800.0  # seconds; a load that takes longer is ended and has failed

_log = logs.get(__name__)


@dataclass
class _Trouble:
    """Of a model whose processes died: loads that failed in a row, and when it is tried again."""

    version: Any
    failures: int = 0
    pause: float = FIRST_PAUSE
    until: float = 0.0
    why: str = ""


@dataclass(eq=False)
class _Loaded:
    """A model with its processes. `version`: what the registry had of it when they were started."""

    card: ModelCard
    version: Any
    children: list[Child] = field(default_factory=list)
    busy: bool = False
    used_at: float | None = None  # when it last had jobs, at first when it was ready
    leaving: bool = False

    @property
    def ready_at(self) -> float | None:
        times = [child.ready_at for child in self.children if child.ready_at is not None]
        return min(times, default=None)


class Supervisor:
    """`run` until `drain`, or `start` it in a thread. `options`: of `vitascope work`, for all children; `only`: names
    of the models to serve, none for all; `first`: the model to load when no job asks for one yet; `engine`: an import
    path in the place of that model's file; `copies`: processes for each model.
    """

    def __init__(
        self,
        house: House,
        models: Registry,
        *,
        options: Sequence[str] = (),
        only: Iterable[str] = (),
        first: str = "",
        engine: str = "",
        copies: int = 1,
        places: dict[str, Device] | None = None,
        switch_wait: float | None = None,
        start_child: Callable[[Sequence[str]], Any] = spawn,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.house, self.models, self.engine, self.copies = house, models, engine, copies
        self.options, self.only = tuple(options), tuple(only)
        self.first = first if not self.only or first in self.only else self.only[0]
        self.devices = devices() if places is None else places
        self.switch_wait, self.start_child, self.clock = switch_wait, start_child, clock
        self.id, self.host = new_id(WORKER, house.store.clock()), platform.node()
        self.needs = tuple(self.devices)
        self._total = {kind: device.total for kind, device in self.devices.items()}
        self._loaded: dict[str, _Loaded] = {}
        self._trouble: dict[str, _Trouble] = {}
        self._keep = {self.first} if self.first else set()
        self._waiting: dict[str, float] = {}  # models that are not loaded, since when jobs of theirs could start
        self._load_seconds: dict[str, float] = {}
        self._keep_at = float("-inf")  # when there may be room for those again
        self._short: dict[str, str] = {}  # models for which there is no room, with the reason
        self._told: tuple[float, dict[str, str]] = (float("-inf"), {})
        self._draining = threading.Event()
        self._thread = threading.Thread(target=self.run, name="supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def run(self) -> None:
        """Returns when it was drained and all children have ended."""
        while not self._draining.is_set():
            try:
                self.look()
            except Unavailable as error:
                _log.warning("waiting for the database", why=error.message)
            except Exception:  # the children shall not end for it
                _log.exception("supervising failed")
            self._draining.wait(LOOK_SECONDS)
        for child in self._children():
            if not child.asked:  # started while `drain` was called
                child.drain()
        while any(child.alive for child in self._children()):
            time.sleep(0.05)
        with suppress(Unavailable), self.house.store.begin() as tx:
            serving.forget(tx, self.id)

    def drain(self) -> None:
        """Ask all children to end; a second call hurries them. Safe in a signal's handler."""
        self._draining.set()
        for child in self._children():
            child.drain()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def draining(self) -> bool:
        return self._draining.is_set()

    def wait(self, seconds: float) -> None:
        """Until all have ended, once they are drained; those that take longer are killed."""
        if self._thread.ident:
            self._thread.join(seconds)
        for child in self._children():
            if child.alive:
                child.kill()

    def look(self) -> None:
        """One turn: what ended, what waits, what is loaded and put away for it."""
        now = self.clock()
        self._bury(now)
        self._heed_changes()
        served = self._served()
        with self.house.store.read() as tx:
            self._meet(tx, now)
            asked = self._asked(tx, served)
        self._waiting = {name: self._waiting.get(name, now) for name in asked - self._loaded.keys()}
        missing = {name for name in self._keep & served.keys() - self._loaded.keys() if not self._rests(name, now)}
        if self._waiting or (missing and now >= self._keep_at):
            self._decide(served, asked, now)
            self._keep_at = now + TELL_SECONDS if missing - self._loaded.keys() else now
        for name in self._loaded:
            self._refill(name, now)
        self._tell(now)
        for name in asked:
            if self._rests(name, now) and self._trouble[name].failures >= TRIES:
                self._fail_jobs(name)

    def _rests(self, name: str, now: float) -> bool:
        """Whether this model's processes died a moment ago, and are not started again yet."""
        return name in self._trouble and now < self._trouble[name].until

    def _heed_changes(self) -> None:
        """A model whose file changed is loaded anew when it has finished what it has begun."""
        for name, one in self._loaded.items():
            if not one.leaving and self._version(name) is not one.version:
                self._put_away(one, "its model file changed")
                self._keep.add(name)
        for name, trouble in list(self._trouble.items()):
            if self._version(name) is not trouble.version:
                del self._trouble[name]

    def _served(self) -> dict[str, ModelCard]:
        """Models that this machine can hold."""
        return {card.name: card for card in self._cards() if not self._unfit(card)}

    def _cards(self) -> list[ModelCard]:
        """Models that are this supervisor's business: not those that another server runs."""
        cards = self.models.cards()
        return [card for card in cards if card.needs in KINDS and (not self.only or card.name in self.only)]

    def _unfit(self, card: ModelCard) -> str:
        """Why this model can never be loaded here; empty: it can."""
        if card.needs not in self.devices:
            return f"it needs the device {card.needs}; here is {', '.join(self.devices)}"
        needed, total = self._model(card).gigabytes, self._total[card.needs]
        if needed > total:
            return f"it needs {needed:.1f} GB of memory ({card.needs}); here are {total:.1f}"
        return ""

    def _version(self, name: str) -> Any:
        """Another object when the model's file was read anew; None when the model is gone."""
        own = next((card for card in self.models.extra if card.name == name), None)
        return own or self.models.files().get(name)

    def _children(self) -> Iterator[Child]:
        for one in list(self._loaded.values()):
            yield from list(one.children)

    def _bury(self, now: float) -> None:
        """Take note of processes that ended."""
        for name, one in list(self._loaded.items()):
            for child in list(one.children):
                if child.alive and child.ready_at is None and now - child.spawned_at > LONGEST_LOAD:
                    _log.error("a load takes too long and is ended", model=name, seconds=LONGEST_LOAD)
                    child.kill()
                if child.alive:
                    continue
                one.children.remove(child)
                if one.leaving or child.asked:
                    _log.info("a model was put away", model=name)
                else:
                    self._note_death(name, child, now)
            if not one.children:
                if not one.leaving and one.used_at is not None:  # it was ready: load it again, even when nobody asks
                    self._keep.add(name)
                del self._loaded[name]

    def _note_death(self, name: str, child: Child, now: float) -> None:
        trouble = self._trouble.setdefault(name, _Trouble(self._version(name)))
        code, ready, why = child.process.poll(), child.ready_at, ""
        with suppress(Unavailable), self.house.store.begin() as tx:
            why = serving.take_fault(tx, self.host, child.process.pid)
        if ready is not None and now - ready > 2 * LONGEST_PAUSE:
            trouble.pause = FIRST_PAUSE
        trouble.until = now + trouble.pause
        if ready is None:
            trouble.failures += 1
            trouble.why = why or f"its process ended with code {code} while it loaded"
            _log.error("a model cannot be loaded", model=name, why=trouble.why, tries=trouble.failures)
        else:
            _log.error("a worker ended and is started again", model=name, code=code, seconds=trouble.pause)
        trouble.pause = min(2 * trouble.pause, LONGEST_PAUSE)

    def _meet(self, tx: Connection, now: float) -> None:
        """See which children take jobs by now, and which hold some."""
        pids = {child.process.pid: child for child in self._children()}
        if not pids:
            return
        table = schema.workers.c
        query = sa.select(table.id, table.pid, table.started_at).where(table.host == self.host, table.pid.in_(pids))
        for row in tx.execute(query):
            child = pids[row.pid]
            if child.ready_at is None and row.started_at >= child.born:  # else of a process that had this number before
                child.ready_at, child.worker = now, row.id
        holding = sa.select(schema.jobs.c.lease_worker).where(
            IS_RUNNING, schema.jobs.c.lease_worker.in_([child.worker for child in pids.values() if child.worker])
        )
        held = set(tx.scalars(holding))
        for name, one in self._loaded.items():
            one.busy = any(child.worker in held for child in one.children)
            if one.ready_at is None:
                continue
            if one.used_at is None:
                self._load_seconds[name] = one.ready_at - one.children[0].spawned_at
                if name in self._trouble:
                    self._trouble[name].failures = 0
            if one.busy or one.used_at is None:
                one.used_at = now

    def _asked(self, tx: Connection, served: dict[str, ModelCard]) -> set[str]:
        """Served models that have jobs which could start now. Only looked at closely where a load may follow."""
        clock, table = self.house.store.clock(), schema.jobs.c
        names = set(tx.scalars(sa.select(table.model).where(jobs.free(clock)).distinct())) & served.keys()
        if names <= self._loaded.keys():
            return names
        return {name for name in names if ranking.waiting(tx, clock, self.needs, [name], self.house.plans)}

    def _decide(self, served: dict[str, ModelCard], asked: set[str], now: float) -> None:
        may = {name: self._model(card) for name, card in served.items() if not self._rests(name, now)}
        residents = tuple(
            Resident(self._model(one.card), one.ready_at, one.busy, one.used_at or 0.0, one.leaving)
            for one in self._loaded.values()
        )
        room = {
            kind: device.room(
                sum(one.model.gigabytes for one in residents if one.model.device == kind),
                sum(one.model.gigabytes for one in residents if one.model.device == kind and one.ready_at is None),
            )
            for kind, device in self.devices.items()
        }
        waiting = self._waiting | dict.fromkeys(asked & self._loaded.keys(), now)
        keep = tuple(sorted(self._keep))
        decision = switching.decide(State(now, may, residents, waiting, room, keep, self.switch_wait))
        for name in decision.put_away:
            self._keep.discard(name)
            self._put_away(self._loaded[name], "another model needs its memory")
        for name in decision.load:
            card = served[name]
            self._loaded[name] = _Loaded(card, self._version(name))
            self._waiting.pop(name, None)
            _log.info("loading a model", model=name, gigabytes=card.gigabytes)
        self._short = {
            name: f"it needs {may[name].gigabytes:.1f} GB of memory ({may[name].device}); {most:.1f} could be free now"
            for name in self._waiting.keys() | self._keep - self._loaded.keys()
            if name in may and may[name].gigabytes > (most := self._most(may[name].device, room, residents)) + 1e-6
        }

    def _most(self, kind: str, room: dict[str, float], residents: Sequence[Resident]) -> float:
        """Gigabytes that would be free if all models were put away."""
        return max(0.0, room[kind]) + sum(one.model.gigabytes for one in residents if one.model.device == kind)

    def _model(self, card: ModelCard) -> switching.Model:
        took = self._load_seconds.get(card.name, switching.USUAL_LOAD)
        gigabytes = card.gigabytes or card.size_bytes / 1e9
        return switching.Model(card.name, card.needs, self.copies * gigabytes, took)

    def _refill(self, name: str, now: float) -> None:
        """Start the processes that a loaded model lacks."""
        one = self._loaded[name]
        if one.leaving or self._draining.is_set() or self._rests(name, now):
            return
        own = any(card.name == name for card in self.models.extra)
        chosen = ["--engine", self.engine] if own and self.engine else ["--model", name]
        gpu = ["--cuda"] if "cuda" in self.devices else []
        while len(one.children) < self.copies:
            process = self.start_child([*self.options, *gpu, *chosen])
            one.children.append(Child(process, now, self.house.store.clock() - 1))

    def _put_away(self, one: _Loaded, why: str) -> None:
        _log.info("putting a model away", model=one.card.name, why=why)
        one.leaving = True
        for child in one.children:
            child.retire()

    def _fail_jobs(self, name: str) -> None:
        """End the jobs of a model that cannot be loaded, unless others serve it."""
        with self.house.store.read() as tx:
            others = serving.read(tx, self.house.store.clock()).get(name, serving.Served())
            doomed = [] if others.is_served else jobs.unclaimed(tx, name, self.house.store.clock())
        reason = VitascopeError(
            f"The model {name} cannot be loaded on this server.",
            hint="The credits are back. Choose another model, or tell the operator of this server.",
        )
        for job in doomed:
            with suppress(LeaseLost):
                give_up(self.house.store, self.house.blobs, job, reason)

    def _tell(self, now: float) -> None:
        """Let the server and the operator know what is served, and why others are not."""
        told = {}
        for card in self._cards():
            trouble = self._trouble.get(card.name)
            failing = trouble.why if trouble and trouble.failures else ""
            told[card.name] = self._unfit(card) or failing or self._short.get(card.name, "")
        at, before = self._told
        if told == before and now - at < TELL_SECONDS:
            return
        for name, why in told.items():
            if why and why != before.get(name):
                _log.warning("a model is not served here", model=name, why=why)
        with self.house.store.begin() as tx:
            serving.tell(tx, self.id, self.host, told, self.house.store.clock())
        self._told = (now, told)
