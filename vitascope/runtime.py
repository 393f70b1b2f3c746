"""What every process of the service has open: database, blobs, plans and rules, chosen by the settings. Nothing here
works; `serve`, `work` and the commands of the operator begin with it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from vitascope import logs, plans
from vitascope.config import Settings, settings
from vitascope.errors import Damaged, Unavailable
from vitascope.orders.produce import Marks
from vitascope.policy import Rules
from vitascope.store import accounts, clock, health, identity
from vitascope.store import blobs as blob_stores
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.jobs import Job

PATIENCE_SECONDS = 60.0  # for a database that is only just starting

_log = logs.get(__name__)


@dataclass(frozen=True, kw_only=True)
class House:
    store: Store
    blobs: Blobs
    plans: plans.Plans
    rules: Rules
    settings: Settings

    def marks(self, job: Job) -> Marks:
        """How this job's clip is marked: as the operator says, and as its account's plan says."""
        return self.marks_of(job.account_id)

    def marks_of(self, account_id: str) -> Marks:
        """How what is made for this account is marked."""
        with self.store.read() as tx:
            plan = self.plans.of(accounts.by_id(tx, account_id).plan)
        return Marks(
            label=self.settings.label or plan.label,
            mark=self.settings.mark,
            c2pa_home=self.settings.home if self.settings.c2pa else None,
        )


def open_house(chosen: Settings | None = None, *, strangers: bool = False) -> House:
    """Everything open, the tables in this version's form. Raises Unavailable, and BadSettings, also when database and
    storage do not belong together; with `strangers` that is not asked, for what touches only one of them or mends it.
    """
    now = chosen or settings()
    store = Store(now.database)
    store.migrate()
    blobs = blob_stores.blobs(now.storage)
    if not strangers:
        identity.meet(store, blobs)
    return House(
        store=store,
        blobs=blobs,
        plans=plans.read(now.plans or ""),
        rules=Rules.read(str(now.policy or "")),
        settings=now,
    )


def open_house_patiently(
    chosen: Settings | None = None, *, seconds: float = PATIENCE_SECONDS, looked_at: bool = False
) -> House:
    """The same, for processes that start with the machine: wait a while for a database that does not answer yet.
    Raises Damaged when it is (unless it was `looked_at` just now).
    """
    give_up = time.monotonic() + seconds
    while True:
        try:
            house = open_house(chosen)
            if not looked_at:
                health.note(house.store, house.store.damages())
                house.store.refuse_damage()
                with house.store.read() as tx:
                    if doubt := clock.doubt(tx, house.store.clock()):
                        _log.warning("the clock is in doubt", why=doubt)
            return house
        except Damaged:
            raise
        except Unavailable as error:
            if time.monotonic() > give_up:
                raise
            _log.warning("waiting for the database", why=error.message)
            time.sleep(1.0)
