"""Telling other servers what happened, by the Standard Webhooks scheme: endpoints, messages and their signatures, and
when to try again. It knows no network: a `send` function is handed in, and says how it went.

A message is written in the transaction of what it tells, so none is lost and none tells of what was undone. It is sent
at least once; a receiver knows a repeated one by its webhook-id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import random
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import BadSpec, NotFound, VitascopeError
from vitascope.store import ids
from vitascope.store.database import Store
from vitascope.store.schema import callbacks, deliveries, webhooks

KINDS = (
    "job.queued", "job.running", "job.progress", "job.succeeded", "job.failed", "job.cancelled", "job.refunded",
    "clip.trashed", "clip.restored", "clip.deleted", "webhook.test",
)  # fmt: skip
USUAL = ("job.succeeded", "job.failed", "job.cancelled")
MAX_ENDPOINTS = 20  # of one account
MAX_ATTEMPTS = 10  # about a day and a half, with the waits below
LEASE_SECONDS = 120.0  # for one attempt; a killed sender's messages are sent again after it
FORGET_DAYS = 30
TOLERANCE_SECONDS = 300.0  # how old a signature a receiver should take
_FIRST_WAIT, _FACTOR, _LONGEST_WAIT = 5.0, 4.0, 12 * 3600.0
_PATIENCE = 60.0  # with an endpoint that does not answer, at most
_PREFIX = "whsec_"
SHOWN = 8  # messages of one endpoint that are looked at together


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


assert {item.name for item in fields(Webhook)} == set(webhooks.c.keys())
assert {item.name for item in fields(Delivery)} == set(deliveries.c.keys())


@dataclass(frozen=True)
class Outgoing:
    """One attempt: POST `body` to `url` with these headers."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the receiver said. `retry_after`: the seconds it asked for."""

    status: int
    retry_after: float = 0.0
    body: bytes = b""  # its beginning

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Waiting:
    """A message that is due, of whichever kind: whose it is, where it goes, and what it tells of. Those about one thing
    go out in their order.
    """

    id: str
    account_id: str
    url: str
    about: str


Send = Callable[[Outgoing], Answer]  # raises a VitascopeError when there was no answer


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
    """Raises NotFound, also for somebody else's."""
    mine = (webhooks.c.id == webhook_id, webhooks.c.account_id == account_id)
    row = tx.execute(sa.select(webhooks).where(*mine)).first() if "\0" not in webhook_id else None
    if not row:
        raise NotFound(f"There is no webhook {webhook_id[:60]}.", hint="They are listed at /v1/webhooks.")
    return _webhook(row)


def page(tx: Connection, account_id: str) -> list[Webhook]:
    """All of the account, oldest first."""
    query = sa.select(webhooks).where(webhooks.c.account_id == account_id).order_by(webhooks.c.id)
    return [_webhook(row) for row in tx.execute(query)]


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
        _give_up_waiting(tx, webhook_id, now, "The webhook was disabled.")
    return get(tx, account_id, webhook_id)


def delete(tx: Connection, account_id: str, webhook_id: str) -> None:
    """With all its messages."""
    get(tx, account_id, webhook_id)
    tx.execute(deliveries.delete().where(deliveries.c.webhook_id == webhook_id))
    tx.execute(webhooks.delete().where(webhooks.c.id == webhook_id))


def history(tx: Connection, account_id: str, webhook_id: str, *, limit: int = 50) -> list[Delivery]:
    """The endpoint's newest messages, newest first."""
    get(tx, account_id, webhook_id)
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
    get(tx, account_id, webhook_id)
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
    """Send this message now: whether somebody answered; None when it was not to be sent any more.

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


def new_secret() -> str:
    return secret_of(secrets.token_bytes(32))


def secret_of(key: bytes) -> str:
    """A secret as Standard Webhooks write it."""
    return _PREFIX + base64.b64encode(key).decode("ascii")


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header webhook-signature."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode('ascii')}"


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """What a receiver does: whether this message was signed with this secret, not long ago. Several signatures parted
    by spaces are taken, as while a secret is being changed.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        timestamp = int(given["webhook-timestamp"])
        expected = sign(secret, given["webhook-id"], timestamp, body)
        signatures = given["webhook-signature"].split()
    except (KeyError, ValueError):
        return False
    good = [hmac.compare_digest(expected.encode(), signature.encode()) for signature in signatures]
    return any(good) and abs(now - timestamp) <= TOLERANCE_SECONDS


def shorten(tx: Connection, now: float) -> None:
    """What is to be sent later than any wait is long was put off by a clock that was ahead."""
    latest = now + 1.2 * _LONGEST_WAIT
    for table in (deliveries, callbacks):
        late = (table.c.done_at.is_(sa.null()), table.c.next_at > latest)
        tx.execute(sa.update(table).where(*late).values(next_at=latest))


def wait_seconds(attempts: int, chance: random.Random) -> float:
    """Until the next attempt, after so many that failed: 5 s, 20 s, 80 s, ... up to 12 hours, each shorter or longer
    by up to a fifth, so that a receiver that comes back is not run over.
    """
    return min(_FIRST_WAIT * _FACTOR ** (attempts - 1), _LONGEST_WAIT) * chance.uniform(0.8, 1.2)


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
    return _delivery(row), _webhook(tx.execute(sa.select(webhooks).where(webhooks.c.id == row.webhook_id)).one())


def _tried(send: Send, delivery: Delivery, webhook: Webhook, now: float) -> tuple[Answer | None, str]:
    if webhook.disabled_at is not None:
        return None, "The webhook was disabled."
    body = json.dumps(delivery.payload, separators=(",", ":"), ensure_ascii=False).encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "vitascope-webhooks",
        "webhook-id": delivery.id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": sign(webhook.secret, delivery.id, int(now), body),
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
        values["next_at"] = now + max(wait, min(answer.retry_after, _LONGEST_WAIT) if answer else 0.0)
        if answer is None:  # the endpoint's other messages need not find out one by one that nobody is there
            others = (deliveries.c.webhook_id == tried.webhook_id, deliveries.c.id != tried.id)
            waiting = (deliveries.c.done_at.is_(sa.null()), deliveries.c.next_at <= now)
            later = now + min(wait, _PATIENCE)
            tx.execute(deliveries.update().where(*others, *waiting).values(next_at=later))
    changed = tx.execute(deliveries.update().where(*still_ours).values(**values)).rowcount
    if changed and error and (gone or (over and not _delivered_since(tx, tried))):
        ours = (webhooks.c.id == tried.webhook_id, webhooks.c.disabled_at.is_(None))
        tx.execute(webhooks.update().where(*ours).values(disabled_at=now))
        _give_up_waiting(tx, tried.webhook_id, now, "The webhook was disabled.")


def _delivered_since(tx: Connection, failed: Delivery) -> bool:
    """Whether the endpoint took anything while this message failed all the time."""
    good = (deliveries.c.webhook_id == failed.webhook_id, deliveries.c.last_error.is_(None))
    query = sa.select(deliveries.c.id).where(*good, deliveries.c.done_at >= failed.created_at)
    return tx.execute(query.limit(1)).first() is not None


def _give_up_waiting(tx: Connection, webhook_id: str, now: float, why: str) -> None:
    waiting = (deliveries.c.webhook_id == webhook_id, deliveries.c.done_at.is_(sa.null()))
    tx.execute(deliveries.update().where(*waiting).values(done_at=now, last_error=why))


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSpec("That is no webhook secret.", hint="It begins with whsec_.") from error


def _checked_kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(kinds))
    unknown = [kind for kind in wanted if kind not in KINDS]
    if unknown or not wanted:
        what = f'There is no event "{unknown[0]}".' if unknown else "A webhook that listens to nothing is of no use."
        raise BadSpec(what, hint=f"One or more of {', '.join(KINDS)}.")
    return wanted


def _webhook(row: Any) -> Webhook:
    values = dict(row._mapping)
    return Webhook(**values | {"events": tuple(values["events"])})


def _delivery(row: Any) -> Delivery:
    return Delivery(**row._mapping)
