"""What is kept: clips with their recipes, in projects, with favourites, tags, a search, a trash, and where each came
from. Everything is asked for one account and sees nothing of another's; `purge` alone looks at all.

Files lie in the blobs, and this knows their keys alone. A clip's row is written after its files and removed before
them, so a crash can leave files without a row (`sweep` clears them away) and never a row without its files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.clip import Recipe
from vitascope.errors import BadSpec, Conflict, NotFound
from vitascope.smallworld import search_terms as meaning
from vitascope.smallworld.search_terms import meaning_of
from vitascope.store import events, ids, matching, recipes
from vitascope.store.projects import (
    MAX_PROJECT,
    Project,
    create_project,
    list_projects,
    project,
    rename_project,
    restore_project,
    trash_project,
)
from vitascope.store.retention import FRAMES, TRASH_DAYS, purge, remove, sweep
from vitascope.store.schema import clips
from vitascope.store.text_search import pattern, words_of

__all__ = [
    "FRAMES", "MAX_PROJECT", "TRASH_DAYS", "Clip", "Lineage", "Project", "Wanted", "add", "as_clip", "by_sha256",
    "count", "count_found", "count_trashed", "create_project", "delete", "favourite", "get", "key", "lineage",
    "list_projects", "move", "of_job", "project", "purge", "remove", "rename_project", "restore", "restore_project",
    "search", "sweep", "tag", "tags", "trash", "trash_project",
]  # fmt: skip

MAX_TAGS, MAX_TAG = 50, 60  # how many, and characters of one
_MAX_LINE = 1_000  # clips of one lineage


@dataclass(frozen=True)
class Clip:
    """A row of `clips`."""

    id: str
    account_id: str
    job_id: str | None
    project_id: str | None
    prompt: str
    model: str
    seed: int | None
    width: int
    height: int
    frames: int
    fps: int
    seconds: float
    bytes: int
    sha256: str
    video_key: str
    poster_key: str | None
    sprite_key: str | None
    recipe: dict[str, Any]  # as it is kept; `recipes.whole_recipe` puts in what is large
    parent_id: str | None
    relation: str | None
    favourite: bool
    tags: tuple[str, ...]
    words: str
    meaning: str
    score: dict[str, Any] | None
    defects: tuple[dict[str, str], ...]
    trashed_at: float | None
    created_at: float

    @property
    def keys(self) -> tuple[str, ...]:
        """Of all its blobs."""
        return tuple(key for key in (self.video_key, self.poster_key, self.sprite_key) if key)


assert {item.name for item in fields(Clip)} == set(clips.c.keys())


@dataclass(frozen=True)
class Lineage:
    """Where a clip comes from, and what came of it. Parents: nearest first. Children: in levels, oldest first."""

    clip: Clip
    parents: tuple[Clip, ...]
    children: tuple[Clip, ...]


def key(clip_id: str, name: str) -> str:
    """Where one of a clip's files lies. `name`: video.mp4, poster.jpg, sprite.jpg."""
    return f"clips/{clip_id}/{name}"


def add(
    tx: Connection,
    *,
    account_id: str,
    recipe: Recipe,
    size_bytes: int,
    sha256: str,
    now: float,
    clip_id: str | None = None,
    job_id: str | None = None,
    project_id: str | None = None,
    video_key: str | None = None,
    poster_key: str | None = None,
    sprite_key: str | None = None,
    parent_id: str | None = None,
    relation: str | None = None,
    fps: int = 16,
    tags: Iterable[str] = (),
    defects: Iterable[Mapping[str, str]] = (),
    favourite: bool = False,
    frames: int | None = None,
    trashed_at: float | None = None,
) -> Clip:
    """A finished clip, whose files are in the blobs already. Take `clip_id` from `ids.new_id("clip_", now)` before
    writing them. `frames`: when they are not what the spec says.
    """
    clip_id = clip_id or ids.new_id(ids.CLIP, now)
    spec = recipe.spec
    count = spec.frames if frames is None else frames
    named = _checked_tags(tags)
    clip = Clip(
        id=clip_id,
        account_id=account_id,
        job_id=job_id,
        project_id=project_id,
        prompt=spec.prompt.replace("\0", ""),  # which PostgreSQL does not take; the recipe keeps it
        model=recipe.model,
        seed=spec.seed,
        width=spec.shape[0],
        height=spec.shape[1],
        frames=count,
        fps=fps,
        seconds=0.0 if spec.is_still else count / fps,
        bytes=size_bytes,
        sha256=sha256,
        video_key=video_key or key(clip_id, "video.mp4"),
        poster_key=poster_key,
        sprite_key=sprite_key,
        recipe=recipes.packed_recipe(tx, account_id, recipe.to_dict(), now),
        parent_id=parent_id,
        relation=relation,
        favourite=favourite,
        tags=named,
        words=words_of(spec.prompt, *named),
        meaning=meaning_of(spec.prompt),
        score=None,
        defects=tuple(dict(defect) for defect in defects),
        trashed_at=trashed_at,
        created_at=now,
    )
    row = {item.name: getattr(clip, item.name) for item in fields(clip)}
    tx.execute(clips.insert().values(row | {"tags": list(clip.tags), "defects": list(clip.defects)}))
    return clip


def get(tx: Connection, account_id: str, clip_id: str) -> Clip:
    """Also one in the trash. Raises NotFound, also for somebody else's."""
    row = None
    if "\0" not in clip_id:
        row = tx.execute(sa.select(clips).where(clips.c.id == clip_id, clips.c.account_id == account_id)).first()
    if not row:
        raise NotFound(f"There is no clip {clip_id[:60]}.", hint="Clips are listed at /v1/library.")
    return as_clip(row)


def of_job(tx: Connection, account_id: str, job_id: str) -> Clip | None:
    row = tx.execute(sa.select(clips).where(clips.c.job_id == job_id, clips.c.account_id == account_id)).first()
    return as_clip(row) if row else None


def by_sha256(tx: Connection, account_id: str, sha256: str) -> Clip | None:
    """The account's oldest clip of these bytes."""
    query = sa.select(clips).where(clips.c.account_id == account_id, clips.c.sha256 == sha256)
    row = tx.execute(query.order_by(clips.c.id)).first()
    return as_clip(row) if row else None


@dataclass(frozen=True)
class Wanted:
    """Which clips are looked for.

    `words`: by their letters (every one stands in the prompt or the tags, as the beginning of a word; Chinese signs in
    this order) or by what they mean in either language. `means`: what must be understood of the prompt, by kind (see
    `meaning.py`). `project`: an id, or "" for clips in none. `trashed`: what is in the trash instead of what is not.
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

    def of(self, account_id: str) -> list[sa.ColumnElement[bool]]:
        """As conditions on the account's rows. A tag is only narrowed down by its words: see `tagged`."""
        if any("\0" in (text or "") for text in (self.project, self.model)):
            return [sa.false()]
        found: list[sa.ColumnElement[bool]] = [clips.c.account_id == account_id]
        found.append(clips.c.trashed_at.is_not(None) if self.trashed else clips.c.trashed_at.is_(None))
        if (fitting := matching.fits(self.words)) is not None:
            found.append(fitting)
        found += [clips.c.words.like(word, escape="\\") for word in pattern(self.tag or "")]
        found += [clips.c.meaning.like(term, escape="\\") for term in meaning.patterns(self.means or {})]
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


def count_trashed(tx: Connection, account_id: str) -> int:
    """Clips in the account's trash."""
    trashed = (clips.c.account_id == account_id, clips.c.trashed_at.is_not(None))
    return tx.scalar(sa.select(sa.func.count()).where(*trashed)) or 0


def count(tx: Connection, account_id: str) -> tuple[int, int]:
    """(clips, bytes) of the account, the trash included."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(clips.c.bytes), 0))
    row = tx.execute(query.where(clips.c.account_id == account_id)).one()
    return int(row[0]), int(row[1])


def tags(tx: Connection, account_id: str) -> dict[str, int]:
    """Every tag in use and how often, most used first."""
    rows = tx.execute(sa.select(clips.c.tags).where(clips.c.account_id == account_id, clips.c.trashed_at.is_(None)))
    counts: dict[str, int] = {}
    for (names,) in rows:
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def favourite(tx: Connection, account_id: str, clip_id: str, on: bool = True) -> Clip:
    return _changed(tx, account_id, clip_id, favourite=on)


def tag(tx: Connection, account_id: str, clip_id: str, names: Iterable[str]) -> Clip:
    """These tags in the place of its own."""
    clip = get(tx, account_id, clip_id)
    named = _checked_tags(names)
    return _changed(tx, account_id, clip_id, tags=list(named), words=words_of(clip.prompt, *named))


def move(tx: Connection, account_id: str, clip_id: str, project_id: str | None) -> Clip:
    """Into a project; None: out of all."""
    if project_id is not None and project(tx, account_id, project_id).trashed_at is not None:
        raise Conflict("That project is in the trash.", hint="Restore it first.")
    return _changed(tx, account_id, clip_id, project_id=project_id)


def trash(tx: Connection, account_id: str, clip_id: str, now: float) -> Clip:
    """Into the trash, from where it can be restored for some days."""
    clip = get(tx, account_id, clip_id)
    if clip.trashed_at is not None:
        return clip
    events.tell(tx, account_id, "clip.trashed", {"clip_id": clip_id}, now)
    return _changed(tx, account_id, clip_id, trashed_at=now)


def restore(tx: Connection, account_id: str, clip_id: str, now: float) -> Clip:
    clip = get(tx, account_id, clip_id)
    if clip.trashed_at is None:
        return clip
    events.tell(tx, account_id, "clip.restored", {"clip_id": clip_id}, now)
    return _changed(tx, account_id, clip_id, trashed_at=None)


def delete(tx: Connection, account_id: str, clip_id: str, now: float) -> tuple[str, ...]:
    """For good, now. The keys of its blobs, to be deleted once this transaction is committed. What was made from it
    stays, without a parent that can be seen.
    """
    clip = get(tx, account_id, clip_id)
    tx.execute(clips.delete().where(clips.c.id == clip.id))
    events.tell(tx, account_id, "clip.deleted", {"clip_id": clip_id}, now)
    return clip.keys


def lineage(tx: Connection, account_id: str, clip_id: str) -> Lineage:
    """Both ways, as far as it leads inside the account; the trash included."""
    clip = get(tx, account_id, clip_id)
    seen, above = {clip.id}, clip.parent_id
    parents: list[Clip] = []
    while above and above not in seen and len(parents) < _MAX_LINE:
        found = tx.execute(sa.select(clips).where(clips.c.id == above, clips.c.account_id == account_id)).first()
        if not found:
            break
        seen.add(above)
        parents.append(as_clip(found))
        above = parents[-1].parent_id
    children: list[Clip] = []
    level = [clip.id]
    while level and len(children) < _MAX_LINE:
        query = sa.select(clips).where(clips.c.parent_id.in_(level), clips.c.account_id == account_id)
        below = [as_clip(row) for row in tx.execute(query.order_by(clips.c.id).limit(_MAX_LINE))]
        below = [child for child in below if child.id not in seen]
        seen.update(child.id for child in below)
        children += below
        level = [child.id for child in below]
    return Lineage(clip, tuple(parents), tuple(children))


def _changed(tx: Connection, account_id: str, clip_id: str, **values: Any) -> Clip:
    mine = (clips.c.id == clip_id, clips.c.account_id == account_id)
    tx.execute(clips.update().where(*mine).values(**values))
    return get(tx, account_id, clip_id)


def as_clip(row: Any) -> Clip:
    values = dict(row._mapping)
    values["tags"], values["defects"] = tuple(values["tags"]), tuple(values["defects"])
    return Clip(**values)


def _checked_tags(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = tuple(dict.fromkeys(" ".join(name.split()) for name in names))
    if len(cleaned) > MAX_TAGS or any(not name or len(name) > MAX_TAG or not name.isprintable() for name in cleaned):
        raise BadSpec("These tags cannot be kept.", hint=f"At most {MAX_TAGS}, each of 1 to {MAX_TAG} characters.")
    return cleaned
