"""/v1/admin: jobs, workers, accounts, credits and health of the whole server, for its owner and admins alone. Prompts
and clips of others are not shown here: running a server is no reason to read along.
"""

from __future__ import annotations

from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import Field

from vitascope import pricing
from vitascope.metrics import RULES_KEY
from vitascope.server import model_aliases as aliases
from vitascope.server.auth import Asking, Here, Operator
from vitascope.server.routes import errors
from vitascope.server.routes.credits import MAX_DAYS, UsageReport, report
from vitascope.server.schemas import Answer, Page, Said, page
from vitascope.store import invariants, jobs, ledger, schema, serving
from vitascope.store.account import HAS_LEFT
from vitascope.store.jobs import Job
from vitascope.vendors.openai import dialect as openai

router = APIRouter(route_class=Asking, prefix="/v1/admin", tags=["admin"])
GONE_SECONDS = 60.0
State = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class JobView(Answer):
    id: str
    video_id: str
    account_id: str
    state: State
    lane: str
    priority: int
    model: str
    credits: float
    step: int
    steps: int
    attempts: int
    worker: str | None
    error_code: str | None
    error_message: str | None
    compute_seconds: float
    created_at: float
    started_at: float | None
    finished_at: float | None


class WorkerView(Answer):
    id: str
    host: str
    pid: int
    needs: str
    models: list[str]
    busy: int
    started_at: float
    seen_at: float
    alive: bool


class ServerHealth(Answer):
    queued: int
    running: int
    workers: int
    accounts: int
    oldest_waiting_seconds: float
    database: Literal["sqlite", "postgresql"]
    broken_rules: list[str] = Field(description="Rules of the ledger and the jobs that do not hold; should be empty.")
    rules_checked_at: float | None
    model_faults: list[str] = Field(description="Models that workers cannot load, with the reason.")


class Cost(UsageReport):
    """What was made by all, and what the machines cost in money."""

    cost_micro_dollars: int
    revenue_credits: float


class Aliases(Said):
    aliases: dict[str, str] = Field(max_length=aliases.MAX_ALIASES, description="Name, perhaps with *, to model.")


class AliasesView(Answer):
    aliases: dict[str, str]
    packaged: dict[str, str]


class PlanView(Answer):
    name: str
    title: str
    daily_units: int
    monthly_units: int
    concurrency: int
    waiting: int
    priority: int
    weight: int
    requests_per_minute: int
    max_seconds: float
    max_takes: int
    label: bool
    relaxed: bool
    retention_days: int


@router.get("/jobs", responses=errors(422))
def list_jobs(
    context: Here,
    actor: Operator,
    state: State | None = None,
    account_id: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[JobView]:
    """Jobs of all accounts, the newest first."""
    with context.store.read() as tx:
        found = jobs.page(tx, account_id, after=after, limit=limit + 1, state=state)
    return page([_job(job) for job in found], limit)  # type: ignore[return-value]


@router.post("/jobs/{job_id}/cancel", responses=errors(404))
def cancel_job(context: Here, actor: Operator, job_id: str) -> JobView:
    """Stop anybody's job; its credits come back."""
    with context.store.begin() as tx:
        found = jobs.ask_cancel(tx, None, job_id, context.now())
        if found.state == "cancelled":
            ledger.void(tx, job_id, context.now())
    return _job(found)


@router.get("/workers", responses=errors())
def list_workers(context: Here, actor: Operator) -> Page[WorkerView]:
    """Who works, and who did not so long ago."""
    with context.store.read() as tx:
        rows = tx.execute(sa.select(schema.workers).order_by(schema.workers.c.id)).mappings().all()
    now = context.now()
    views = [WorkerView(**dict(row), alive=abs(now - row["seen_at"]) < GONE_SECONDS) for row in rows]
    return page(views, len(views))  # type: ignore[return-value]


@router.get("/health", responses=errors())
def server_health(context: Here, actor: Operator, check: bool = False) -> ServerHealth:
    """How the server is. `check`: look at all rules of money and jobs now, which may take a while."""
    now = context.now()
    with context.store.read() as tx:
        kept = tx.execute(sa.select(schema.settings.c.value).where(schema.settings.c.key == RULES_KEY)).scalar() or {}
        broken = invariants.broken(tx) if check else list(kept.get("broken", []))
        oldest = sa.select(sa.func.min(schema.jobs.c.created_at)).where(schema.jobs.c.state == "queued")
        alive = sa.select(sa.func.count()).select_from(schema.workers)
        return ServerHealth(
            queued=jobs.count(tx, states=("queued",)),
            running=jobs.count(tx, states=("running",)),
            workers=tx.execute(
                alive.where(schema.workers.c.seen_at.between(now - GONE_SECONDS, now + GONE_SECONDS))
            ).scalar_one(),
            accounts=tx.execute(sa.select(sa.func.count()).where(sa.not_(HAS_LEFT))).scalar_one(),
            oldest_waiting_seconds=max(0.0, now - (tx.execute(oldest).scalar() or now)),
            database="sqlite" if context.store.is_sqlite else "postgresql",
            broken_rules=broken,
            rules_checked_at=now if check else kept.get("at"),
            model_faults=serving.faults(tx, now),
        )


@router.get("/usage", responses=errors(400, 422))
def usage_of_all(
    context: Here,
    actor: Operator,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS)] = 30,
    by: Annotated[str, Query(max_length=40, description="Of day, model, account; with commas.")] = "day,model",
) -> Cost:
    """What was made by all, and what it cost."""
    found = report(context, None, days, by)
    spent = sum(row.compute_seconds for row in found.data)
    return Cost(
        since=found.since,
        until=found.until,
        data=found.data,
        cost_micro_dollars=pricing.cost(round(spent * 1000), context.settings.cpu_second_price),
        revenue_credits=round(sum(row.credits for row in found.data), 2),
    )


@router.get("/plans", responses=errors())
def list_plans(context: Here, actor: Operator) -> Page[PlanView]:
    """What the plans file says."""
    plans = [PlanView.model_validate(plan) for plan in context.plans]
    return page(plans, len(plans), id="name")  # type: ignore[return-value]


@router.get("/aliases", responses=errors())
def read_aliases(context: Here, actor: Operator) -> AliasesView:
    """Other vendors' names for the models here: your own table, and the one that came with the package."""
    with context.store.read() as tx:
        return AliasesView(aliases=aliases.read(tx), packaged=aliases.PACKAGED)


@router.put("/aliases", responses=errors(400, 422))
def write_aliases(context: Here, actor: Operator, said: Aliases) -> AliasesView:
    """Your own table, in the place of the one before. It comes before the packaged one."""
    with context.store.begin() as tx:
        aliases.write(tx, said.aliases, context.cards, context.now())
    return AliasesView(aliases=said.aliases, packaged=aliases.PACKAGED)


def _job(job: Job) -> JobView:
    same = {name: getattr(job, name) for name in JobView.model_fields if hasattr(job, name)}
    return JobView(
        **same,
        video_id=openai.video_id(job.id),
        credits=job.units / 100,
        worker=job.lease_worker,
        compute_seconds=job.compute_ms / 1000,
    )
