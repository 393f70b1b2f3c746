"""Names that an account gives to things: the external id of a job, a file sent beforehand or along. A name means one
thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import Conflict
from vitascope.store.database import insert_new
from vitascope.store.schema import handles

UPLOAD, SOURCE = "upload", "source"  # a file sent beforehand; a clip sent along to be continued, named by its SHA-256
DAYS = {UPLOAD: 7, SOURCE: 30}  # for which such a file is kept


@dataclass(frozen=True)
class Handle:
    """A row of `handles`."""

    account_id: str
    kind: str
    name: str
    target: str
    data: dict[str, Any]
    created_at: float


assert {item.name for item in fields(Handle)} == set(handles.c.keys())


def external(family: str) -> str:
    """The kind of the names that callers of this family of dialects give to their jobs."""
    return f"external:{family}"


def claim(
    tx: Connection,
    account_id: str,
    kind: str,
    name: str,
    target: str,
    now: float,
    data: Mapping[str, Any] | None = None,
) -> None:
    """From now on `name` means `target`. Raises Conflict when it means something else."""
    row = {"account_id": account_id, "kind": kind, "name": name, "target": target, "created_at": now}
    if insert_new(tx, handles, {**row, "data": dict(data or {})}):
        return
    found = find(tx, account_id, kind, name)
    if not found or found.target != target:
        raise Conflict(f'"{name[:60]}" is the name of another one already.', hint="Names are unique; take a new one.")


def renew(tx: Connection, account_id: str, kind: str, name: str, target: str, now: float) -> None:
    """From now on `name` means `target`, and is as new as if it had never been said before."""
    drop(tx, account_id, kind, name)
    claim(tx, account_id, kind, name, target, now)


def find(tx: Connection, account_id: str, kind: str, name: str) -> Handle | None:
    if "\0" in name:
        return None
    mine = (handles.c.account_id == account_id, handles.c.kind == kind, handles.c.name == name)
    row = tx.execute(sa.select(handles).where(*mine)).first()
    return Handle(**row._mapping) if row else None


def targets(tx: Connection, account_id: str, kind: str, names: Iterable[str]) -> dict[str, str]:
    """What these names mean; those that mean nothing are left out."""
    wanted = [name for name in names if "\0" not in name]
    mine = (handles.c.account_id == account_id, handles.c.kind == kind, handles.c.name.in_(wanted))
    return {row.name: row.target for row in tx.execute(sa.select(handles.c.name, handles.c.target).where(*mine))}


def page(tx: Connection, account_id: str, kind: str, *, limit: int = 100) -> list[Handle]:
    """The newest first."""
    query = sa.select(handles).where(handles.c.account_id == account_id, handles.c.kind == kind)
    return [Handle(**row._mapping) for row in tx.execute(query.order_by(handles.c.name.desc()).limit(limit))]


def between(tx: Connection, account_id: str, kind: str, low: str, high: str, *, limit: int = 100) -> list[Handle]:
    """Those with these names and the names between them, in their order."""
    mine = (handles.c.account_id == account_id, handles.c.kind == kind, handles.c.name.between(low, high))
    query = sa.select(handles).where(*mine).order_by(handles.c.name)
    return [Handle(**row._mapping) for row in tx.execute(query.limit(limit))]


def change(tx: Connection, account_id: str, kind: str, name: str, data: Mapping[str, Any]) -> None:
    mine = (handles.c.account_id == account_id, handles.c.kind == kind, handles.c.name == name)
    tx.execute(handles.update().where(*mine).values(data=dict(data)))


def drop(tx: Connection, account_id: str, kind: str, name: str) -> None:
    mine = (handles.c.account_id == account_id, handles.c.kind == kind, handles.c.name == name)
    tx.execute(handles.delete().where(*mine))


def forget(tx: Connection, now: float, *, limit: int = 500) -> list[str]:
    """Remove names of files whose days are over. Their targets, of which the blobs are to be deleted."""
    old = (sa.and_(handles.c.kind == kind, handles.c.created_at < now - days * 86_400.0) for kind, days in DAYS.items())
    gone = tx.execute(sa.select(handles).where(sa.or_(*old)).limit(limit)).all()
    for row in gone:
        drop(tx, row.account_id, row.kind, row.name)
    return [row.target for row in gone]
