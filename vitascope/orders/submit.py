"""START HERE: how an order is taken. Rules, price, then ONE transaction that reserves the credits and puts the jobs
into the queue. `fulfil.py` is what a worker does with a job.

So whatever is killed, whenever: no job is lost, none is done twice, and no credit with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from sqlalchemy import Connection

from vitascope import ask, clip_format_1, policy, pricing
from vitascope.errors import PriceTooHigh
from vitascope.orders import admission
from vitascope.orders.order import Order
from vitascope.plans import Plan
from vitascope.store import budgets, inputs, jobs, ledger, purchases
from vitascope.store import idempotency as answers
from vitascope.store.accounts import Account
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.ids import BATCH, new_id
from vitascope.store.job import REMOTE
from vitascope.store.jobs import Job


def price(order: Order, *, plan: Plan, prices: pricing.Prices) -> pricing.Quote:
    """What this order costs, by the same function that charges it."""
    return pricing.quote(
        order.shape,
        order.card,
        n=order.n,
        plan=plan,
        draft=order.draft,
        prices=prices,
        lane=order.lane,
        drafted=order.drafted,
    )


def submit(
    store: Store,
    account: Account,
    order: Order,
    *,
    blobs: Blobs | None = None,
    plan: Plan,
    prices: pricing.Prices,
    rules: policy.Rules,
    credits: bool = True,
    key_id: str | None = None,
    idempotency: str | None = None,
    also: Callable[[Connection, list[Job]], None] | None = None,
) -> list[Job]:
    """Take the order: one job for each take, of one batch, or none at all. It costs what `price` says; refused orders
    cost nothing. The files that were given for it are kept in `blobs` first; without them its pictures are kept in the
    database. `key_id`: of the API key by which it comes, whose budget then holds too.

    The same `idempotency` key again gives the same jobs as they are now, and Conflict for another order. `also` is done
    in the same transaction. Raises BadSpec, PolicyRefused, NotAllowed, OverSpendingLimit, TooMany, PriceTooHigh,
    NotEnoughCredits.
    """
    takes = ask.takes(order.spec, order.n)
    units = 0
    if credits:
        quote = price(order, plan=plan, prices=prices)
        units = quote.per_clip
        if order.max_units is not None and quote.units > order.max_units:
            raise PriceTooHigh(quote.units, order.max_units)
    prints = fingerprints(order) if idempotency else ()
    given = not order.spec.is_words_alone
    files = [*order.files, *(inputs.pictures_of(order.spec) if given else ())]
    if blobs and files:
        with store.begin() as tx:
            known = idempotency and answers.recall(tx, account.id, idempotency, *prints)
        if not known:
            inputs.keep(store, blobs, account.id, files)
    with store.begin() as tx:
        now = store.clock()
        store.lock_account(tx, account.id)
        if idempotency and (answer := answers.recall(tx, account.id, idempotency, *prints)):
            return [jobs.get(tx, account.id, job_id) for job_id in answer["jobs"]]
        admission.check(tx, account, order, plan=plan, rules=rules, now=now)
        expected = order.expected_cost
        if order.card.needs == REMOTE:
            purchases.refuse_stopped(tx, order.card.name)
            budgets.refuse(tx, account.id, [(order.card.name, expected)] * order.n, now, key_id=key_id)
        if units:
            ledger.ensure_daily(tx, account.id, plan, now, admission.zone(account))
        if given:
            inputs.touch(tx, account.id, inputs.named(json.dumps(order.spec.to_dict())), now)
        batch_id, placed = new_id(BATCH, now), []
        for take in takes:
            job = jobs.enqueue(
                tx,
                account_id=account.id,
                spec=take,
                shape=order.shape,
                model=order.card.name,
                units=units,
                batch_id=batch_id,
                now=now,
                project_id=order.project_id,
                request=order.request,
                priority=plan.priority,
                lane=order.lane,
                needs=order.card.needs,
                run_after=order.run_after,
                parent_clip_id=order.parent_clip_id,
                relation=order.relation,
                idempotency=idempotency,
            )
            ledger.hold(tx, account.id, job.id, units, now)
            if order.card.needs == REMOTE:
                budgets.expect(tx, job.id, order.card.name, expected, now, key_id=key_id)
            placed.append(job)
        if also:
            also(tx, placed)
        if idempotency:
            answers.remember(tx, account.id, idempotency, prints[0], {"jobs": [job.id for job in placed]}, now)
    return placed


def fingerprints(order: Order) -> tuple[str, ...]:
    """What an order is known by when its idempotency key comes again; after today's the one that the first edition
    gave it, if it could have been ordered then, so that keys of orders taken before an upgrade still lead to their
    jobs.
    """
    kept = (order.card.name, order.n, order.lane, order.project_id, order.parent_clip_id, order.relation, order.draft)
    spec = order.spec.to_dict()
    if any(spec[name] not in (None, "", [], {}) for name in clip_format_1.LATER):
        return (_hash(spec, *kept),)
    before = clip_format_1.fields(spec, order.shape.to_dict(), order.card.name)
    return _hash(spec, *kept), _hash(before, *kept)


def _hash(*told: object) -> str:
    return hashlib.sha256(json.dumps(list(told), sort_keys=True).encode()).hexdigest()
