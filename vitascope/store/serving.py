"""Which models are served now, and why others are not: from the workers that are alive, and from what their supervisors
say they would load when a job asks for it. Supervisors are rows of `settings`, a worker that could not load its model
leaves one too, for its supervisor to find.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store import paused
from vitascope.store.database import insert_new
from vitascope.store.schema import settings, workers

ALIVE_SECONDS = 30.0  # whoever was not seen for so long is gone
_SUPERVISOR, _FAULT = "supervisor.", "load."


@dataclass(frozen=True)
class Served:
    """`workers`: so many living ones have the model loaded. `on_demand`: it is loaded, or ordered from its server, when
    a job asks for it. `faults`: why it cannot be, each with its host; for the operator alone. `paused`: why orders for
    it wait; for everybody.
    """

    workers: int = 0
    on_demand: bool = False
    faults: tuple[str, ...] = ()
    paused: str = ""

    @property
    def is_served(self) -> bool:
        return not self.paused and (self.on_demand or self.workers > 0)


def notes(model: str, served: Served) -> list[str]:
    """What to tell whoever orders from this model; nothing when it is served."""
    if served.is_served:
        return []
    if served.paused:
        return [f"Orders for {model} are paused: {served.paused}. Jobs wait; one is tried now and then."]
    if served.faults:
        return [f"No worker serves {model} now: it cannot be loaded. The operator can see why."]
    return [f"No worker serves {model} now. A job waits until one does."]


def read(tx: Connection, now: float) -> dict[str, Served]:
    """All models that a worker or supervisor knows of, by name."""
    loaded: dict[str, int] = {}
    alive = workers.c.seen_at.between(now - ALIVE_SECONDS, now + ALIVE_SECONDS)
    for (models,) in tx.execute(sa.select(workers.c.models).where(alive)):
        for name in models:
            loaded[name] = loaded.get(name, 0) + 1
    on_demand: set[str] = set()
    faults: dict[str, list[str]] = {}
    for value in tx.scalars(sa.select(settings.c.value).where(settings.c.key.startswith(_SUPERVISOR))):
        if abs(now - value["at"]) > ALIVE_SECONDS:
            continue
        for name, why in value["models"].items():
            if why:
                faults.setdefault(name, []).append(f"{value['host']}: {why}")
            else:
                on_demand.add(name)
    known = paused.read(tx)
    pauses = {name: pause for name in sorted(on_demand) if (pause := paused.of(known, name))}
    for name, pause in pauses.items():
        faults.setdefault(name, []).append(f"its server: {pause.said}")
    return {
        name: Served(
            loaded.get(name, 0),
            name in on_demand,
            tuple(faults.get(name, ())),
            pauses[name].why if name in pauses else "",
        )
        for name in sorted({*loaded, *on_demand, *faults})
    }


def faults(tx: Connection, now: float) -> list[str]:
    """One sentence for each model and host that cannot load it."""
    return [f"{name} on {why}" for name, served in read(tx, now).items() for why in served.faults]


def tell(tx: Connection, id: str, host: str, models: Mapping[str, str], now: float) -> None:
    """What a supervisor serves: each model with why it cannot load it, empty when it can."""
    _put(tx, _SUPERVISOR + id, {"at": now, "host": host, "models": dict(models)}, now)


def forget(tx: Connection, id: str) -> None:
    """The supervisor ends."""
    tx.execute(sa.delete(settings).where(settings.c.key == _SUPERVISOR + id))


def blame(tx: Connection, host: str, pid: int, why: str, now: float) -> None:
    """The process could not load its model, and ends."""
    _put(tx, f"{_FAULT}{host}.{pid}", {"at": now, "why": why}, now)


def take_fault(tx: Connection, host: str, pid: int) -> str:
    """Why this process could not load its model; empty: it did not say."""
    found = tx.execute(
        sa.delete(settings).where(settings.c.key == f"{_FAULT}{host}.{pid}").returning(settings.c.value)
    ).first()
    return str(found.value["why"]) if found else ""


def tidy(tx: Connection, before: float) -> None:
    """Rows of processes that were killed."""
    ours = sa.or_(settings.c.key.startswith(_SUPERVISOR), settings.c.key.startswith(_FAULT))
    tx.execute(sa.delete(settings).where(ours, settings.c.created_at < before))


def _put(tx: Connection, key: str, value: Mapping[str, Any], now: float) -> None:
    if not insert_new(tx, settings, {"key": key, "value": value, "created_at": now}):
        tx.execute(sa.update(settings).where(settings.c.key == key).values(value=value, created_at=now))
