"""Keys for programs, and access/secret pairs for those that sign their requests. A key is kept as SHA-256 (it is long
and random, so nothing slower is needed). Of a pair no secret is kept: it is worked out from the access key and the one
master secret in the settings table.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import Conflict, NotFound, NotSignedIn
from vitascope.store import schema
from vitascope.store.account import Account, clean_name, present, read_row, refuse_disabled, select_accounts, sha256_of
from vitascope.store.database import insert_new
from vitascope.store.ids import KEY, new_id

KEY_PREFIX = "vs_"
ACCESS_PREFIX = "ak_"
USED_EVERY_SECONDS = 60.0  # how exactly a key's last use is known; a write for each request would be a waste
SHOWN = 10  # characters of a key that are kept to know it by
MAX_KEYS = 100  # open ones of one account


@dataclass(frozen=True)
class Key:
    """What can be known of a key after it was made: its beginning, never the whole."""

    id: str
    account_id: str
    name: str
    prefix: str
    access_key: str | None
    last_used_at: float | None
    revoked_at: float | None
    created_at: float


@dataclass(frozen=True)
class NewKey:
    """A key just made; `secret`s are in no other place. A plain key has `key`, a pair `access` and `secret`."""

    id: str
    name: str
    key: str = field(default="", repr=False)
    access: str = ""
    secret: str = field(default="", repr=False)

    @property
    def text(self) -> str:
        """What to hand to a client as one line; a pair's line is good as a plain key too."""
        return self.key or f"{self.access}:{self.secret}"


def create_key(tx: Connection, account_id: str, name: str, now: float, pair: bool = False) -> NewKey:
    """A new key, or an access/secret pair for clients that sign tokens (as Kling's do). Shown once."""
    present(tx, account_id)
    if len(keys(tx, account_id)) >= MAX_KEYS:
        raise Conflict(f"The account has {MAX_KEYS} keys.", hint="Revoke one that is no longer used.")
    id, name = new_id(KEY, now), clean_name(name) or "key"
    if pair:
        access = ACCESS_PREFIX + secrets.token_hex(16)
        new = NewKey(id, name, access=access, secret=pair_secret(tx, access, now))
    else:
        new = NewKey(id, name, key=KEY_PREFIX + secrets.token_urlsafe(32))
    tx.execute(
        sa.insert(schema.api_keys).values(
            id=id,
            account_id=account_id,
            name=name,
            prefix=new.access or new.key[:SHOWN],
            secret_hash=sha256_of(new.text),
            access_key=new.access or None,
            created_at=now,
        )
    )
    return new


def keys(tx: Connection, account_id: str, *, revoked: bool = False) -> list[Key]:
    """The account's keys, the oldest first; those revoked only when asked for."""
    table = schema.api_keys
    query = sa.select(*(table.c[item.name] for item in dataclasses.fields(Key))).where(table.c.account_id == account_id)
    if not revoked:
        query = query.where(table.c.revoked_at.is_(None))
    return [Key(*row) for row in tx.execute(query.order_by(table.c.id))]


def find_key(tx: Connection, named: str) -> Key:
    """The key of this id, or the one that begins so. Raises NotFound, and Conflict when several begin so."""
    table = schema.api_keys
    here = table.c.id == named
    if len(named) >= SHOWN:
        here |= table.c.prefix.startswith(named, autoescape=True)
    query = sa.select(*(table.c[item.name] for item in dataclasses.fields(Key)))
    found = [Key(*row) for row in tx.execute(query.where(here).limit(2))]
    if not found:
        raise NotFound("There is no such key here.", hint=f"Its id, or its first {SHOWN} characters, never the whole.")
    if len(found) > 1:
        raise Conflict("Several keys begin so.", hint="Give the id of one; GET /v1/keys tells it.")
    return found[0]


def revoke_key(tx: Connection, account_id: str, key_id: str, now: float) -> None:
    """From now on the key opens nothing. Raises NotFound when the account has no such key."""
    table = schema.api_keys
    mine = sa.and_(table.c.id == key_id, table.c.account_id == account_id, table.c.revoked_at.is_(None))
    if not tx.execute(sa.update(table).where(mine).values(revoked_at=now)).rowcount:
        raise NotFound(f'No key is called "{key_id}".', hint="List them at /v1/keys.")


def by_key(tx: Connection, text: str, now: float) -> tuple[Account, Key]:
    """The account that this key opens, and the key. Raises NotSignedIn. `used` notes its use."""
    return _by(tx, schema.api_keys.c.secret_hash == sha256_of(text))


def by_access(tx: Connection, access: str, now: float) -> tuple[Account, Key, str]:
    """(account, key, secret) of a pair; the caller checks what was signed with the secret. Raises NotSignedIn."""
    account, key = _by(tx, schema.api_keys.c.access_key == access)
    return account, key, pair_secret(tx, access, now)


def used(tx: Connection, key: Key, now: float) -> None:
    tx.execute(sa.update(schema.api_keys).where(schema.api_keys.c.id == key.id).values(last_used_at=now))


def worth_noting(key: Key, now: float) -> bool:
    return key.last_used_at is None or now - key.last_used_at >= USED_EVERY_SECONDS


def pair_secret(tx: Connection, access: str, now: float) -> str:
    return hmac.new(master_secret(tx, now), access.encode("utf-8"), hashlib.sha256).hexdigest()


def master_secret(tx: Connection, now: float) -> bytes:
    """32 bytes made once for each database. Who reads them can sign for any account: back the database up with care.

    Needs a write transaction the first time.
    """
    table = schema.settings
    find = sa.select(table.c.value).where(table.c.key == "master_secret")
    if (kept := tx.execute(find).scalar()) is None:
        insert_new(tx, table, {"key": "master_secret", "value": secrets.token_hex(32), "created_at": now})
        kept = tx.execute(find).scalar_one()
    return bytes.fromhex(kept)


def _by(tx: Connection, condition: sa.ColumnElement[bool]) -> tuple[Account, Key]:
    table = schema.api_keys
    mine = [table.c[item.name].label(f"key_{item.name}") for item in dataclasses.fields(Key)]
    query = select_accounts().add_columns(*mine).join(table, table.c.account_id == schema.accounts.c.id)
    row = tx.execute(query.where(condition, table.c.revoked_at.is_(None))).first()
    if not row:
        raise NotSignedIn("This key is not known here.", hint="Make one: vitascope keys create --name N.")
    key = Key(*(getattr(row, f"key_{item.name}") for item in dataclasses.fields(Key)))
    return refuse_disabled(read_row(row)), key
