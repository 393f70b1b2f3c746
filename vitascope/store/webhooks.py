"""Webhooks: the addresses where an account wants to be told what happened, each with a secret of its own. What they
are sent is in `deliveries`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import BadSpec, NotFound
from vitascope.outbound.standard_webhooks import new_secret
from vitascope.store import ids
from vitascope.store.schema import deliveries, webhooks

KINDS = (
    "job.queued", "job.running", "job.progress", "job.succeeded", "job.failed", "job.cancelled", "job.refunded",
    "clip.trashed", "clip.restored", "clip.deleted", "webhook.test",
)  # fmt: skip
USUAL = ("job.succeeded", "job.failed", "job.cancelled")
MAX_ENDPOINTS = 20  # of one account


@dataclass(frozen=True)
class Webhook:
    """A row of `webhooks`: where an account wants to be told what."""

    id: str
    account_id: str
    url: str
    secret: str = field(repr=False)
    events: tuple[str, ...]
    disabled_at: float | None
    created_at: float


assert {item.name for item in fields(Webhook)} == set(webhooks.c.keys())


def create(tx: Connection, account_id: str, url: str, *, now: float, events: Sequence[str] = USUAL) -> Webhook:
    """A new endpoint with a secret of its own. Whether the address may be called, the caller has checked."""
    mine = sa.select(sa.func.count()).select_from(webhooks).where(webhooks.c.account_id == account_id)
    if (tx.scalar(mine) or 0) >= MAX_ENDPOINTS:
        raise BadSpec(f"There are {MAX_ENDPOINTS} webhooks already.", hint="Delete one first.")
    row = {
        "id": ids.new_id(ids.WEBHOOK, now),
        "account_id": account_id,
        "url": url,
        "secret": new_secret(),
        "events": list(_checked_kinds(events)),
        "created_at": now,
    }
    tx.execute(webhooks.insert().values(row))
    return get(tx, account_id, str(row["id"]))


def get(tx: Connection, account_id: str, webhook_id: str) -> Webhook:
    """Raises NotFound, also for another account's."""
    mine = (webhooks.c.id == webhook_id, webhooks.c.account_id == account_id)
    row = tx.execute(sa.select(webhooks).where(*mine)).first() if "\0" not in webhook_id else None
    if not row:
        raise NotFound(f"There is no webhook {webhook_id[:60]}.", hint="They are listed at /v1/webhooks.")
    return as_webhook(row)


def page(tx: Connection, account_id: str) -> list[Webhook]:
    """All of the account, oldest first."""
    query = sa.select(webhooks).where(webhooks.c.account_id == account_id).order_by(webhooks.c.id)
    return [as_webhook(row) for row in tx.execute(query)]


def change(
    tx: Connection,
    account_id: str,
    webhook_id: str,
    *,
    now: float,
    url: str | None = None,
    events: Sequence[str] | None = None,
    enabled: bool | None = None,
    new_secret_wanted: bool = False,
) -> Webhook:
    """None leaves a value. Enabling an endpoint that was disabled starts afresh: what it missed is not sent."""
    before = get(tx, account_id, webhook_id)
    values: dict[str, Any] = {}
    if url is not None:
        values["url"] = url
    if events is not None:
        values["events"] = list(_checked_kinds(events))
    if enabled is not None:
        values["disabled_at"] = None if enabled else (before.disabled_at or now)
    if new_secret_wanted:
        values["secret"] = new_secret()
    if values:
        tx.execute(webhooks.update().where(webhooks.c.id == webhook_id).values(**values))
    if enabled is False:
        give_up_waiting(tx, webhook_id, now, "The webhook was disabled.")
    return get(tx, account_id, webhook_id)


def delete(tx: Connection, account_id: str, webhook_id: str) -> None:
    """With all its messages."""
    get(tx, account_id, webhook_id)
    tx.execute(deliveries.delete().where(deliveries.c.webhook_id == webhook_id))
    tx.execute(webhooks.delete().where(webhooks.c.id == webhook_id))


def give_up_waiting(tx: Connection, webhook_id: str, now: float, why: str) -> None:
    waiting = (deliveries.c.webhook_id == webhook_id, deliveries.c.done_at.is_(sa.null()))
    tx.execute(deliveries.update().where(*waiting).values(done_at=now, last_error=why))


def _checked_kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(kinds))
    unknown = [kind for kind in wanted if kind not in KINDS]
    if unknown or not wanted:
        what = f'There is no event "{unknown[0]}".' if unknown else "A webhook that listens to nothing is of no use."
        raise BadSpec(what, hint=f"One or more of {', '.join(KINDS)}.")
    return wanted


def as_webhook(row: Any) -> Webhook:
    values = dict(row._mapping)
    return Webhook(**values | {"events": tuple(values["events"])})
