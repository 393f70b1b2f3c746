"""Files of clips, and files given for them, that no row knows: a worker died between its files and its row, or a delete
was cut off. They are set aside inside the storage for some days before they go, and only when they are few: a database
that has lost its rows looks the same from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import NotFound
from vitascope.store import film_takes, ids, inputs, schema
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store, insert_new

KEY = "sweep"  # the row of the settings table with what the last sweep found
DAY = 86_400.0
SHARE = 0.1  # of the storage's clips; more are never set aside without the operator's word
_SWEPT = "swept"  # the folder of the hidden store


@dataclass(frozen=True)
class Found:
    """`keys`: the files without a row; `orphans` of `total` clips are among them; `older` are left alone,
    because they are from before the database.
    """

    keys: tuple[str, ...]
    orphans: int
    total: int
    older: int

    @property
    def too_many(self) -> bool:
        """One may always go: a worker that died in a young library left it."""
        return self.orphans > max(1, int(self.total * SHARE))


@dataclass(frozen=True)
class Swept:
    """What one sweep did, in files: `deleted` because their time had come, `aside` without a row, `dropped` after their
    days. `orphans` of `total` clips were without a row; `stopped`: too many, so they were left where they are.
    """

    deleted: int = 0
    aside: int = 0
    dropped: int = 0
    orphans: int = 0
    total: int = 0
    older: int = 0
    stopped: bool = False


def find(store: Store, blobs: Blobs, since: float, now: float) -> Found:
    """What no row knows, and is neither younger than a day, because its row may be on the way, nor older than
    `since`.
    """
    folders: dict[str, list[str]] = {}
    for key in blobs.keys("clips"):
        parts = key.split("/")
        if len(parts) == 3 and ids.born(parts[1], ids.CLIP) is not None:
            folders.setdefault(parts[1], []).append(key)
    looks: dict[str, list[str]] = {}
    for key in blobs.keys("previews"):
        job_id = key.rpartition("/")[2].partition("-")[0]
        if ids.born(job_id, ids.JOB) is not None:
            looks.setdefault(job_id, []).append(key)
    given = [key for key in blobs.keys(inputs.FOLDER) if ids.born(key.rpartition("/")[2], ids.INPUT) is not None]
    made: dict[str, list[str]] = {}
    for key in blobs.keys(film_takes.FOLDER):
        made.setdefault(key.rpartition("/")[2].partition(".")[0], []).append(key)
    takes = [id for id in made if ids.born(id, ids.TAKE) is not None]
    renders = [id for id in made if ids.born(id, ids.RENDER) is not None]
    lost, older = _unknown(store, schema.clips.c.id, folders, since, now)
    lost_looks, older_looks = _unknown(store, schema.jobs.c.id, looks, since, now)
    lost_files, older_files = _unknown(store, schema.inputs.c.key, given, since, now)
    lost_takes, older_takes = _unknown(store, schema.film_takes.c.id, takes, since, now)
    lost_renders, older_renders = _unknown(store, schema.film_renders.c.id, renders, since, now)
    keys = [key for id in lost for key in folders[id]] + [key for id in lost_looks for key in looks[id]]
    keys += [key for id in (*lost_takes, *lost_renders) for key in made[id]]
    older += older_looks + older_files + older_takes + older_renders
    return Found((*keys, *lost_files), len(lost), len(folders), older)


def _unknown(
    store: Store, column: sa.ColumnElement[str], found: Iterable[str], since: float, now: float
) -> tuple[list[str], int]:
    """Those that are no value of this column, and how many more are from before the database."""
    old = [id for id in found if (ids.born(id) or 0.0) < now - DAY]
    known: set[str] = set()
    with store.read() as tx:
        for start in range(0, len(old), 500):
            known.update(tx.scalars(sa.select(column).where(column.in_(old[start : start + 500]))))
    lost = [id for id in old if id not in known]
    ours = [id for id in lost if (ids.born(id) or 0.0) >= int(since)]
    return ours, len(lost) - len(ours)


def set_aside(blobs: Blobs, keys: Iterable[str], now: float) -> int:
    """Out of everybody's sight, under the day of `now`. How many."""
    return sum(_try(blobs.hide, key, f"{_SWEPT}/{_day(now)}/{key}") for key in keys)


def aside(blobs: Blobs) -> list[str]:
    """What is set aside, as keys of the hidden store."""
    return list(blobs.hidden.keys(_SWEPT))


def put_back(blobs: Blobs) -> int:
    """All that is set aside, where it was. How many."""
    return sum(_try(blobs.unhide, key, key.split("/", 2)[2]) for key in aside(blobs))


def drop(blobs: Blobs, now: float, days: int) -> int:
    """What has been aside for so many days goes for good. How many."""
    last, hidden = _day(now - days * DAY), blobs.hidden
    doomed = [key for key in aside(blobs) if key.split("/")[1] < last]
    for key in doomed:
        hidden.delete(key)
    return len(doomed)


def remember(tx: Connection, swept: Swept, waiting: int, now: float) -> None:
    """For the metrics and `doctor`. `waiting`: files that are set aside now."""
    value = {"at": now, "waiting": waiting, **asdict(swept)}
    if not insert_new(tx, schema.settings, {"key": KEY, "value": value, "created_at": now}):
        tx.execute(sa.update(schema.settings).where(schema.settings.c.key == KEY).values(value=value))


def _try(move: object, key: str, new: str) -> bool:
    assert callable(move)
    try:
        move(key, new)
    except NotFound:  # another was quicker
        return False
    return True


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y%m%d")
