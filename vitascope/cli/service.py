"""The commands of the service: serve, work, fleet, and those of whoever runs it (keys, credits, accounts, backup,
restore, sweep, check). As in `cli`, an option becomes a setting or an argument here; the rest is done elsewhere.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vitascope.errors import BadSpec

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from vitascope.runtime import House
    from vitascope.store.accounts import Account

EngineOption = Annotated[
    str, typer.Option("--engine", help="Your own engine: module:factory. [default: the settings' model]")
]
SlotsOption = Annotated[int, typer.Option(min=1, help="Jobs a worker holds at once, so that short ones overtake.")]
WidthOption = Annotated[int, typer.Option("--batch", min=1, help="Drafts the engine steps at once; for GPUs.")]
CudaOption = Annotated[bool, typer.Option("--cuda", help="Also take jobs that need a GPU.")]
DrainOption = Annotated[float, typer.Option("--drain-seconds", min=0, help="For jobs under way when asked to end.")]
LeaseOption = Annotated[
    float, typer.Option("--lease-seconds", min=1, help="How long a job of a worker that died waits for another.")
]
AccountOption = Annotated[str | None, typer.Option("--account", help="E-mail or id. [default: the local owner]")]

keys = typer.Typer(help="API keys.", no_args_is_help=True, rich_markup_mode=None)
accounts = typer.Typer(help="Accounts: set a password, delete one.", no_args_is_help=True, rich_markup_mode=None)
credits = typer.Typer(help="Credits: balance, grants, statement, report.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    for command in (serve, work, fleet, backup, restore, sweep, check):
        app.command()(command)
    app.add_typer(keys, name="keys")
    app.add_typer(credits, name="credits")
    app.add_typer(accounts, name="accounts")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port. [default: 8410]")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Workers beside the API; 0: only the API.")] = 1,
    slots: SlotsOption = 4,
    width: WidthOption = 1,
    cuda: CudaOption = False,
    drain_seconds: DrainOption = 20.0,
    lease_seconds: LeaseOption = 30.0,
    engine: EngineOption = "",
) -> None:
    """Start the service: API and worker, database and storage of the settings."""
    from vitascope import logs
    from vitascope.config import override
    from vitascope.workers import serve as serving

    settings = override(host=host, port=port)
    logs.configure(settings.log_format)
    options = {"--slots": slots, "--batch": width, "--drain-seconds": drain_seconds, "--lease-seconds": lease_seconds}
    given = [text for name, value in options.items() for text in (name, str(value))]
    given += [*(["--cuda"] if cuda else []), *(["--engine", engine] if engine else [])]
    serving.serve(settings, workers=workers, work_options=given, drain_seconds=drain_seconds, engine=engine)


def work(
    slots: SlotsOption = 4,
    width: WidthOption = 1,
    cuda: CudaOption = False,
    engine: EngineOption = "",
    drain_seconds: DrainOption = 20.0,
    lease_seconds: LeaseOption = 30.0,
    metrics_port: Annotated[int, typer.Option(help="Show this worker's own metrics there; 0: nowhere.")] = 0,
    attached: Annotated[bool, typer.Option("--attached", hidden=True)] = False,
) -> None:
    """Add a worker to the service on the same database and storage."""
    from vitascope import logs
    from vitascope.config import settings
    from vitascope.workers import work as working

    logs.configure(settings().log_format)
    working.work(
        settings(),
        engine=engine,
        slots=slots,
        width=width,
        needs=("cpu", "cuda") if cuda else ("cpu",),
        drain_seconds=drain_seconds,
        lease_seconds=lease_seconds,
        attached=attached,
        metrics_port=metrics_port,
    )


def fleet(
    workers: Annotated[int, typer.Option(min=1, help="How many.")],
    gpus: Annotated[float, typer.Option("--gpus-per-worker", min=0, help="GPUs for each; parts are possible.")] = 0,
    cpus: Annotated[float, typer.Option("--cpus-per-worker", min=0, help="Processors for each.")] = 1,
    address: Annotated[str, typer.Option(help="auto: the Ray cluster of this machine; local: one just for this.")] = (
        "auto"
    ),
    slots: SlotsOption = 4,
    width: WidthOption = 1,
    lease_seconds: LeaseOption = 30.0,
    engine: EngineOption = "",
) -> None:
    """Place workers over the nodes of a Ray cluster; needs the extra `ray`."""
    from vitascope import logs
    from vitascope.config import settings
    from vitascope.workers import ray as rays

    logs.configure(settings().log_format)
    rays.run(
        settings(), workers=workers, gpus=gpus, cpus=cpus, address=address, slots=slots, width=width, engine=engine
    )


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What it is for.")],
    pair: Annotated[bool, typer.Option("--pair", help="An access:secret pair, for clients that sign tokens.")] = False,
    account: AccountOption = None,
) -> None:
    """Make a key and print it, once."""
    from vitascope.store import accounts

    with _house(strangers=True) as (house, now), house.store.begin() as tx:
        print(accounts.create_key(tx, _account(tx, account, now).id, name, now, pair=pair).text)


@credits.command("balance")
def show_balance(account: AccountOption = None) -> None:
    """What can be spent, what is held, and when it expires."""
    from vitascope.orders import admission
    from vitascope.store import ledger

    with _house(strangers=True) as (house, now), house.store.begin() as tx:
        owner = _account(tx, account, now)
        ledger.ensure_daily(tx, owner.id, house.plans.of(owner.plan), now, admission.zone(owner))
        balance = ledger.balance(tx, owner.id, now)
    print(f"available  {balance.available / 100:g}")
    print(f"held       {balance.held / 100:g}")
    for bucket in balance.buckets:
        until = f"until {_time(bucket.expires_at)}" if bucket.expires_at else "for ever"
        print(f"  {bucket.kind:<8} {bucket.available / 100:g} of {bucket.units / 100:g}, {until}")


@credits.command("grant")
def grant(
    amount: Annotated[float, typer.Argument(min=0.01, help="Credits.")],
    account: AccountOption = None,
    days: Annotated[float, typer.Option(min=0, help="Until they expire; 0: never.")] = 0,
    reason: Annotated[str, typer.Option(help="The same reason gives once. [default: a new one]")] = "",
) -> None:
    """Give an account credits."""
    from vitascope.store import ledger

    with _house(strangers=True) as (house, now), house.store.begin() as tx:
        owner = _account(tx, account, now)
        source = f"granted:{owner.id}:{reason or time.time_ns()}"
        ends = now + days * 86_400 if days else None
        ledger.grant(tx, owner.id, round(amount * 100), "gift", source=source, now=now, expires_at=ends)
        print(f"available  {ledger.balance(tx, owner.id, now).available / 100:g}")


@credits.command("statement")
def show_statement(
    account: AccountOption = None,
    limit: Annotated[int, typer.Option("-n", min=1, max=10_000, help="Lines.")] = 50,
) -> None:
    """What was granted, held, spent and given back, newest first."""
    from vitascope.store import ledger

    with _house(strangers=True) as (house, now), house.store.begin() as tx:
        entries = ledger.statement(tx, _account(tx, account, now).id, limit=limit)
    for entry in entries:
        job = entry.job_id or ""
        print(f"{_time(entry.at)}  {entry.kind:<7} {entry.units / 100:>+10g}  {entry.bucket_kind:<7} {job}")


@credits.command("report")
def report(
    days: Annotated[float, typer.Option(min=0, help="How far back.")] = 30,
    by: Annotated[str, typer.Option(help="Of day, model, account, with commas.")] = "day,model",
    account: Annotated[str | None, typer.Option("--account", help="E-mail or id. [default: all]")] = None,
    gpu: Annotated[bool, typer.Option("--gpu", help="At the price of a GPU's second.")] = False,
) -> None:
    """What was made, what it brought in credits, and what the machine time cost in dollars."""
    from vitascope import pricing
    from vitascope.store import ledger

    split = tuple(part.strip() for part in by.split(",") if part.strip())
    with _house(strangers=True) as (house, now), house.store.begin() as tx:
        price = house.settings.gpu_second_price if gpu else house.settings.cpu_second_price
        whose = _account(tx, account, now).id if account else None
        rows = ledger.usage(tx, whose, now - days * 86_400, now + 1, by=split)
    print(f"{'':<46} {'clips':>6} {'failed':>6} {'seconds':>9} {'credits':>9} {'machine s':>9} {'dollars':>9}")
    for row in rows:
        name = "  ".join(part for part in (row.day, row.model, row.account_id) if part) or "all"
        dollars = pricing.cost(row.compute_ms, price) / 1e6
        print(
            f"{name:<46} {row.clips:>6} {row.failed:>6} {row.seconds:>9.1f} {row.units / 100:>9g}"
            f" {row.compute_ms / 1000:>9.1f} {dollars:>9.4f}"
        )


@accounts.command("password")
def set_password(
    account: AccountOption = None,
    email: Annotated[str | None, typer.Option(help="The address to log in with, where there is none yet.")] = None,
) -> None:
    """Set the password that an account logs in with, the owner's if none is named. It is asked for, or read from
    standard input. All its sessions end.
    """
    from vitascope.store import accounts

    with _house() as (house, now):
        with house.store.begin() as tx:
            found = _account(tx, account, now)
        if not (email or found.email):
            raise BadSpec("This account has no address to log in with.", hint="Add --email mia@example.org.")
        if sys.stdin.isatty():
            password = typer.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
        else:
            password = sys.stdin.readline().rstrip("\r\n")
        hashed = accounts.hashed(password)
        with house.store.begin() as tx:
            print(accounts.change(tx, found.id, email=email, password=hashed).email)


@accounts.command("delete")
def delete_account(
    account: Annotated[str, typer.Argument(help="E-mail or id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Delete an account for good, with all that it made. The lines of the books stay, without a name."""
    from vitascope.store import account_deletion, library

    with _house() as (house, now):
        with house.store.read() as tx:
            found = _account(tx, account, now)
            account_deletion.refuse_owner(found)
            clips, _ = library.count(tx, found.id)
        if not yes:
            typer.confirm(f"Delete {found.email or found.id} and {clips} clips for good?", abort=True, err=True)
        with house.store.begin() as tx:
            keys = account_deletion.leave(tx, found.id, now)
        account_deletion.clear(house.blobs, found.id, keys)
    print(found.id)


def backup(file: Annotated[Path, typer.Argument(help="Where to write it.")]) -> None:
    """Write database and storage into one file, while the service runs."""
    from vitascope.store import backup as backups

    with _house() as (house, _):
        done = backups.backup(house.store, house.blobs, file)
    print(f"{done.rows} rows and {done.blobs} files, {done.bytes / 1e6:.1f} MB", file=sys.stderr)
    if done.missing:
        print(f"{done.missing} clips have no whole file; `vitascope check` names them", file=sys.stderr)
    print(file)


def restore(file: Annotated[Path, typer.Argument(help="A file written by `vitascope backup`.")]) -> None:
    """Fill an empty database and an empty storage from a backup."""
    from vitascope.store import backup as backups

    with _house(strangers=True) as (house, _):
        done = backups.restore(house.store, house.blobs, file)
    print(f"{done.rows} rows and {done.blobs} files, {done.bytes / 1e6:.1f} MB", file=sys.stderr)
    if done.missing:
        print(f'{done.missing} clips have no whole file; they are tagged "file missing"', file=sys.stderr)


def sweep(
    yes: Annotated[bool, typer.Option("--yes", help="Set them aside, however many they are.")] = False,
    back: Annotated[bool, typer.Option("--back", help="Put back what is set aside.")] = False,
) -> None:
    """Show the files that belong to no clip, and what is set aside of them."""
    from vitascope.store import identity, orphans, retention

    with _house() as (house, _):
        store, blobs, days = house.store, house.blobs, house.settings.swept_days
        if back:
            print(f"{orphans.put_back(blobs)} files are back")
            return
        if yes:
            plans = {plan.name: plan.retention_days or house.settings.retention_days for plan in house.plans}
            done = retention.sweep(
                store, blobs, house.settings.retention_days, by_plan=plans, swept_days=days, however_many=True
            )
            print(f"{done.aside} files are set aside for {days} days; {done.dropped} had been long enough and are gone")
            return
        found = orphans.find(store, blobs, identity.meet(store, blobs).since)
        waiting = len(orphans.aside(blobs))
    print(f"without a clip  {len(found.keys)} files, of {found.orphans} of {found.total} clips")
    print(f"left alone      {found.older} clips and jobs from before this database")
    print(f"set aside       {waiting} files, each for {days} days")
    if found.too_many:
        print("hint: more than a tenth is swept only with --yes. Is it the right database?", file=sys.stderr)


def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Save what can be read of a damaged database; mark clips without a file.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Of films look at the size, not at every byte.")] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Database and storage belong together from now on, whatever they say.")
    ] = False,
) -> None:
    """Is all that is kept whole: the database, its rows and rules, and the files of clips?"""
    from vitascope.config import settings
    from vitascope.errors import Damaged
    from vitascope.store import health, identity, salvage
    from vitascope.store.database import Store

    store = Store(settings().database)
    found = store.damages(thorough=True)
    store.close()
    for line in found:
        print(f"database  {line}")
    if found and not repair:
        raise Damaged(found[0].removeprefix("The database is damaged: "))
    if found:
        saved = salvage.repair(store)
        print(f"database  {saved.rows} rows are saved, {saved.left} left out; {saved.gaps} places could not be read")
        print(f"database  the damaged file is kept as {saved.old}")
    with _house(strangers=adopt) as (house, _):
        pair = (identity.adopt if adopt else identity.meet)(house.store, house.blobs)
        wrong = health.rows(house.store)
        lost = list(health.files(house.store, house.blobs, quick=quick))
        if repair:
            health.note(house.store, [])
            health.mark(house.store, lost)
    for line in wrong:
        print(f"rows      {line}")
    for item in lost:
        print(f"files     {item.clip_id} {item.part}: {item.why}")
    print(f"database and storage are {pair.name}, together since {_time(pair.since)}")
    if wrong or lost:
        print(f"{len(wrong)} faults in rows, {len(lost)} in files", file=sys.stderr)
        raise typer.Exit(0 if repair and not wrong else 1)
    print("all is whole")


@contextmanager
def _house(*, strangers: bool = False) -> Iterator[tuple[House, float]]:
    """What the settings name, and the time there."""
    from vitascope import scratch
    from vitascope.runtime import open_house

    house = open_house(strangers=strangers)
    try:
        with scratch.settled(house.settings.home):
            yield house, house.store.clock()
    finally:
        house.store.close()


def _account(tx: Connection, named: str | None, now: float) -> Account:
    """The account of this e-mail or id, by its id also one that has left; without one the local owner, who is made
    when there is none.
    """
    from vitascope.store import accounts, schema

    if not named:
        return accounts.owner(tx, now)
    if named.startswith("acc_"):
        return accounts.by_id(tx, named)
    query = schema.accounts.select().where(schema.accounts.c.email == accounts.clean_email(named))
    row = tx.execute(query).first()
    if not row:
        raise BadSpec(f"No account has the address {named}.", hint="Sign up first, or give the account's id.")
    return accounts.by_id(tx, row.id)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
