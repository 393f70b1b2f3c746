"""What is kept: clips with their recipes, in projects, with favourites, tags, a trash, and where each came
from. Everything is asked for one account and sees nothing of another's.

Files lie in the blobs, and this knows their keys alone. A clip's row is written after its files and removed before
them, so a crash can leave files without a row (`sweep` clears them away) and never a row without its files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.clip import Recipe
from vitascope.errors import BadSpec, Conflict, NotFound
from vitascope.store import events, ids, recipes, terms
from vitascope.store.projects import project
from vitascope.store.schema import clips
from vitascope.store.text_search import words_of

MAX_TAGS, MAX_TAG = 50, 60  # how many, and characters of one
WARNING = "warning"  # the level of a defect for which nothing is paid back
_MAX_LINE = 1_000  # clips of one lineage


@dataclass(frozen=True)
class Clip:
    """A row of `clips`."""

    id: str
    account_id: str
    job_id: str | None
    project_id: str | None
    prompt: str
    model: str | None  # None: a file of the user's own
    seed: int | None
    width: int
    height: int
    frames: int
    fps: str  # an exact fraction: "24", "30000/1001"
    sound: bool
    seconds: float
    bytes: int
    sha256: str
    video_key: str
    poster_key: str | None
    sprite_key: str | None
    recipe: (
        dict[str, Any] | None
    )  # None: a file of the user's own; as it is kept; `recipes.whole_recipe` puts in what is large
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

    @property
    def is_broken(self) -> bool:
        """Whether it was paid back."""
        return bool(faults(self.defects))


assert {item.name for item in fields(Clip)} == set(clips.c.keys())


@dataclass(frozen=True)
class Lineage:
    """Where a clip comes from, and what came of it. Parents: nearest first. Children: in levels, oldest first."""

    clip: Clip
    parents: tuple[Clip, ...]
    children: tuple[Clip, ...]


def faults(defects: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Those for which a clip is paid back; the others are warnings."""
    return [defect for defect in defects if defect.get("level") != WARNING]


def warnings(defects: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [defect for defect in defects if defect.get("level") == WARNING]


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
    sound: bool = False,
    fps: Fraction | None = None,
    tags: Iterable[str] = (),
    defects: Iterable[Mapping[str, str]] = (),
    meaning: Iterable[str] = (),
    favourite: bool = False,
    frames: int | None = None,
    size: tuple[int, int] | None = None,
    trashed_at: float | None = None,
) -> Clip:
    """A finished clip, whose files are in the blobs already. Take `clip_id` from `ids.new_id("clip_", now)` before
    writing them. `frames`, `fps` and `size`: when they are not what the recipe says. `meaning`: terms of its prompt.
    """
    clip_id = clip_id or ids.new_id(ids.CLIP, now)
    spec, shape = recipe.spec, recipe.shape
    count, rate, (width, height) = frames or shape.total, fps or shape.fps, size or shape.size
    named = _checked_tags(tags)
    clip = Clip(
        id=clip_id,
        account_id=account_id,
        job_id=job_id,
        project_id=project_id,
        prompt=spec.prompt.replace("\0", ""),  # which PostgreSQL does not take; the recipe keeps it
        model=recipe.model,
        seed=spec.seed,
        width=width,
        height=height,
        frames=count,
        fps=str(rate),
        sound=sound,
        seconds=0.0 if spec.is_still else float(count / rate),
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
        meaning=terms.kept(meaning),
        score=None,
        defects=tuple(dict(defect) for defect in defects),
        trashed_at=trashed_at,
        created_at=now,
    )
    row = {item.name: getattr(clip, item.name) for item in fields(clip)}
    tx.execute(clips.insert().values(row | {"tags": list(clip.tags), "defects": list(clip.defects)}))
    return clip


def get(tx: Connection, account_id: str, clip_id: str) -> Clip:
    """Also one in the trash. Raises NotFound, also for another account's."""
    row = None
    if "\0" not in clip_id:
        row = tx.execute(sa.select(clips).where(clips.c.id == clip_id, clips.c.account_id == account_id)).first()
    if not row:
        raise NotFound(f"There is no clip {clip_id[:60]}.", hint="Clips are listed at /v1/library.")
    return as_clip(row)


def by_sha256(tx: Connection, account_id: str, sha256: str) -> Clip | None:
    """The account's oldest clip of these bytes."""
    query = sa.select(clips).where(clips.c.account_id == account_id, clips.c.sha256 == sha256)
    row = tx.execute(query.order_by(clips.c.id)).first()
    return as_clip(row) if row else None


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
