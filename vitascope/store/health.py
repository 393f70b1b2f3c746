"""Whether what is kept can be read: the database as a whole, its rows, and the files that its clips name. It reads and
tells; what can be mended is mended by `salvage.py`, and `mark` writes down which clips have no whole file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import Damaged, NotFound
from vitascope.store import invariants, schema
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store, insert_new
from vitascope.store.text_search import words_of

KEY = "damage"  # the row of the settings table with what the last look at the database found
MARK = "file missing"  # the tag of a clip without a whole film
_PAGE = 200
_CORE = (schema.accounts, schema.jobs, schema.clips, schema.buckets, schema.events)


@dataclass(frozen=True)
class Lost:
    """A file of a clip that is not what its row says. `part`: video, poster or sprite."""

    clip_id: str
    part: str
    why: str


def note(store: Store, found: Sequence[str]) -> None:
    """Keep what was found, for every process's `/readyz` and the metrics. A database without damage stays unwritten
    when nothing was noted before.
    """
    now, told = store.clock(), list(found)[:20]
    value = {"at": now, "found": told}
    try:
        with store.begin() as tx:
            if told == noted(tx):
                return
            if not insert_new(tx, schema.settings, {"key": KEY, "value": value, "created_at": now}):
                tx.execute(sa.update(schema.settings).where(schema.settings.c.key == KEY).values(value=value))
    except Damaged:
        pass  # it cannot even be written; who found it tells


def noted(tx: Connection) -> list[str]:
    value = tx.execute(sa.select(schema.settings.c.value).where(schema.settings.c.key == KEY)).scalar()
    return list(value["found"]) if value else []


def ready(store: Store) -> None:
    """Whether requests can be served: the newest row of each table that they need can be read, and nothing is known to
    be damaged. Raises Unavailable, Damaged.
    """
    if store.damage:
        raise Damaged(store.damage.removeprefix("The database is damaged: "))
    with store.read() as tx:
        if found := noted(tx):
            raise Damaged(found[0])
        for table in _CORE:
            tx.execute(sa.select(table).order_by(*(column.desc() for column in table.primary_key)).limit(1)).first()


def rows(store: Store) -> list[str]:
    """Tables that cannot be read to their end, and rules of money and jobs that are broken, as sentences."""
    found = []
    for table in schema.metadata.sorted_tables:
        try:
            with store.read() as tx:
                for _ in tx.execution_options(yield_per=1000).execute(sa.select(table)):
                    pass
        except Damaged as error:
            found.append(f"The table {table.name}: {error.message}")
    if not found:
        with store.read() as tx:
            found += invariants.broken(tx)
    return found


def files(store: Store, blobs: Blobs, *, quick: bool = False) -> Iterator[Lost]:
    """Files of clips that are missing or not what their rows say; `quick` looks at sizes, not at the bytes."""
    clips, last = schema.clips.c, ""
    columns = (clips.id, clips.bytes, clips.sha256, clips.video_key, clips.poster_key, clips.sprite_key)
    while True:
        with store.read() as tx:
            found = tx.execute(sa.select(*columns).where(clips.id > last).order_by(clips.id).limit(_PAGE)).all()
        if not found:
            return
        last = found[-1].id
        for row in found:
            if why := film(blobs, row.video_key, row.bytes, "" if quick else row.sha256):
                yield Lost(row.id, "video", why)
            for part, key in (("poster", row.poster_key), ("sprite", row.sprite_key)):
                if key and (why := _picture(blobs, key)):
                    yield Lost(row.id, part, why)


def film(blobs: Blobs, key: str, size_bytes: int, sha256: str = "") -> str:
    """What is wrong with this blob; empty when nothing is. Without a hash only its size is looked at."""
    digest = hashlib.sha256()
    try:
        size = blobs.size(key)
        if size != size_bytes:
            return f"{size:,} of {size_bytes:,} bytes are there"
        if sha256:
            for piece in blobs.read(key):
                digest.update(piece)
    except NotFound:
        return "the file is missing"
    return "its bytes have changed" if sha256 and digest.hexdigest() != sha256 else ""


def _picture(blobs: Blobs, key: str) -> str:
    try:
        return "" if blobs.size(key) else "the file is empty"
    except NotFound:
        return "the file is missing"


def mark(store: Store, lost: Sequence[Lost]) -> int:
    """Clips without a whole film get the tag MARK, others lose it; pictures that are gone are no longer named. How many
    clips have the tag.
    """
    clips = schema.clips
    films = {item.clip_id for item in lost if item.part == "video"}
    with store.begin() as tx:
        for item in lost:
            if item.part != "video":
                tx.execute(clips.update().where(clips.c.id == item.clip_id).values({f"{item.part}_key": None}))
        for row in tx.execute(sa.select(clips.c.id, clips.c.tags, clips.c.prompt)).all():
            tags = [name for name in row.tags if name != MARK] + ([MARK] if row.id in films else [])
            if tags != list(row.tags):
                tx.execute(
                    clips.update().where(clips.c.id == row.id).values(tags=tags, words=words_of(row.prompt, *tags))
                )
    return len(films)
