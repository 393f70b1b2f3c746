"""The commands for accounts: set a password, delete one."""

from __future__ import annotations

import sys

import click

from vitascope.cli import operator
from vitascope.cli.options import ACCOUNT
from vitascope.errors import BadSpec


@click.group()
def accounts() -> None:
    """Accounts: set a password, delete one."""


@accounts.command("password")
@ACCOUNT
@click.option("--email", help="The address to log in with, where there is none yet.")
def set_password(account: str | None, email: str | None) -> None:
    """Set the password that an account logs in with, the owner's if none is named. It is asked for, or read from
    standard input. All its sessions end.
    """
    from vitascope.store import accounts

    with operator.house() as (house, now):
        with house.store.begin() as tx:
            found = operator.account(tx, account, now)
        if not (email or found.email):
            raise BadSpec("This account has no address to log in with.", hint="Add --email mia@example.org.")
        if sys.stdin.isatty():
            password = click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
        else:
            password = sys.stdin.readline().rstrip("\r\n")
        hashed = accounts.hashed(password)
        with house.store.begin() as tx:
            print(accounts.change(tx, found.id, email=email, password=hashed).email)


@accounts.command("delete")
@click.argument("account", help="E-mail or id.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def delete_account(account: str, yes: bool) -> None:
    """Delete an account for good, with all that it made. The lines of the books stay, without a name."""
    from vitascope.store import account_deletion, library

    with operator.house() as (house, now):
        with house.store.read() as tx:
            found = operator.account(tx, account, now)
            account_deletion.refuse_owner(found)
            clips, _ = library.count(tx, found.id)
        if not yes:
            click.confirm(f"Delete {found.email or found.id} and {clips} clips for good?", abort=True, err=True)
        with house.store.begin() as tx:
            keys = account_deletion.leave(tx, found.id, now)
        account_deletion.clear(house.blobs, found.id, keys)
    print(found.id)
