"""What goes when its time has come: clips past their retention, the trash after its days, files that belong to no clip
(`orphans.py`). It looks at all accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store import identity, ids, orphans
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.orphans import Swept
from vitascope.store.schema import accounts, clips, film_renders, film_takes, films, jobs, projects

DAY = 86_400.0
TRASH_DAYS = 30
FRAMES = ("first.png", "last.png")  # see server/files/stills.py
SWEPT_DAYS = 14  # that a file without a clip is kept, set aside


def purge(
    tx: Connection,
    now: float,
    retention_days: int = 0,
    *,
    by_plan: Mapping[str, int] | None = None,
    trash_days: int = TRASH_DAYS,
    limit: int = 500,
    due: float | None = None,
) -> list[str]:
    """Clips older than the retention go into the trash, favourites excepted; what lay in the trash for `trash_days`
    goes for good, empty projects with it. The keys of the blobs to delete once this is committed.

    `by_plan`: days for the accounts of a plan, where they differ from `retention_days`. 0: for ever. `due`: what time
    it is for what ends, where the clock is not believed (`clock.due`).
    """
    due = now if due is None else due
    plans = dict(by_plan or {})
    for plan, days in [*plans.items(), ("", retention_days)]:
        if days <= 0:
            continue
        of_plan = accounts.c.plan == plan if plan else accounts.c.plan.not_in(list(plans))
        owners = sa.select(accounts.c.id).where(of_plan)
        old = (clips.c.created_at < due - days * DAY, clips.c.trashed_at.is_(None), clips.c.favourite.is_(False))
        free = clips.c.id.not_in(_in_films())
        tx.execute(clips.update().where(*old, free, clips.c.account_id.in_(owners)).values(trashed_at=now))
    over = due - trash_days * DAY
    files = (clips.c.video_key, clips.c.poster_key, clips.c.sprite_key)
    gone = tx.execute(sa.select(clips.c.id, *files).where(clips.c.trashed_at < over).limit(limit)).all()
    tx.execute(clips.delete().where(clips.c.id.in_([row.id for row in gone])))
    used = [sa.select(one.c.project_id).where(one.c.project_id.is_not(None)) for one in (clips, films)]
    empty = [projects.c.id.not_in(ids_used) for ids_used in used]
    tx.execute(projects.delete().where(projects.c.trashed_at < over, *empty))
    return [*(key for row in gone for key in row[1:] if key), *_old_films(tx, over, limit)]


def _in_films() -> sa.CompoundSelect[tuple[str]]:
    """Clips that a film outside the trash has among its takes; its cut may show them."""
    there = sa.select(films.c.id).where(films.c.trashed_at.is_(None))
    takes = sa.and_(film_takes.c.removed_at.is_(None), film_takes.c.film_id.in_(there))
    made = sa.select(jobs.c.clip_id).join(film_takes, film_takes.c.job_id == jobs.c.id)
    own = sa.select(film_takes.c.clip_id).where(takes, film_takes.c.clip_id.is_not(None))
    return sa.union_all(made.where(takes, jobs.c.clip_id.is_not(None)), own)


def _old_films(tx: Connection, over: float, limit: int) -> list[str]:
    """Films that lay in the trash for so long go for good. The keys of their blobs."""
    doomed = list(tx.scalars(sa.select(films.c.id).where(films.c.trashed_at < over).limit(limit)))
    keys: list[str] = []
    for table, columns in (
        (film_takes, (film_takes.c.key, film_takes.c.proxy)),
        (film_renders, (film_renders.c.key, film_renders.c.captions_key)),
    ):
        for row in tx.execute(sa.select(*columns).where(table.c.film_id.in_(doomed))):
            keys += [key for key in row if key]
    tx.execute(films.delete().where(films.c.id.in_(doomed)))  # all that is of them goes with them
    return keys


def remove(blobs: Blobs, keys: Iterable[str]) -> None:
    """Delete these files of clips, and the single frames that were drawn beside a film when they were asked for."""
    for key in keys:
        blobs.delete(key)
        folder, _, name = key.rpartition("/")
        if name == "video.mp4":
            for frame in FRAMES:
                blobs.delete(f"{folder}/{frame}")


def sweep(
    store: Store,
    blobs: Blobs,
    retention_days: int = 0,
    *,
    by_plan: Mapping[str, int] | None = None,
    trash_days: int = TRASH_DAYS,
    swept_days: int = SWEPT_DAYS,
    however_many: bool = False,
    due: float | None = None,
) -> Swept:
    """One round of keeping house, for a worker's idle moments: purge, and set aside the files that belong to no clip.
    More than a tenth of all clips are set aside only with the operator's word (`however_many`). `due`: as for `purge`.

    Raises BadSettings, before anything is touched, when database and storage do not belong together.
    """
    since = identity.meet(store, blobs).since
    now = store.clock()
    due = now if due is None else due
    with store.begin() as tx:
        doomed = purge(tx, now, retention_days, by_plan=by_plan, trash_days=trash_days, due=due)
    doomed += _old_looks(store, blobs, due)
    remove(blobs, doomed)
    found = orphans.find(store, blobs, since, due)
    stopped = found.too_many and not however_many
    swept = Swept(
        deleted=len(doomed),
        aside=0 if stopped else orphans.set_aside(blobs, found.keys, now),
        dropped=orphans.drop(blobs, due, swept_days),
        orphans=found.orphans,
        total=found.total,
        older=found.older,
        stopped=stopped,
    )
    waiting = len(orphans.aside(blobs))
    with store.begin() as tx:
        orphans.remember(tx, swept, waiting, now)
    return swept


def _old_looks(store: Store, blobs: Blobs, now: float) -> list[str]:
    """Previews that will not be looked at again: of jobs of yesterday that do not run."""
    found = [(name, name.rpartition("/")[2].partition("-")[0]) for name in blobs.keys("previews")]
    old = [(name, job_id) for name, job_id in found if (ids.born(job_id, ids.JOB) or now) < now - DAY]
    ended: set[str] = set()
    with store.read() as tx:
        for start in range(0, len(old), 500):
            part = {job_id for _, job_id in old[start : start + 500]}
            ended.update(tx.scalars(sa.select(jobs.c.id).where(jobs.c.id.in_(part), jobs.c.state != "running")))
    return [name for name, job_id in old if job_id in ended]
