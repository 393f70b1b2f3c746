"""Where another server may call when something has changed with a purchase: a path for each, which nobody can guess who
was not told it. A call brings the next look forward and does nothing else, so one that is forged, repeated or wrong can
do no harm: what became of the purchase the look tells, never the call.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import TooMany
from vitascope.store import limits
from vitascope.store.schema import purchases

PATH = "/v1/vendor-calls/"
AT_ONCE, SECONDS_BETWEEN = 3, 10.0  # calls of one purchase that bring its look forward


def secret_of(master: bytes) -> bytes:
    """What the paths are made with, of the database's master secret; so it is the same in every process."""
    return hmac.new(master, b"vendor calls", sha256).digest()


def path(secret: bytes, purchase_id: str) -> str:
    return f"{PATH}{purchase_id}.{hmac.new(secret, purchase_id.encode(), sha256).hexdigest()[:32]}"


def called(tx: Connection, secret: bytes, word: str, now: float) -> bool:
    """Look at the purchase whose path ends in this word at once, if it is waited for. Whether it is such a word."""
    purchase_id = word.partition(".")[0]
    if not hmac.compare_digest(path(secret, purchase_id).encode(), f"{PATH}{word}".encode()):
        return False
    table = purchases.c
    waited_for = (table.id == purchase_id, table.state == "placed", table.settled_at.is_(None), table.next_at > now)
    if tx.scalar(sa.select(table.id).where(*waited_for)):
        with suppress(TooMany):
            limits.take(tx, f"called:{purchase_id}", now, per_second=1 / SECONDS_BETWEEN, burst=AT_ONCE)
            tx.execute(sa.update(purchases).where(*waited_for).values(next_at=now))
    return True
