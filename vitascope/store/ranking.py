"""The rule of `fairness.py` as one query, so that a claim reads a few candidates and not the whole line. The pure order
has the last word on them; a test compares the two over lines made by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.plans import Plans
from vitascope.store import fairness
from vitascope.store.job import IS_LOCAL, IS_QUEUED, IS_READY, IS_RUNNING, MAX_ATTEMPTS, REMOTE, SPEC_FORMAT
from vitascope.store.schema import accounts, jobs, turns

CANDIDATES = 20
_UNLIMITED = 1_000_000  # jobs of other servers take no place of the plan
_DUE, _EARLY, _RECLAIMED = 0, 1, 2  # why a job could start


def waiting(
    tx: Connection, now: float, needs: Sequence[str], models: Sequence[str], plans: Plans
) -> list[fairness.Head]:
    """The jobs that a worker with these abilities could start, the first of every account, lane and priority: the best
    `CANDIDATES` of them, best first.
    """
    by_share = fairness.is_by_share(tx.scalar(sa.select(sa.func.max(turns.c.turn))) or 0)
    values = {
        "now": now,
        "needs": list(needs),
        "models": list(models),
        "spec_format": SPEC_FORMAT,
        "by_share": int(by_share),
    }
    found, standings, top = [], {}, 0
    for row in tx.execute(query(tx.dialect.name, plans, REMOTE in needs), values):
        run_after = float("inf") if row.kind == _EARLY else 0.0
        reclaimed = row.kind == _RECLAIMED
        found.append(fairness.Head(row.id, row.account_id, row.lane, row.priority, row.since, run_after, reclaimed))
        standings[row.account_id] = fairness.Standing(row.running, row.concurrency, row.weight, row.turn, row.gone)
        top = row.top
    return fairness.order(found, standings, now, top=top, by_share=by_share)


@lru_cache(maxsize=8)
def query(dialect: str, plans: Plans, remote: bool = False) -> sa.Select[Any]:
    """Takes now, needs, models, spec_format and by_share (0 or 1). Its rows are in the order of `fairness.rank`. Jobs
    here and, `remote`, jobs of other servers are counted each for themselves.
    """
    now, by_share = sa.bindparam("now", type_=sa.Double), sa.bindparam("by_share", type_=sa.Integer)
    heads = _heads(now).cte("heads")
    busy = (
        sa.select(
            jobs.c.account_id,
            sa.func.count().label("running"),
            sa.func.sum(sa.case((jobs.c.lease_until <= now, 1), else_=0)).label("gone"),
        )
        .where(IS_RUNNING, sa.not_(IS_LOCAL) if remote else IS_LOCAL)
        .group_by(jobs.c.account_id)
        .cte("busy")
    )
    running, turn = sa.func.coalesce(busy.c.running, 0), sa.func.coalesce(turns.c.turn, 0)
    gone = sa.func.coalesce(busy.c.gone, 0)
    taken = running - sa.case((heads.c.kind == _RECLAIMED, gone), else_=0)
    weight = _of_plan(plans, "weight")
    concurrency = sa.literal(_UNLIMITED) if remote else _of_plan(plans, "concurrency")
    lane = sa.case((heads.c.kind == _EARLY, 1), (heads.c.lane == "relaxed", 2), else_=0)
    top = sa.select(sa.func.max(heads.c.priority)).scalar_subquery()
    patience = (now - heads.c.since) / fairness.PATIENCE_SECONDS
    whole = sa.cast(patience if dialect == "sqlite" else sa.func.floor(patience), sa.Integer)  # rounded down
    risen = heads.c.priority + fairness.RISE * sa.case((whole > 0, whole), else_=0)
    return (
        sa.select(
            heads,
            running.label("running"),
            gone.label("gone"),
            concurrency.label("concurrency"),
            weight.label("weight"),
            turn.label("turn"),
            top.label("top"),
        )
        .join(accounts, accounts.c.id == heads.c.account_id)
        .outerjoin(turns, turns.c.account_id == heads.c.account_id)
        .outerjoin(busy, busy.c.account_id == heads.c.account_id)
        .where(accounts.c.disabled_at.is_(None), taken < concurrency)
        .order_by(
            lane,
            sa.case((by_share == 1, 0), (risen > top, top), else_=risen).desc(),
            taken * 1.0 / weight,
            turn,
            heads.c.id,
        )
        .limit(CANDIDATES)
    )


def _heads(now: sa.BindParameter[float]) -> sa.CompoundSelect[Any]:
    able = sa.and_(
        jobs.c.needs.in_(sa.bindparam("needs", expanding=True)),
        jobs.c.model.in_(sa.bindparam("models", expanding=True)),
        jobs.c.spec_format <= sa.bindparam("spec_format", type_=sa.Integer),
        IS_READY,
    )
    early = sa.and_(jobs.c.lane == sa.literal_column("'offpeak'"), jobs.c.run_after > now)
    gone = sa.and_(IS_RUNNING, jobs.c.lease_until <= now, jobs.c.attempts - jobs.c.released < MAX_ATTEMPTS)
    group = (jobs.c.lane, jobs.c.account_id, jobs.c.priority)
    oldest = (sa.func.min(jobs.c.id).label("id"), sa.func.min(jobs.c.created_at).label("since"))

    def kind(number: int) -> sa.Label[int]:
        return sa.literal_column(str(number), sa.Integer).label("kind")

    return sa.union_all(
        sa.select(*group, *oldest, kind(_DUE)).where(IS_QUEUED, jobs.c.run_after <= now, able).group_by(*group),
        sa.select(*group, *oldest, kind(_EARLY)).where(IS_QUEUED, early, able).group_by(*group),
        sa.select(*group, jobs.c.id, jobs.c.created_at, kind(_RECLAIMED)).where(
            gone, able, sa.not_(jobs.c.cancel_requested)
        ),
    )


def _of_plan(plans: Plans, name: str) -> sa.ColumnElement[int]:
    """This number of the account's plan."""
    numbers = {plan.name: getattr(plan, name) for plan in plans}
    return sa.case(numbers, value=accounts.c.plan, else_=getattr(plans.of(""), name))
