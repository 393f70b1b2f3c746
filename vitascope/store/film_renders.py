"""Renders of films: asked for, made by one worker at a time from nothing, kept as files of the account. The row holds
the film as it was when it was asked, so a later change of the film changes no render.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import LeaseLost, NotFound, TooMany
from vitascope.film import document
from vitascope.film.document import Film
from vitascope.film.take import Take
from vitascope.store import ids
from vitascope.store.database import lock_account
from vitascope.store.films import Row as FilmRow
from vitascope.store.schema import film_renders, film_takes

MAX_ATTEMPTS = 3
LONGEST_LEASE = 3600.0  # seconds
MAX_OPEN = 5  # of an account
MAX_KEPT = 100  # of a film


@dataclass(frozen=True)
class Render:
    """A row of `film_renders`."""

    id: str
    account_id: str
    film_id: str
    version: int
    state: str
    asked: dict[str, Any]
    plan: dict[str, Any]
    done: int
    frames: int
    attempts: int
    lease_worker: str | None
    lease_until: float | None
    cancel_requested: bool
    key: str | None
    captions_key: str | None
    facts: dict[str, Any]
    error: str | None
    finished_at: float | None
    created_at: float

    @property
    def film(self) -> Film:
        return document.read(self.plan["document"])

    @property
    def takes(self) -> tuple[Take, ...]:
        return tuple(map(Take.from_dict, self.plan["takes"]))


assert {item.name for item in fields(Render)} == set(film_renders.c.keys())


def ask(
    tx: Connection, film: FilmRow, takes: tuple[Take, ...], asked: dict[str, Any], frames: int, now: float, **plan: Any
) -> Render:
    """Raises TooMany when the account has too many under way."""
    lock_account(tx, film.account_id)
    table = film_renders.c
    open_ones = (table.account_id == film.account_id, table.finished_at.is_(None))
    count = tx.scalar(sa.select(sa.func.count()).where(*open_ones)) or 0
    if count >= MAX_OPEN:
        raise TooMany(
            f"{count} renders of this account are under way.", hint="Wait for one, or cancel one.", retry_after=10.0,
            kind="parallel",
        )  # fmt: skip
    kept = tx.scalar(sa.select(sa.func.count()).where(table.film_id == film.id)) or 0
    if kept >= MAX_KEPT:
        raise TooMany(f"The film has {kept} renders.", hint="Delete some of them.", kind="parallel")
    values = {
        "id": ids.new_id(ids.RENDER, now),
        "account_id": film.account_id,
        "film_id": film.id,
        "version": film.version,
        "state": "queued",
        "asked": asked,
        "plan": {"document": film.document, "takes": [take.to_dict() for take in takes], **plan},
        "frames": frames,
        "created_at": now,
    }
    return _render(tx.execute(film_renders.insert().values(values).returning(film_renders)).one())


def get(tx: Connection, account_id: str, film_id: str, render_id: str) -> Render:
    """Raises NotFound, also for another account's."""
    table = film_renders.c
    mine = (table.id == render_id, table.film_id == film_id, table.account_id == account_id)
    row = tx.execute(sa.select(film_renders).where(*mine)).first() if "\0" not in render_id else None
    if not row:
        raise NotFound(f"The film has no render {render_id[:60]}.", hint="GET /v1/films/{id}/renders lists them.")
    return _render(row)


def of_film(tx: Connection, film_id: str, *, limit: int = 50) -> list[Render]:
    """The newest first, without their plans, which may be large."""
    columns = [column for column in film_renders.c if column.name != "plan"]
    query = sa.select(*columns, sa.literal("{}", sa.JSON).label("plan"))
    query = query.where(film_renders.c.film_id == film_id).order_by(film_renders.c.id.desc()).limit(limit)
    return [Render(**{**row._mapping, "plan": {}}) for row in tx.execute(query)]


def cancel(tx: Connection, render: Render, now: float) -> Render:
    """One that nobody works on is cancelled at once, one that runs at its next frame."""
    table = film_renders.c
    if render.state == "queued" or (render.state == "running" and (render.lease_until or 0) <= now):
        values: dict[str, Any] = {"state": "cancelled", "finished_at": now, "lease_worker": None, "lease_until": None}
    elif render.state == "running":
        values = {"cancel_requested": True}
    else:
        return render
    changing = sa.update(film_renders).where(table.id == render.id, table.finished_at.is_(None)).values(**values)
    tx.execute(changing)
    return get(tx, render.account_id, render.film_id, render.id)


def drop(tx: Connection, render: Render) -> list[str]:
    """Remove a finished one. The keys of its blobs, to be deleted once this is committed."""
    tx.execute(film_renders.delete().where(film_renders.c.id == render.id))
    return [key for key in (render.key, render.captions_key) if key]


def is_waiting(tx: Connection) -> bool:
    """Whether a render is not done."""
    query = sa.select(film_renders.c.id).where(film_renders.c.finished_at.is_(None))
    return tx.execute(query.limit(1)).first() is not None


def claim(tx: Connection, worker: str, now: float, *, lease_seconds: float) -> Render | None:
    """The oldest render that waits, or whose worker died."""
    table = film_renders.c
    dead = sa.and_(table.state == "running", table.lease_until <= now)
    query = sa.select(film_renders).where(
        table.finished_at.is_(None), sa.or_(table.state == "queued", dead)
    )  # fmt: skip
    row = tx.execute(query.order_by(table.id).limit(1).with_for_update(skip_locked=True)).first()
    if not row:
        return None
    found = _render(row)
    if found.cancel_requested or found.attempts >= MAX_ATTEMPTS:
        why = None if found.cancel_requested else "It was begun three times, and its worker died each time."
        values: dict[str, Any] = {"state": "failed" if why else "cancelled", "finished_at": now, "error": why}
        values |= {"lease_worker": None, "lease_until": None}
        tx.execute(sa.update(film_renders).where(table.id == found.id).values(**values))
        return None
    taking = {"state": "running", "lease_worker": worker, "lease_until": now + lease_seconds, "done": 0}
    changing = sa.update(film_renders).where(table.id == found.id)
    return _render(tx.execute(changing.values(**taking, attempts=table.attempts + 1).returning(film_renders)).one())


def beat(tx: Connection, render: Render, done: int, frames: int, until: float) -> bool:
    """Make progress known and prolong the lease. True: go on; False: its owner wants it no more. Raises LeaseLost."""
    row = _mine(tx, render, done=done, frames=frames, lease_until=until)
    return not row.cancel_requested


def release(tx: Connection, render: Render) -> None:
    """Back into the queue, unharmed, because the worker is asked to stop."""
    _mine(tx, render, state="queued", lease_worker=None, lease_until=None, attempts=film_renders.c.attempts - 1)


def end(tx: Connection, render: Render, state: str, now: float, **values: Any) -> None:
    """Raises LeaseLost when another worker has it now."""
    _mine(tx, render, state=state, finished_at=now, lease_worker=None, lease_until=None, **values)


def shorten(tx: Connection, now: float) -> None:
    """Leases of renders and sounds that end later than any can were given by a clock that was ahead: they end now."""
    for table in (film_renders, film_takes):
        late = table.c.lease_until > now + LONGEST_LEASE
        tx.execute(sa.update(table).where(late).values(lease_until=now))


def _mine(tx: Connection, render: Render, **values: Any) -> Any:
    table = film_renders.c
    held = (table.id == render.id, table.state == "running", table.lease_worker == render.lease_worker)
    this = (*held, table.attempts == render.attempts)
    row = tx.execute(sa.update(film_renders).where(*this).values(**values).returning(table.cancel_requested)).first()
    if not row:
        raise LeaseLost(f"{render.id} is no longer this worker's.", hint="Drop the work.")
    return row


def _render(row: Any) -> Render:
    return Render(**row._mapping)
