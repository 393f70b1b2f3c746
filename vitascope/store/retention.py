"""What goes when its time has come: clips past their retention, the trash after its days, files that belong to no clip.
It looks at all accounts. `library.py` hands `purge` and `sweep` on.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store import ids
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.schema import accounts, clips, jobs, projects

DAY = 86_400.0
TRASH_DAYS = 30


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


def sweep(
    store: Store,
    blobs: Blobs,
    retention_days: int = 0,
    *,
    by_plan: Mapping[str, int] | None = None,
    trash_days: int = TRASH_DAYS,
) -> int:
    """One round of keeping house, for a worker's idle moments: purge, then delete the files that belong to no clip.
    A file younger than a day is left alone: its clip may be on the way. How many blobs were deleted.
    """
    now = store.clock()
    with store.begin() as tx:
        doomed = purge(tx, now, retention_days, by_plan=by_plan, trash_days=trash_days)
    strays = [(_born(name.split("/")[1]), name) for name in blobs.keys("clips") if name.count("/") == 2]
    old = [name for born, name in strays if born is not None and born < now - DAY]
    with store.read() as tx:
        for start in range(0, len(old), 500):
            part = old[start : start + 500]
            owners = {name.split("/")[1] for name in part}
            kept = set(tx.scalars(sa.select(clips.c.id).where(clips.c.id.in_(owners))))
            doomed += [name for name in part if name.split("/")[1] not in kept]
    doomed += _old_looks(store, blobs, now)
    for name in dict.fromkeys(doomed):
        blobs.delete(name)
    return len(set(doomed))


def _old_looks(store: Store, blobs: Blobs, now: float) -> list[str]:
    """Previews that nobody will look at again: of jobs of yesterday that do not run."""
    with store.read() as tx:
        busy = set(tx.scalars(sa.select(jobs.c.id).where(jobs.c.state == "running")))
    found = [(name, name.rpartition("/")[2].partition("-")[0]) for name in blobs.keys("previews")]
    ages = [(name, job_id, _born(job_id, ids.JOB)) for name, job_id in found if job_id not in busy]
    return [name for name, _, born in ages if born is not None and born < now - DAY]


def _born(id: str, prefix: str = ids.CLIP) -> float | None:
    """When an id was made, in unix seconds; None when it is none."""
    digits = id.removeprefix(prefix)[:12]
    try:
        return int(digits, 16) / 1000 if len(id) == len(prefix) + 24 else None
    except ValueError:
        return None
