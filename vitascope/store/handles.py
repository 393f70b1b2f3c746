"""Names that an account gives to things: the external id of a job, a file sent beforehand. A name means one thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import Conflict
from vitascope.store.database import insert_new
from vitascope.store.schema import handles

UPLOAD = "upload"
UPLOAD_DAYS = 7


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


def forget(tx: Connection, now: float, *, kind: str = UPLOAD, days: float = UPLOAD_DAYS, limit: int = 500) -> list[str]:
    """Remove names of this kind that are older. Their targets, of which the blobs are to be deleted."""
    old = (handles.c.kind == kind, handles.c.created_at < now - days * 86_400.0)
    gone = tx.execute(sa.select(handles.c.account_id, handles.c.name, handles.c.target).where(*old).limit(limit)).all()
    for account_id, name, _ in gone:
        drop(tx, account_id, kind, name)
    return [target for _, _, target in gone]
