"""The commands for credits: what there is, what is granted, what was spent, and what it cost."""

from __future__ import annotations

import time

import click

from vitascope.cli import operator
from vitascope.cli.options import ACCOUNT


@click.group()
def credits() -> None:
    """Credits: balance, grants, statement, report."""


@credits.command("balance")
@ACCOUNT
def show_balance(account: str | None) -> None:
    """What can be spent, what is held, and when it expires."""
    from vitascope.orders import admission
    from vitascope.store import ledger

    with operator.house(strangers=True) as (house, now), house.store.begin() as tx:
        owner = operator.account(tx, account, now)
        ledger.ensure_daily(tx, owner.id, house.plans.of(owner.plan), now, admission.zone(owner))
        balance = ledger.balance(tx, owner.id, now)
    print(f"available  {balance.available / 100:g}")
    print(f"held       {balance.held / 100:g}")
    for bucket in balance.buckets:
        until = f"until {operator.timestamp(bucket.expires_at)}" if bucket.expires_at else "for ever"
        print(f"  {bucket.kind:<8} {bucket.available / 100:g} of {bucket.units / 100:g}, {until}")


@credits.command("grant")
@click.argument("amount", type=click.FloatRange(0.01), help="Credits.")
@ACCOUNT
@click.option("--days", type=click.FloatRange(0), default=0.0, help="Until they expire; 0: never.")
@click.option("--reason", default="", show_default=False, help="The same reason gives once. [default: a new one]")
def grant(amount: float, account: str | None, days: float, reason: str) -> None:
    """Give an account credits."""
    from vitascope.store import ledger

    with operator.house(strangers=True) as (house, now), house.store.begin() as tx:
        owner = operator.account(tx, account, now)
        source = f"granted:{owner.id}:{reason or time.time_ns()}"
        ends = now + days * 86_400 if days else None
        ledger.grant(tx, owner.id, round(amount * 100), "gift", source=source, now=now, expires_at=ends)
        print(f"available  {ledger.balance(tx, owner.id, now).available / 100:g}")


@credits.command("statement")
@ACCOUNT
@click.option("-n", "limit", type=click.IntRange(1, 10_000), default=50, help="Lines.")
def show_statement(account: str | None, limit: int) -> None:
    """What was granted, held, spent and given back, newest first."""
    from vitascope.store import ledger

    with operator.house(strangers=True) as (house, now), house.store.begin() as tx:
        entries = ledger.statement(tx, operator.account(tx, account, now).id, limit=limit)
    for entry in entries:
        job = entry.job_id or ""
        print(
            f"{operator.timestamp(entry.at)}  {entry.kind:<7} {entry.units / 100:>+10g}  {entry.bucket_kind:<7} {job}"
        )


@credits.command("report")
@click.option("--days", type=click.FloatRange(0), default=30.0, help="How far back.")
@click.option("--by", default="day,model", help="Of day, model, account, with commas.")
@click.option("--account", help="E-mail or id. [default: all]")
@click.option("--gpu", is_flag=True, help="At the price of a GPU's second.")
def report(days: float, by: str, account: str | None, gpu: bool) -> None:
    """What was made, what it brought in credits, and what the machine time cost in dollars."""
    from vitascope import pricing
    from vitascope.store import ledger

    split = tuple(part.strip() for part in by.split(",") if part.strip())
    with operator.house(strangers=True) as (house, now), house.store.begin() as tx:
        price = house.settings.gpu_second_price if gpu else house.settings.cpu_second_price
        whose = operator.account(tx, account, now).id if account else None
        rows = ledger.usage(tx, whose, now - days * 86_400, now + 1, by=split)
    print(f"{'':<46} {'clips':>6} {'failed':>6} {'seconds':>9} {'credits':>9} {'machine s':>9} {'dollars':>9}")
    for row in rows:
        name = "  ".join(part for part in (row.day, row.model, row.account_id) if part) or "all"
        dollars = pricing.cost(row.compute_ms, price) / 1e6
        print(
            f"{name:<46} {row.clips:>6} {row.failed:>6} {row.seconds:>9.1f} {row.units / 100:>9g}"
            f" {row.compute_ms / 1000:>9.1f} {dollars:>9.4f}"
        )
