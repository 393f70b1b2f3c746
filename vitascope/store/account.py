"""One account as it is: its row, how it is found, and how the words in it are cleaned. `accounts.py` makes and changes
them and hands all of this on.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import BadSpec, NotAllowed, NotFound
from vitascope.store import schema

ROLES = ("owner", "admin", "member")

#: True for the row of an account that was deleted (see `leaving`): every other that is shut has its address, and the
#: owner, who may have none, cannot be shut.
HAS_LEFT = sa.and_(schema.accounts.c.email.is_(None), schema.accounts.c.disabled_at.is_not(None))


@dataclass(frozen=True)
class Account:
    id: str
    email: str | None
    name: str
    role: str
    plan: str
    disabled_at: float | None
    settings: dict[str, Any] = field(hash=False)
    created_at: float

    @property
    def may_operate(self) -> bool:
        return self.role in ("owner", "admin")

    @property
    def has_left(self) -> bool:
        return self.email is None and self.disabled_at is not None


def find_owner(tx: Connection) -> Account | None:
    """The local owner, if there is one already. Reads only."""
    row = tx.execute(select_accounts().where(schema.accounts.c.role == "owner").order_by(schema.accounts.c.id)).first()
    return read_row(row) if row else None


def by_id(tx: Connection, account_id: str) -> Account:
    """Also one that has left. Raises NotFound."""
    row = tx.execute(select_accounts().where(schema.accounts.c.id == account_id)).first()
    if not row:
        raise _unknown(account_id)
    return read_row(row)


def present(tx: Connection, account_id: str) -> Account:
    """One that has not left. Raises NotFound."""
    account = by_id(tx, account_id)
    if account.has_left:
        raise _unknown(account_id)
    return account


def page(tx: Connection, *, after: str | None = None, limit: int = 50) -> list[Account]:
    """Accounts in the order in which they came, those that follow `after`; not those that have left."""
    query = select_accounts().where(sa.not_(HAS_LEFT)).order_by(schema.accounts.c.id).limit(limit)
    if after:
        query = query.where(schema.accounts.c.id > after)
    return [read_row(row) for row in tx.execute(query)]


def refuse_disabled(account: Account) -> Account:
    if account.disabled_at is not None:
        raise NotAllowed("This account is disabled.", hint="Ask the operator of this server.")
    return account


def clean_email(email: str) -> str:
    address = letters(email).strip().casefold()
    if len(address) > 254 or not re.fullmatch(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+", address):
        raise BadSpec(f'"{address[:80]}" is no e-mail address.', hint="For example mia@example.org.")
    return address


def clean_name(name: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", "", letters(name)).strip()[:100]


def letters(text: str) -> str:
    """The same letters, however they were typed; surrogates without a partner are no letters."""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _unknown(account_id: str) -> NotFound:
    return NotFound(f'No account is called "{account_id}".', hint="List them at /v1/admin/accounts.")


def select_accounts() -> Any:
    return sa.select(*(schema.accounts.c[item.name] for item in dataclasses.fields(Account)))


def read_row(row: Any) -> Account:
    return Account(**{item.name: getattr(row, item.name) for item in dataclasses.fields(Account)})
