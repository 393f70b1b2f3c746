"""How each vendor's server answered in each hour: rows of `vendor_hours`. What that means for orders is not decided
here.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store.database import insert_new
from vitascope.store.schema import vendor_hours

HOUR_SECONDS, HOURS = 3600, 24


@dataclass(frozen=True)
class Answers:
    """How many requests were answered well, answered slowly, or not answered."""

    good: int = 0
    late: int = 0
    failed: int = 0

    def __add__(self, other: Answers) -> Answers:
        return Answers(self.good + other.good, self.late + other.late, self.failed + other.failed)

    @property
    def state(self) -> str:
        """What most of them were: none, failed, late or good."""
        whole = self.good + self.late + self.failed
        if not whole:
            return "none"
        if 2 * self.failed >= whole:
            return "failed"
        return "late" if 2 * (self.failed + self.late) >= whole else "good"


def add(tx: Connection, vendor: str, more: Answers, now: float) -> None:
    """Count them in the hour of `now`; counts of before a day are forgotten."""
    hour, table = int(now // HOUR_SECONDS), vendor_hours.c
    if insert_new(tx, vendor_hours, {"vendor": vendor, "hour": hour, **vars(more)}):
        tx.execute(sa.delete(vendor_hours).where(table.hour <= hour - HOURS))
        return
    counts = {"good": table.good + more.good, "late": table.late + more.late, "failed": table.failed + more.failed}
    tx.execute(sa.update(vendor_hours).where(table.vendor == vendor, table.hour == hour).values(**counts))


def read(tx: Connection, now: float) -> dict[str, list[Answers]]:
    """By vendor, the last 24 hours, that of `now` last. A vendor that was not asked is not in it."""
    hour, table = int(now // HOUR_SECONDS), vendor_hours.c
    found: dict[str, list[Answers]] = {}
    for row in tx.execute(sa.select(vendor_hours).where(table.hour > hour - HOURS, table.hour <= hour)):
        bars = found.setdefault(row.vendor, [Answers()] * HOURS)
        bars[row.hour - hour - 1] = Answers(row.good, row.late, row.failed)
    return found
