"""The same request sent twice is done once: what was answered to a caller's key is kept beside a fingerprint of the
request, written in the transaction that does the work.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import Conflict
from vitascope.store.database import lock_account
from vitascope.store.schema import idempotency

KEEP_SECONDS = 7 * 86_400.0


def recall(tx: Connection, account_id: str, key: str, *fingerprints: str) -> Any | None:
    """What was answered to this key, or None when it is new; then do the work and `remember`, in this transaction: the
    account is locked, so a second request waits here. Raises Conflict when the key came with another request than one
    of these fingerprints.
    """
    lock_account(tx, account_id)
    mine = sa.and_(idempotency.c.account_id == account_id, idempotency.c.key == key)
    row = tx.execute(sa.select(idempotency).where(mine)).first()
    if not row:
        return None
    if row.fingerprint not in fingerprints:
        raise Conflict(
            f'The idempotency key "{key}" was used for another request.', hint="Take a new key for each request."
        )
    return row.answer


def remember(tx: Connection, account_id: str, key: str, fingerprint: str, answer: Any, now: float) -> None:
    row = {"account_id": account_id, "key": key, "fingerprint": fingerprint, "answer": answer, "created_at": now}
    tx.execute(idempotency.insert().values(**row))


def forget(tx: Connection, now: float) -> int:
    """Remove keys older than a week. The number removed."""
    return tx.execute(idempotency.delete().where(idempotency.c.created_at < now - KEEP_SECONDS)).rowcount
