"""The whole service in one file, and back: every table at one moment as lines of JSON, which either database can read,
and every blob. A backup holds secrets (password hashes, webhook secrets), so its file is for its owner alone.

The tables are read first and the blobs after, because a clip's files are there before its row: what the tables name is
in the blobs, unless it was deleted meanwhile: restoring says which clips that were and marks them. Clips that came
meanwhile are left out whole. Restoring goes into an empty database, whose kind may be another, and an
empty storage, or the one whose database was lost: then what is there stays, and what is missing or damaged is put.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vitascope import __version__
from vitascope.errors import BadBackup, Conflict, Damaged, NotFound, VitascopeError
from vitascope.media.atomic_write import written_aside
from vitascope.store import health, identity, ids, schema
from vitascope.store.blob_keys import checked
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store, file_url

FORMAT = 1
_CHUNK = 1 << 20
_ROWS = 500
_ON_THE_WAY = 3600.0  # a clip gets its id this much before its row at most
_HINT = "Take a file that `vitascope backup` wrote."
_FLEETING = ("workers", "rates")  # of processes that are gone when a backup is restored


@dataclass(frozen=True)
class Summary:
    """What was written or restored. `missing`: clips without a whole film, because they were deleted while the backup
    was made, or were damaged before.
    """

    rows: int
    blobs: int
    bytes: int
    missing: int = 0


def backup(store: Store, blobs: Blobs, out: Path) -> Summary:
    """Write a backup to `out`, which appears when it is whole. The service may go on meanwhile."""
    with written_aside(out) as aside:
        aside.chmod(0o600)
        with zipfile.ZipFile(aside, "w", allowZip64=True) as archive:
            now = store.clock()
            rows, belongs, films = _write_tables(store, archive)
            hashes, size = _write_blobs(blobs, archive, lambda key: _of_the_moment(key, films, now))
            manifest = {
                "format": FORMAT,
                "vitascope": __version__,
                "made_at": datetime.fromtimestamp(store.clock(), UTC).isoformat(timespec="seconds"),
                "identity": belongs,
                "tables": rows,
                "blobs": hashes,
            }
            archive.writestr("manifest.json", json.dumps(manifest, indent=1), zipfile.ZIP_DEFLATED)
    out.chmod(0o600)
    missing = sum(hashes.get(key) != digest for key, digest in films.items())
    return Summary(sum(rows.values()), len(hashes), size, missing)


def restore(store: Store, blobs: Blobs, path: Path) -> Summary:
    """Fill an empty database (it is migrated first) and an empty storage, or the one that the backup's database had.
    Raises Conflict when either holds anything else, BadBackup when the file is wrong; then nothing is added to either.
    """
    store.migrate()
    with _opened(path) as archive:
        manifest = _manifest(archive)
        again = _refuse_what_is_not_empty(store, blobs, manifest)
        kept: list[str] = []
        try:
            with store.begin() as tx:
                _lock_out_others(tx)
                for table in schema.metadata.sorted_tables:
                    _read_table(tx, archive, table, manifest["tables"].get(table.name, 0))
                size = _read_blobs(blobs, archive, manifest["blobs"], kept)
        except BaseException:
            for key in kept:
                blobs.delete(key)
            raise
    if again:  # its old database, should it still be somewhere, is refused from now on
        identity.adopt(store, blobs)
    lost = list(health.files(store, blobs, quick=True))
    missing = health.mark(store, lost) if lost else 0
    return Summary(sum(manifest["tables"].values()), len(manifest["blobs"]), size, missing)


def _write_tables(store: Store, archive: zipfile.ZipFile) -> tuple[dict[str, int], str, dict[str, str]]:
    """(table -> rows, the identity of the database, film's key -> its hash). The identity is no row of the backup: the
    copy gets its own.
    """
    counts, films = {}, {}
    with _moment(store) as tx:
        found = identity.of_database(tx)
        for table in schema.metadata.sorted_tables:
            counts[table.name] = 0
            if table.name in _FLEETING:
                continue
            with archive.open(_entry(f"tables/{table.name}.jsonl", zipfile.ZIP_DEFLATED), "w") as file:
                ordered = _rows(table).order_by(*table.primary_key.columns)
                for row in tx.execution_options(yield_per=_ROWS).execute(ordered):
                    file.write(json.dumps(dict(row._mapping), ensure_ascii=False).encode() + b"\n")
                    counts[table.name] += 1
                    if table is schema.clips:
                        films[row.video_key] = row.sha256
    return counts, found.name if found else "", films


def _of_the_moment(key: str, films: dict[str, str], now: float) -> bool:
    """Whether a blob was there when the tables were read: not one of a clip that came later."""
    parts = key.split("/")
    if len(parts) != 3 or parts[0] != "clips" or f"clips/{parts[1]}/video.mp4" in films:
        return True
    return (ids.born(parts[1], ids.CLIP) or 0.0) < now - _ON_THE_WAY


def _rows(table: sa.Table) -> sa.Select[Any]:
    rows = sa.select(table)
    return rows.where(table.c.key != identity.KEY) if table is schema.settings else rows


@contextlib.contextmanager
def _moment(store: Store) -> Iterator[sa.Connection]:
    """One moment of all tables. PostgreSQL keeps it for a reader by itself; SQLite's file is copied first, so that the
    writers' log does not grow behind a long reading.
    """
    if not store.is_sqlite:
        with store.read() as tx:
            yield tx
        return
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        copy = Path(folder) / "moment.db"
        source, target = sqlite3.connect(str(store.url.database)), sqlite3.connect(copy)
        with contextlib.closing(source), contextlib.closing(target):
            try:
                source.backup(target)
            except sqlite3.DatabaseError as error:
                raise Damaged(f"{error}.") from error
        copied = Store(file_url(copy), clock=store.clock)
        try:
            if damages := copied.damages(thorough=True):  # a backup that looks whole would replace better ones
                raise Damaged(damages[0].removeprefix("The database is damaged: "))
            with copied.read() as tx:
                yield tx
        finally:
            copied.close()


def _write_blobs(blobs: Blobs, archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> tuple[dict[str, str], int]:
    """(key -> SHA-256, bytes)."""
    hashes: dict[str, str] = {}
    total = 0
    for key in filter(wanted, sorted(blobs.keys())):
        try:
            size = blobs.size(key)
            pieces = blobs.read(key)
            first = next(iter(pieces), b"")
        except NotFound:  # deleted meanwhile
            continue
        digest = hashlib.sha256()
        with archive.open(_entry(f"blobs/{key}", zipfile.ZIP_STORED), "w", force_zip64=size > 1 << 30) as file:
            for piece in _chain(first, pieces):
                digest.update(piece)
                file.write(piece)
                total += len(piece)
        hashes[key] = digest.hexdigest()
    return hashes, total


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _entry(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = kind
    info.external_attr = 0o600 << 16
    return info


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise BadBackup(f"{path} cannot be read: {error}", hint=_HINT) from error


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest = json.loads(archive.read("manifest.json"))
        fits = manifest["format"] == FORMAT
        tables, names = set(manifest["tables"]), {table.name for table in schema.metadata.sorted_tables}
        sound = all(isinstance(count, int) for count in manifest["tables"].values())
        sound &= all(re.fullmatch("[0-9a-f]{64}", digest) and checked(key) for key, digest in manifest["blobs"].items())
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile, VitascopeError) as error:
        raise BadBackup("The backup has no manifest that can be read.", hint=_HINT) from error
    if not fits or not sound or tables - names:
        raise BadBackup(f"The backup is from Vitascope {manifest.get('vitascope')}.", hint="Update this one first.")
    return dict(manifest)


def _refuse_what_is_not_empty(store: Store, blobs: Blobs, manifest: dict[str, Any]) -> bool:
    """Whether the storage is the one of the backup's database, with its files."""
    with store.read() as tx:
        for table in schema.metadata.sorted_tables:
            if table.name not in _FLEETING and tx.execute(_rows(table).limit(1)).first():
                raise Conflict(
                    f"The database is not empty: there is something in {table.name}.",
                    hint="Restore into a new home or a new database.",
                )
    if next(iter(blobs.keys()), None) is None:
        return False
    if manifest.get("identity") and manifest["identity"] == identity.of_storage(blobs):
        return True
    raise Conflict(
        "The storage is not empty, and not the one of the backup's database.",
        hint="Restore into a new folder or bucket.",
    )


def _lock_out_others(tx: sa.Connection) -> None:
    """No one else writes until this is done; SQLite has one writer anyway."""
    if tx.dialect.name != "sqlite":
        names = ", ".join(f'"{table.name}"' for table in schema.metadata.sorted_tables)
        tx.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def _read_table(tx: sa.Connection, archive: zipfile.ZipFile, table: sa.Table, expected: int) -> None:
    """Columns that are new since the backup take their defaults."""
    if table.name in _FLEETING or not expected:
        return
    count, batch = 0, []
    try:
        with archive.open(f"tables/{table.name}.jsonl") as file:
            for line in file:
                row = json.loads(line)
                unknown = sorted(set(row) - set(table.c.keys()))
                if unknown:
                    raise BadBackup(f"{table.name} has an unknown {unknown[0]}.", hint="Update this Vitascope first.")
                batch.append(row)
                count += 1
                if len(batch) == _ROWS:
                    _insert(tx, table, batch)
                    batch = []
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise BadBackup(f"The backup's table {table.name} is damaged: {error}", hint=_HINT) from error
    _insert(tx, table, batch)
    if count != expected:
        raise BadBackup(f"The backup has {count} of {expected} rows of {table.name}.", hint=_HINT)
    key = table.autoincrement_column
    if key is not None and tx.dialect.name != "sqlite":  # numbering goes on where it was
        last = tx.scalar(sa.select(sa.func.max(key)))
        tx.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, key.name), last)))


def _insert(tx: sa.Connection, table: sa.Table, batch: list[dict[str, Any]]) -> None:
    if batch:
        try:
            tx.execute(table.insert(), batch)
        except (sa.exc.IntegrityError, sa.exc.DataError, sa.exc.StatementError) as error:
            why = str(getattr(error, "orig", error)).splitlines()[0]
            raise BadBackup(f"The backup's table {table.name} does not fit: {why}", hint=_HINT) from error


def _read_blobs(blobs: Blobs, archive: zipfile.ZipFile, hashes: dict[str, str], kept: list[str]) -> int:
    total = 0
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        aside = Path(folder) / "blob"
        for key, expected in hashes.items():
            digest = hashlib.sha256()
            try:
                with archive.open(f"blobs/{key}") as source, open(aside, "wb") as target:
                    while piece := source.read(_CHUNK):
                        digest.update(piece)
                        target.write(piece)
                        total += len(piece)
            except (KeyError, zipfile.BadZipFile, EOFError) as error:
                raise BadBackup(f"The backup's blob {key} is damaged: {error}", hint=_HINT) from error
            if digest.hexdigest() != expected:
                raise BadBackup(f"The backup's blob {key} is not what was saved.", hint=_HINT)
            if _same(blobs, key, expected):
                continue
            if not blobs.exists(key):
                kept.append(key)
            blobs.put(key, aside, _KINDS.get(key.rpartition(".")[2], "application/octet-stream"))
    return total


def _same(blobs: Blobs, key: str, expected: str) -> bool:
    digest = hashlib.sha256()
    try:
        for piece in blobs.read(key):
            digest.update(piece)
    except NotFound:
        return False
    return digest.hexdigest() == expected


_KINDS = {"mp4": "video/mp4", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
