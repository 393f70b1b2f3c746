"""The commands for all that is kept: save it, bring it back, clear it, check it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from vitascope.cli import operator
from vitascope.cli.options import FILE


@click.command()
@click.argument("file", type=FILE, help="Where to write it.")
def backup(file: Path) -> None:
    """Write database and storage into one file, while the service runs."""
    from vitascope.store import backup as backups

    with operator.house() as (house, _):
        done = backups.backup(house.store, house.blobs, file)
    print(f"{done.rows} rows and {done.blobs} files, {done.bytes / 1e6:.1f} MB", file=sys.stderr)
    if done.missing:
        print(f"{done.missing} clips have no whole file; `vitascope check` names them", file=sys.stderr)
    print(file)


@click.command()
@click.argument("file", type=FILE, help="A file written by `vitascope backup`.")
def restore(file: Path) -> None:
    """Fill an empty database and an empty storage from a backup."""
    from vitascope.store import backup as backups

    with operator.house(strangers=True) as (house, _):
        done = backups.restore(house.store, house.blobs, file)
    print(f"{done.rows} rows and {done.blobs} files, {done.bytes / 1e6:.1f} MB", file=sys.stderr)
    if done.missing:
        print(f'{done.missing} clips have no whole file; they are tagged "file missing"', file=sys.stderr)


@click.command()
@click.option("--yes", is_flag=True, help="Set them aside, however many they are.")
@click.option("--back", is_flag=True, help="Put back what is set aside.")
@click.option(
    "--clock", "right", is_flag=True, help="The clock is right, although it went far ahead: do not wait any longer."
)
def sweep(yes: bool, back: bool, right: bool) -> None:
    """Show the files that belong to no clip, and what is set aside of them."""
    from vitascope.store import clock, identity, orphans, retention

    with operator.house() as (house, now):
        store, blobs, days = house.store, house.blobs, house.settings.swept_days
        if right:
            with store.begin() as tx:
                clock.accept(tx, now)
            print(f"the clock is right: {operator.timestamp(now)} UTC")
            return
        with store.begin() as tx:
            due = clock.due(tx, now)
        if back:
            print(f"{orphans.put_back(blobs)} files are back")
            return
        if yes:
            plans = {plan.name: plan.retention_days or house.settings.retention_days for plan in house.plans}
            done = retention.sweep(
                store, blobs, house.settings.retention_days, by_plan=plans, swept_days=days, however_many=True, due=due
            )
            print(f"{done.aside} files are set aside for {days} days; {done.dropped} had been long enough and are gone")
            return
        found = orphans.find(store, blobs, identity.meet(store, blobs).since, due)
        waiting = len(orphans.aside(blobs))
    print(f"without a clip  {len(found.keys)} files, of {found.orphans} of {found.total} clips")
    print(f"left alone      {found.older} clips and jobs from before this database")
    print(f"set aside       {waiting} files, each for {days} days")
    if found.too_many:
        print("hint: more than a tenth is swept only with --yes. Is it the right database?", file=sys.stderr)


@click.command()
@click.option("--repair", is_flag=True, help="Save what can be read of a damaged database; mark clips without a file.")
@click.option("--quick", is_flag=True, help="Of films look at the size, not at every byte.")
@click.option("--adopt", is_flag=True, help="Database and storage belong together from now on, whatever they say.")
def check(repair: bool, quick: bool, adopt: bool) -> None:
    """Is all that is kept whole: the database, its rows and rules, and the files of clips?"""
    from vitascope.config import settings
    from vitascope.errors import Damaged
    from vitascope.store import clock, health, identity, salvage
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
    with operator.house(strangers=adopt) as (house, now):
        with house.store.read() as tx:
            doubt = clock.doubt(tx, now)
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
    if doubt:
        print(f"clock     {doubt}")
    print(f"database and storage are {pair.name}, together since {operator.timestamp(pair.since)}")
    if wrong or lost:
        print(f"{len(wrong)} faults in rows, {len(lost)} in files", file=sys.stderr)
        click.get_current_context().exit(0 if repair and not wrong else 1)
    print("all is whole")
