"""What the operator's commands share: the house of the settings, opened for a moment, an account by its name, a time as
it is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vitascope.errors import BadSpec

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from vitascope.runtime import House
    from vitascope.store.accounts import Account


@contextmanager
def house(*, strangers: bool = False) -> Iterator[tuple[House, float]]:
    """What the settings name, and the time there."""
    from vitascope import scratch
    from vitascope.runtime import open_house

    opened = open_house(strangers=strangers)
    try:
        with scratch.settled(opened.settings.home):
            yield opened, opened.store.clock()
    finally:
        opened.store.close()


def account(tx: Connection, named: str | None, now: float) -> Account:
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


def timestamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
