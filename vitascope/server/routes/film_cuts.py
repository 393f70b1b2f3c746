"""/v1/films, the cut: its timeline, renders, hand-off to other programs and back, and the files that it names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from vitascope.server.auth import Here, Who
from vitascope.server.body import Body
from vitascope.server.films import Large, cutting, files, handing
from vitascope.server.films.views import MediaView, RenderView, render_view
from vitascope.server.routes import Answers, body, errors
from vitascope.server.schemas import Answer, Deleted, Said
from vitascope.store import film_renders, films

router = APIRouter(route_class=Large, prefix="/v1/films/{film_id}", tags=["films"])
_KINDS = (
    "application/octet-stream", "application/json", "application/x-subrip", "application/zip", "text/vtt", "text/csv",
    "text/html", "text/plain",
)  # fmt: skip
_FILES: Answers = {200: {"content": {name: {} for name in _KINDS}, "description": "The file."}}
_PICTURE: Answers = {200: {"content": {"image/png": {}}, "description": "The picture."}}
Format = Literal["otio", "fcpxml", "edl", "mlt", "kdenlive", "jianying", "csv", "html", "srt", "vtt", "json", "zip"]


class PieceView(Answer):
    id: str
    shot: str
    name: str
    text: str
    take: str
    is_still: bool
    start: str
    seconds: str
    source_in: str
    speed: str
    dissolve: str
    gain: float
    muted: bool
    media: MediaView | None
    thumbnail_url: str | None


class SoundingView(Answer):
    id: str
    name: str
    of: str
    start: str
    seconds: str
    source_in: str
    gain: float
    duck: bool
    fade_in: str
    fade_out: str
    media: MediaView


class SpokenView(Answer):
    line: str
    text: str
    kind: str
    speaker: str
    start: str
    seconds: str


class MarkerView(Answer):
    at: str
    name: str


class CaptionView(Answer):
    start: str
    end: str
    text: str
    kind: str
    speaker: str


class OverlayView(Answer):
    id: str
    start: str
    end: str
    url: str = Field(description="A picture in the shape of the film, clear but for the overlay. Needs the account.")


class TimelineView(Answer):
    object: Literal["timeline"] = "timeline"
    version: int
    title: str
    rate: str
    fps: str = Field(description="The rate as an exact fraction.")
    width: int
    height: int
    seconds: str
    frames: int
    pieces: list[PieceView]
    voices: list[SoundingView]
    music: list[SoundingView]
    spoken: list[SpokenView]
    markers: list[MarkerView]
    captions: list[CaptionView]
    overlays: list[OverlayView]
    warnings: list[str]


class RenderSaid(Said):
    captions: Literal["burned", "file", "none"] | None = Field(None, description="As the document says if left out.")
    height: int | None = Field(None, ge=64, le=4096, description="Of a smaller film, in pixels.")
    animatic: bool = Field(False, description="Stills and slates in the place of takes.")


class Renders(Answer):
    object: Literal["list"] = "list"
    data: list[RenderView]


class FileView(Answer):
    object: Literal["film_file"] = "film_file"
    sha256: str
    kind: Literal["image", "video", "audio"]
    name: str
    bytes: int
    seconds: str
    width: int
    height: int
    rate: str
    sound: bool


class FileSaid(Said):
    upload_id: str | None = None
    content: str | None = Field(None, description="Or the file itself, in a form.")
    name: str | None = None


class CutSaid(Said):
    content: str = Field(description="The file, in a form.")
    accept: str | None = Field(None, description='Ids of differences, parted by commas, or "all".')


BODIES = (FileSaid, CutSaid)


class DifferenceView(Answer):
    id: str
    item: str
    what: str
    was: dict[str, str]
    now: dict[str, str]
    text: str


class Differences(Answer):
    object: Literal["cut_differences"] = "cut_differences"
    version: int
    differences: list[DifferenceView]
    changes: dict[str, Any] | None = Field(None, description="The patch that accepts what was asked to be accepted.")
    warnings: list[str]


@router.get("/timeline", responses=errors(404))
def film_timeline(context: Here, actor: Who, request: Request, film_id: str) -> TimelineView:
    """What is shown and heard when. It follows from the document and the takes, and is never stored."""
    return TimelineView.model_validate(cutting.timeline_view(context, request, actor, film_id))


@router.get("/overlays/{overlay_id}", response_class=Response, responses=errors(404, 422) | _PICTURE)
def film_overlay(
    context: Here, actor: Who, film_id: str, overlay_id: str, of: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """An overlay as the render draws it, as a PNG. `of`: as the timeline's link says it; then a browser may keep it."""
    keep = "private, max-age=86400, immutable" if of else "private, no-cache"
    picture = cutting.overlay_picture(context, actor, film_id, overlay_id)
    return Response(picture, headers={"cache-control": keep}, media_type="image/png")


@router.get("/renders", responses=errors(404))
def list_renders(context: Here, actor: Who, request: Request, film_id: str) -> Renders:
    """The newest first."""
    base = context.base_url(request)
    with context.store.read() as tx:
        films.get(tx, actor.id, film_id)
        return Renders(data=[render_view(context, base, one) for one in film_renders.of_film(tx, film_id)])


@router.post("/renders", status_code=202, responses=errors(404, 409, 422))
def render_film(
    context: Here, actor: Who, request: Request, film_id: str, said: RenderSaid | None = None
) -> RenderView:
    """Make the film's file, as the film is now."""
    asked = said or RenderSaid()  # type: ignore[call-arg]
    made = cutting.ask_render(
        context, actor, film_id, captions=asked.captions, height=asked.height, animatic=asked.animatic
    )
    return render_view(context, context.base_url(request), made)


@router.get("/renders/{render_id}", responses=errors(404))
def retrieve_render(context: Here, actor: Who, request: Request, film_id: str, render_id: str) -> RenderView:
    """How far it is."""
    with context.store.read() as tx:
        found = film_renders.get(tx, actor.id, film_id, render_id)
    return render_view(context, context.base_url(request), found)


@router.delete("/renders/{render_id}", responses=errors(404))
def delete_render(context: Here, actor: Who, film_id: str, render_id: str) -> Deleted:
    """Cancel one that is not done; remove one that is, with its file."""
    with context.store.begin() as tx:
        context.store.lock_account(tx, actor.id)
        found = film_renders.get(tx, actor.id, film_id, render_id)
        if found.finished_at is None:
            film_renders.cancel(tx, found, context.now())
            return Deleted(id=render_id, object="render.cancelled")
        keys = film_renders.drop(tx, found)
    files.delete(context, keys)
    return Deleted(id=render_id, object="render.deleted")


@router.get("/export", response_class=Response, responses=errors(404, 422) | _FILES)
def export_film(context: Here, actor: Who, film_id: str, format: Format, root: str = "", formats: str = "") -> Response:
    """The cut for another program. `root`: the folder on your computer into which it will be unpacked, for formats
    that need whole paths. `formats`: of a ZIP, those that it holds, parted by commas; all of them if it is left out.
    What a format cannot hold stands in the header x-vitascope-losses.
    """
    return handing.export(context, actor, film_id, format, root, formats)


@router.post("/import", responses=errors(404, 413, 422), openapi_extra=body(CutSaid, files=True))
def import_cut(context: Here, actor: Who, film_id: str, fields: Body) -> Differences:
    """A cut that an editor changed: what is different in it. Nothing is changed; with `accept` the patch is told."""
    return Differences.model_validate(handing.differences(context, actor, film_id, fields))


@router.post("/files", status_code=201, responses=errors(404, 409, 413, 422), openapi_extra=body(FileSaid))
def keep_file(context: Here, actor: Who, film_id: str, fields: Body) -> FileView:
    """A picture, clip or sound of your own for cues, overlays and references: the document names its SHA-256."""
    with context.store.read() as tx:
        films.get(tx, actor.id, film_id)
    given = fields.get("content") if fields.get("content") is not None else fields.get("upload_id")
    return FileView.model_validate(files.keep(context, actor, given, str(fields.get("name") or "")))
