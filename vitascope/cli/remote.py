"""The commands for models of other servers: the courier that orders there, what was bought, how much may be spent, and
the switch that stops it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vitascope.cli import operator
from vitascope.errors import BadSpec

if TYPE_CHECKING:
    from sqlalchemy import Connection


@click.command(hidden=True)
@click.option(
    "--lease-seconds",
    type=click.FloatRange(1),
    default=60.0,
    help="How long what a courier that died was doing waits for another.",
)
@click.option("--attached", is_flag=True, hidden=True)
def courier(lease_seconds: float, attached: bool) -> None:
    """Order clips from other servers; `serve` starts one where a model file names one."""
    from vitascope import logs
    from vitascope.config import settings
    from vitascope.workers import courier as couriers

    logs.configure(settings().log_format)
    couriers.run(settings(), lease_seconds=lease_seconds, attached=attached)


@click.group()
def buying() -> None:
    """Orders from other servers: what was bought, and the switch that stops all of it."""


@buying.command("stop")
@click.option("--why", default="", show_default=False, help="Said to whoever orders.")
def stop(why: str) -> None:
    """Buy nothing more. What is bought already is still brought home."""
    from vitascope.store import purchases

    with operator.house(strangers=True) as (house, now), house.store.begin() as tx:
        purchases.stop(tx, why[:200], now)
    print("Nothing more is bought; orders that wait go on waiting.")


@buying.command("start")
def start() -> None:
    """Buy again, also from servers whose orders are paused because they refused the key or the account."""
    from vitascope.store import paused, purchases

    with operator.house(strangers=True) as (house, _), house.store.begin() as tx:
        purchases.go_on(tx)
        paused.go_on(tx)
    print("Orders are sent again.")


@buying.command("show")
@click.option("--days", type=click.FloatRange(0), default=30.0, help="Of these days.")
def show(days: float) -> None:
    """What was bought, and what it cost."""
    from vitascope.store import paused, purchases, vendor_health
    from vitascope.store.vendor_health import Answers

    with operator.house(strangers=True) as (house, now), house.store.read() as tx:
        pauses, health = paused.read(tx), vendor_health.read(tx, now)
        stopped, rows = purchases.stopped(tx), purchases.spent(tx, now - days * 86_400)
        latest = purchases.page(tx, limit=10)
    if stopped is not None:
        print(f"Buying is stopped{f': {stopped}' if stopped else ''}.")
    for model, pause in pauses.items():
        name = f"{model}*" if model.endswith("/") else model
        print(f"{name} is paused: {pause.why}. It says: {pause.said}")
    for vendor, hours in sorted(health.items()):
        day = sum(hours, Answers())
        print(f"{vendor:<32} answered {day.good + day.late} requests in 24 hours, {day.late} slowly, {day.failed} not")
    for row in rows:
        cost = f"{row.cost / 1e6:.4f} USD" + (f" and {row.unknown} of unknown cost" if row.unknown else "")
        lost = f", {row.lost} perhaps bought without a clip" if row.lost else ""
        print(f"{row.model:<32} {row.purchases} bought, {cost}, expected {row.estimate / 1e6:.4f} USD{lost}")
    if not rows:
        print(f"Nothing was bought in the last {days:g} days.")
    for one in latest:
        print(f"  {operator.timestamp(one.created_at)}  {one.id}  {one.model:<24} {one.state:<9} {one.note or ''}")


@buying.group("budget")
def budget() -> None:
    """How much may be spent with other servers, by the day or the month, in UTC."""


def _which(function: Any) -> Any:
    """The options that say whose budget it is."""
    for option in (
        click.option("--per", type=click.Choice(["day", "month"]), default="month", help="For each of these."),
        click.option("--key", help="Of one API key alone: its id, or its first ten characters."),
        click.option("--account", help="An e-mail or an id: of this account alone."),
        click.option("--vendor", help="Of this vendor's models alone, such as kling."),
    ):
        function = option(function)
    return function


def _of(tx: Connection, vendor: str | None, account: str | None, key: str | None, now: float) -> tuple[str, str]:
    """(scope, name)"""
    if sum(map(bool, (vendor, account, key))) > 1:
        raise click.UsageError("Give one of --vendor, --account and --key, or none.")
    if key:
        from vitascope.store import accounts

        return "key", accounts.find_key(tx, key).id
    if account:
        return "account", operator.account(tx, account, now).id
    if not vendor:
        return "all", ""
    from vitascope.engines import registry
    from vitascope.engines.remote.vendors import VENDORS
    from vitascope.store import budgets

    known = {*VENDORS, *(budgets.vendor_of(name) for name in registry.registry().remote())}
    if vendor not in known:  # a budget for a misspelt vendor would limit nothing
        raise BadSpec(f'There is no vendor "{vendor[:40]}".', hint=f"One of {', '.join(sorted(known))}.")
    return "vendor", vendor


@budget.command("set")
@click.argument("dollars", type=click.FloatRange(0), help="US dollars; 0 lets nothing be bought.")
@_which
def set_budget(dollars: float, vendor: str | None, account: str | None, key: str | None, per: str) -> None:
    """Let no more than this be spent; without --vendor, --account or --key, by everybody with everyone."""
    from vitascope.store import budgets

    with operator.house(strangers=True) as (house, now), house.store.begin() as tx:
        scope, name = _of(tx, vendor, account, key, now)
        told = budgets.Budget(scope, name, per, round(dollars * 1_000_000))
        budgets.put(tx, told, now)
    print(f"{told.words}.")


@budget.command("list")
def list_budgets() -> None:
    """The budgets, and what is spent or ordered of each."""
    from vitascope.store import budgets

    with operator.house(strangers=True) as (house, now), house.store.read() as tx:
        known = budgets.every(tx)
        if not known:
            print("No budget is set.")
        for one in known:
            used = budgets.spent(tx, one, now) / 1e6
            name = budgets.title(tx, one) or "everything"
            print(f"{one.scope:<8} {name:<36} {used:.4f} of {one.most / 1e6:g} USD this {one.period}")


@budget.command("remove")
@_which
def remove_budget(vendor: str | None, account: str | None, key: str | None, per: str) -> None:
    """Take this limit away."""
    from vitascope.store import budgets

    with operator.house(strangers=True) as (house, now), house.store.begin() as tx:
        scope, name = _of(tx, vendor, account, key, now)
        budgets.remove(tx, scope, name, per)
    print("That budget is gone.")
