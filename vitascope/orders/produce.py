"""From a leased job to finished files in a folder: the clip to be continued is fetched, the frames are drawn, looked at
for defects and for pictures of them, marked where that is asked, and written. It knows nothing of credits and decides
nothing: what it found, it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from vitascope import logs
from vitascope.clip import ClipSpec, Recipe, Source
from vitascope.engines import render
from vitascope.engines.protocol import Engine, Frame, Frames
from vitascope.errors import NotFound
from vitascope.media import defects, label, mark, provenance
from vitascope.media import recipe as recipes
from vitascope.media.defects import Defect
from vitascope.media.thumbnails import Looks
from vitascope.store import library
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.jobs import Job
from vitascope.store.recipes import whole

_log = logs.get(__name__)


class Watch(Protocol):
    """Who follows the work, and may stop it: `progress` raises then."""

    cancelled: bool
    lost: bool

    def progress(self, stage: str, done: int, total: int) -> None: ...

    @property
    def wants_look(self) -> bool: ...

    def show(self, frames: Frames) -> None: ...


class Unwatched:
    cancelled = lost = wants_look = False

    def progress(self, stage: str, done: int, total: int) -> None:
        pass

    def show(self, frames: Frames) -> None:
        pass


@dataclass(frozen=True)
class Marks:
    """How a finished clip says that it was generated."""

    label: bool = False  # visible, in a corner
    mark: bool = False  # invisible, in every frame
    c2pa_home: Path | None = None  # a signed manifest in the file; where the certificate lies


@dataclass(frozen=True)
class Made:
    """A finished clip in a folder. `defects` empty: a good one."""

    path: Path
    recipe: Recipe
    defects: tuple[Defect, ...]
    poster: bytes
    sprite: bytes
    sha256: str
    size_bytes: int


def make(spec: ClipSpec, engine: Engine[Any], folder: Path, *, marks: Marks, watch: Watch) -> Made:
    """The spec has its source at hand. Raises BadSpec or BadClip when it cannot be made, and what `watch` raises."""
    looks, seen = Looks(spec.frames), defects.Watch(spec)

    def through(frames: Iterator[Frame]) -> Iterator[Frame]:
        frames = seen.through(frames)
        if marks.label:
            frames = label.labelled(frames)
        if marks.mark:
            frames = mark.marked(frames, mark.message_of(recipes.to_text(render.recipe_for(spec, engine.card))))
        for frame in looks.through(frames):
            if watch.wants_look and len(looks.so_far):
                watch.show(looks.so_far)
            yield frame

    clip = render.make(spec, engine, folder / "clip.mp4", progress=watch.progress, through=through)
    path = folder / "clip.mp4"
    if marks.c2pa_home:
        provenance.sign(path, clip.recipe, home=marks.c2pa_home)
    digest, size_bytes = render.sha256(path), path.stat().st_size
    return Made(path, clip.recipe, seen.defects(), looks.poster(), looks.sprite(), digest, size_bytes)


def keep(blobs: Blobs, clip_id: str, made: Made) -> None:
    """All its files into the storage."""
    blobs.put(library.key(clip_id, "video.mp4"), made.path, "video/mp4")
    blobs.put(library.key(clip_id, "poster.jpg"), made.poster, "image/jpeg")
    blobs.put(library.key(clip_id, "sprite.jpg"), made.sprite, "image/jpeg")


def shelve(tx: Connection, clip_id: str, job: Job, made: Made, now: float) -> library.Clip:
    """Into the library, with its files kept before."""
    return library.add(
        tx,
        clip_id=clip_id,
        account_id=job.account_id,
        job_id=job.id,
        project_id=job.project_id,
        recipe=made.recipe,
        size_bytes=made.size_bytes,
        sha256=made.sha256,
        poster_key=library.key(clip_id, "poster.jpg"),
        sprite_key=library.key(clip_id, "sprite.jpg"),
        parent_id=job.parent_clip_id,
        relation=job.relation,
        defects=[{"kind": defect.kind, "message": defect.message} for defect in made.defects],
        now=now,
    )


def at_hand(store: Store, blobs: Blobs, job: Job, engine: Engine[Any], folder: Path) -> ClipSpec:
    """The job's spec with the clip it continues as a file in `folder`: from the library, from what was sent along, or,
    when it is gone or damaged there, made again from its recipe. Raises BadClip when it is lost, Unavailable.
    """
    with store.read() as tx:
        spec = ClipSpec.from_dict(whole(tx, job.account_id, job.spec))

    def fetch(source: Source, path: Path) -> bool:
        for key in _places(store, job, source.sha256):
            try:
                with open(path, "wb") as file:
                    for piece in blobs.read(key):
                        file.write(piece)
            except NotFound:
                continue
            if render.sha256(path) == source.sha256:
                return True
            _log.warning("a clip in the storage is damaged", key=key, job=job.id)
        path.unlink(missing_ok=True)
        return False

    return render.with_source(spec, engine, folder, fetch=fetch)


def _places(store: Store, job: Job, digest: str) -> Iterator[str]:
    """Where a clip of these bytes may lie."""
    yield f"uploads/{job.account_id}/{digest}"
    with store.read() as tx:
        found = library.by_sha256(tx, job.account_id, digest)
    if found:
        yield found.video_key
