"""The messages for webhooks: written, sent, tried again, given up. It knows no network: a `send` function is handed in,
and says how it went.

A message is written in the transaction of what it tells, so none is lost and none tells of what was undone. It is sent
at least once; a receiver knows a repeated one by its webhook-id.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import VitascopeError
from vitascope.outbound import standard_webhooks
from vitascope.outbound.message import Answer, Outgoing, Send
from vitascope.store import ids
from vitascope.store import webhooks as endpoints
from vitascope.store.database import Store
from vitascope.store.outbox import LEASE_SECONDS, LONGEST_WAIT, Waiting, wait_seconds
from vitascope.store.schema import deliveries, webhooks
from vitascope.store.webhooks import Webhook

MAX_ATTEMPTS = 10  # about a day and a half, with the waits of `outbox`
FORGET_DAYS = 30
_PATIENCE = 60.0  # with an endpoint that does not answer, at most
SHOWN = 8  # messages of one endpoint that are looked at together


@dataclass(frozen=True)
class Delivery:
    """A row of `deliveries`: one message for one endpoint."""

    id: str
    webhook_id: str
    account_id: str
    event_kind: str
    payload: dict[str, Any]
    attempts: int
    next_at: float
    done_at: float | None
    last_status: int | None
    last_error: str | None
    created_at: float

    @property
    def state(self) -> str:
        """waiting, delivered or failed."""
        if self.done_at is None:
            return "waiting"
        return "failed" if self.last_error else "delivered"


assert {item.name for item in fields(Delivery)} == set(deliveries.c.keys())


def history(tx: Connection, account_id: str, webhook_id: str, *, limit: int = 50) -> list[Delivery]:
    """The endpoint's newest messages, newest first."""
    endpoints.get(tx, account_id, webhook_id)
    query = sa.select(deliveries).where(deliveries.c.webhook_id == webhook_id)
    return [_delivery(row) for row in tx.execute(query.order_by(deliveries.c.id.desc()).limit(limit))]


def emit(tx: Connection, account_id: str, kind: str, data: Mapping[str, Any], now: float) -> int:
    """One message for each of the account's endpoints that listens to this kind, to be sent once `tx` is committed.
    `events.tell` does so for every event. How many.
    """
    query = sa.select(webhooks.c.id, webhooks.c.events).where(
        webhooks.c.account_id == account_id, webhooks.c.disabled_at.is_(None)
    )
    told = [row.id for row in tx.execute(query) if kind in row.events]
    for webhook_id in told:
        _write(tx, webhook_id, account_id, kind, data, now)
    return len(told)


def try_out(tx: Connection, account_id: str, webhook_id: str, now: float) -> Delivery:
    """A message that tells nothing, so that a receiver can be tried."""
    endpoints.get(tx, account_id, webhook_id)
    made = _write(tx, webhook_id, account_id, "webhook.test", {"webhook_id": webhook_id}, now)
    return _delivery(tx.execute(sa.select(deliveries).where(deliveries.c.id == made)).one())


def waiting(tx: Connection, now: float) -> list[Waiting]:
    """The messages that are due, the oldest first; of each endpoint only its first few, so that one which has
    thousands hides no other.
    """
    order = (deliveries.c.next_at, deliveries.c.id)
    place = sa.func.row_number().over(partition_by=deliveries.c.webhook_id, order_by=order).label("place")
    job = deliveries.c.payload[("data", "job_id")].as_string().label("job")
    columns = (deliveries.c.id, deliveries.c.account_id, deliveries.c.webhook_id, deliveries.c.next_at, job, place)
    due = sa.select(*columns).where(deliveries.c.done_at.is_(sa.null()), deliveries.c.next_at <= now).subquery()
    query = sa.select(due.c.id, due.c.account_id, webhooks.c.url, webhooks.c.id, due.c.job).where(
        due.c.webhook_id == webhooks.c.id, due.c.place <= SHOWN
    )
    found = tx.execute(query.order_by(due.c.next_at, due.c.id))
    return [Waiting(id, account_id, url, f"{hook} {job or id}") for id, account_id, url, hook, job in found]


def postpone(tx: Connection, delivery_id: str, until: float) -> None:
    """Not before then; it does not count as an attempt."""
    still = (deliveries.c.id == delivery_id, deliveries.c.done_at.is_(sa.null()), deliveries.c.next_at < until)
    tx.execute(deliveries.update().where(*still).values(next_at=until))


def deliver(store: Store, send: Send, delivery_id: str, *, rng: random.Random | None = None) -> bool | None:
    """Send this message now: whether there was an answer; None when it was not to be sent any more.

    It is leased in one transaction, sent outside of any, and its outcome is written in another.
    """
    with store.begin() as tx:
        claimed = _claim(tx, delivery_id, store.clock())
    if not claimed:
        return None
    answer, error = _tried(send, *claimed, store.clock())
    with store.begin() as tx:
        _settle(tx, claimed[0], answer, error, store.clock(), rng or random.SystemRandom())
    return None if claimed[1].disabled_at is not None else answer is not None


def forget(tx: Connection, now: float, days: float = FORGET_DAYS) -> int:
    """Remove messages that were done with so long ago. The number removed."""
    old = (deliveries.c.done_at.is_not(None), deliveries.c.done_at < now - days * 86_400.0)
    return tx.execute(deliveries.delete().where(*old)).rowcount


def _write(tx: Connection, webhook_id: str, account_id: str, kind: str, data: Mapping[str, Any], now: float) -> str:
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    row = {
        "id": ids.new_id(ids.DELIVERY, now),
        "webhook_id": webhook_id,
        "account_id": account_id,
        "event_kind": kind,
        "payload": {"type": kind, "timestamp": at, "data": dict(data)},
        "next_at": now,
        "created_at": now,
    }
    tx.execute(deliveries.insert().values(row))
    return str(row["id"])


def _claim(tx: Connection, delivery_id: str, now: float) -> tuple[Delivery, Webhook] | None:
    due = (deliveries.c.id == delivery_id, deliveries.c.done_at.is_(sa.null()), deliveries.c.next_at <= now)
    row = tx.execute(sa.select(deliveries).where(*due).with_for_update(skip_locked=True)).first()
    if not row:
        return None
    values = {"attempts": row.attempts + 1, "next_at": now + LEASE_SECONDS}
    tx.execute(deliveries.update().where(deliveries.c.id == row.id).values(**values))
    return _delivery(row), endpoints.as_webhook(
        tx.execute(sa.select(webhooks).where(webhooks.c.id == row.webhook_id)).one()
    )


def _tried(send: Send, delivery: Delivery, webhook: Webhook, now: float) -> tuple[Answer | None, str]:
    if webhook.disabled_at is not None:
        return None, "The webhook was disabled."
    body = json.dumps(delivery.payload, separators=(",", ":"), ensure_ascii=False).encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "vitascope-webhooks",
        **standard_webhooks.headers(webhook.secret, delivery.id, int(now), body),
    }
    try:
        answer = send(Outgoing(webhook.url, headers, body))
    except VitascopeError as error:
        return None, error.message[:500]
    return answer, "" if answer.is_good else f"It answered {answer.status}."


def _settle(
    tx: Connection, tried: Delivery, answer: Answer | None, error: str, now: float, chance: random.Random
) -> None:
    attempts = tried.attempts + 1
    still_ours = (deliveries.c.id == tried.id, deliveries.c.attempts == attempts, deliveries.c.done_at.is_(sa.null()))
    values: dict[str, Any] = {"last_status": answer.status if answer else None, "last_error": error or None}
    gone = answer is not None and answer.status == 410  # "do not ask again"
    over = gone or attempts >= MAX_ATTEMPTS
    if not error or over:
        values["done_at"] = now
    else:
        wait = wait_seconds(attempts, chance)
        values["next_at"] = now + max(wait, min(answer.retry_after, LONGEST_WAIT) if answer else 0.0)
        if answer is None:  # the endpoint's other messages need not find out one by one that it is down
            others = (deliveries.c.webhook_id == tried.webhook_id, deliveries.c.id != tried.id)
            waiting = (deliveries.c.done_at.is_(sa.null()), deliveries.c.next_at <= now)
            later = now + min(wait, _PATIENCE)
            tx.execute(deliveries.update().where(*others, *waiting).values(next_at=later))
    changed = tx.execute(deliveries.update().where(*still_ours).values(**values)).rowcount
    if changed and error and (gone or (over and not _delivered_since(tx, tried))):
        ours = (webhooks.c.id == tried.webhook_id, webhooks.c.disabled_at.is_(None))
        tx.execute(webhooks.update().where(*ours).values(disabled_at=now))
        endpoints.give_up_waiting(tx, tried.webhook_id, now, "The webhook was disabled.")


def _delivered_since(tx: Connection, failed: Delivery) -> bool:
    """Whether the endpoint took anything while this message failed all the time."""
    good = (deliveries.c.webhook_id == failed.webhook_id, deliveries.c.last_error.is_(None))
    query = sa.select(deliveries.c.id).where(*good, deliveries.c.done_at >= failed.created_at)
    return tx.execute(query.limit(1)).first() is not None


def _delivery(row: Any) -> Delivery:
    return Delivery(**row._mapping)
