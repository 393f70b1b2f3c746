"""Token buckets in the database, so that a limit holds over any number of processes.

A bucket of `burst` tokens fills by `per_second`; each `take` costs one, or says when to come again. It knows nothing of
what is limited: the key says so ("make:acc_..."), and holds no address, because it outlives their account.
"""

from __future__ import annotations

import math

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import TooMany
from vitascope.store import schema
from vitascope.store.database import insert_new

AHEAD_SECONDS = 60.0  # that the clocks of several servers may differ


def take(
    tx: Connection, key: str, now: float, *, per_second: float, burst: float, tokens: float = 1.0, what: str = "this"
) -> None:
    """Take tokens, or raise TooMany with the seconds to wait. A refusal takes nothing.

    Call it in a transaction of its own that is committed before the work begins: a failed request counts as well.
    """
    table = schema.rates
    insert_new(tx, table, {"key": key, "tokens": burst, "at": now})
    row = tx.execute(sa.select(table.c.tokens, table.c.at).where(table.c.key == key).with_for_update()).one()
    have, at = min(burst, row.tokens + max(0.0, now - row.at) * per_second), row.at
    if at > now + AHEAD_SECONDS:  # written by a clock that was ahead: begin anew
        have, at = burst, now
    if have < tokens:
        wait = (tokens - have) / per_second if per_second else 3_600.0
        raise TooMany(f"Too many of {what} at once.", hint=f"Try again in {math.ceil(wait)} s.", retry_after=wait)
    left = {"tokens": have - tokens, "at": max(now, at)}
    tx.execute(sa.update(table).where(table.c.key == key).values(**left))


def forget(tx: Connection, now: float, *, idle_seconds: float = 86_400.0) -> int:
    """Drop buckets not touched for a day, which are full again by now; gives how many."""
    return tx.execute(sa.delete(schema.rates).where(schema.rates.c.at < now - idle_seconds)).rowcount
