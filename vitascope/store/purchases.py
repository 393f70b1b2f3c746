"""What is ordered from other servers: the rows of `purchases`, and every step that one can take. A row is written
before the paid call, in the transaction that starts its job, and is never removed; so whatever dies when, an order is
paid for at most once.

    written -> sent -> placed -> done | failed | cancelled | lost
                 \\-> unsure (nobody knows whether it was bought) -> placed | lost

The job of a living purchase is leased to the purchase itself, for ever: it cannot be exhausted, and a courier that
dies costs it no attempt. A courier leases a purchase only while it acts on it, and changes it only as long as it is
what the courier thinks it is. `settled_at`: the job has ended, and the user's money is answered for good; what is found
later is theirs for nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.clip import Shape
from vitascope.errors import Conflict, LeaseLost, NotAllowed, NotFound
from vitascope.plans import Plans
from vitascope.store import jobs
from vitascope.store.database import insert_new, lock_account, lock_claims
from vitascope.store.ids import PURCHASE, new_id
from vitascope.store.job import REMOTE
from vitascope.store.purchase import FOREVER, Purchase, as_purchase, get, of_job, page, refuse_cancel
from vitascope.store.schema import purchases, settings

__all__ = [  # `purchases` is the door to all that concerns one
    "Offer",
    "Purchase",
    "Spent",
    "change",
    "claim",
    "found",
    "get",
    "go_on",
    "handles",
    "leave",
    "look_again",
    "of_job",
    "page",
    "refuse_cancel",
    "refuse_stopped",
    "refuse_under_way",
    "renew",
    "shorten",
    "spent",
    "stop",
    "stopped",
    "take",
    "under_way",
]

LEASE_SECONDS = 60.0  # of one action on a purchase; renewed while it lasts
DOUBTFUL_SECONDS = 3600.0  # after which one that may have been bought takes no place of others any more
_STOPPED = "buying.stopped"  # the row of the settings table that stops all buying


@dataclass(frozen=True)
class Offer:
    """A model that can be bought: what is written down of it, and how many may be under way at once."""

    engine: str
    source: Mapping[str, Any]
    address: str
    parallel: int
    cancels: str = "never"
    cost: Callable[[Shape], int | None] = lambda shape: None  # micro-dollars; None: unknown


def claim(tx: Connection, now: float, offers: Mapping[str, Offer], plans: Plans) -> Purchase | None:
    """The next job that one of these models may take, started, with its purchase written; None when there is none."""
    lock_claims(tx)
    doubtful = sa.and_(purchases.c.state == "unsure", purchases.c.sent_at < now - DOUBTFUL_SECONDS)
    open_now = (purchases.c.settled_at.is_(None), purchases.c.model.in_(list(offers)), sa.not_(doubtful))
    counted = sa.select(purchases.c.model, sa.func.count()).where(*open_now).group_by(purchases.c.model)
    busy = {row[0]: row[1] for row in tx.execute(counted)}
    free = [name for name, offer in offers.items() if busy.get(name, 0) < offer.parallel]
    purchase_id = new_id(PURCHASE, now)
    lease = jobs.claim(
        tx, purchase_id, now, needs=(REMOTE,), models=free, lease_seconds=FOREVER - now, plans=plans
    ) if free else None  # fmt: skip
    if not lease:
        return None
    job, offer = lease.job, offers[lease.job.model]
    before = of_job(tx, job.id)
    row = {
        "id": purchase_id,
        "account_id": job.account_id,
        "job_id": job.id,
        "leg": 0 if before is None else before.leg + 1,
        "model": job.model,
        "engine": offer.engine,
        "source": dict(offer.source),
        "address": offer.address,
        "name": str(uuid.uuid4()),
        "state": "written",
        "cancels": offer.cancels,
        "estimate": offer.cost(job.resolved),
        "next_at": now,
        "created_at": now,
    }
    return as_purchase(tx.execute(purchases.insert().values(**row).returning(purchases)).one())


def take(
    tx: Connection,
    courier: str,
    now: float,
    *,
    limit: int = 32,
    but: Iterable[str] = (),
    lease_seconds: float = LEASE_SECONDS,
) -> list[Purchase]:
    """Purchases that are due and that no living courier has, leased to this one; the longest due first. `but`: ids of
    those that it acts on already.
    """
    free = sa.or_(purchases.c.lease_until.is_(None), purchases.c.lease_until <= now)
    wanted = (purchases.c.next_at <= now, free, purchases.c.id.not_in(list(but)))
    due = sa.select(purchases.c.id).where(*wanted).order_by(purchases.c.next_at, purchases.c.id).limit(limit)
    found = list(tx.scalars(due.with_for_update(skip_locked=True)))
    mine = {"lease_worker": courier, "lease_until": now + lease_seconds}
    taking = sa.update(purchases).where(purchases.c.id.in_(found), free).values(**mine).returning(purchases)
    rows = {row.id: row for row in tx.execute(taking)} if found else {}
    return [as_purchase(rows[id]) for id in found if id in rows]


def renew(tx: Connection, courier: str, now: float, *, lease_seconds: float = LEASE_SECONDS) -> int:
    """All that this courier acts on stays its own; how many there are."""
    mine = (purchases.c.lease_worker == courier, purchases.c.lease_until > now)
    return tx.execute(sa.update(purchases).where(*mine).values(lease_until=now + lease_seconds)).rowcount


def shorten(tx: Connection, now: float, *, lease_seconds: float, longest_wait: float) -> None:
    """What a clock that was ahead has put off for too long is due within its usual time."""
    late = purchases.c.lease_until > now + lease_seconds
    tx.execute(sa.update(purchases).where(late).values(lease_until=now + lease_seconds))
    far = purchases.c.next_at > now + longest_wait
    tx.execute(sa.update(purchases).where(far).values(next_at=now + longest_wait))


def change(tx: Connection, held: Purchase, *, state: str | None = None, keep: bool = False, **values: Any) -> Purchase:
    """The purchase changed, and given back unless `keep`. Raises LeaseLost when it is no longer what its holder thinks
    it is: another courier has it, or has brought it further.
    """
    lock_account(tx, held.account_id)
    same = (purchases.c.id == held.id, purchases.c.state == held.state, purchases.c.sends == held.sends)
    mine = purchases.c.lease_worker == held.lease_worker
    if not keep:
        values |= {"lease_worker": None, "lease_until": None}
    changing = sa.update(purchases).where(*same, mine).values(state=state or held.state, **values)
    row = tx.execute(changing.returning(purchases)).first()
    if not row:
        raise LeaseLost(f"{held.id} is no longer this courier's.", hint="Another has it; drop the work.")
    return as_purchase(row)


def found(
    tx: Connection, held: Purchase, ticket: Mapping[str, Any], handle: str, now: float, *, next_at: float
) -> Purchase:
    """What the other server gave for it is known. That is true whoever has the purchase now, so no lease is asked for,
    and whoever has one loses it. Raises LeaseLost when it is known already, or when another purchase has it.
    """
    lock_account(tx, held.account_id)
    taken = (purchases.c.address == held.address, purchases.c.handle == handle)
    if tx.execute(sa.select(purchases.c.id).where(*taken)).first():
        raise LeaseLost(f"{held.id} cannot have that; another purchase has it.", hint="Drop it.")
    looked_for = purchases.c.state.in_(("sent", "unsure", "lost"))
    waiting = (purchases.c.id == held.id, purchases.c.handle.is_(None), looked_for)
    placed = sa.case((purchases.c.state == "lost", "lost"), else_="placed")
    values: dict[str, Any] = {"ticket": dict(ticket), "handle": handle, "placed_at": now, "next_at": next_at}
    values |= {"doubts": 0, "note": None, "lease_worker": None, "lease_until": None}
    row = tx.execute(sa.update(purchases).where(*waiting).values(state=placed, **values).returning(purchases)).first()
    if not row:
        raise LeaseLost(f"{held.id} is known already.", hint="Drop it.")
    return as_purchase(row)


def handles(tx: Connection, address: str) -> frozenset[str]:
    """What is known of this server already."""
    query = sa.select(purchases.c.handle).where(purchases.c.address == address, purchases.c.handle.is_not(None))
    return frozenset(tx.scalars(query))


def under_way(tx: Connection, vendor: str) -> int:
    """How many orders of this vendor's models are still looked after."""
    own = purchases.c.model.startswith(f"{vendor}/", autoescape=True)
    query = sa.select(sa.func.count()).where(own, purchases.c.settled_at.is_(None))
    return int(tx.scalar(query) or 0)


def refuse_under_way(tx: Connection, vendor: str) -> None:
    """Raises Conflict while orders of this vendor's models need its key."""
    if count := under_way(tx, vendor):
        raise Conflict(
            f"{count} orders at {vendor} are under way, and need the key.", hint="Wait for them, or --force."
        )


def look_again(tx: Connection, purchase_id: str, now: float) -> Purchase:
    """Its courier looks at it at once. Raises NotFound."""
    row = tx.execute(sa.select(purchases).where(purchases.c.id == purchase_id)).first()
    if not row:
        raise NotFound(f"There is no order {purchase_id[:40]}.", hint="`vitascope buying show` tells the latest.")
    soon = (purchases.c.id == purchase_id, purchases.c.next_at > now)
    tx.execute(sa.update(purchases).where(*soon).values(next_at=now))
    return as_purchase(row)


def leave(tx: Connection, account_id: str, now: float) -> None:
    """The account goes: its jobs have ended, its purchases are stopped where that can be, and their rows stay as the
    book of what was spent.
    """
    mine = purchases.c.account_id == account_id
    tx.execute(sa.update(purchases).where(mine, purchases.c.settled_at.is_(None)).values(settled_at=now))
    tx.execute(sa.update(purchases).where(mine, purchases.c.next_at > now).values(next_at=now))
    tx.execute(sa.update(purchases).where(mine).values(note=None))


def stop(tx: Connection, why: str, now: float) -> None:
    """From this moment on nothing more is bought; what is bought already is still looked after."""
    go_on(tx)  # for another reason than before
    insert_new(tx, settings, {"key": _STOPPED, "value": why, "created_at": now})


def go_on(tx: Connection) -> None:
    """Things may be bought again."""
    tx.execute(sa.delete(settings).where(settings.c.key == _STOPPED))


def stopped(tx: Connection) -> str | None:
    """Why nothing may be bought now; None: it may."""
    row = tx.execute(sa.select(settings.c.value).where(settings.c.key == _STOPPED)).first()
    return str(row[0] or "") if row else None


def refuse_stopped(tx: Connection, model: str) -> None:
    """Raises NotAllowed while all buying is stopped."""
    why = stopped(tx)
    if why is not None:
        raise NotAllowed(
            f"{model} is another server's, and nothing is bought there at the moment{f': {why}' if why else ''}.",
            hint="Choose a model that runs here, or ask the operator of this server.",
        )


@dataclass(frozen=True)
class Spent:
    """Micro-dollars of one model's purchases since a moment. `unknown`: how many purchases have no known cost."""

    model: str
    purchases: int
    estimate: int
    cost: int
    unknown: int
    lost: int  # bought, or perhaps bought, without a clip that was paid for


def spent(tx: Connection, since: float) -> list[Spent]:
    """The book of costs, by model."""
    table = purchases.c
    at_risk = sa.and_(table.state.in_(("lost", "failed", "unsure")), table.billed != "no")
    query = sa.select(
        table.model,
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(table.estimate), 0),
        sa.func.coalesce(sa.func.sum(table.cost), 0),
        sa.func.sum(sa.case((table.cost.is_(None), 1), else_=0)),
        sa.func.sum(sa.case((at_risk, 1), else_=0)),
    )
    query = query.where(table.sends > 0, table.sent_at >= since).group_by(table.model).order_by(table.model)
    return [Spent(str(row[0]), *(int(number) for number in row[1:])) for row in tx.execute(query)]
