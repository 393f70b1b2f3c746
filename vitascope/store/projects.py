"""Projects: named folders of an account's clips. A project goes into the trash with what is in it, and comes back with
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import BadSpec, NotFound
from vitascope.store import ids
from vitascope.store.schema import clips, films, projects

MAX_PROJECT = 120  # characters of a name


@dataclass(frozen=True)
class Project:
    id: str
    account_id: str
    name: str
    trashed_at: float | None
    created_at: float
    clips: int  # outside the trash


def create_project(tx: Connection, account_id: str, name: str, now: float) -> Project:
    made = ids.new_id(ids.PROJECT, now)
    row = {"id": made, "account_id": account_id, "name": _checked_name(name), "created_at": now}
    tx.execute(projects.insert().values(row))
    return project(tx, account_id, made)


def project(tx: Connection, account_id: str, project_id: str) -> Project:
    """Raises NotFound, also for another account's."""
    found = _projects(tx, account_id, projects.c.id == project_id) if "\0" not in project_id else []
    if not found:
        hint = "Projects are listed at /v1/library/projects."
        raise NotFound(f"There is no project {project_id[:60]}.", hint=hint, field="project")
    return found[0]


def list_projects(tx: Connection, account_id: str, *, trashed: bool = False) -> list[Project]:
    """Newest first."""
    wanted = projects.c.trashed_at.is_not(None) if trashed else projects.c.trashed_at.is_(None)
    return _projects(tx, account_id, wanted)


def covers(tx: Connection, account_id: str, project_ids: list[str], *, each: int = 4) -> dict[str, list[str]]:
    """Keys of the newest clips' posters, by project."""
    place = sa.func.row_number().over(partition_by=clips.c.project_id, order_by=clips.c.id.desc())
    shown = (clips.c.account_id == account_id, clips.c.trashed_at.is_(None), clips.c.poster_key.is_not(None))
    ranked = sa.select(clips.c.project_id, clips.c.poster_key, place.label("place"))
    newest = ranked.where(*shown, clips.c.project_id.in_(project_ids)).subquery()
    found: dict[str, list[str]] = {}
    for row in tx.execute(sa.select(newest).where(newest.c.place <= each).order_by(newest.c.place)):
        found.setdefault(row.project_id, []).append(row.poster_key)
    return found


def rename_project(tx: Connection, account_id: str, project_id: str, name: str) -> Project:
    return _changed_project(tx, account_id, project_id, name=_checked_name(name))


def trash_project(tx: Connection, account_id: str, project_id: str, now: float) -> Project:
    """The project and all its clips and films, which come back with it."""
    before = project(tx, account_id, project_id)
    if before.trashed_at is not None:
        return before
    inside = (clips.c.project_id == project_id, clips.c.account_id == account_id, clips.c.trashed_at.is_(None))
    tx.execute(clips.update().where(*inside).values(trashed_at=now))
    mine = (films.c.project_id == project_id, films.c.account_id == account_id, films.c.trashed_at.is_(None))
    tx.execute(films.update().where(*mine).values(trashed_at=now))
    return _changed_project(tx, account_id, project_id, trashed_at=now)


def restore_project(tx: Connection, account_id: str, project_id: str) -> Project:
    """With the clips and films that went into the trash with it; those thrown away before it stay there."""
    before = project(tx, account_id, project_id)
    inside = (clips.c.project_id == project_id, clips.c.account_id == account_id)
    tx.execute(clips.update().where(*inside, clips.c.trashed_at == before.trashed_at).values(trashed_at=None))
    mine = (films.c.project_id == project_id, films.c.account_id == account_id)
    tx.execute(films.update().where(*mine, films.c.trashed_at == before.trashed_at).values(trashed_at=None))
    return _changed_project(tx, account_id, project_id, trashed_at=None)


def _changed_project(tx: Connection, account_id: str, project_id: str, **values: Any) -> Project:
    mine = (projects.c.id == project_id, projects.c.account_id == account_id)
    tx.execute(projects.update().where(*mine).values(**values))
    return project(tx, account_id, project_id)


def _projects(tx: Connection, account_id: str, where: sa.ColumnElement[bool]) -> list[Project]:
    inside = (clips.c.project_id == projects.c.id, clips.c.account_id == account_id, clips.c.trashed_at.is_(None))
    number = sa.select(sa.func.count()).where(*inside).scalar_subquery()
    query = sa.select(projects, number.label("clips")).where(projects.c.account_id == account_id, where)
    return [Project(**row._mapping) for row in tx.execute(query.order_by(projects.c.id.desc()))]


def _checked_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > MAX_PROJECT or not cleaned.isprintable():
        raise BadSpec("A project cannot have that name.", hint=f"1 to {MAX_PROJECT} characters.")
    return cleaned
