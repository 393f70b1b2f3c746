"""The books. Every movement of units is one row of `transfers`, from one account of the books to another, and no row is
ever changed; a balance is a sum of rows. Nothing here knows what a clip costs or when a job is done.

    grant   world -> available:<account>              into a bucket, for one reason, perhaps with an expiry
    hold    available:<account> -> held:<account>     when a job is taken on; from the bucket that expires first
    post    held:<account> -> revenue                 the clip was delivered
    void    held:<account> -> available:<account>     it was not: failed, cancelled, lost
    refund  revenue -> available:<account>            it was delivered, and was bad; into a bucket of its own
    expire  available:<account> -> world              the bucket's time is over

Units are whole, 100 = 1 credit. A hold is answered once, by post or void: the same answer again changes nothing, the
other one raises Conflict. What returns to a bucket whose time is over goes with it at the next `expire`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import Conflict, NotEnoughCredits
from vitascope.plans import Plan
from vitascope.store.account import present
from vitascope.store.database import insert_new, lock_account
from vitascope.store.ids import BUCKET, new_id
from vitascope.store.schema import buckets, transfers
from vitascope.store.usage import Usage as Usage  # the report belongs to the books; its query has a file of its own
from vitascope.store.usage import usage as usage

WORLD, REVENUE = "world", "revenue"
_OPEN = sa.text("(available > 0 OR held > 0)")  # as the index says it
REFUND_SECONDS = 30 * 86_400.0  # a refund lasts so long, when the units it gives back would have expired


def available(account_id: str) -> str:
    return f"available:{account_id}"


def held(account_id: str) -> str:
    return f"held:{account_id}"


@dataclass(frozen=True)
class Bucket:
    id: str
    kind: str  # daily | plan | bought | gift | refund
    units: int  # granted
    available: int
    held: int
    expires_at: float | None


@dataclass(frozen=True)
class Balance:
    """`available` can be spent now, `held` is reserved for jobs on their way. Buckets in the order they are spent."""

    available: int
    held: int
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True)
class Entry:
    """A line of the statement. `units`: what it did to the units available; 0 for a post, which was held before."""

    id: int
    at: float
    kind: str
    units: int
    moved: int
    job_id: str | None
    bucket_kind: str


def grant(
    tx: Connection,
    account_id: str,
    units: int,
    kind: str,
    *,
    source: str,
    now: float,
    expires_at: float | None = None,
) -> str:
    """Give units for one reason, `source`; the id of their bucket. The same source again changes nothing. Raises
    NotFound for an account that has left.
    """
    lock_account(tx, account_id)
    present(tx, account_id)
    bucket_id = new_id(BUCKET, now)
    row = {"id": bucket_id, "account_id": account_id, "kind": kind, "units": units, "expires_at": expires_at}
    row.update(source=source, available=units, held=0, created_at=now)
    if not insert_new(tx, buckets, row):
        return str(tx.scalar(sa.select(buckets.c.id).where(buckets.c.source == source)))
    _move(tx, "grant", WORLD, available(account_id), units, bucket_id, None, account_id, now)
    return bucket_id


def hold(tx: Connection, account_id: str, job_id: str, units: int, now: float) -> None:
    """Reserve the price of a job. Raises NotEnoughCredits, and Conflict when the job has a hold already."""
    if units == 0:
        return
    lock_account(tx, account_id)
    if _of_job(tx, job_id, "hold"):
        raise Conflict(f"{job_id} has its credits reserved already.", hint="A job is paid for once.")
    open_buckets = [bucket for bucket in _open(tx, account_id, now) if bucket.available]
    have = sum(bucket.available for bucket in open_buckets)
    if units > have:
        raise NotEnoughCredits(units, have)
    for bucket in open_buckets:
        part = min(units, bucket.available)
        _change(tx, bucket.id, available=-part, held=part)
        _move(tx, "hold", available(account_id), held(account_id), part, bucket.id, job_id, account_id, now)
        units -= part
        if not units:
            return


def post(tx: Connection, job_id: str, now: float) -> None:
    """The clip is delivered: what was held is spent."""
    _answer(tx, job_id, "post", now)


def void(tx: Connection, job_id: str, now: float) -> None:
    """There will be no clip: what was held returns to where it came from."""
    _answer(tx, job_id, "void", now)


def refund(tx: Connection, job_id: str, units: int, now: float) -> None:
    """Give back units of a delivered clip, once for each job. They never expire if some that were spent never would.

    Raises Conflict for more than was spent.
    """
    posts = _of_job(tx, job_id, "post")
    if not units or (not posts and not _of_job(tx, job_id, "hold")):
        return
    spent = sum(row.units for row in posts)
    if units > spent:
        raise Conflict(
            f"{units} units cannot be given back for {job_id}, which cost {spent}.", hint="At most its price."
        )
    account_id = posts[0].account_id
    lock_account(tx, account_id)
    paid_from = sa.select(buckets.c.expires_at).where(buckets.c.id.in_([row.bucket_id for row in posts]))
    lasting = any(row.expires_at is None for row in tx.execute(paid_from))
    bucket_id = new_id(BUCKET, now)
    row = {"id": bucket_id, "account_id": account_id, "kind": "refund", "units": units, "source": f"refund:{job_id}"}
    row.update(available=units, held=0, created_at=now, expires_at=None if lasting else now + REFUND_SECONDS)
    if insert_new(tx, buckets, row):
        _move(tx, "refund", REVENUE, available(account_id), units, bucket_id, job_id, account_id, now)


def refunded(tx: Connection, job_id: str) -> int:
    """Units of its price that were given back."""
    return sum(row.units for row in _of_job(tx, job_id, "refund"))


def expire(tx: Connection, now: float, *, limit: int = 500) -> int:
    """Take away what is left in buckets whose time is over; how many of at most `limit` there were."""
    over = sa.and_(buckets.c.available > 0, buckets.c.expires_at.is_not(None), buckets.c.expires_at <= now)
    found = tx.execute(sa.select(buckets.c.id, buckets.c.account_id).where(over).limit(limit)).all()
    for account_id in sorted({row.account_id for row in found}):  # in order, so that two never wait for each other
        lock_account(tx, account_id)
    _take_away(tx, sa.and_(buckets.c.id.in_([row.id for row in found]), over), now)
    return len(found)


def close(tx: Connection, account_id: str, now: float) -> None:
    """The account ends: the time of all it has is over now, and what could be spent is taken away."""
    lock_account(tx, account_id)
    mine = buckets.c.account_id == account_id
    ends_later = sa.or_(buckets.c.expires_at.is_(None), buckets.c.expires_at > now)
    tx.execute(sa.update(buckets).where(mine, ends_later, _OPEN).values(expires_at=now))
    _take_away(tx, sa.and_(mine, buckets.c.available > 0), now)


def born(tx: Connection, bucket_ids: Sequence[str]) -> dict[str, float]:
    """When these buckets were given."""
    query = sa.select(buckets.c.id, buckets.c.created_at).where(buckets.c.id.in_(bucket_ids))
    return {row[0]: row[1] for row in tx.execute(query)}


def balance(tx: Connection, account_id: str, now: float) -> Balance:
    found = _open(tx, account_id, now)
    fresh = tuple(row for row in found if not _over(row, now))
    return Balance(sum(row.available for row in fresh), sum(row.held for row in found), fresh)


def ensure_daily(tx: Connection, account_id: str, plan: Plan, now: float, tz: tzinfo) -> None:
    """What the plan gives for this day and this month in the account's time zone, gone when they end. Ask as often as
    you like; after a change to a larger plan the difference is added.
    """
    midnight = datetime.fromtimestamp(now, tz).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = (midnight + timedelta(days=1)).timestamp()
    next_month = (midnight.replace(day=1) + timedelta(days=32)).replace(day=1).timestamp()
    _top_up(tx, account_id, plan.daily_units, "daily", f"{midnight:%Y-%m-%d}", now, tomorrow)
    _top_up(tx, account_id, plan.monthly_units, "plan", f"{midnight:%Y-%m}", now, next_month)


def statement(tx: Connection, account_id: str, *, after: int | None = None, limit: int = 50) -> list[Entry]:
    """The newest first; `after`: the id of the last entry already seen."""
    query = sa.select(transfers, buckets.c.kind.label("bucket_kind")).join(
        buckets, buckets.c.id == transfers.c.bucket_id
    )
    query = query.where(transfers.c.account_id == account_id)
    if after is not None:
        query = query.where(transfers.c.id < after)
    mine, entries = available(account_id), []
    for row in tx.execute(query.order_by(transfers.c.id.desc()).limit(limit)):
        sign = (row.credit == mine) - (row.debit == mine)
        entries.append(Entry(row.id, row.at, row.kind, sign * row.units, row.units, row.job_id, row.bucket_kind))
    return entries


def _take_away(tx: Connection, over: sa.ColumnElement[bool], now: float) -> None:
    for row in tx.execute(sa.select(buckets).where(over).order_by(buckets.c.id)).all():
        _change(tx, row.id, available=-row.available)
        _move(tx, "expire", available(row.account_id), WORLD, row.available, row.id, None, row.account_id, now)


def _top_up(tx: Connection, account_id: str, units: int, kind: str, period: str, now: float, expires_at: float) -> None:
    reason = f"{kind}:{account_id}:{period}"
    source = f"{reason}:{units}"
    if not units or tx.execute(sa.select(buckets.c.id).where(buckets.c.source == source)).first():
        return
    lock_account(tx, account_id)
    earlier = buckets.c.source.startswith(reason + ":", autoescape=True)
    given = tx.scalar(sa.select(sa.func.sum(buckets.c.units)).where(buckets.c.account_id == account_id, earlier)) or 0
    if units > given:
        grant(tx, account_id, units - int(given), kind, source=source, now=now, expires_at=expires_at)


def _answer(tx: Connection, job_id: str, kind: str, now: float) -> None:
    holds = _of_job(tx, job_id, "hold")
    if not holds:
        return  # it cost nothing
    account_id = holds[0].account_id
    lock_account(tx, account_id)
    answers = {row.kind for row in _of_job(tx, job_id, "post", "void")}
    if answers == {kind}:
        return
    if answers:
        raise Conflict(
            f"{job_id} has its {answers.pop()} already; a {kind} is not possible.", hint="Read the job again."
        )
    for row in holds:
        if kind == "post":
            _change(tx, row.bucket_id, held=-row.units)
            target = REVENUE
        else:
            _change(tx, row.bucket_id, held=-row.units, available=row.units)
            target = available(account_id)
        _move(tx, kind, held(account_id), target, row.units, row.bucket_id, job_id, account_id, now)


def _of_job(tx: Connection, job_id: str, *kinds: str) -> Sequence[sa.Row[tuple[object, ...]]]:
    query = sa.select(transfers).where(transfers.c.job_id == job_id, transfers.c.kind.in_(kinds))
    return tx.execute(query.order_by(transfers.c.id)).all()


def _open(tx: Connection, account_id: str, now: float) -> list[Bucket]:
    """Buckets that still have something, in the order they are spent; those that are over only for what they hold."""
    query = sa.select(buckets).where(buckets.c.account_id == account_id, _OPEN)
    rows = tx.execute(query.order_by(buckets.c.expires_at.asc().nulls_last(), buckets.c.id)).all()
    found = [Bucket(row.id, row.kind, row.units, row.available, row.held, row.expires_at) for row in rows]
    return [
        Bucket(row.id, row.kind, row.units, 0, row.held, row.expires_at) if _over(row, now) else row for row in found
    ]


def _over(bucket: Bucket, now: float) -> bool:
    return bucket.expires_at is not None and bucket.expires_at <= now


def _change(tx: Connection, bucket_id: str, **by: int) -> None:
    values = {name: buckets.c[name] + units for name, units in by.items()}
    tx.execute(sa.update(buckets).where(buckets.c.id == bucket_id).values(**values))


def _move(
    tx: Connection,
    kind: str,
    debit: str,
    credit: str,
    units: int,
    bucket_id: str,
    job_id: str | None,
    account_id: str,
    now: float,
) -> None:
    row = {"at": now, "kind": kind, "debit": debit, "credit": credit, "units": units, "bucket_id": bucket_id}
    tx.execute(transfers.insert().values(**row, job_id=job_id, account_id=account_id))
