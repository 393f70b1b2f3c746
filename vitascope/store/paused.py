"""Models of other servers whose orders are paused, because their server takes none from us: the key is not known there,
or the account has no money left; and vendors that do not answer, with all their models. After a pause one order is sent
as a trial; each that fails doubles the pause. Rows of `settings`, one for each such model ("kling/kling-v3") or vendor
("kling/").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store.database import insert_new
from vitascope.store.schema import settings

FIRST_SECONDS, LONGEST_SECONDS = 60.0, 600.0
_PAUSED = "buying.paused."
_REASONS = {
    "auth": "its server does not accept the key that it was given here",
    "money": "the account that this server has there has no money left",
    "down": "its server does not answer",
}


@dataclass(frozen=True)
class Pause:
    """`reason`: auth, money or down. `said`: the other server's words, for the operator alone. It began at `since`,
    lasts `seconds` and ends at `until`; a trial moves `until` alone.
    """

    reason: str
    said: str
    seconds: float
    since: float
    until: float

    @property
    def why(self) -> str:
        """For everybody, without a full stop."""
        return _REASONS[self.reason]


def read(tx: Connection) -> dict[str, Pause]:
    """By model or vendor, also those whose next order is a trial."""
    rows = tx.execute(sa.select(settings.c.key, settings.c.value).where(settings.c.key.startswith(_PAUSED)))
    return {key.removeprefix(_PAUSED): Pause(**value) for key, value in rows}


def vendor(model: str) -> str:
    """The name under which all models of this one's vendor are paused."""
    return f"{model.partition('/')[0]}/"


def of(pauses: Mapping[str, Pause], model: str) -> Pause | None:
    """The one that ends last of those that hold for this model."""
    found = [pauses[name] for name in (model, vendor(model)) if name in pauses]
    return max(found, key=lambda one: one.until, default=None)


def pause(tx: Connection, model: str, reason: str, said: str, now: float, *, sent_at: float) -> None:
    """Its server refused an order for this reason. One that was sent before the pause does not prolong it."""
    known = read(tx).get(model)
    if known and sent_at <= known.since:
        return
    seconds = min(2 * known.seconds, LONGEST_SECONDS) if known else FIRST_SECONDS
    _put(tx, model, Pause(reason, said[:300], seconds, now, now + seconds), now)


def try_again(tx: Connection, model: str, now: float) -> None:
    """An order is sent as a trial; the others wait for what comes of it."""
    pauses = read(tx)
    for name in (model, vendor(model)):
        if known := pauses.get(name):
            _put(tx, name, replace(known, until=now + FIRST_SECONDS), now)


def go_on(tx: Connection, model: str = "") -> None:
    """Its server takes orders; without a model: all may be tried again at once."""
    key = settings.c.key.startswith(_PAUSED) if not model else settings.c.key == _PAUSED + model
    tx.execute(sa.delete(settings).where(key))


def _put(tx: Connection, model: str, pause: Pause, now: float) -> None:
    value: dict[str, Any] = vars(pause)
    if not insert_new(tx, settings, {"key": _PAUSED + model, "value": value, "created_at": now}):
        tx.execute(sa.update(settings).where(settings.c.key == _PAUSED + model).values(value=value))
