"""May this account order this now? The operator's rules and the limits of the plan, asked inside the transaction that
takes the order, so that two orders at once cannot both slip under one limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope import policy
from vitascope.engines.card import ModelCard
from vitascope.errors import NotAllowed, TooMany
from vitascope.orders.order import Order
from vitascope.plans import Plan
from vitascope.policy import Asker, Rules
from vitascope.store import accounts, jobs, schema
from vitascope.store.accounts import Account
from vitascope.store.job import REMOTE

DAY = 86_400.0
AGAIN_SECONDS = 5.0  # until a place in the queue may be free


def check(tx: Connection, account: Account, order: Order, *, plan: Plan, rules: Rules, now: float) -> None:
    """Raises PolicyRefused, NotAllowed or TooMany; the account is locked by the caller."""
    accounts.refuse_disabled(accounts.by_id(tx, account.id))  # it may have been shut, or left, since it asked
    waiting = jobs.waiting(tx, account.id)
    _check_order(account, order, plan, rules, _asker(tx, account, rules, waiting, now))
    _check_waiting(waiting, order.n, plan)


def check_batch(
    tx: Connection, account: Account, orders: Sequence[Order], *, plan: Plan, rules: Rules, now: float
) -> None:
    """The same for all orders of a film's batch, which counts once against the limit of waiting jobs."""
    accounts.refuse_disabled(accounts.by_id(tx, account.id))
    waiting = jobs.waiting(tx, account.id)
    asker = _asker(tx, account, rules, waiting, now)
    for order in orders:
        _check_order(account, order, plan, rules, asker)
        asker = replace(
            asker,
            clips_today=asker.clips_today + order.n,
            seconds_today=asker.seconds_today + order.n * order.spec.seconds,
        )
    _check_waiting(waiting, 1, plan)


def _check_order(account: Account, order: Order, plan: Plan, rules: Rules, asker: Asker) -> None:
    n, spec = order.n, order.spec
    policy.check(spec, order.shape, rules, n=n, asker=asker)
    if spec.seconds > plan.max_seconds:
        raise NotAllowed(
            f'{spec.seconds:g} seconds are more than the plan "{plan.title}" makes.',
            hint=f"At most {plan.max_seconds:g}, or a larger plan.",
        )
    if not may_order(account, plan, order.card):
        raise NotAllowed(
            f'{order.card.name} belongs to another server, and the plan "{plan.title}" does not list it.',
            hint="Choose a model that runs here, or ask whoever runs this server to list it in the plan.",
        )
    if n > plan.max_takes:
        raise NotAllowed(
            f'{n} takes are more than the plan "{plan.title}" makes at once.',
            hint=f"At most {plan.max_takes}, or a larger plan.",
        )


def _check_waiting(waiting: int, more: int, plan: Plan) -> None:
    if waiting + more > plan.waiting:
        raise TooMany(
            f"{waiting} jobs of this account wait already.",
            hint=f'The plan "{plan.title}" lets {plan.waiting} wait; order more when some are done.',
            retry_after=AGAIN_SECONDS,
            kind="parallel",
        )


def may_order(account: Account, plan: Plan, card: ModelCard) -> bool:
    """A model of another server costs the operator money: it is the owner's alone until a plan lists it."""
    if card.needs != REMOTE or account.role == "owner":
        return True
    return any(fnmatchcase(card.name, pattern) for pattern in plan.remote)


def zone(account: Account) -> ZoneInfo:
    """The time zone in which the account's days begin."""
    try:
        return ZoneInfo(str(account.settings.get("timezone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _asker(tx: Connection, account: Account, rules: Rules, waiting: int, now: float) -> Asker:
    """What the rules want to know of the account; the day's sums only when a rule asks for them."""
    asker = Asker(id=account.id, email=account.email or "", waiting=waiting)
    most = rules.of(asker)
    if not most.clips_a_day and not most.seconds_a_day:
        return asker
    table = schema.jobs.c
    seconds = sa.func.coalesce(sa.func.sum(table.spec["seconds"].as_float()), 0.0)
    query = sa.select(sa.func.count(), seconds).where(table.account_id == account.id, table.created_at > now - DAY)
    clips, length = tx.execute(query.where(table.state.not_in(("failed", "cancelled")))).one()
    return Asker(id=account.id, email=asker.email, waiting=waiting, clips_today=clips, seconds_today=float(length))
