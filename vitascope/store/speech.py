"""Lines that were bought from a vendor's speech, in the book of `purchases`. The vendor answers the order with the
sound at once: so a row has no job, no courier looks at it, and its money is answered for from the first moment. It is
written as `sent` before the request leaves, and what may have been bought is never asked for again.
"""

from __future__ import annotations

import uuid
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import NotMade
from vitascope.store import purchases
from vitascope.store.ids import PURCHASE, new_id
from vitascope.store.purchase import SPEECH, Purchase, as_purchase
from vitascope.store.schema import purchases as table


def begin(
    tx: Connection,
    account_id: str,
    of: str,
    now: float,
    *,
    model: str,
    address: str,
    digest: str,
    estimate: int | None,
) -> Purchase:
    """A line that may be asked for once, as `of` (a take, or a request of its own); the account is locked. Raises
    NotMade when it was bought before, or perhaps.
    """
    before = purchases.of_job(tx, of)
    if before and before.billed != "no":
        if before.state == "sent":  # whoever sent it died
            end(tx, before, "lost", now, billed="unknown", cost=None, note="its worker died")
        raise NotMade(
            f"{model} may have spoken this line, and its sound was lost.",
            hint="It is not bought twice by itself. Make the voice again to buy it anew.",
        )
    values = {
        "id": new_id(PURCHASE, now),
        "account_id": account_id,
        "job_id": of,
        "leg": before.leg + 1 if before else 0,
        "model": model,
        "engine": SPEECH,
        "source": {},
        "address": address,
        "name": str(uuid.uuid4()),
        "digest": digest,
        "state": "sent",
        "sends": 1,
        "sent_at": now,
        "settled_at": now,
        "estimate": estimate,
        "created_at": now,
    }
    return as_purchase(tx.execute(sa.insert(table).values(**values).returning(table)).one())


def end(
    tx: Connection,
    held: Purchase,
    state: Literal["done", "failed", "lost"],
    now: float,
    *,
    billed: Literal["yes", "no", "unknown"],
    cost: int | None,
    note: str = "",
    trace: str = "",
) -> None:
    """What came of it. `trace`: what the vendor calls the request, to ask it about a bill. Raises LeaseLost when that
    is known already.
    """
    values: dict[str, Any] = {"billed": billed, "cost": cost, "note": note[:300] or None, "ended_at": now}
    if state == "done":
        values |= {"handle": held.name, "ticket": {"trace": trace}}  # not the vendor's word alone, which it may repeat
    purchases.change(tx, held, state=state, **values)
