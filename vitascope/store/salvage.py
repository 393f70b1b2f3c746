"""Saving what can be read of a damaged SQLite file into a new one, which then takes its place; the old one stays beside
it. Pages that cannot be read are stepped over, and the rows on them are lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vitascope.errors import BadSettings, Conflict, Damaged
from vitascope.store import schema
from vitascope.store.database import Store, file_url

_END = 2**62  # no row has a higher number


@dataclass
class Saved:
    """`rows` that were saved and, as far as can be known, `gaps`: places where rows were lost; `left`: rows that refer
    to lost ones and were left out; `accounts` of which only the id was known. `old`: the name of the damaged file.
    """

    rows: int = 0
    gaps: int = 0
    left: int = 0
    accounts: int = 0
    old: str = ""
    tables: dict[str, int] = field(default_factory=dict)


def repair(store: Store) -> Saved:
    """Put a whole file in the place of a damaged one. No other process may have it open.

    Raises Conflict when one has, Damaged when nothing can be read, BadSettings on PostgreSQL.
    """
    if not store.is_sqlite:
        raise BadSettings("Only an SQLite file can be repaired here.", hint="Restore a backup into a new database.")
    store.close()
    path = Path(str(store.url.database))
    new = path.with_name(f"{path.name}.saved")
    for part in _parts(new):
        part.unlink(missing_ok=True)
    target = Store(file_url(new), clock=store.clock)
    target.migrate()
    target.close()
    saved = Saved()
    with contextlib.closing(_alone(path)) as source, contextlib.closing(sqlite3.connect(new)) as there:
        there.execute("PRAGMA foreign_keys = OFF")
        for table in schema.metadata.sorted_tables:
            saved.tables[table.name] = _save(source, there, table, saved)
            saved.rows += saved.tables[table.name]
        if not saved.tables["accounts"] and not saved.rows:
            raise Damaged("nothing of it can be read.")
        _complete(there, saved, store.clock())
        there.commit()
        there.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    saved.old = f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(store.clock()))}"
    for part, kept in zip(_parts(path), _parts(path.with_name(saved.old)), strict=True):
        if part.exists():
            os.replace(part, kept)
    os.replace(new, path)
    for part in _parts(new):
        part.unlink(missing_ok=True)
    store.damage = ""
    return saved


def _parts(path: Path) -> list[Path]:
    return [path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")]


def _alone(path: Path) -> sqlite3.Connection:
    """The file, read by us alone."""
    connection = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        raise Conflict(
            f"The database is in use: {error}.", hint="Stop every process of the service, then repair it."
        ) from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise Damaged(f"{error}; nothing of it can be read.") from error
    return connection


def _save(source: sqlite3.Connection, there: sqlite3.Connection, table: sa.Table, saved: Saved) -> int:
    try:
        names = [row[1] for row in source.execute(f'PRAGMA table_info("{table.name}")')]
    except sqlite3.DatabaseError as error:
        raise Damaged(f"{error}; not even the list of its tables can be read.") from error
    names = [name for name in names if name in table.c]
    if not names:
        return 0
    listed = ", ".join(f'"{name}"' for name in names)
    adding = f'INSERT OR IGNORE INTO "{table.name}" ({listed}) VALUES ({", ".join("?" * len(names))})'
    texts = [place for place, name in enumerate(names) if isinstance(table.c[name].type, sa.JSON)]
    count = 0
    for row in _rows(source, table.name, listed, saved):
        try:
            for place in texts:
                json.loads(row[place] or "null")
            count += there.execute(adding, row).rowcount
        except (sqlite3.Error, ValueError):  # a value that the table does not take is a damaged one
            saved.left += 1
    return count


def _rows(source: sqlite3.Connection, table: str, listed: str, saved: Saved) -> Iterator[tuple[Any, ...]]:
    """All rows that can be read, in the order of their numbers, with a step over each damaged place."""
    query = f'SELECT rowid, {listed} FROM "{table}" NOT INDEXED WHERE rowid > ? ORDER BY rowid'
    last = -1
    while True:
        try:
            for row in source.execute(query, (last,)):
                last = row[0]
                yield row[1:]
            return
        except sqlite3.DatabaseError:
            saved.gaps += 1
        beyond = _beyond(source, query, last)
        if beyond is None:
            return
        last = beyond


def _beyond(source: sqlite3.Connection, query: str, last: int) -> int | None:
    """The lowest number after which the next row can be read again; None: nothing more can."""

    def readable(after: int) -> bool:
        try:
            return source.execute(query, (after,)).fetchone() is not None
        except sqlite3.DatabaseError:
            return False

    low, step = last, 1
    while not readable(low + step):
        step *= 2
        if low + step > _END:
            return None
    high = low + step
    low += step // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if readable(middle) else (middle, high)
    return high


def _complete(there: sqlite3.Connection, saved: Saved, now: float) -> None:
    """What refers to a lost account gives it a bare row back; what refers to another lost row is left out."""
    for table in schema.metadata.sorted_tables:
        for key in table.foreign_keys:
            column, parent = key.parent.name, key.column.table.name
            missing = f'"{column}" IS NOT NULL AND "{column}" NOT IN (SELECT id FROM "{parent}")'
            if parent == "accounts":
                lost = there.execute(f'SELECT DISTINCT "{column}" FROM "{table.name}" WHERE {missing}').fetchall()
                for (id,) in lost:
                    there.execute("INSERT INTO accounts (id, created_at) VALUES (?, ?)", (id, now))
                saved.accounts += len(lost)
            elif table.name != "transfers":  # what was booked stays booked
                saved.left += there.execute(f'DELETE FROM "{table.name}" WHERE {missing}').rowcount
