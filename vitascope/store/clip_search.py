"""Looking for clips in one account's library: by words and their meaning, by tag, project, model and the like, a page
at a time or as a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store import matching, terms
from vitascope.store.library import Clip, as_clip
from vitascope.store.schema import clips
from vitascope.store.text_search import pattern


@dataclass(frozen=True)
class Wanted:
    """Which clips are looked for.

    `words`: by their letters (every one stands in the prompt or the tags, as the beginning of a word; Chinese signs in
    this order) or by what they mean to one of the models, whose `hooks` say it. `means`: what must be understood of the
    prompt, by kind (see `terms.py`). `project`: an id, or "" for clips in none. `trashed`: what is in the trash instead
    of what is not.
    """

    words: str = ""
    project: str | None = None
    favourite: bool | None = None
    trashed: bool = False
    model: str | None = None
    tag: str | None = None
    means: Mapping[str, Iterable[str]] | None = None
    still: bool | None = None
    relation: str | None = None
    since: float | None = None
    hooks: terms.Hooks = ()

    def of(self, account_id: str) -> list[sa.ColumnElement[bool]]:
        """As conditions on the account's rows. A tag is only narrowed down by its words: see `tagged`."""
        if any("\0" in (text or "") for text in (self.project, self.model)):
            return [sa.false()]
        found: list[sa.ColumnElement[bool]] = [clips.c.account_id == account_id]
        found.append(clips.c.trashed_at.is_not(None) if self.trashed else clips.c.trashed_at.is_(None))
        if (fitting := matching.fits(self.words, self.hooks)) is not None:
            found.append(fitting)
        found += [clips.c.words.like(word, escape="\\") for word in pattern(self.tag or "")]
        for kind, values in (self.means or {}).items():
            for value in values:
                ways = terms.alternatives(kind, value, self.hooks)
                found.append(sa.or_(*(clips.c.meaning.like(way, escape="\\") for way in ways)))
        if self.still is not None:
            found.append((clips.c.frames == 1) if self.still else (clips.c.frames > 1))
        if self.relation is not None:
            found.append(clips.c.relation == self.relation)
        if self.since is not None:
            found.append(clips.c.created_at >= self.since)
        if self.project is not None:
            found.append(clips.c.project_id == self.project if self.project else clips.c.project_id.is_(None))
        if self.favourite is not None:
            found.append(clips.c.favourite.is_(self.favourite))
        if self.model:
            found.append(clips.c.model == self.model)
        return found

    def tagged(self, tags: Iterable[str]) -> bool:
        return self.tag is None or self.tag in tags


def search(
    tx: Connection,
    account_id: str,
    *,
    after: str | None = None,
    before: str | None = None,
    oldest_first: bool = False,
    limit: int = 20,
    **wanted: Any,
) -> list[Clip]:
    """Newest first, up to `limit` behind the one with the id `after` (or, newer than `before`, the nearest). `wanted`:
    the fields of Wanted.
    """
    if any("\0" in (text or "") for text in (after, before)):
        return []
    asked = Wanted(**wanted)
    query = sa.select(clips).where(*asked.of(account_id))
    if after:
        query = query.where(clips.c.id > after if oldest_first else clips.c.id < after)
    if before:
        nearest = query.where(clips.c.id > before).order_by(clips.c.id).limit(limit)
        newer = [as_clip(row) for row in tx.execute(nearest)][::-1]
        return [clip for clip in newer if asked.tagged(clip.tags)]
    found: list[Clip] = []
    while True:
        by = clips.c.id.asc() if oldest_first else clips.c.id.desc()
        batch = [as_clip(row) for row in tx.execute(query.order_by(by).limit(limit - len(found)))]
        found += [clip for clip in batch if asked.tagged(clip.tags)]
        if not batch or asked.tag is None or len(found) >= limit:
            return found
        query = query.where(clips.c.id > batch[-1].id if oldest_first else clips.c.id < batch[-1].id)


def count_found(tx: Connection, account_id: str, **wanted: Any) -> tuple[int, int]:
    """(clips, bytes) of all that `search` would find with these fields of Wanted."""
    asked = Wanted(**wanted)
    if asked.tag is not None:
        rows = tx.execute(sa.select(clips.c.tags, clips.c.bytes).where(*asked.of(account_id)))
        sizes = [row.bytes for row in rows if asked.tagged(row.tags)]
        return len(sizes), sum(sizes)
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(clips.c.bytes), 0))
    row = tx.execute(query.where(*asked.of(account_id))).one()
    return int(row[0]), int(row[1])
