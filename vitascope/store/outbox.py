"""What all messages to other servers share, webhooks and callbacks: what is due, how long one attempt holds a message,
and when to try again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store.schema import callbacks, deliveries

LEASE_SECONDS = 120.0  # for one attempt; a killed sender's messages are sent again after it
_FIRST_WAIT, _FACTOR, LONGEST_WAIT = 5.0, 4.0, 12 * 3600.0


@dataclass(frozen=True)
class Waiting:
    """A message that is due, of whichever kind: whose it is, where it goes, and what it tells of. Those about one thing
    go out in their order.
    """

    id: str
    account_id: str
    url: str
    about: str


def shorten(tx: Connection, now: float) -> None:
    """What is to be sent later than any wait is long was put off by a clock that was ahead."""
    latest = now + 1.2 * LONGEST_WAIT
    for table in (deliveries, callbacks):
        late = (table.c.done_at.is_(sa.null()), table.c.next_at > latest)
        tx.execute(sa.update(table).where(*late).values(next_at=latest))


def wait_seconds(attempts: int, chance: random.Random) -> float:
    """Until the next attempt, after so many that failed: 5 s, 20 s, 80 s, ... up to 12 hours, each shorter or longer
    by up to a fifth, so that a receiver that comes back is not run over.
    """
    return min(_FIRST_WAIT * _FACTOR ** (attempts - 1), LONGEST_WAIT) * chance.uniform(0.8, 1.2)
