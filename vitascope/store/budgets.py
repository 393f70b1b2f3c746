"""How much may be spent with other servers: for everything, for one vendor, one account or one API key, by the day or
the month (in UTC). Amounts are micro-dollars. A budget is asked inside the transaction that takes an order: its row is
locked after the account's, always in the same order, so orders at once cannot pass it together.

What counts is what each order has cost as far as that is known, else what it was expected to cost; an order that waits
counts too. What certainly cost nothing counts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import NotFound, OverSpendingLimit
from vitascope.store import accounts
from vitascope.store.purchase import SPEECH
from vitascope.store.schema import budgets, expected_costs, jobs, purchases


@dataclass(frozen=True)
class Budget:
    """`scope`: all, vendor, account or key. `name`: of the vendor, or the id of the account or key; empty for all.
    `period`: day or month. `most`: micro-dollars.
    """

    scope: str
    name: str
    period: str
    most: int

    @property
    def words(self) -> str:
        whose = {"all": "all other servers", "account": "this account", "key": "this API key"}
        return f"The budget for {whose.get(self.scope, self.name)} is {self.most / 1e6:g} USD a {self.period}"


def vendor_of(model: str) -> str:
    """ "kling" of "kling/kling-v3"."""
    return model.partition("/")[0]


def put(tx: Connection, budget: Budget, now: float) -> None:
    """Set it, in the place of the one before."""
    remove(tx, budget.scope, budget.name, budget.period, missing_ok=True)
    values = {"scope": budget.scope, "name": budget.name, "period": budget.period, "most": budget.most}
    tx.execute(budgets.insert().values(**values, created_at=now))


def remove(tx: Connection, scope: str, name: str, period: str, *, missing_ok: bool = False) -> None:
    """Raises NotFound."""
    table = budgets.c
    which = (table.scope == scope, table.name == name, table.period == period)
    if not tx.execute(sa.delete(budgets).where(*which)).rowcount and not missing_ok:
        raise NotFound("There is no such budget.", hint="`vitascope buying budget list` tells which there are.")


def every(tx: Connection) -> list[Budget]:
    query = sa.select(budgets).order_by(*budgets.primary_key)
    return [Budget(row.scope, row.name, row.period, row.most) for row in tx.execute(query)]


def title(tx: Connection, budget: Budget) -> str:
    """How people call the account or key that it is of; else its name."""
    with suppress(NotFound):  # its account has left
        if budget.scope == "key":
            key = accounts.find_key(tx, budget.name)
            return f"{key.name} ({key.prefix}...)"
        if budget.scope == "account":
            account = accounts.by_id(tx, budget.name)
            return account.email or account.name or budget.name
    return budget.name


def refuse(
    tx: Connection,
    account_id: str,
    things: Sequence[tuple[str, int | None]],
    now: float,
    *,
    key_id: str | None,
    hint: str = "The operator can write cost_per_second into its model file.",
) -> None:
    """Raises OverSpendingLimit when these clips or lines, each (model, cost), would pass a budget together; the account
    is locked by the caller. What costs nobody knows how much (None) fits into no budget; `hint` says what to do about
    that. `key_id`: of the API key by which they are ordered, if any.
    """
    table = budgets.c
    touched = sa.or_(
        table.scope == "all",
        sa.and_(table.scope == "vendor", table.name.in_({vendor_of(model) for model, _ in things})),
        sa.and_(table.scope == "account", table.name == account_id),
        sa.and_(table.scope == "key", table.name == key_id),
    )
    query = sa.select(budgets).where(touched).order_by(*budgets.primary_key).with_for_update()
    for budget in [Budget(row.scope, row.name, row.period, row.most) for row in tx.execute(query)]:
        mine = [(model, cost) for model, cost in things if budget.scope != "vendor" or vendor_of(model) == budget.name]
        if unknown := [model for model, cost in mine if cost is None]:
            raise OverSpendingLimit(
                f"Nobody knows what {unknown[0]} costs, so it fits into no budget.",
                hint=hint,
            )
        used, wanted = spent(tx, budget, now), sum(cost or 0 for _, cost in mine)
        if used + wanted > budget.most:
            raise OverSpendingLimit(
                f"{budget.words}; {used / 1e6:.4f} are spent or ordered, and this would cost {wanted / 1e6:.4f} more.",
                hint="Choose a model that runs here, wait, or ask the operator of this server for more.",
            )


def expect(
    tx: Connection, job_id: str, model: str, amount: int | None, now: float, *, key_id: str | None = None
) -> None:
    """Write down what an order is expected to cost, and by which API key it came."""
    row = {"job_id": job_id, "vendor": vendor_of(model), "amount": amount, "key_id": key_id, "at": now}
    tx.execute(expected_costs.insert().values(**row))


def expect_elsewhere(tx: Connection, job_id: str, model: str, amount: int | None) -> None:
    """It is ordered from another model than before."""
    row = sa.update(expected_costs).where(expected_costs.c.job_id == job_id)
    tx.execute(row.values(vendor=vendor_of(model), amount=amount))


def expected(tx: Connection, job_id: str) -> int | None:
    return tx.scalar(sa.select(expected_costs.c.amount).where(expected_costs.c.job_id == job_id))


def key_of(tx: Connection, job_id: str) -> str | None:
    """The id of the API key by which it was ordered."""
    return tx.scalar(sa.select(expected_costs.c.key_id).where(expected_costs.c.job_id == job_id))


def spent(tx: Connection, budget: Budget, now: float) -> int:
    """Micro-dollars of the budget's current day or month."""
    e, j, p = expected_costs.c, jobs.c, purchases.c
    waiting = sa.case((j.state.in_(("failed", "cancelled")), 0), else_=e.amount)
    bought = sa.func.coalesce(p.cost, p.estimate, e.amount)
    amount = sa.case((p.id.is_(None), waiting), else_=bought)
    costly = sa.and_(p.job_id == e.job_id, p.billed != "no")  # of a job's legs at most the last
    together = expected_costs.join(jobs, j.id == e.job_id).outerjoin(purchases, costly)
    query = sa.select(sa.func.coalesce(sa.func.sum(amount), 0)).select_from(together)
    query = query.where(e.at >= _begin(budget.period, now))
    if budget.scope == "vendor":
        query = query.where(e.vendor == budget.name)
    elif budget.scope == "account":
        query = query.where(j.account_id == budget.name)
    elif budget.scope == "key":
        query = query.where(e.key_id == budget.name)
    return int(tx.scalar(query) or 0) + _spoken(tx, budget, now)


def _spoken(tx: Connection, budget: Budget, now: float) -> int:
    """The same of lines of films, which are bought without a job. They count for no key: the worker asks for them."""
    if budget.scope == "key":
        return 0
    p = purchases.c
    query = sa.select(sa.func.coalesce(sa.func.sum(sa.func.coalesce(p.cost, p.estimate)), 0))
    query = query.where(p.engine == SPEECH, p.billed != "no", p.sent_at >= _begin(budget.period, now))
    if budget.scope == "vendor":
        query = query.where(p.model.startswith(f"{budget.name}/", autoescape=True))
    elif budget.scope == "account":
        query = query.where(p.account_id == budget.name)
    return int(tx.scalar(query) or 0)


def _begin(period: str, now: float) -> float:
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today if period == "day" else today.replace(day=1)).timestamp()
