"""From a leased job to finished files in a folder: the clip to be continued is fetched, the frames are drawn, looked at
for defects and for pictures of them, marked where that is asked, and written. It knows nothing of credits and decides
nothing: what it found, it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from vitascope import logs
from vitascope.clip import ClipSpec, Recipe, Reference, Shape, SourceClip
from vitascope.engines import hooks, render
from vitascope.engines.protocol import StepEngine
from vitascope.errors import NotFound
from vitascope.frames import Frame, Frames
from vitascope.media import defects, label, mark, provenance, video
from vitascope.media import recipe as recipes
from vitascope.media.defects import Defect
from vitascope.media.thumbnails import Looks
from vitascope.orders import following
from vitascope.store import inputs, library
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.jobs import Job

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
    """A finished clip in a folder. `defects` empty or warnings alone: a good one."""

    path: Path
    recipe: Recipe
    defects: tuple[Defect, ...]
    meaning: tuple[str, ...]  # terms by which it is found
    poster: bytes
    sprite: bytes
    sha256: str
    size_bytes: int
    sound: bool


def make(spec: ClipSpec, engine: StepEngine[Any], folder: Path, *, shape: Shape, marks: Marks, watch: Watch) -> Made:
    """The spec has its source at hand; `shape` is what was sold. Raises BadSpec or BadClip when it cannot be made, and
    what `watch` raises; BadSettings for a judge that cannot be loaded.
    """
    looks, seen = Looks(shape.total), defects.Watch(spec, shape, hooks.asks_motion(engine.card, spec))
    recipe = render.kept(render.recipe_for(spec, engine.card, shape), engine.card)

    def show() -> None:
        if watch.wants_look and len(looks.so_far):
            watch.show(looks.so_far)

    def past(frames: Iterator[Callable[[], Frame]]) -> None:
        for draw in frames:
            seen.pass_over()
            looks.see(draw)
            show()

    def through(frames: Iterator[Frame]) -> Iterator[Frame]:
        frames = seen.through(frames)
        if marks.label:
            frames = label.labelled(frames)
        if marks.mark:
            frames = mark.marked(frames, mark.message_of(recipes.to_text(recipe)))
        for frame in looks.through(frames):
            show()
            yield frame

    unmarked = None if marks.label or marks.mark else past  # a mark lies on every frame, also on those that were there
    path, follow = folder / "clip.mp4", watch.progress
    clip = render.make(spec, engine, path, shape=shape, progress=follow, through=through, past=unmarked)
    if marks.c2pa_home:
        provenance.sign(path, clip.recipe, home=marks.c2pa_home)
    digest, size_bytes = render.sha256(path), path.stat().st_size
    meaning, sound = hooks.meaning(engine.card, spec.prompt), video.has_sound(path)
    return Made(path, clip.recipe, seen.defects(), meaning, looks.poster(), looks.sprite(), digest, size_bytes, sound)


def keep(blobs: Blobs, clip_id: str, made: Made) -> None:
    """All its files into the storage."""
    blobs.put(library.key(clip_id, "video.mp4"), made.path, "video/mp4")
    blobs.put(library.key(clip_id, "poster.jpg"), made.poster, "image/jpeg")
    blobs.put(library.key(clip_id, "sprite.jpg"), made.sprite, "image/jpeg")


def shelve(
    tx: Connection, clip_id: str, job: Job, made: Made, now: float, *, free: bool = False, **measured: Any
) -> library.Clip:
    """Into the library, with its files kept before. `free`: found after its job had ended, so it is nobody's job's.
    `measured`: of the file, where it is not as its recipe says; see `library.add`.
    """
    return library.add(
        tx,
        clip_id=clip_id,
        account_id=job.account_id,
        job_id=None if free else job.id,
        project_id=job.project_id,
        recipe=made.recipe,
        size_bytes=made.size_bytes,
        sha256=made.sha256,
        sound=made.sound,
        poster_key=library.key(clip_id, "poster.jpg"),
        sprite_key=library.key(clip_id, "sprite.jpg"),
        parent_id=job.parent_clip_id,
        relation=job.relation,
        defects=[_row(defect) for defect in made.defects],
        meaning=made.meaning,
        now=now,
        **measured,
    )


def _row(defect: Defect) -> dict[str, str]:
    """As the library keeps it."""
    told = {"kind": defect.kind, "message": defect.message}
    return told | ({"level": library.WARNING} if defect.warning else {})


def at_hand(store: Store, blobs: Blobs, job: Job, engine: StepEngine[Any], folder: Path) -> ClipSpec:
    """The job's spec with its pictures, its references as files in `folder`, and the clip it continues as another: from
    the library, from what was sent along, or, when it is gone or damaged there, made again from its recipe. Raises
    BadClip when it is lost, Unavailable.
    """
    kept = following.whole_spec(store, blobs, job)
    spec = ClipSpec.from_dict(inputs.at_hand(store, blobs, job.account_id, kept))
    spec = replace(spec, references=tuple(_opened(store, blobs, job, one, folder) for one in spec.references))

    def fetch(source: SourceClip, path: Path) -> bool:
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


def _opened(store: Store, blobs: Blobs, job: Job, reference: Reference, folder: Path) -> Reference:
    """With its file in `folder`, if it is still kept."""
    path = folder / f"reference-{reference.sha256[:16]}{Path(reference.file).suffix.lower()[:8]}"
    try:
        path.write_bytes(inputs.read(store, blobs, job.account_id, reference.sha256))
    except NotFound:
        return reference
    return replace(reference, path=str(path))


def _places(store: Store, job: Job, digest: str) -> Iterator[str]:
    """Where a clip of these bytes may lie."""
    yield f"uploads/{job.account_id}/{digest}"
    with store.read() as tx:
        found = library.by_sha256(tx, job.account_id, digest)
    if found:
        yield found.video_key
