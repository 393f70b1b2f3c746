"""One database, SQLite or PostgreSQL, behind the same few verbs: migrate, begin, read, lock an account. Nothing here
knows what is stored. No transaction is retried: who began it knows whether it may be done again.

SQLite writers take the write lock when they begin, and one another's turn inside a process, so a write never fails
halfway for a lock. On PostgreSQL writes read what is committed, and reads see one moment.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url

from vitascope.errors import BadSettings, Damaged, MissingExtra, Unavailable
from vitascope.store import schema

WAIT_SECONDS = 30.0  # for another writer
MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATING, _CLAIMING = 0x76697461_01, 0x76697461_02  # advisory locks of ours on a PostgreSQL server


class Store:
    """The database of one process; threads may share it. It creates and migrates nothing by itself."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time):
        self.clock = clock
        self.url = _read_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._turn = threading.Lock()
        self._writing = threading.local()
        self.damage = ""  # what was found damaged since this process began
        if self.is_sqlite:
            self.engine = _sqlite_engine(self.url)
            self._writer: sa.Engine = self.engine.execution_options(begin="IMMEDIATE")
            self._reader: sa.Engine = self.engine
        else:
            self.engine = _postgres_engine(self.url)
            self._writer = self.engine
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def migrate(self) -> None:
        """Bring the tables to this version's form. Safe when several processes do it at once: one does, the others
        wait. Raises BadSettings when a newer Vitascope has been here.
        """
        from alembic import command  # heavy, and needed once
        from alembic.config import Config
        from alembic.util import CommandError

        if self.is_sqlite and self.url.database:
            file = Path(self.url.database)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)  # it will hold password hashes
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with self.begin() as tx:
            if not self.is_sqlite:
                tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
            config.attributes["connection"] = tx
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise BadSettings(
                    f"The database is not of this version: {error}",
                    hint="Is it from a newer Vitascope? Update this one.",
                ) from error

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """One write transaction: committed whole when the block ends, undone whole when it raises. Raises Unavailable
        when the database does not answer; then nothing is known of a commit that was under way.

        A second one inside the block would wait for the first without end, so it raises RuntimeError: hand `tx` on.
        """
        if getattr(self._writing, "now", False):
            raise RuntimeError("a write transaction inside another one")
        turn: contextlib.AbstractContextManager[Any] = self._my_turn() if self.is_sqlite else contextlib.nullcontext()
        self._writing.now = True
        try:
            with turn, self._answering(), self._writer.begin() as tx:
                yield tx
        finally:
            self._writing.now = False

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One moment of the database, to read only."""
        with self._answering(), self._reader.connect() as tx:
            yield tx

    def lock_account(self, tx: Connection, account_id: str) -> None:
        lock_account(tx, account_id)

    def damages(self, *, thorough: bool = False, limit: int = 20) -> list[str]:
        """What SQLite finds wrong in its file: its pages, and when `thorough` its indexes and references too.
        PostgreSQL watches over its own files.
        """
        if not self.is_sqlite:
            return []
        check = "integrity_check" if thorough else "quick_check"
        try:
            with self.read() as tx:
                found = [str(row[0]) for row in tx.exec_driver_sql(f"PRAGMA {check}({limit})") if row[0] != "ok"]
                if thorough and not found:
                    rows = tx.exec_driver_sql("PRAGMA foreign_key_check").all()
                    found = [f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is gone" for row in rows]
        except Damaged as error:
            found = [error.message]
        found = [" ".join(line.split()) for line in found[:limit]]
        self.damage = self.damage or (found[0] if found else "")
        return found

    def refuse_damage(self) -> None:
        """A look at every page, as a server does when it starts. Raises Damaged."""
        if found := self.damages():
            raise Damaged(found[0])

    def close(self) -> None:
        self.engine.dispose()

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            told = _told(error)
            if told is None:
                raise
            if isinstance(told, Damaged):
                self.damage = told.message
            raise told from error
        except Damaged as error:
            self.damage = error.message
            raise

    @contextlib.contextmanager
    def _my_turn(self) -> Iterator[None]:
        """Threads queue here in order; SQLite's own waiting is a lottery."""
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise Unavailable("The database is busy.", hint="Try again in a moment.")
        try:
            yield
        finally:
            self._turn.release()


def file_url(path: Path) -> str:
    """The address of an SQLite file."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def lock_account(tx: Connection, account_id: str, *, wait: bool = True) -> bool:
    """Until this transaction ends nobody else changes the account's money, limits or events. Taken before a lock on
    any of its jobs, always in this order, so that two never wait for each other. Without `wait`: False when somebody
    has it.
    """
    if tx.dialect.name == "sqlite":
        return True  # there is one writer
    query = sa.select(schema.accounts.c.id).where(schema.accounts.c.id == account_id)
    found = tx.execute(query.with_for_update(key_share=True, skip_locked=not wait)).first()
    return wait or found is not None


def lock_claims(tx: Connection) -> None:
    """One claim at a time, so that the jobs running for an account are counted exactly."""
    if tx.dialect.name != "sqlite":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_CLAIMING)))


def insert_new(tx: Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert the row unless one with the same key is there. True: it is new."""
    insert: Any = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    adding = insert(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key)
    return tx.execute(adding).first() is not None


def _told(error: sa.exc.SQLAlchemyError) -> Unavailable | None:
    """What a driver's error means; None: a fault of ours."""
    original, reason = getattr(error, "orig", None), _reason(error)
    state = str(getattr(original, "sqlstate", "") or "")
    kind = int(getattr(original, "sqlite_errorcode", 0) or 0) & 0xFF
    unreadable = reason.startswith("Could not decode to UTF-8")
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or state in ("XX001", "XX002") or unreadable:
        return Damaged(f"{reason}.")
    if reason.startswith(("no such table", "no such column")) or state in ("42P01", "42703"):
        return Unavailable(
            f"The database is not of this version: {reason}.",
            hint="Is another version of Vitascope at work on it? Bring all to one version, then start them again.",
        )
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError):
        return Unavailable(f"The database does not answer: {reason}", hint=_remedy(reason))
    return None


def _remedy(reason: str) -> str:
    """What helps: most often waiting; what the file's folder refuses does not go away by itself."""
    if "disk is full" in reason:
        return "Make room on the disk of the database."
    if "readonly" in reason or "unable to open" in reason:
        return "Check the rights of the database's folder (VITASCOPE_HOME, or VITASCOPE_DATABASE_URL)."
    return "Try again in a moment."


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0]


def _read_url(text: str) -> URL:
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (sa.exc.ArgumentError, ValueError) as error:
        raise BadSettings(f"The database's address cannot be read: {error}", hint=_FORMS) from error
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise BadSettings("A database in memory would forget its jobs.", hint=_FORMS)
        return url.set(drivername="sqlite")
    raise BadSettings(f'No database of the kind "{backend}" is spoken here.', hint=_FORMS)


_FORMS = "sqlite:////folder/file.db or postgresql://user:password@host/name"


def _postgres_engine(url: URL) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_size=10, max_overflow=30, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise MissingExtra("PostgreSQL", "postgres") from error


def _sqlite_engine(url: URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        pool_size=10,
        max_overflow=30,
        connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
        json_deserializer=_json,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # pysqlite begins nothing by itself; `begin` below does
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(tx: Connection) -> None:
        tx.exec_driver_sql(f"BEGIN {tx.get_execution_options().get('begin', 'DEFERRED')}")

    return engine


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Damaged(f"a value of a row cannot be read ({error}).") from error


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Readers and the writer do not hinder each other. The switch itself does not wait for others, so it is tried."""
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)
