"""/v1/credits: what the account has, what happened to it, and what was made of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from vitascope.orders import admission
from vitascope.server.auth import Actor, Asking, Here, Who
from vitascope.server.context import Context
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Page, page
from vitascope.store import ledger
from vitascope.store.usage import Usage
from vitascope.store.usage import usage as used
from vitascope.vendors.fields import bad
from vitascope.vendors.openai import dialect as openai

router = APIRouter(route_class=Asking, prefix="/v1/credits", tags=["credits"])
MAX_DAYS = 366


class BucketView(Answer):
    """Credits given for one reason; spent in this order."""

    kind: Literal["daily", "plan", "bought", "gift", "refund"]
    credits: float
    available: float
    held: float
    expires_at: float | None


class CreditsView(Answer):
    object: Literal["credits"] = "credits"
    on: bool
    available: float
    held: float
    plan: str
    buckets: list[BucketView]


class EntryView(Answer):
    id: str
    at: float
    kind: Literal["grant", "hold", "post", "void", "refund", "expire"]
    credits: float
    moved: float
    video_id: str | None
    bucket: str


class UsageView(Answer):
    day: str | None
    model: str | None
    account_id: str | None
    videos: int
    completed: int
    failed: int
    cancelled: int
    seconds: float
    credits: float
    compute_seconds: float


class UsageReport(Answer):
    object: Literal["usage"] = "usage"
    since: float
    until: float
    data: list[UsageView]


@router.get("", responses=errors())
def credits(context: Here, actor: Who) -> CreditsView:
    """What can be spent now, and what is held for videos on their way."""
    return balance(context, actor)


@router.get("/statement", responses=errors(422))
def statement(
    context: Here,
    actor: Who,
    after: Annotated[str | None, Query(max_length=20, description="The last id already seen.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[EntryView]:
    """Every movement, the newest first."""
    if after is not None and not (after.isascii() and after.isdigit() and int(after) < 2**63):
        raise bad("after", f'There is no entry "{after}".', "Send the last_id of the page before.")
    with context.store.read() as tx:
        entries = ledger.statement(tx, actor.id, after=int(after) if after else None, limit=limit + 1)
    views = [
        EntryView(
            id=str(entry.id),
            at=entry.at,
            kind=entry.kind,  # type: ignore[arg-type]
            credits=entry.units / 100,
            moved=entry.moved / 100,
            video_id=openai.video_id(entry.job_id) if entry.job_id else None,
            bucket=entry.bucket_kind,
        )
        for entry in entries
    ]
    return page(views, limit)  # type: ignore[return-value]


@router.get("/usage", responses=errors(400, 422))
def usage(
    context: Here,
    actor: Who,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 30,
    by: Annotated[str, Query(max_length=40, description="day, model or both: day,model")] = "day,model",
) -> UsageReport:
    """What was made, by day and model."""
    return report(context, actor.id, days, by)


def balance(context: Context, actor: Actor) -> CreditsView:
    now, plan = context.now(), context.plan(actor.account)
    with context.store.begin() as tx:
        if context.settings.credits:
            ledger.ensure_daily(tx, actor.id, plan, now, admission.zone(actor.account))
        found = ledger.balance(tx, actor.id, now)
    return CreditsView(
        on=context.settings.credits,
        available=found.available / 100,
        held=found.held / 100,
        plan=plan.name,
        buckets=[
            BucketView(
                kind=bucket.kind,  # type: ignore[arg-type]
                credits=bucket.units / 100,
                available=bucket.available / 100,
                held=bucket.held / 100,
                expires_at=bucket.expires_at,
            )
            for bucket in found.buckets
        ],
    )


def report(context: Context, account_id: str | None, days: int, by: str) -> UsageReport:
    until = context.now()
    since = (datetime.fromtimestamp(until, UTC) - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0)
    start = since.replace(microsecond=0).timestamp()
    with context.store.read() as tx:
        rows = used(tx, account_id, start, until, by=[name.strip() for name in by.split(",") if name.strip()])
    return UsageReport(since=start, until=until, data=[_usage(row) for row in rows])


def _usage(row: Usage) -> UsageView:
    return UsageView(
        day=row.day,
        model=row.model,
        account_id=row.account_id,
        videos=row.jobs,
        completed=row.clips,
        failed=row.failed,
        cancelled=row.cancelled,
        seconds=row.seconds,
        credits=row.units / 100,
        compute_seconds=row.compute_ms / 1000,
    )
