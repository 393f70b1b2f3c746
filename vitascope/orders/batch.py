"""Many orders that belong together, such as the shots of a film: taken in ONE transaction, all of them or none, with
their credits. One may continue the clip of another, whose job it then waits for (`following.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from vitascope import ask, policy, pricing
from vitascope.errors import PriceTooHigh, TooMany
from vitascope.orders import admission
from vitascope.orders.order import Order
from vitascope.orders.submit import price
from vitascope.plans import Plan
from vitascope.store import budgets, inputs, jobs, ledger, purchases
from vitascope.store import idempotency as answers
from vitascope.store.accounts import Account
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.ids import FILM_BATCH, new_id
from vitascope.store.job import REMOTE
from vitascope.store.jobs import Job

MAX_JOBS = 2_000  # of one batch


@dataclass(frozen=True)
class Step:
    """One order of a batch. `after`: the place in the batch of the order that it continues, of several takes the last;
    or the id of a job that is there already.
    """

    order: Order
    after: int | str | None = None


def submit(
    store: Store,
    account: Account,
    steps: Sequence[Step],
    *,
    blobs: Blobs,
    plan: Plan,
    prices: pricing.Prices,
    rules: policy.Rules,
    credits: bool = True,
    key_id: str | None = None,
    max_units: int | None = None,
    before: Callable[[Connection], None],
    also: Callable[[Connection, list[list[Job]], int], None],
    once: tuple[str, str] | None = None,
    told: Mapping[str, Any] = {},
) -> tuple[str, list[list[Job]]]:
    """The id of the batch, and for each step its jobs, one for each take. `before` is done first in the transaction,
    `also` last: it is told the jobs and what they cost together. Either may raise, and then nothing is taken.

    `key_id`: of the API key by which it comes, whose budget then holds too. `once`: an idempotency key and a
    fingerprint of what is asked. The same again answers the same jobs; `before` and `also` are not called then. `told`
    is remembered with them. Raises BadSpec, PolicyRefused, NotAllowed, OverSpendingLimit, TooMany, PriceTooHigh,
    NotEnoughCredits.
    """
    units = [price(step.order, plan=plan, prices=prices).per_clip if credits else 0 for step in steps]
    total = sum(each * step.order.n for each, step in zip(units, steps, strict=True))
    count = sum(step.order.n for step in steps)
    if count > MAX_JOBS:
        raise TooMany(f"{count:,} clips are too many for one batch.", hint=f"At most {MAX_JOBS:,}; make it in parts.")
    if max_units is not None and total > max_units:
        raise PriceTooHigh(total, max_units)
    if files := [file for step in steps for file in (*step.order.files, *inputs.pictures_of(step.order.spec))]:
        inputs.keep(store, blobs, account.id, files)
    with store.begin() as tx:
        now = store.clock()
        store.lock_account(tx, account.id)
        if once and (answer := answers.recall(tx, account.id, *once)):
            known = [[jobs.get(tx, account.id, job_id) for job_id in ids] for ids in answer["jobs"]]
            return str(answer["batch"]), known
        before(tx)
        batch_id, placed = new_id(FILM_BATCH, now), list[list[Job]]()
        if steps:
            admission.check_batch(tx, account, [step.order for step in steps], plan=plan, rules=rules, now=now)
            bought = [step.order for step in steps if step.order.card.needs == REMOTE]
            for model in {order.card.name for order in bought}:
                purchases.refuse_stopped(tx, model)
            if bought:
                clips = [(order.card.name, order.expected_cost) for order in bought for _ in range(order.n)]
                budgets.refuse(tx, account.id, clips, now, key_id=key_id)
        if total:
            ledger.ensure_daily(tx, account.id, plan, now, admission.zone(account))
        for step, each in zip(steps, units, strict=True):
            after = placed[step.after][-1].id if isinstance(step.after, int) else step.after
            placed.append(_place(tx, account, step.order, after, each, batch_id, plan, now, key_id))
        also(tx, placed, total)
        if once:
            answer = {**told, "batch": batch_id, "jobs": [[job.id for job in some] for some in placed]}
            answers.remember(tx, account.id, *once, answer, now)
    return batch_id, placed


def _place(
    tx: Connection,
    account: Account,
    order: Order,
    after: str | None,
    units: int,
    batch_id: str,
    plan: Plan,
    now: float,
    key_id: str | None,
) -> list[Job]:
    inputs.touch(tx, account.id, inputs.named(json.dumps(order.spec.to_dict())), now)
    made = []
    for take in ask.takes(order.spec, order.n):
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
            needs=order.card.needs,
            parent_clip_id=order.parent_clip_id,
            relation=order.relation,
            after=after,
        )
        ledger.hold(tx, account.id, job.id, units, now)
        if order.card.needs == REMOTE:
            budgets.expect(tx, job.id, order.card.name, order.expected_cost, now, key_id=key_id)
        made.append(job)
    return made
