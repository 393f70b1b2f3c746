"""What goes when its time has come: clips past their retention, the trash after its days, files that belong to no clip
(`orphans.py`). It looks at all accounts. `library.py` hands `purge` and `sweep` on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store import identity, ids, orphans
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.orphans import Swept
from vitascope.store.schema import accounts, clips, jobs, projects

DAY = 86_400.0
TRASH_DAYS = 30
FRAMES = ("first.png", "last.png")  # see server/stills.py
SWEPT_DAYS = 14  # that a file without a clip is kept, set aside


def purge(
    tx: Connection,
    now: float,
    retention_days: int = 0,
    *,
    by_plan: Mapping[str, int] | None = None,
    trash_days: int = TRASH_DAYS,
    limit: int = 500,
) -> list[str]:
    """Clips older than the retention go into the trash, favourites excepted; what lay in the trash for `trash_days`
    goes for good, empty projects with it. The keys of the blobs to delete once this is committed.

    `by_plan`: days for the accounts of a plan, where they differ from `retention_days`. 0: for ever.
    """
    plans = dict(by_plan or {})
    for plan, days in [*plans.items(), ("", retention_days)]:
        if days <= 0:
            continue
        of_plan = accounts.c.plan == plan if plan else accounts.c.plan.not_in(list(plans))
        owners = sa.select(accounts.c.id).where(of_plan)
        old = (clips.c.created_at < now - days * DAY, clips.c.trashed_at.is_(None), clips.c.favourite.is_(False))
        tx.execute(clips.update().where(*old, clips.c.account_id.in_(owners)).values(trashed_at=now))
    over = now - trash_days * DAY
    files = (clips.c.video_key, clips.c.poster_key, clips.c.sprite_key)
    gone = tx.execute(sa.select(clips.c.id, *files).where(clips.c.trashed_at < over).limit(limit)).all()
    tx.execute(clips.delete().where(clips.c.id.in_([row.id for row in gone])))
    used = sa.select(clips.c.project_id).where(clips.c.project_id.is_not(None))
    tx.execute(projects.delete().where(projects.c.trashed_at < over, projects.c.id.not_in(used)))
    return [key for row in gone for key in row[1:] if key]


def remove(blobs: Blobs, keys: Iterable[str]) -> None:
    """Delete these files of clips, and the single frames that were drawn beside a film when somebody asked."""
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
) -> Swept:
    """One round of keeping house, for a worker's idle moments: purge, and set aside the files that belong to no clip.
    More than a tenth of all clips are set aside only with the operator's word (`however_many`).

    Raises BadSettings, before anything is touched, when database and storage do not belong together.
    """
    since = identity.meet(store, blobs).since
    now = store.clock()
    with store.begin() as tx:
        doomed = purge(tx, now, retention_days, by_plan=by_plan, trash_days=trash_days)
    doomed += _old_looks(store, blobs, now)
    remove(blobs, doomed)
    found = orphans.find(store, blobs, since)
    stopped = found.too_many and not however_many
    swept = Swept(
        deleted=len(doomed),
        aside=0 if stopped else orphans.set_aside(blobs, found.keys, now),
        dropped=orphans.drop(blobs, now, swept_days),
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
    """Previews that nobody will look at again: of jobs of yesterday that do not run."""
    found = [(name, name.rpartition("/")[2].partition("-")[0]) for name in blobs.keys("previews")]
    old = [(name, job_id) for name, job_id in found if (ids.born(job_id, ids.JOB) or now) < now - DAY]
    ended: set[str] = set()
    with store.read() as tx:
        for start in range(0, len(old), 500):
            part = {job_id for _, job_id in old[start : start + 500]}
            ended.update(tx.scalars(sa.select(jobs.c.id).where(jobs.c.id.in_(part), jobs.c.state != "running")))
    return [name for name, job_id in old if job_id in ended]
