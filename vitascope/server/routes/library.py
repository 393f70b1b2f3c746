"""/v1/library: what was made and is kept. Search, favourites, tags, the trash, where a clip comes from, its files."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from vitascope.errors import NotFound
from vitascope.media import sound as sounds
from vitascope.media import video
from vitascope.server.auth import Asking, Here, Who
from vitascope.server.clip_view import ClipView, views
from vitascope.server.context import Context
from vitascope.server.files import delivery
from vitascope.server.routes import MEDIA, ZIP, errors
from vitascope.server.routes.videos import Variant
from vitascope.server.schemas import Answer, Deleted, Page, Said, page
from vitascope.store import clip_search, health, inputs, library, recipes, retention
from vitascope.store.library import Clip

router = APIRouter(route_class=Asking, prefix="/v1/library", tags=["library"])
MAX_ZIP = 200  # clips
Id = Annotated[str, Field(max_length=64)]
KINDS = ("thing", "colour", "motion", "ground", "sky", "camera")
Meant = Annotated[
    list[Annotated[str, Field(max_length=60)]],
    Field(max_length=8, description="Understood of the prompt, in whichever language: ground=snow finds 雪地."),
]
_Q = "Every word must stand in the prompt or the tags, or be meant there: 红球 finds a red ball."


class ClipChanges(Said):
    """What is not said stays. `project_id: null` takes it out of its project."""

    favourite: bool | None = None
    tags: list[str] | None = Field(None, max_length=library.MAX_TAGS)
    project_id: Id | None = None


class SomeClips(Said):
    ids: list[Id] = Field(min_length=1, max_length=MAX_ZIP)


class ManyChanges(SomeClips):
    """One change to several clips."""

    favourite: bool | None = None
    add_tags: list[str] = Field(default_factory=list, max_length=library.MAX_TAGS)
    project_id: Id | None = None
    trash: bool | None = Field(None, description="true: into the trash; false: out of it.")


class LineageView(Answer):
    object: Literal["lineage"] = "lineage"
    clip: ClipView
    parents: list[ClipView] = Field(description="The nearest first.")
    children: list[ClipView]


class TagCount(Answer):
    tag: str
    clips: int


class LibraryCount(Answer):
    clips: int = Field(description="The trash included.")
    bytes: int
    trashed: int = Field(description="How many of them are in the trash.")
    found: int = Field(description="How many a search with the same parameters finds.")
    found_bytes: int
    tags: list[TagCount]


PEAKS = 80  # parts of a clip's sound


class PeaksView(Answer):
    object: Literal["peaks"] = "peaks"
    clip_id: str
    seconds: float
    peaks: list[float] = Field(description="The largest sample of each of 80 equal parts, 0 to 1; none: no sound.")


class RecipeView(Answer):
    """All that is needed to make the clip again."""

    object: Literal["recipe"] = "recipe"
    recipe: dict[str, Any]


class Asked(BaseModel):
    """What a search looks for; without any of it, all that is not in the trash."""

    q: str = Field("", max_length=500, description=_Q)
    project: str | None = Field(None, max_length=64, description='An id; "none" for clips in no project.')
    favourite: bool | None = None
    trashed: bool = False
    model: str | None = Field(None, max_length=100)
    tag: str | None = Field(None, max_length=library.MAX_TAG)
    thing: Meant = []
    colour: Meant = []
    motion: Meant = []
    ground: Meant = []
    sky: Meant = []
    camera: Meant = []
    still: bool | None = None
    relation: Literal["remix", "extend", "finish", "rerun"] | None = None
    since: float | None = Field(None, ge=0, lt=1e11, description="Made at this time or later.")

    def wanted(self, context: Context) -> dict[str, Any]:
        """As the library takes it."""
        kept = self.model_dump(exclude={"q", "project", *KINDS})
        project = "" if self.project == "none" else self.project
        means = {kind: getattr(self, kind) for kind in KINDS}
        return kept | {"words": self.q, "project": project, "means": means, "hooks": context.search_terms}


@router.get("", responses=errors(422))
def search(
    context: Here,
    actor: Who,
    request: Request,
    asked: Annotated[Asked, Query()],
    order: Literal["asc", "desc"] = "desc",
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Page[ClipView]:
    """The account's clips, the newest first."""
    with context.store.read() as tx:
        found = clip_search.search(
            tx, actor.id, after=after, oldest_first=order == "asc", limit=limit + 1, **asked.wanted(context)
        )
        return page(views(context, request, tx, found), limit)  # type: ignore[return-value]


@router.get("/count", responses=errors(422))
def count(context: Here, actor: Who, asked: Annotated[Asked, Query()]) -> LibraryCount:
    """How many clips there are, how large they are, which tags they have, and how many a search would find."""
    with context.store.read() as tx:
        clips, size = library.count(tx, actor.id)
        found, found_size = clip_search.count_found(tx, actor.id, **asked.wanted(context))
        tags, trashed = library.tags(tx, actor.id), library.count_trashed(tx, actor.id)
    return LibraryCount(
        clips=clips,
        bytes=size,
        trashed=trashed,
        found=found,
        found_bytes=found_size,
        tags=[TagCount(tag=tag, clips=n) for tag, n in tags.items()],
    )


@router.post("/change", responses=errors(400, 404, 409, 422))
def change_many(context: Here, actor: Who, request: Request, said: ManyChanges) -> Page[ClipView]:
    """The same change to several clips: all of it or, when one is not there, nothing."""
    now, moving = context.now(), "project_id" in said.model_fields_set
    changed = []
    with context.store.begin() as tx:
        for id in dict.fromkeys(said.ids):
            clip = library.get(tx, actor.id, id)
            if said.favourite is not None:
                clip = library.favourite(tx, actor.id, id, said.favourite)
            if said.add_tags:
                clip = library.tag(tx, actor.id, id, [*clip.tags, *said.add_tags])
            if moving:
                clip = library.move(tx, actor.id, id, said.project_id)
            if said.trash is not None:
                clip = (library.trash if said.trash else library.restore)(tx, actor.id, id, now)
            changed.append(clip)
        return page(views(context, request, tx, changed), MAX_ZIP)  # type: ignore[return-value]


@router.post("/zip", response_class=Response, responses=errors(404, 422) | ZIP)
def zip_several(context: Here, actor: Who, said: SomeClips) -> Response:
    """Several clips in one file, which streams out while it is put together."""
    with context.store.read() as tx:
        clips = [library.get(tx, actor.id, id) for id in dict.fromkeys(said.ids)]
    for clip in clips:
        if why := health.film(context.blobs, clip.video_key, clip.bytes):
            raise NotFound(f"The file of {clip.id} is damaged: {why}.", hint="Take the others, or make it again.")
    headers = {"content-disposition": delivery.disposition("clips.zip")}
    return StreamingResponse(_zipped(context, clips), media_type="application/zip", headers=headers)


@router.get("/{clip_id}", responses=errors(404))
def retrieve_clip(context: Here, actor: Who, request: Request, clip_id: str) -> ClipView:
    """One clip, also from the trash."""
    with context.store.read() as tx:
        return views(context, request, tx, [library.get(tx, actor.id, clip_id)])[0]


@router.patch("/{clip_id}", responses=errors(400, 404, 409, 422))
def change_clip(context: Here, actor: Who, request: Request, clip_id: str, said: ClipChanges) -> ClipView:
    """Favourite it, name its tags, move it into a project."""
    with context.store.begin() as tx:
        clip = library.get(tx, actor.id, clip_id)
        if said.favourite is not None:
            clip = library.favourite(tx, actor.id, clip_id, said.favourite)
        if said.tags is not None:
            clip = library.tag(tx, actor.id, clip_id, said.tags)
        if "project_id" in said.model_fields_set:
            clip = library.move(tx, actor.id, clip_id, said.project_id)
        return views(context, request, tx, [clip])[0]


@router.delete("/{clip_id}", responses=errors(404))
def trash_clip(
    context: Here,
    actor: Who,
    clip_id: str,
    forever: Annotated[bool, Query(description="Not into the trash: gone at once.")] = False,
) -> Deleted:
    """Into the trash, from where it can be restored for some weeks."""
    keys: tuple[str, ...] = ()
    with context.store.begin() as tx:
        if forever:
            keys = library.delete(tx, actor.id, clip_id, context.now())
        else:
            library.trash(tx, actor.id, clip_id, context.now())
    retention.remove(context.blobs, keys)
    return Deleted(id=clip_id, object="clip.deleted" if forever else "clip.trashed")


@router.post("/{clip_id}/restore", responses=errors(404))
def restore_clip(context: Here, actor: Who, request: Request, clip_id: str) -> ClipView:
    """Out of the trash."""
    with context.store.begin() as tx:
        return views(context, request, tx, [library.restore(tx, actor.id, clip_id, context.now())])[0]


@router.get("/{clip_id}/lineage", responses=errors(404))
def lineage(context: Here, actor: Who, request: Request, clip_id: str) -> LineageView:
    """Where it comes from, and what came of it."""
    with context.store.read() as tx:
        found = library.lineage(tx, actor.id, clip_id)
        clip, *others = views(context, request, tx, [found.clip, *found.parents, *found.children])
    return LineageView(clip=clip, parents=others[: len(found.parents)], children=others[len(found.parents) :])


@router.get("/{clip_id}/recipe", responses=errors(404))
def recipe(context: Here, actor: Who, clip_id: str) -> RecipeView:
    """From which the same bytes can be made again; it fills the form anew."""
    with context.store.read() as tx:
        whole = recipes.whole_recipe(tx, actor.id, library.get(tx, actor.id, clip_id).recipe)
    return RecipeView(recipe=inputs.recipe_at_hand(context.store, context.blobs, actor.id, whole))


@router.get("/{clip_id}/peaks", responses=errors(404, 422))
def peaks(context: Here, actor: Who, response: Response, clip_id: str) -> PeaksView:
    """How loud the clip's sound is from its beginning to its end, to be drawn as a wave. It never changes."""
    with context.store.read() as tx:
        clip = library.get(tx, actor.id, clip_id)
    found: list[float] = []
    if clip.sound:
        with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
            path = Path(folder) / "clip.mp4"
            with open(path, "wb") as file:
                file.writelines(context.blobs.read(clip.video_key))
            with suppress(sounds.UnreadableSound):
                sound = video.read_sound(path, name="The clip", seconds=clip.seconds)
                found = sounds.peaks(sound, PEAKS) if sound else []
    response.headers["cache-control"] = "private, max-age=86400"
    return PeaksView(clip_id=clip.id, seconds=clip.seconds, peaks=found)


@router.get("/{clip_id}/content", response_class=Response, responses=errors(404) | MEDIA)
def clip_content(context: Here, actor: Who, request: Request, clip_id: str, variant: Variant = "video") -> Response:
    """The file, its poster or its sprite sheet, whole or in ranges."""
    with context.store.read() as tx:
        clip = library.get(tx, actor.id, clip_id)
    key = {"video": clip.video_key, "thumbnail": clip.poster_key, "spritesheet": clip.sprite_key}[variant]
    if not key:
        raise NotFound(f"This clip has no {variant}.", hint="Ask for the video itself.")
    return delivery.answer(context, key, request, name=name_of(clip, key))


def name_of(clip: Clip, key: str) -> str:
    return delivery.file_name(clip.prompt, clip.seed, key[key.rfind(".") :])


def _zipped(context: Context, clips: Sequence[Clip]) -> Iterator[bytes]:
    """A zip as it is written: clips do not shrink, so they are stored as they are."""
    out = _Outgoing()
    names: set[str] = set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, clip in enumerate(clips, 1):
            name = name_of(clip, clip.video_key)
            name = name if name not in names else f"{number}-{name}"
            names.add(name)
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
                for piece in context.blobs.read(clip.video_key):
                    entry.write(piece)
                    yield out.taken()
    yield out.taken()


class _Outgoing(io.RawIOBase):
    """A file that cannot be gone back in, from which what was written is taken away."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces += data
        return len(data)

    def taken(self) -> bytes:
        pieces = bytes(self._pieces)
        self._pieces.clear()
        return pieces
