"""`vitascope courier`: orders clips from other servers and brings them home. One process looks after hundreds of
purchases: all that it knows is in the database, so it may be killed at any moment, and any number may run at once.

`serve` starts one where a model file names another server.
"""

from __future__ import annotations

import platform
import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from vitascope import logs, scratch
from vitascope.config import Settings
from vitascope.engines import model_file
from vitascope.engines import registry as engines
from vitascope.engines.model_file import ModelFile
from vitascope.engines.registry import Registry
from vitascope.engines.remote.protocol import TaskEngine
from vitascope.errors import LeaseLost, Unavailable, VitascopeError
from vitascope.orders.buying import LONGEST_WAIT, Buyer
from vitascope.runtime import House, open_house_patiently
from vitascope.store import accounts, paused, purchases, serving, vendor_calls
from vitascope.store.ids import WORKER, new_id
from vitascope.store.paused import Pause
from vitascope.store.purchases import LEASE_SECONDS, Offer, Purchase
from vitascope.workers.watching import Watch, Watched
from vitascope.workers.work import Asked

AT_ONCE = 16  # actions; each may wait for another server
TURN_SECONDS = 0.5
CLOCK_SECONDS = 30.0
SEEN_SECONDS = 10.0  # between two signs of life

_log = logs.get(__name__)

Build = Callable[[str, str, Mapping[str, Any]], TaskEngine]  # from the engine's import path, the model, its source


def build(engine: str, model: str, source: Mapping[str, Any]) -> TaskEngine:
    """Raises BadSettings."""
    built: TaskEngine = model_file.load(engine)(model, source)
    return built


class Courier:
    """`run` until `stop`. `turn` and `act` are its two halves, for tests that do without threads."""

    def __init__(
        self,
        house: House,
        models: Registry,
        *,
        build: Build = build,
        chance: random.Random | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ):
        self.house, self.models, self.lease_seconds, self._build = house, models, lease_seconds, build
        self.id = new_id(WORKER, house.store.clock())
        self.stopped = threading.Event()
        chance = chance or random.Random()
        self._buyer = Buyer(house.store, house.blobs, house.marks, chance, self.stopped, call=_calls(house))
        self._watch = Watch(house.store)
        self._held: set[str] = set()
        self._offered: dict[str, tuple[ModelFile, Offer]] = {}
        self._faults: dict[str, str] = {}  # models that cannot be ordered, and why
        self._told_at = float("-inf")
        self._lock = threading.Lock()
        self._shortened_at = 0.0

    def run(self) -> None:
        """Returns when it was stopped and its actions have ended; what is cut off is taken up again."""
        renewing = threading.Thread(target=self._renew, name="leases", daemon=True)
        renewing.start()
        _log.info("courier ready", courier=self.id)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="purchase") as pool:
            while not self.stopped.is_set():
                taken = 0
                try:
                    for held in self.turn():
                        pool.submit(self.act, held)
                        taken += 1
                except Unavailable as error:
                    _log.warning("waiting for the database", why=error.message)
                except Exception:
                    _log.exception("a turn failed")
                self.stopped.wait(0.05 if taken else TURN_SECONDS)
        renewing.join()
        with suppress(Unavailable):
            self._watch.write()
            with self.house.store.begin() as tx:
                serving.forget(tx, self.id)
        _log.info("courier ended", courier=self.id)

    def stop(self) -> None:
        self.stopped.set()

    def turn(self) -> list[Purchase]:
        """Start what may be ordered now, and take what is due."""
        store = self.house.store
        if time.monotonic() - self._shortened_at > CLOCK_SECONDS:
            self._shortened_at = time.monotonic()
            with store.begin() as tx:
                purchases.shorten(tx, store.clock(), lease_seconds=self.lease_seconds, longest_wait=2 * LONGEST_WAIT)
        offers = self._offers()
        if time.monotonic() - self._told_at > SEEN_SECONDS:
            with store.begin() as tx:
                serving.tell(tx, self.id, platform.node(), dict.fromkeys(offers, "") | self._faults, store.clock())
            self._watch.write()
            self._told_at = time.monotonic()
        while offers:
            with store.begin() as tx:
                if purchases.stopped(tx) is not None:
                    break
                now, pauses = store.clock(), paused.read(tx)
                free = {name: one for name, one in offers.items() if not _waits(pauses, name, now)}
                bought = purchases.claim(tx, now, free, self.house.plans)
                if not bought:
                    break
                paused.try_again(tx, bought.model, now)
        with self._lock:
            mine = set(self._held)
        with store.begin() as tx:
            limit = max(0, AT_ONCE - len(mine))
            due = purchases.take(tx, self.id, store.clock(), limit=limit, but=mine, lease_seconds=self.lease_seconds)
        with self._lock:
            self._held |= {held.id for held in due}
        return due

    def act(self, held: Purchase) -> None:
        """One action on it. Whatever goes wrong, it is due again when its lease has run out."""
        with logs.bound(purchase=held.id, job=held.job_id):
            try:
                engine = self._build(held.engine, held.model, held.source)
                self._buyer.act(held, Watched(engine, held.model, self._watch))
            except LeaseLost as error:
                _log.warning("lease lost", why=error.message)
            except VitascopeError as error:
                _log.warning("a purchase waits", why=error.message)
            except Exception:
                _log.exception("a fault while a purchase was looked after")
            finally:
                with self._lock:
                    self._held.discard(held.id)

    def _offers(self) -> dict[str, Offer]:
        found: dict[str, tuple[ModelFile, Offer]] = {}
        faults: dict[str, str] = {}
        for name, file in self.models.remote().items():
            known = self._offered.get(name)
            try:
                found[name] = known if known and known[0] is file else (file, self._offer(file))
            except VitascopeError as error:
                faults[name] = error.message
                if faults[name] != self._faults.get(name):
                    _log.warning("a model cannot be ordered", model=name, why=error.message)
        self._offered, self._faults = found, faults
        return {name: offer for name, (_, offer) in found.items()}

    def _offer(self, file: ModelFile) -> Offer:
        engine = self._build(file.engine, file.card.name, file.source)
        facts = engine.facts
        cost = file.card.cost.of if file.card.cost else lambda shape: None
        return Offer(file.engine, file.source, engine.address, facts.parallel, facts.cancels, cost)

    def _renew(self) -> None:
        """All leases of this courier in one statement."""
        store = self.house.store
        while not self.stopped.wait(self.lease_seconds / 4) or self._held:
            if not self._held:
                continue
            try:
                with store.begin() as tx:
                    purchases.renew(tx, self.id, store.clock(), lease_seconds=self.lease_seconds)
            except Unavailable as error:
                _log.warning("leases cannot be renewed", why=error.message)
            if self.stopped.is_set():
                time.sleep(1.0)


def _calls(house: House) -> Callable[[str], str]:
    """The address that a server may call for a purchase; empty where the operator has not asked for it."""
    if not house.settings.vendor_calls:
        return lambda purchase_id: ""
    if not house.settings.public_url:
        _log.warning("no vendor is told where to call", why="public_url is not set")
        return lambda purchase_id: ""
    with house.store.begin() as tx:
        secret = vendor_calls.secret_of(accounts.master_secret(tx, house.store.clock()))
    return lambda purchase_id: house.settings.base_url + vendor_calls.path(secret, purchase_id)


def _waits(pauses: Mapping[str, Pause], model: str, now: float) -> bool:
    pause = paused.of(pauses, model)
    return pause is not None and pause.until > now


def run(settings: Settings, *, lease_seconds: float = LEASE_SECONDS, attached: bool = False) -> None:
    """In this process, until SIGTERM or SIGINT, or, `attached`, until the process that started it has died."""
    asked = Asked()
    if attached:
        asked.listen()
    house = open_house_patiently(settings, looked_at=attached)
    models = engines.registry()
    models.on_fault = lambda name, error: _log.warning("a model file cannot be used", file=name, why=error.message)
    courier = Courier(house, models, lease_seconds=lease_seconds)
    with scratch.settled(settings.home):
        thread = threading.Thread(target=courier.run, name="courier")
        thread.start()
        while thread.is_alive():
            if asked.to_end.acquire(timeout=0.2):
                courier.stop()


def start_when_needed(start: Callable[[], None], models: Registry, stopped: threading.Event) -> None:
    """Call `start` once, as soon as a model file names another server; in a thread of its own."""

    def look() -> None:
        while not stopped.is_set():
            if models.remote():
                start()
                return
            stopped.wait(2.0)

    threading.Thread(target=look, name="courier-start", daemon=True).start()
