"""Films: one document each, and every change of it as a version with the patch that undoes it. Two people may change
one film: a change that was made on an older version is taken as long as nothing that it touches was touched since.

What was made for a film is in `film_takes.py`, its renders in `film_renders.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import BadSpec, Conflict, FilmChanged, NotFound, UnknownId
from vitascope.film import document, edit
from vitascope.film.document import Film
from vitascope.store import events, film_names, ids
from vitascope.store.database import lock_account
from vitascope.store.projects import project
from vitascope.store.schema import film_versions, films

KEPT_VERSIONS = 500  # of each film; older ones cannot be undone any more
MAX_FILMS = 5_000  # of an account
MAX_BYTES = 16 * 2**20  # of a document


@dataclass(frozen=True)
class Row:
    """A row of `films`."""

    id: str
    account_id: str
    project_id: str | None
    title: str
    version: int
    document: dict[str, Any]
    trashed_at: float | None
    edited_at: float
    created_at: float

    @property
    def film(self) -> Film:
        return document.read(self.document)

    @property
    def identified(self) -> Film:
        """The film as it is handed off: one without an identity of its own has the row's."""
        film = self.film
        return film if film.identity else film.model_copy(update={"identity": self.id})


assert {item.name for item in fields(Row)} == set(films.c.keys())


@dataclass(frozen=True)
class Version:
    """A row of `film_versions`, without what it would take to undo it."""

    version: int
    kind: str  # edit, undo or redo
    of: int | None
    by: str
    at: float
    patch: dict[str, Any]

    @property
    def paths(self) -> list[str]:
        return [".".join(path) for path in edit.paths(self.patch)]


def create(
    tx: Connection, account_id: str, film: Film, now: float, *, project_id: str | None = None, by: str = ""
) -> Row:
    """A new film, whose first version is number 1."""
    lock_account(tx, account_id)
    if project_id:
        _refuse_trashed_project(tx, account_id, project_id)
    count = tx.scalar(sa.select(sa.func.count()).where(films.c.account_id == account_id)) or 0
    if count >= MAX_FILMS:
        raise Conflict(f"The account has {count:,} films.", hint="Those in the trash go after 30 days.")
    row = {
        "id": ids.new_id(ids.FILM, now),
        "account_id": account_id,
        "project_id": project_id or None,
        "title": film.title,
        "version": 1,
        "document": film.to_dict(),
        "edited_at": now,
        "created_at": now,
    }
    made = _row(tx.execute(films.insert().values(row).returning(films)).one())
    _remember(tx, made, "edit", None, {}, {}, by, now)
    tell(tx, made, now)
    return made


def get(tx: Connection, account_id: str, film_id: str) -> Row:
    """Also one in the trash. Raises NotFound, also for another account's."""
    query = sa.select(films).where(films.c.id == film_id, films.c.account_id == account_id)
    row = tx.execute(query).first() if "\0" not in film_id else None
    if not row:
        raise NotFound(f"There is no film {film_id[:60]}.", hint="Films are listed at /v1/films.")
    return _row(row)


def locked(tx: Connection, account_id: str, film_id: str, *, trashed: bool = False) -> Row:
    """The same, and until this transaction ends nobody else changes it. Raises Conflict for one in the trash."""
    lock_account(tx, account_id)
    found = get(tx, account_id, film_id)
    if found.trashed_at is not None and not trashed:
        raise Conflict("The film is in the trash.", hint="Restore it first.")
    return found


def page(
    tx: Connection,
    account_id: str,
    *,
    trashed: bool = False,
    project_id: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[Row]:
    """The newest first."""
    query = sa.select(films).where(films.c.account_id == account_id)
    query = query.where(films.c.trashed_at.is_not(None) if trashed else films.c.trashed_at.is_(None))
    if project_id:
        query = query.where(films.c.project_id == project_id)
    if after:
        query = query.where(films.c.id < after)
    return [_row(row) for row in tx.execute(query.order_by(films.c.id.desc()).limit(limit))]


def change(
    tx: Connection,
    account_id: str,
    film_id: str,
    patch: Mapping[str, Any],
    now: float,
    *,
    version: int | None = None,
    by: str = "",
) -> Row:
    """The film with this patch, which was made on `version` (None: whatever it is now). A patch that changes nothing
    makes no version. Raises FilmChanged when what it touches was touched since, BadSpec when no film comes out,
    UnknownId when it names what is not there.
    """
    row = locked(tx, account_id, film_id)
    if version is not None:
        _refuse_overlap(tx, row, patch, version)
    before = row.film
    try:
        after = edit.apply(before, patch)
    except BadSpec as error:
        alone = error.field and not isinstance(error, UnknownId)  # the patch alone is at fault
        if version is None or version == row.version or alone:
            raise
        raise FilmChanged(
            f"The film has changed since version {version}, and this does not go with it: {error.message}",
            hint="Look at the film as it is now, and change that.",
            field=error.field,
            more={"version": row.version, "conflicts": []},
        ) from error
    film_names.refuse_unknown(tx, account_id, film_id, before, after)
    return _keep(tx, row, before, after, "edit", None, by, now)


def undo(tx: Connection, account_id: str, film_id: str, now: float, *, by: str = "", redo: bool = False) -> Row:
    """The last change taken back; with `redo`, the last one that was taken back done again. Raises Conflict where none
    is left.
    """
    row = locked(tx, account_id, film_id)
    done, undone = stacks(tx, film_id)
    stack, word = (undone, "redo") if redo else (done, "undo")
    if not stack:
        raise Conflict(
            f"There is nothing to {word}.", hint="" if redo else f"The last {KEPT_VERSIONS} changes can be undone."
        )
    mine = (film_versions.c.film_id == film_id, film_versions.c.version == stack[-1])
    found = tx.execute(sa.select(film_versions).where(*mine)).one()
    before = row.film
    after = edit.apply(before, found.patch if redo else found.undo)
    return _keep(tx, row, before, after, word, stack[-1], by, now)


def stacks(tx: Connection, film_id: str) -> tuple[list[int], list[int]]:
    """Versions that can be undone, and those that can be done again; of each the last one is first in turn."""
    done: list[int] = []
    undone: list[int] = []
    table = film_versions.c
    query = sa.select(table.version, table.kind, table.of).where(table.film_id == film_id, table.version > 1)
    for version, kind, of in tx.execute(query.order_by(table.version)):
        if kind == "edit":
            done.append(version)
            undone.clear()
        elif kind == "undo":
            done = [one for one in done if one != of]
            undone.append(of)
        else:
            undone = [one for one in undone if one != of]
            done.append(of)
    kept = set(tx.scalars(sa.select(table.version).where(table.film_id == film_id)))
    return [one for one in done if one in kept], [one for one in undone if one in kept]


def history(tx: Connection, film_id: str, *, before: int | None = None, limit: int = 50) -> list[Version]:
    """The newest first."""
    table = film_versions.c
    query = sa.select(film_versions).where(table.film_id == film_id)
    if before is not None:
        query = query.where(table.version < before)
    return [_version(row) for row in tx.execute(query.order_by(table.version.desc()).limit(limit))]


def move(tx: Connection, account_id: str, film_id: str, project_id: str | None) -> Row:
    """Into a project; None: out of all."""
    locked(tx, account_id, film_id)
    if project_id:
        _refuse_trashed_project(tx, account_id, project_id)
    return _changed(tx, film_id, project_id=project_id or None)


def trash(tx: Connection, account_id: str, film_id: str, now: float) -> Row:
    """Into the trash; its clips stay in the library."""
    row = locked(tx, account_id, film_id, trashed=True)
    return row if row.trashed_at is not None else _changed(tx, film_id, trashed_at=now)


def restore(tx: Connection, account_id: str, film_id: str) -> Row:
    locked(tx, account_id, film_id, trashed=True)
    return _changed(tx, film_id, trashed_at=None)


def tell(tx: Connection, row: Row, now: float) -> None:
    """Whoever watches looks again."""
    events.tell(tx, row.account_id, "film.changed", {"film_id": row.id, "version": row.version}, now)


def _refuse_overlap(tx: Connection, row: Row, patch: Mapping[str, Any], version: int) -> None:
    if version == row.version:
        return
    if not 1 <= version <= row.version:
        raise BadSpec(
            f"version must be 1 to {row.version}, got {version}.", hint="That of the film you see.", field="version"
        )
    since = [one for one in history(tx, row.id, limit=row.version - version) if one.version > version]
    if len(since) < row.version - version:
        raise FilmChanged(
            f"The film has changed {row.version - version} times since version {version}.",
            hint="Look at the film as it is now, and change that.",
            more={"version": row.version, "conflicts": []},
        )
    data = row.film.to_dict()
    mine = list(edit.paths(edit.difference(data, edit.merged(data, patch))))  # what it would change now
    found: list[dict[str, Any]] = []
    for one in since:
        theirs = list(edit.paths(one.patch))
        found += [
            {"path": ".".join(path), "by": one.by, "at": one.at, "version": one.version}
            for path in edit.overlap(mine, theirs)
        ]
    if found:
        first = found[0]
        raise FilmChanged(
            f"{first['by'] or 'Somebody'} has changed {first['path'][:120]} since version {version}.",
            hint="Look at the film as it is now, and change that.",
            field=first["path"][:200],
            more={"version": row.version, "conflicts": found[:100]},
        )


def _keep(tx: Connection, row: Row, before: Film, after: Film, kind: str, of: int | None, by: str, now: float) -> Row:
    patch = edit.between(before, after)
    if not patch and kind == "edit":
        return row
    data = after.to_dict()
    if (size := len(json.dumps(data))) > MAX_BYTES:
        raise BadSpec(f"The film's document has {size >> 20} MB.", hint=f"At most {MAX_BYTES >> 20} MB.")
    changed = _changed(tx, row.id, document=data, title=after.title, version=row.version + 1, edited_at=now)
    _remember(tx, changed, kind, of, patch, edit.between(after, before), by, now)
    old = (film_versions.c.film_id == row.id, film_versions.c.version <= changed.version - KEPT_VERSIONS)
    tx.execute(film_versions.delete().where(*old))
    tell(tx, changed, now)
    return changed


def _remember(tx: Connection, row: Row, kind: str, of: int | None, patch: Any, undo: Any, by: str, now: float) -> None:
    values = {
        "film_id": row.id,
        "version": row.version,
        "account_id": row.account_id,
        "kind": kind,
        "of": of,
        "patch": patch,
        "undo": undo,
        "by": by,
        "created_at": now,
    }
    tx.execute(film_versions.insert().values(values))


def _refuse_trashed_project(tx: Connection, account_id: str, project_id: str) -> None:
    if project(tx, account_id, project_id).trashed_at is not None:
        raise Conflict("That project is in the trash.", hint="Restore it first.", field="project")


def _changed(tx: Connection, film_id: str, **values: Any) -> Row:
    return _row(tx.execute(sa.update(films).where(films.c.id == film_id).values(**values).returning(films)).one())


def _row(row: Any) -> Row:
    return Row(**row._mapping)


def _version(row: Any) -> Version:
    return Version(row.version, row.kind, row.of, row.by, row.created_at, row.patch)
