"""What was made and what it cost, summed over finished jobs by day, model or account. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import BadSpec
from vitascope.store.schema import clips, jobs, transfers

BY = ("day", "model", "account")


@dataclass(frozen=True)
class Usage:
    """`units`: spent, less what was given back. `compute_ms`: machine time, that of failed jobs too. What the sums are
    not split by is None. `pricing.cost(usage.compute_ms, price)` is the money.
    """

    day: str | None  # "2026-11-24", UTC
    model: str | None
    account_id: str | None
    jobs: int
    clips: int
    failed: int
    cancelled: int
    seconds: float
    units: int
    compute_ms: int


def usage(
    tx: Connection, account_id: str | None, since: float, until: float, *, by: Sequence[str] = ("day", "model")
) -> list[Usage]:
    """Jobs that ended from `since` to before `until` (unix seconds), of one account or of all, oldest day first."""
    unknown = [name for name in by if name not in BY]
    if unknown:
        raise BadSpec(f'Usage cannot be split by "{unknown[0]}".', hint=f"By {', '.join(BY)}.")
    # Whole days since 1970: rounded down by a cast on SQLite, by floor on PostgreSQL (whose cast rounds to nearest).
    days = jobs.c.finished_at / 86_400.0
    day = sa.cast(days if tx.dialect.name == "sqlite" else sa.func.floor(days), sa.Integer)
    keys: dict[str, Any] = {"day": day, "model": jobs.c.model, "account": jobs.c.account_id}
    signed = sa.case((transfers.c.kind == "post", transfers.c.units), else_=-transfers.c.units)
    paid = (
        sa.select(transfers.c.job_id, sa.func.sum(signed).label("units"))
        .where(transfers.c.kind.in_(("post", "refund")), transfers.c.at >= since)
        .group_by(transfers.c.job_id)
        .subquery()
    )
    query = (
        sa.select(
            *(keys[name].label(name) for name in by),
            sa.func.count().label("jobs"),
            _number(jobs.c.state == "succeeded").label("clips"),
            _number(jobs.c.state == "failed").label("failed"),
            _number(jobs.c.state == "cancelled").label("cancelled"),
            sa.func.coalesce(sa.func.sum(clips.c.seconds), 0.0).label("seconds"),
            sa.func.coalesce(sa.func.sum(paid.c.units), 0).label("units"),
            sa.func.coalesce(sa.func.sum(jobs.c.compute_ms), 0).label("compute_ms"),
        )
        .select_from(jobs)
        .outerjoin(clips, clips.c.job_id == jobs.c.id)
        .outerjoin(paid, paid.c.job_id == jobs.c.id)
        .where(jobs.c.finished_at >= since, jobs.c.finished_at < until)
    )
    if account_id is not None:
        query = query.where(jobs.c.account_id == account_id)
    if by:
        query = query.group_by(*(sa.literal_column(f'"{name}"') if name == "day" else keys[name] for name in by))
        query = query.order_by(*(sa.literal_column(f'"{name}"') if name == "day" else keys[name] for name in by))
    return [_usage(row._mapping) for row in tx.execute(query)]


def _number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _usage(row: Any) -> Usage:
    day = row.get("day")
    return Usage(
        day=datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m-%d") if day is not None else None,
        model=row.get("model"),
        account_id=row.get("account"),
        jobs=int(row["jobs"]),
        clips=int(row["clips"]),
        failed=int(row["failed"]),
        cancelled=int(row["cancelled"]),
        seconds=float(row["seconds"]),
        units=int(row["units"]),
        compute_ms=int(row["compute_ms"]),
    )
