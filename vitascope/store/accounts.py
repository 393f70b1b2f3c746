"""Who may come in: accounts are made, changed and shut here, and browsers get their sessions. What an account is stands
in `account`, what opens it in `passwords` and `keys`, all handed on here; how one goes, in `leaving`. Nothing of it
knows HTTP.
"""

from __future__ import annotations

import dataclasses
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import BadSpec, Conflict, NotAllowed, NotFound, NotSignedIn
from vitascope.store import schema
from vitascope.store.account import (
    ROLES,
    Account,
    by_id,
    clean_email,
    clean_name,
    find_owner,
    letters,
    page,
    present,
    read_row,
    refuse_disabled,
    select_accounts,
    sha256_of,
)
from vitascope.store.database import insert_new
from vitascope.store.ids import ACCOUNT, new_id
from vitascope.store.keys import (
    KEY_PREFIX,
    MAX_KEYS,
    Key,
    NewKey,
    by_access,
    by_key,
    create_key,
    find_key,
    keys,
    master_secret,
    pair_secret,
    revoke_key,
    used,
    worth_noting,
)
from vitascope.store.passwords import MAX_PASSWORD, MIN_PASSWORD, PasswordHash, hashed, matches

__all__ = [
    "KEY_PREFIX", "MAX_KEYS", "MAX_PASSWORD", "MIN_PASSWORD", "ROLES", "Account", "Key", "NewKey", "PasswordHash",
    "by_access", "by_id", "by_key", "change", "clean_email", "create_key", "find_key", "find_owner", "hashed", "keys",
    "letters", "log_in", "log_out", "master_secret", "matches", "owner", "page", "pair_secret", "password_of",
    "present", "refuse_disabled", "revoke_key", "session", "sign_up", "used", "worth_noting",
]  # fmt: skip

SESSION_SECONDS = 30 * 86_400.0
LOCAL_OWNER = "local owner"


def owner(tx: Connection, now: float) -> Account:
    """The local owner, who needs no password on the machine itself. Made the first time it is asked for."""
    if found := find_owner(tx):
        return found
    insert_new(tx, schema.settings, {"key": "owner", "value": True, "created_at": now})  # one at a time gets past here
    return find_owner(tx) or _add(tx, None, LOCAL_OWNER, None, "owner", "unlimited", now)


def sign_up(
    tx: Connection,
    *,
    email: str,
    password: PasswordHash | None,
    name: str = "",
    plan: str = "free",
    role: str = "member",
    now: float,
) -> Account:
    """A new account. Raises BadSpec for an address that is none, Conflict when it is taken. Without a password only
    its keys open it.
    """
    address = clean_email(email)
    if role not in ROLES or role == "owner":
        raise BadSpec(f'"{role}" is no role for a new account.', hint="admin or member.")
    _refuse_taken(tx, address)
    return _add(tx, address, clean_name(name) or address.partition("@")[0], password, role, plan, now)


def change(
    tx: Connection,
    account_id: str,
    *,
    email: str | None = None,
    name: str | None = None,
    password: PasswordHash | None = None,
    role: str | None = None,
    plan: str | None = None,
    settings: dict[str, Any] | None = None,
    disabled_at: float | None = None,
    enable: bool = False,
) -> Account:
    """The account with what is given here changed; None changes nothing. A new password or disabling it ends its
    sessions. Raises NotFound, also for one that has left: it cannot be brought back.
    """
    account = present(tx, account_id)
    new: dict[str, Any] = {}
    if email is not None and (address := clean_email(email)) != account.email:
        _refuse_taken(tx, address)
        new["email"] = address
    if name is not None:
        new["name"] = clean_name(name)
    if password is not None:
        new["password_hash"] = password
    if role is not None:
        new["role"] = _new_role(account, role)
    if plan is not None:
        new["plan"] = plan
    if settings is not None:
        new["settings"] = settings
    if disabled_at is not None:
        if account.role == "owner":
            raise NotAllowed("The owner cannot be disabled.", hint="Disable another account.")
        new["disabled_at"] = disabled_at
    if enable:
        new["disabled_at"] = None
    if new:
        tx.execute(sa.update(schema.accounts).where(schema.accounts.c.id == account_id).values(**new))
    if password is not None or disabled_at is not None:
        tx.execute(sa.delete(schema.sessions).where(schema.sessions.c.account_id == account_id))
    return by_id(tx, account_id)


def password_of(tx: Connection, email: str) -> tuple[str, PasswordHash] | None:
    """(account's id, hash) for `matches`; None when there is no such account or it has no password."""
    columns = (schema.accounts.c.id, schema.accounts.c.password_hash)
    row = tx.execute(sa.select(*columns).where(schema.accounts.c.email == letters(email).strip().casefold())).first()
    return (row.id, PasswordHash(row.password_hash)) if row and row.password_hash else None


@dataclass(frozen=True)
class Session:
    """One browser that is signed in; `id` is a part of its token's hash, which lets no one in."""

    id: str
    created_at: float
    expires_at: float


_SESSION_ID = 16


def log_in(tx: Connection, account_id: str, now: float) -> str:
    """A new session's token, for an account whose password was checked. It is shown once."""
    refuse_disabled(by_id(tx, account_id))
    token = secrets.token_urlsafe(32)
    tx.execute(
        sa.insert(schema.sessions).values(
            token_hash=sha256_of(token), account_id=account_id, expires_at=now + SESSION_SECONDS, created_at=now
        )
    )
    tx.execute(sa.delete(schema.sessions).where(schema.sessions.c.expires_at <= now))
    return token


def session(tx: Connection, token: str, now: float) -> Account:
    """The account of this session. Raises NotSignedIn when it has ended."""
    sessions = schema.sessions
    query = select_accounts().join(sessions, sessions.c.account_id == schema.accounts.c.id)
    row = tx.execute(query.where(sessions.c.token_hash == sha256_of(token), sessions.c.expires_at > now)).first()
    if not row:
        raise NotSignedIn("This session has ended.", hint="Log in again.")
    return refuse_disabled(read_row(row))


def sessions_of(tx: Connection, account_id: str, now: float) -> list[Session]:
    """The newest first."""
    table = schema.sessions
    query = sa.select(table).where(table.c.account_id == account_id, table.c.expires_at > now)
    rows = tx.execute(query.order_by(table.c.created_at.desc()))
    return [Session(row.token_hash[:_SESSION_ID], row.created_at, row.expires_at) for row in rows]


def end_session(tx: Connection, account_id: str, session_id: str) -> None:
    """Raises NotFound, also for another account's."""
    table = schema.sessions
    wanted = (table.c.account_id == account_id, sa.func.substr(table.c.token_hash, 1, _SESSION_ID) == session_id)
    if not tx.execute(sa.delete(table).where(*wanted)).rowcount:
        raise NotFound("There is no such session.", hint="Sessions are listed at /v1/account/sessions.")


def session_id(token: str) -> str:
    """What a session is called where it is shown."""
    return sha256_of(token)[:_SESSION_ID]


def log_out(tx: Connection, token: str) -> None:
    tx.execute(sa.delete(schema.sessions).where(schema.sessions.c.token_hash == sha256_of(token)))


def _new_role(account: Account, role: str) -> str:
    if role not in ROLES or "owner" in (role, account.role):
        raise NotAllowed(f'An account of role "{account.role}" cannot become "{role}".', hint="admin or member.")
    return role


def _refuse_taken(tx: Connection, address: str) -> None:
    if tx.execute(sa.select(schema.accounts.c.id).where(schema.accounts.c.email == address)).first():
        raise Conflict(f"{address} has an account already.", hint="Log in with it.")


def _add(
    tx: Connection, email: str | None, name: str, password: PasswordHash | None, role: str, plan: str, now: float
) -> Account:
    account = Account(new_id(ACCOUNT, now), email, name, role, plan, None, {}, now)
    tx.execute(sa.insert(schema.accounts).values(**dataclasses.asdict(account), password_hash=password))
    return account
