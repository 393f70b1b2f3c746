"""What was made for films. A take whose clip a job makes says "ordered": how it is, its job says; a voice or music
waits here until a worker makes it (`workers/filming.py`). Everything is asked for one account.

A take that is removed stays as a row, because what it cost counts against the film's budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import LeaseLost, NotFound
from vitascope.film.take import Media, Take
from vitascope.store import ids
from vitascope.store.schema import clips, film_takes, films, jobs, transfers

FOLDER = "films"  # of the blobs, with a folder for each account
FIRST = "first.png"  # a still as a picture, beside its file; see orders/stills.py
MAX_ATTEMPTS = 3
MAX_TAKES = 20_000  # of a film


@dataclass(frozen=True)
class Row:
    """A row of `film_takes`."""

    id: str
    account_id: str
    film_id: str
    of: str
    kind: str
    number: int
    digest: str
    state: str
    job_id: str | None
    clip_id: str | None
    key: str | None
    media: dict[str, Any] | None
    words: list[Any]
    engine: str
    seam: float | None
    error: str | None
    own: bool
    attempts: int
    lease_worker: str | None
    lease_until: float | None
    removed_at: float | None
    proxy: str | None
    created_at: float


assert {item.name for item in fields(Row)} == set(film_takes.c.keys())


@dataclass(frozen=True)
class Shown:
    """A take with what only a server knows of it."""

    take: Take
    job_id: str | None
    job_state: str | None
    progress: int  # 0 to 100
    poster_key: str | None
    proxy_key: str | None  # of a smaller copy for players
    created_at: float
    notes: tuple[str, ...] = ()  # told when it was ordered, such as why a route took this model


@dataclass(frozen=True)
class Cost:
    """In units. `spent`: paid for what was made; `running`: held for what is on its way."""

    spent: int
    running: int


def key(account_id: str, id: str, suffix: str) -> str:
    """Where the file of a take or a render lies. `suffix`: ".wav"."""
    return f"{FOLDER}/{account_id}/{id}{suffix}"


def add(
    tx: Connection,
    account_id: str,
    film_id: str,
    now: float,
    *,
    of: str,
    kind: str,
    digest: str,
    state: str,
    id: str = "",
    **more: Any,
) -> Row:
    """A new take, with the next number of its kind and shot; the caller has locked the account."""
    mine = (film_takes.c.film_id == film_id, film_takes.c.kind == kind, film_takes.c.of == of)
    number = (tx.scalar(sa.select(sa.func.max(film_takes.c.number)).where(*mine)) or 0) + 1
    values = {
        "id": id or ids.new_id(ids.TAKE, now),
        "account_id": account_id,
        "film_id": film_id,
        "of": of,
        "kind": kind,
        "number": number,
        "digest": digest,
        "state": state,
        "created_at": now,
        **more,
    }
    return Row(**tx.execute(film_takes.insert().values(values).returning(film_takes)).one()._mapping)


def get(tx: Connection, account_id: str, film_id: str, take_id: str) -> Row:
    """Raises NotFound, also for one that was removed."""
    mine = (film_takes.c.account_id == account_id, film_takes.c.film_id == film_id, film_takes.c.id == take_id)
    row = tx.execute(sa.select(film_takes).where(*mine, film_takes.c.removed_at.is_(None))).first()
    if not row or "\0" in take_id:
        raise NotFound(f"The film has no take {take_id[:60]}.", hint="GET /v1/films/{id} lists them.")
    return Row(**row._mapping)


def remove(tx: Connection, row: Row, now: float) -> None:
    """Out of the film. One that waits is not made; the caller cancels its job and deletes its blobs."""
    values: dict[str, Any] = {"removed_at": now, "key": None, "proxy": None}
    if row.state == "waiting":
        values |= {"state": "failed", "lease_worker": None, "lease_until": None}
    tx.execute(sa.update(film_takes).where(film_takes.c.id == row.id).values(**values))


def shown(tx: Connection, film_id: str) -> list[Shown]:
    """The takes of a film in the order in which they were asked for. One whose clip has gone for good is left out."""
    columns = (
        film_takes,
        jobs.c.state.label("job_state"),
        jobs.c.step,
        jobs.c.steps,
        jobs.c.units,
        jobs.c.error_message,
        jobs.c.clip_id.label("made_clip"),
        jobs.c.request["notes"].label("notes"),
        jobs.c.spec["extend"]["frames"].as_integer().label("given"),
    )
    clip = sa.func.coalesce(film_takes.c.clip_id, jobs.c.clip_id)
    query = (
        sa.select(*columns, *(clips.c[name].label(f"clip_{name}") for name in _CLIP))
        .outerjoin(jobs, jobs.c.id == film_takes.c.job_id)
        .outerjoin(clips, clips.c.id == clip)
        .where(film_takes.c.film_id == film_id, film_takes.c.removed_at.is_(None))
        .order_by(film_takes.c.id)
    )
    return [one for row in tx.execute(query) if (one := _shown(row))]


_CLIP = ("frames", "fps", "width", "height", "sound", "video_key", "poster_key", "defects", "model")


def _shown(row: Any) -> Shown | None:
    media, state = Media.from_dict(row.media) if row.media else None, "made"
    if row.state == "ordered":
        state = {"succeeded": "made", "failed": "failed", "cancelled": "failed"}.get(row.job_state or "", "running")
    elif row.state != "made":
        state = {"waiting": "running"}.get(row.state, row.state)
    clip_id = row.clip_id or row.made_clip
    if clip_id and row.clip_frames:
        media = media_of(row, given=row.given or 0, prefix="clip_")
    if state == "made" and not media:
        return None
    defects = row.clip_defects or ()
    broken = any(defect.get("level") != "warning" for defect in defects)
    take = Take(
        id=row.id,
        of=row.of,
        kind=row.kind,
        digest=row.digest,
        state=state,  # type: ignore[arg-type]
        media=media if state == "made" else None,
        job=row.job_id or "",
        clip=clip_id or "",
        engine=row.engine or row.clip_model or "",
        number=row.number,
        credits=(row.units or 0) / 100 if state != "failed" and not broken else 0.0,
        seam=row.seam,
        defects=tuple(defect.get("message", "") for defect in defects),
        words=tuple((str(word), Fraction(start), Fraction(end)) for word, start, end in row.words or ()),
        error=_why(row) if state == "failed" else "",
        own=row.own,
    )
    step = min(99, 100 * (row.step or 0) // row.steps) if row.steps else 0
    return Shown(
        take, row.job_id, row.job_state, 100 if state != "running" else step, row.clip_poster_key, row.proxy or None,
        row.created_at, tuple(row.notes or ()),
    )  # fmt: skip


def media_of(clip: Any, *, given: int = 0, prefix: str = "") -> Media:
    """Of a row of `clips`. `given`: frames of the clip that it continues."""
    frames, rate = getattr(clip, f"{prefix}frames"), Fraction(getattr(clip, f"{prefix}fps"))
    still = frames == 1
    key = getattr(clip, f"{prefix}video_key")
    return Media(
        key=f"{key.rpartition('/')[0]}/{FIRST}" if still else key,
        seconds=Fraction(0) if still else frames / rate,
        width=getattr(clip, f"{prefix}width"),
        height=getattr(clip, f"{prefix}height"),
        rate=Fraction(0) if still else rate,
        sound=bool(getattr(clip, f"{prefix}sound")),
        begin=given / rate,
    )


def _why(row: Any) -> str:
    if row.job_state == "cancelled":
        return "It was cancelled."
    return row.error or row.error_message or "It could not be made."


def cost(tx: Connection, film_id: str) -> Cost:
    """What the film's takes have cost and will, those that were removed included."""
    mine = sa.select(film_takes.c.job_id).where(film_takes.c.film_id == film_id, film_takes.c.job_id.is_not(None))
    paid = sa.func.coalesce(
        sa.func.sum(
            sa.case((transfers.c.kind == "post", transfers.c.units), (transfers.c.kind == "refund", -transfers.c.units),
                    else_=0)
        ),
        0,
    )  # fmt: skip
    spent = tx.scalar(sa.select(paid).where(transfers.c.job_id.in_(mine)))
    held = sa.select(sa.func.coalesce(sa.func.sum(jobs.c.units), 0))
    running = tx.scalar(held.where(jobs.c.id.in_(mine), jobs.c.state.in_(("queued", "running"))))
    return Cost(int(spent or 0), int(running or 0))


def count(tx: Connection, film_id: str) -> int:
    """All that were ever asked for: a number that grows whenever a take is added."""
    return tx.scalar(sa.select(sa.func.count()).where(film_takes.c.film_id == film_id)) or 0


def of_jobs(tx: Connection, job_ids: Sequence[str]) -> dict[str, Row]:
    """By their jobs."""
    query = sa.select(film_takes).where(film_takes.c.job_id.in_(list(job_ids)))
    return {row.job_id: Row(**row._mapping) for row in tx.execute(query)}


# Voices and music, which a worker makes.


def claim(tx: Connection, worker: str, now: float, *, lease_seconds: float) -> Row | None:
    """The oldest voice or music that waits, for this worker alone until its lease runs out; one of a film in the trash
    waits on, and music waits for the film's voices, which decide how long it is. One that was begun too often has
    failed.
    """
    table, other = film_takes.c, film_takes.alias("other")
    waits = table.state == sa.literal_column("'waiting'")
    free = sa.or_(table.lease_until.is_(None), table.lease_until <= now)
    there = table.film_id.in_(sa.select(films.c.id).where(films.c.trashed_at.is_(None)))
    voice = sa.and_(other.c.kind == "voice", other.c.state == sa.literal_column("'waiting'"))
    unspoken = sa.exists().where(other.c.film_id == table.film_id, voice)
    query = sa.select(table.id).where(waits, free, there, sa.or_(table.kind == "voice", sa.not_(unspoken)))
    found = tx.execute(query.order_by(table.id).limit(1).with_for_update(skip_locked=True)).scalar()
    if not found:
        return None
    taking = sa.update(film_takes).where(table.id == found).values(
        lease_worker=worker, lease_until=now + lease_seconds, attempts=table.attempts + 1
    ).returning(film_takes)  # fmt: skip
    row = Row(**tx.execute(taking).one()._mapping)
    if row.attempts > MAX_ATTEMPTS:
        end(tx, row, state="failed", error="It was begun three times, and its worker died each time.")
        return None
    return row


def beat(tx: Connection, row: Row, until: float) -> None:
    """Prolong the lease. Raises LeaseLost."""
    _change_mine(tx, row, lease_until=until)


def end(tx: Connection, row: Row, **values: Any) -> None:
    """What became of it. Raises LeaseLost when another worker has it now, or it was removed."""
    _change_mine(tx, row, lease_worker=None, lease_until=None, **values)


def _change_mine(tx: Connection, row: Row, **values: Any) -> None:
    table = film_takes.c
    mine = (table.id == row.id, table.state == "waiting", table.lease_worker == row.lease_worker)
    this = (*mine, table.attempts == row.attempts)
    changing = sa.update(film_takes).where(*this).values(**values)
    if not tx.execute(changing).rowcount:
        raise LeaseLost(f"{row.id} is no longer this worker's.", hint="Drop the work.")


def change(tx: Connection, take_id: str, values: Mapping[str, Any]) -> None:
    tx.execute(sa.update(film_takes).where(film_takes.c.id == take_id).values(**values))


@dataclass(frozen=True)
class Join:
    """A take that goes on from another clip, and how smoothly is not measured yet. `skip`: its frames that show what
    the other shows.
    """

    take_id: str
    before_key: str
    key: str
    skip: int


def unmeasured(tx: Connection) -> Join | None:
    """One of them."""
    table, earlier, before = film_takes.c, jobs.alias("earlier"), clips.alias("before")
    joins = jobs.c.request["joins"].as_string()
    other = sa.case((joins == "", earlier.c.clip_id), else_=joins)
    query = (
        sa.select(
            table.id, clips.c.video_key, before.c.video_key.label("before_key"),
            jobs.c.spec["extend"]["frames"].as_integer().label("given"),
        )
        .join(jobs, jobs.c.id == table.job_id)
        .join(clips, clips.c.id == jobs.c.clip_id)
        .outerjoin(earlier, earlier.c.id == jobs.c.after)
        .join(before, sa.and_(before.c.id == other, before.c.account_id == table.account_id))
        .where(table.state == sa.literal_column("'ordered'"), table.attempts == sa.literal_column("0"))
        .where(table.seam.is_(None), table.removed_at.is_(None))
        .where(joins.is_not(None), jobs.c.state == "succeeded")
        .limit(1)
    )  # fmt: skip
    row = tx.execute(query).first()
    return Join(row.id, row.before_key, row.video_key, row.given or 1) if row else None


def take_up(tx: Connection, join: Join) -> bool:
    """Whether it is this caller's to measure; it is given out once."""
    this = (film_takes.c.id == join.take_id, film_takes.c.attempts == 0)
    return bool(tx.execute(sa.update(film_takes).where(*this).values(attempts=1)).rowcount)


@dataclass(frozen=True)
class Unseen:
    """A clip of a film of which nobody has said yet whether players need a smaller copy."""

    take_id: str
    account_id: str
    film_id: str
    key: str
    lines: int  # of its short side


def unseen(tx: Connection, now: float) -> Unseen | None:
    """One that is made, and that no worker looks at just now."""
    table = film_takes.c
    clip = sa.func.coalesce(table.clip_id, jobs.c.clip_id)
    query = (
        sa.select(table.id, table.account_id, table.film_id, table.key, table.media, *(clips.c[name] for name in _SEEN))
        .outerjoin(jobs, jobs.c.id == table.job_id)
        .outerjoin(clips, clips.c.id == clip)
        .where(sa.literal_column("film_takes.kind = 'clip'"), table.proxy.is_(None), table.removed_at.is_(None))
        .where(sa.or_(table.lease_until.is_(None), table.lease_until <= now))
        .where(sa.or_(clips.c.id.is_not(None), table.key.is_not(None)))
        .limit(1)
    )
    row = tx.execute(query).first()
    if not row:
        return None
    width, height = (row.media["width"], row.media["height"]) if row.key else (row.width, row.height)
    return Unseen(row.id, row.account_id, row.film_id, row.key or row.video_key, min(width, height))


_SEEN = ("video_key", "width", "height")


def look_at(tx: Connection, one: Unseen, now: float, until: float) -> bool:
    """Whether it is this caller's to copy, for so long."""
    table = film_takes.c
    free = sa.or_(table.lease_until.is_(None), table.lease_until <= now)
    this = (table.id == one.take_id, table.proxy.is_(None), table.removed_at.is_(None), free)
    return bool(tx.execute(sa.update(film_takes).where(*this).values(lease_until=until)).rowcount)


def seen(tx: Connection, one: Unseen, proxy: str) -> bool:
    """What came of it. False: the take was removed meanwhile."""
    this = (film_takes.c.id == one.take_id, film_takes.c.removed_at.is_(None))
    return bool(tx.execute(sa.update(film_takes).where(*this).values(proxy=proxy, lease_until=None)).rowcount)


def is_waiting(tx: Connection) -> bool:
    """Whether a voice or music waits."""
    waits = film_takes.c.state == sa.literal_column("'waiting'")
    return tx.execute(sa.select(film_takes.c.id).where(waits).limit(1)).first() is not None


def is_used(tx: Connection, key: str) -> bool:
    """Whether a take has its file at this key."""
    return tx.execute(sa.select(film_takes.c.id).where(film_takes.c.key == key)).first() is not None


def keys_of(tx: Connection, where: Iterable[sa.ColumnElement[bool]]) -> list[str]:
    """Of the blobs of these takes that are no clips of the library."""
    return list(tx.scalars(sa.select(film_takes.c.key).where(*where, film_takes.c.key.is_not(None))))
