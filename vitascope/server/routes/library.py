"""/v1/library: what was made and is kept. Search, favourites, tags, the trash, where a clip comes from, its files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from vitascope.errors import NotFound
from vitascope.server import delivery
from vitascope.server.auth import Here, Who
from vitascope.server.context import Context
from vitascope.server.dialects import openai
from vitascope.server.routes import MEDIA, ZIP, errors
from vitascope.server.routes.videos import Variant
from vitascope.server.said import Answer, Deleted, Page, Said, page
from vitascope.store import library
from vitascope.store.library import Clip

router = APIRouter(prefix="/v1/library", tags=["library"])
MAX_ZIP = 200  # clips
Id = Annotated[str, Field(max_length=64)]


class ClipView(Answer):
    id: str
    object: Literal["clip"] = "clip"
    video_id: str | None
    project_id: str | None
    prompt: str
    model: str
    seed: int | None
    size: str
    width: int
    height: int
    seconds: float
    frames: int
    fps: int
    bytes: int
    favourite: bool
    tags: list[str]
    parent_id: str | None
    relation: str | None
    defects: list[dict[str, str]]
    trashed_at: float | None
    created_at: float
    url: str = Field(description="The file. Opens without a key until it expires.")
    thumbnail_url: str | None
    spritesheet_url: str | None


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
    clips: int
    bytes: int
    tags: list[TagCount]


class RecipeView(Answer):
    """All that is needed to make the clip again."""

    object: Literal["recipe"] = "recipe"
    recipe: dict[str, Any]


@router.get("", responses=errors(422))
def search(
    context: Here,
    actor: Who,
    request: Request,
    q: Annotated[str, Query(max_length=500, description="Every word must stand in the prompt or the tags.")] = "",
    project: Annotated[str | None, Query(max_length=64, description='An id; "none" for clips in no project.')] = None,
    favourite: bool | None = None,
    trashed: bool = False,
    model: Annotated[str | None, Query(max_length=100)] = None,
    tag: Annotated[str | None, Query(max_length=library.MAX_TAG)] = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Page[ClipView]:
    """The account's clips, the newest first."""
    with context.store.read() as tx:
        found = library.search(
            tx,
            actor.id,
            words=q,
            project="" if project == "none" else project,
            favourite=favourite,
            trashed=trashed,
            model=model,
            tag=tag,
            after=after,
            limit=limit + 1,
        )
    base = context.base_url(request)
    return page([view(context, base, clip) for clip in found], limit)  # type: ignore[return-value]


@router.get("/count", responses=errors())
def count(context: Here, actor: Who) -> LibraryCount:
    """How many clips there are, how large they are, and which tags they have."""
    with context.store.read() as tx:
        clips, size = library.count(tx, actor.id)
        tags = library.tags(tx, actor.id)
    return LibraryCount(clips=clips, bytes=size, tags=[TagCount(tag=tag, clips=n) for tag, n in tags.items()])


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
    base = context.base_url(request)
    return page([view(context, base, clip) for clip in changed], MAX_ZIP)  # type: ignore[return-value]


@router.post("/zip", response_class=Response, responses=errors(404, 422) | ZIP)
def zip_several(context: Here, actor: Who, said: SomeClips) -> Response:
    """Several clips in one file, which streams out while it is put together."""
    with context.store.read() as tx:
        clips = [library.get(tx, actor.id, id) for id in dict.fromkeys(said.ids)]
    headers = {"content-disposition": delivery.disposition("clips.zip")}
    return StreamingResponse(_zipped(context, clips), media_type="application/zip", headers=headers)


@router.get("/{clip_id}", responses=errors(404))
def retrieve_clip(context: Here, actor: Who, request: Request, clip_id: str) -> ClipView:
    """One clip, also from the trash."""
    with context.store.read() as tx:
        return view(context, context.base_url(request), library.get(tx, actor.id, clip_id))


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
    return view(context, context.base_url(request), clip)


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
    for key in keys:
        context.blobs.delete(key)
    return Deleted(id=clip_id, object="clip.deleted" if forever else "clip.trashed")


@router.post("/{clip_id}/restore", responses=errors(404))
def restore_clip(context: Here, actor: Who, request: Request, clip_id: str) -> ClipView:
    """Out of the trash."""
    with context.store.begin() as tx:
        clip = library.restore(tx, actor.id, clip_id, context.now())
    return view(context, context.base_url(request), clip)


@router.get("/{clip_id}/lineage", responses=errors(404))
def lineage(context: Here, actor: Who, request: Request, clip_id: str) -> LineageView:
    """Where it comes from, and what came of it."""
    base = context.base_url(request)
    with context.store.read() as tx:
        found = library.lineage(tx, actor.id, clip_id)
    return LineageView(
        clip=view(context, base, found.clip),
        parents=[view(context, base, clip) for clip in found.parents],
        children=[view(context, base, clip) for clip in found.children],
    )


@router.get("/{clip_id}/recipe", responses=errors(404))
def recipe(context: Here, actor: Who, clip_id: str) -> RecipeView:
    """From which the same bytes can be made again; it fills the form anew."""
    with context.store.read() as tx:
        return RecipeView(recipe=library.get(tx, actor.id, clip_id).recipe)


@router.get("/{clip_id}/content", response_class=Response, responses=errors(404) | MEDIA)
def clip_content(context: Here, actor: Who, request: Request, clip_id: str, variant: Variant = "video") -> Response:
    """The file, its poster or its sprite sheet, whole or in ranges."""
    with context.store.read() as tx:
        clip = library.get(tx, actor.id, clip_id)
    key = {"video": clip.video_key, "thumbnail": clip.poster_key, "spritesheet": clip.sprite_key}[variant]
    if not key:
        raise NotFound(f"This clip has no {variant}.", hint="Ask for the video itself.")
    return delivery.answer(context.blobs, key, request, name=name_of(clip, key))


def view(context: Context, base: str, clip: Clip) -> ClipView:
    plain = {
        name: getattr(clip, name)
        for name in ClipView.model_fields
        if name not in ("object", "video_id", "size", "url", "thumbnail_url", "spritesheet_url")
    }
    return ClipView(
        **plain,
        video_id=openai.video_id(clip.job_id) if clip.job_id else None,
        size=f"{clip.width}x{clip.height}",
        url=delivery.link(context, base, clip.video_key),
        thumbnail_url=delivery.link(context, base, clip.poster_key) if clip.poster_key else None,
        spritesheet_url=delivery.link(context, base, clip.sprite_key) if clip.sprite_key else None,
    )


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
