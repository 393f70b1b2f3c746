"""What the operator sees of orders from other servers: those that are out now, what was spent by day and model, and how
many of the last day's orders came home. It reads alone; amounts are micro-dollars.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store.budgets import vendor_of
from vitascope.store.purchase import Purchase, as_purchase
from vitascope.store.schema import purchases


@dataclass(frozen=True)
class DaySpent:
    """`day`: in UTC, "2026-11-30". `amount`: what it cost, else what it was expected to cost. `unknown`: purchases of
    which neither is known.
    """

    day: str
    model: str
    purchases: int
    amount: int
    unknown: int


@dataclass(frozen=True)
class Recent:
    """Of one vendor: how many orders were sent, how many of them are done, and the seconds that the middle one took."""

    sent: int
    done: int
    usual_seconds: float | None


def out(tx: Connection, limit: int) -> list[Purchase]:
    """Orders that are not answered for yet, the oldest first."""
    query = sa.select(purchases).where(purchases.c.settled_at.is_(None)).order_by(purchases.c.id).limit(limit)
    return [as_purchase(row) for row in tx.execute(query)]


def by_day(tx: Connection, since: float) -> list[DaySpent]:
    """What was bought since then, by day and model. What certainly cost nothing is not in it."""
    table = purchases.c
    amount = sa.func.coalesce(table.cost, table.estimate)
    query = sa.select(table.sent_at, table.model, amount)
    found: dict[tuple[str, str], list[int | None]] = {}
    for at, model, cost in tx.execute(query.where(table.sends > 0, table.billed != "no", table.sent_at >= since)):
        found.setdefault((datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d"), model), []).append(cost)
    return [
        DaySpent(day, model, len(costs), sum(cost or 0 for cost in costs), costs.count(None))
        for (day, model), costs in sorted(found.items())
    ]


def recent(tx: Connection, since: float) -> dict[str, Recent]:
    """By vendor, of the orders that were sent since then."""
    table = purchases.c
    query = sa.select(table.model, table.state, table.sent_at, table.ended_at)
    found: dict[str, list[float | None]] = {}
    for row in tx.execute(query.where(table.sends > 0, table.sent_at >= since)):
        took = row.ended_at - row.sent_at if row.state == "done" and row.ended_at else None
        found.setdefault(vendor_of(row.model), []).append(took)
    return {vendor: _recent(times) for vendor, times in found.items()}


def _recent(times: list[float | None]) -> Recent:
    done = [took for took in times if took is not None]
    return Recent(len(times), len(done), median(done) if done else None)
