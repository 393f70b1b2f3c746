"""How far the machine's clock may be believed. Everything here follows it, and what it does for good cannot be undone:
an emptied trash, expired credits, forgotten files. So it is remembered when it was last seen; when it has gone far
ahead since, what ends for good waits by as much. So it does when a server was off for weeks, which costs nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store import ids, schema
from vitascope.store.database import insert_new

KEY = "clock"  # the row of the settings table
DAY = 86_400.0
JUMP_SECONDS = 7 * DAY  # a shorter rest is taken as it is
HELD_SECONDS = 30 * DAY  # the days of the trash: whatever the clock does, nothing has fewer
BEHIND_SECONDS = 300.0  # that two machines may differ


@dataclass(frozen=True)
class Seen:
    """When the clock was last looked at; by how much it had gone ahead in leaps, the last of them at `since`."""

    at: float
    ahead: float = 0.0
    since: float = 0.0


def due(tx: Connection, now: float) -> float:
    """What time it is for what ends for good: `now`, or earlier after a leap. Looked at every minute by some worker."""
    after = _moved(_seen(tx, now), now)
    _keep(tx, after)
    return now - after.ahead


def accept(tx: Connection, now: float) -> None:
    """The clock is right: the operator says so."""
    _keep(tx, Seen(now))


def ahead(tx: Connection) -> float:
    """By how much it had gone ahead when it was last looked at, in seconds."""
    return _seen(tx, 0.0).ahead


def doubt(tx: Connection, now: float) -> str:
    """What is odd about the clock, for people; empty when nothing is."""
    last = _seen(tx, now)
    newest = max([last.at, *_newest(tx)])
    if newest > now + BEHIND_SECONDS:
        return (
            f"The clock says {_time(now)}, and the newest row is of {_time(newest)}, {_span(newest - now)} later: "
            "the clock is behind, or was ahead when that was written."
        )
    if (moved := _moved(last, now)).ahead:
        return (
            f"The clock says {_time(now)}; it went ahead by {_span(moved.ahead)} while nothing ran. Was the server off "
            f"for so long? Until {_time(moved.since + HELD_SECONDS)} nothing is removed or expires because of it; "
            "`vitascope sweep --clock` says that the clock is right."
        )
    return ""


def _seen(tx: Connection, now: float) -> Seen:
    """What is noted; before anything was, the newest row tells when the database was last used."""
    value = tx.scalar(sa.select(schema.settings.c.value).where(schema.settings.c.key == KEY))
    return Seen(**value) if value else Seen(max(_newest(tx), default=now))


def _moved(before: Seen, now: float) -> Seen:
    gap = now - before.at
    if gap > JUMP_SECONDS:
        return Seen(now, before.ahead + gap, now)
    if gap < 0:  # it was put right, or two machines differ
        ahead = before.ahead + gap
        return replace(before, at=now, ahead=ahead if ahead > JUMP_SECONDS else 0.0)
    if before.ahead and now - before.since > HELD_SECONDS:
        return Seen(now)
    return replace(before, at=now)


def _keep(tx: Connection, seen: Seen) -> None:
    value = asdict(seen)
    if not insert_new(tx, schema.settings, {"key": KEY, "value": value, "created_at": seen.at}):
        tx.execute(sa.update(schema.settings).where(schema.settings.c.key == KEY).values(value=value))


def _newest(tx: Connection) -> list[float]:
    """When the newest jobs and clips were made: their names tell it."""
    newest = (tx.scalar(sa.select(sa.func.max(table.c.id))) for table in (schema.jobs, schema.clips))
    return [ids.born(id) or 0.0 for id in newest if id]


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _span(seconds: float) -> str:
    for size, name in ((DAY, "days"), (3600.0, "hours")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds / 60:.0f} minutes"
