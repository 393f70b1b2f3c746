"""/v1/videos: OpenAI's videos, complete, with our fields beside theirs. Whatever one model can't do is said, never
faked.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vitascope.clip import Picture
from vitascope.errors import Conflict, NotFound, NotSupported, Unavailable
from vitascope.server import requests, waiting
from vitascope.server import video_object as video
from vitascope.server.auth import Asking, Here, Who
from vitascope.server.body import Body, aside
from vitascope.server.files import delivery
from vitascope.server.requests import Order
from vitascope.server.routes import MEDIA, body, errors
from vitascope.server.schemas import Deleted, Page
from vitascope.server.schemas import page as pages
from vitascope.server.video_object import Video
from vitascope.store import inputs, library, recipes
from vitascope.vendors.fields import bad
from vitascope.vendors.openai import dialect as openai

router = APIRouter(route_class=Asking, prefix="/v1/videos", tags=["videos"])
POLL_AFTER_MS = "1000"
Variant = Literal["video", "thumbnail", "spritesheet"]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200, description="Sent twice, made once.")]


class VideoChanges(BaseModel):
    """What can be asked of a clip. Numbers may be sent as text; unknown fields are kept, not refused."""

    model_config = ConfigDict(extra="allow")

    prompt: str | None = Field(None, max_length=2000, description="In English or Chinese.")
    negative_prompt: str | None = None
    seconds: str | float | None = Field(None, description='4 or "4". 0 makes a still.')
    size: str | None = Field(None, description="Width x height. The nearest size of the model is made, and said.")
    aspect: str | None = Field(None, description="16:9, 9:16, 1:1; the nearest is made.")
    seed: int | str | None = None
    steps: int | str | None = None
    guidance: float | str | None = None
    camera: str | list[Any] | dict[str, Any] | None = Field(
        None,
        description='Words ("orbit left"), or rows of eight numbers: azimuth, elevation, log distance, x, y, z, '
        "roll, field of view.",
    )
    input_reference: str | dict[str, Any] | None = Field(
        None,
        description="The first picture: a file, a URL, a data URL, base64, or {file_id} or {image_url}. Of a clip its "
        "last frame is taken.",
    )
    last_image: str | dict[str, Any] | None = Field(None, description="The last picture, in the same forms.")
    fit: str | None = Field(None, description="crop or pad: what is done with a picture or clip of another shape.")
    n: int | str | None = Field(None, description="How many takes, each with its own seed.")
    sound: bool | str | None = Field(None, description="With or without; what the model can do its card says.")
    tier: str | None = Field(None, description="A resolution by the model's own name; its card lists them.")
    preset: str | None = Field(None, description="One of the model's presets.")
    loras: list[dict[str, Any]] | dict[str, float] | None = Field(
        None, description='LoRAs of the model: [{"name": "film", "weight": 0.8}], or weights by name.'
    )
    references: list[str | dict[str, Any]] | dict[str, Any] | None = Field(
        None,
        description="Who or what is in the clip, where the model takes that: files, URLs, data URLs or ids, each alone "
        'or as {"kind": "image", "name": "cat", "url": ...}; or an object of such by their names.',
    )
    options: dict[str, Any] | None = Field(None, description="The model's own options; its card lists them.")
    max_credits: float | str | None = Field(
        None, description="The order is refused with 409 when it costs more, for all takes together."
    )
    draft: bool | str | None = Field(None, description="Drawn in few steps, at a part of the price.")
    lane: str | None = Field(None, description="normal, offpeak or relaxed.")
    project: str | None = None
    metadata: dict[str, Any] | None = Field(None, description="Given back as it is.")
    model: str | None = Field(None, description="A model, or another vendor's name for one.")


class CreateVideo(VideoChanges):
    prompt: str = Field(max_length=2000, description="In English or Chinese.")


class ExtendVideo(CreateVideo):
    video: str | dict[str, Any] = Field(
        description='A file (mp4, MOV, WebM, MKV, AVI), {"id": "video_..."}, or {"url": ...}.'
    )


class CreateCharacter(BaseModel):
    name: str | None = None
    video: str | None = None


BODIES = (VideoChanges, CreateVideo, ExtendVideo, CreateCharacter)
_MAKING = errors(400, 402, 404, 409, 413, 422)


@router.post("", responses=_MAKING, openapi_extra=body(CreateVideo))
def create_video(context: Here, actor: Who, request: Request, fields: Body, key: Key = None) -> Video:
    """Make a clip. Takes JSON or a form; answers at once, the clip follows."""
    requests.admit(context, actor)
    return _made(context, actor, request, requests.order(context, actor, openai.parse(fields)), key)


@router.post("/sync", response_class=Response, responses=_MAKING | MEDIA, openapi_extra=body(CreateVideo))
async def create_video_and_wait(context: Here, actor: Who, request: Request, fields: Body, key: Key = None) -> Response:
    """Make a clip and answer with its mp4. When the caller goes away before it is done, it is cancelled."""

    def begin() -> Video:
        return create_video(context, actor, request, fields, key)

    async def gone() -> bool:
        return await request.is_disconnected() or context.stopping.is_set()

    with context.listening.place(actor.id):
        made = await aside(begin)
        is_done = await waiting.done(context, actor, made.id, gone)
    if not is_done:
        await aside(cancel_video, context, actor, request, made.id)
        raise Unavailable(
            "The clip took too long to wait for, and was cancelled.", hint="POST /v1/videos does not wait."
        )
    return await aside(download_content, context, actor, request, made.id)


@router.get("", responses=errors(400, 422))
def list_videos(
    context: Here,
    actor: Who,
    request: Request,
    after: Annotated[str | None, Query(max_length=64, description="The last id already seen.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"] | None = None,
    batch_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[Video]:
    """The account's videos, the newest first."""
    behind = None
    if after and (behind := openai.job_id(after)) == "job_none":
        raise bad("after", f'There is no video "{after}".', "Send the last_id of the page before.")
    with context.store.read() as tx:
        found = video.page(tx, actor, after=behind, limit=limit + 1, order=order, state=state, batch_id=batch_id)
        return pages(video.shown(context, request, tx, actor, found), limit)  # type: ignore[return-value]


@router.post("/edits", responses=_MAKING, openapi_extra=body(ExtendVideo))
def edit_video(context: Here, actor: Who, fields: Body) -> Video:
    """No model here can change a given clip; a remix makes a new one."""
    raise NotSupported(
        "No model here can edit a given clip.", hint="POST /v1/videos/{id}/remix makes it anew from changed words."
    )


@router.post("/extensions", responses=_MAKING, openapi_extra=body(ExtendVideo))
def extend_video(context: Here, actor: Who, request: Request, fields: Body, key: Key = None) -> Video:
    """Continue a clip: one of yours, or an mp4 that is sent along. `seconds` is what comes after it."""
    requests.admit(context, actor)
    asked = openai.parse(fields)
    if asked.extend is None:
        raise bad("video", "The clip to be continued is missing.", 'Send a file, or video={"id": "video_..."}.')
    return _made(context, actor, request, requests.order(context, actor, asked), key)


@router.post("/characters", responses=_MAKING, openapi_extra=body(CreateCharacter, files=True, required=False))
def create_character(context: Here, actor: Who, fields: Body) -> Video:
    """No model here can keep a character."""
    raise NotSupported("No model here can keep a character.", hint="Say in each prompt what it looks like.")


@router.get("/characters/{character_id}", responses=errors(404))
def retrieve_character(context: Here, actor: Who, character_id: str) -> Video:
    """There are none."""
    raise NotFound(f'There is no character "{character_id[:60]}".', hint="No model here can keep one.")


@router.get("/{video_id}", responses=errors(404))
def retrieve_video(context: Here, actor: Who, request: Request, response: Response, video_id: str) -> Video:
    """How it is now."""
    with context.store.read() as tx:
        found = video.job(tx, actor, video_id)
        if not found.done:
            response.headers["openai-poll-after-ms"] = POLL_AFTER_MS
        return _one(video.shown(context, request, tx, actor, [found]), video_id)


@router.delete("/{video_id}", responses=errors(404, 409))
def delete_video(context: Here, actor: Who, video_id: str) -> Deleted:
    """Gone from here; a clip lies in the library's trash for a while. One on its way is cancelled and costs nothing."""
    with context.store.begin() as tx:
        video.delete(tx, actor, video.job(tx, actor, video_id), context.now())
    return Deleted(id=video_id, object="video.deleted")


@router.post("/{video_id}/cancel", responses=errors(404, 409))
def cancel_video(context: Here, actor: Who, request: Request, video_id: str) -> Video:
    """Stop it before its next step; what was held comes back. One that is done stays as it is."""
    with context.store.begin() as tx:
        found = video.job(tx, actor, video_id)
        found = video.cancel(tx, actor, found.id, context.now())
        return _one(video.shown(context, request, tx, actor, [found]), video_id)


@router.get("/{video_id}/content", response_class=Response, responses=errors(404, 409) | MEDIA)
def download_content(
    context: Here, actor: Who, request: Request, video_id: str, variant: Variant = "video"
) -> Response:
    """The mp4, its poster or its sprite sheet, whole or in ranges."""
    with context.store.read() as tx:
        found = video.job(tx, actor, video_id)
        if not found.clip_id:
            raise Conflict(f"The video is {openai.STATUS[found.state]}.", hint="Wait until it is completed.")
        clip = library.get(tx, actor.id, found.clip_id)
    key = {"video": clip.video_key, "thumbnail": clip.poster_key, "spritesheet": clip.sprite_key}[variant]
    if not key:
        raise NotFound(f"This video has no {variant}.", hint="Ask for the video itself.")
    name = delivery.file_name(clip.prompt, clip.seed, key[key.rfind(".") :])
    return delivery.answer(context, key, request, name=name)


@router.get("/{video_id}/preview", response_class=Response, responses=errors(404) | MEDIA)
def preview_video(context: Here, actor: Who, request: Request, video_id: str) -> Response:
    """A cheap look at where it is going."""
    with context.store.read() as tx:
        found = video.job(tx, actor, video_id)
    if not found.preview_key:
        raise NotFound("There is no preview yet.", hint="Ask again after the next step.")
    response = delivery.answer(context, found.preview_key, request)
    response.headers["cache-control"] = "no-store"
    return response


@router.get("/{video_id}/given", response_class=Response, responses=errors(404) | MEDIA)
def given_picture(context: Here, actor: Who, video_id: str, which: Literal["first", "last"] = "first") -> Response:
    """The picture that was given for the first or the last frame, as a PNG fitted to the clip."""
    with context.store.read() as tx:
        spec = recipes.whole(tx, actor.id, video.job(tx, actor, video_id).spec)
    name = {"first": "image", "last": "last_image"}[which]
    if not spec.get(name):
        raise NotFound(f"No {which} picture was given.", hint="The video's `given` says which were.")
    picture = inputs.at_hand(context.store, context.blobs, actor.id, {name: spec[name]})[name]
    if "png" not in picture:
        raise NotFound(f"The {which} picture is not here any more.", hint="Give it again.")
    return Response(Picture.from_dict(picture).png, media_type="image/png")


@router.post("/{video_id}/remix", responses=_MAKING, openapi_extra=body(CreateVideo))
def remix_video(context: Here, actor: Who, request: Request, video_id: str, fields: Body, key: Key = None) -> Video:
    """The same clip from other words. All else stays as it was, unless it is asked otherwise."""
    return _again(context, actor, request, video_id, fields, key, "remix")


@router.post("/{video_id}/rerun", responses=_MAKING, openapi_extra=body(VideoChanges, required=False))
def rerun_video(context: Here, actor: Who, request: Request, video_id: str, fields: Body, key: Key = None) -> Video:
    """The same clip with another seed, or with whatever else is changed."""
    return _again(context, actor, request, video_id, fields, key, "rerun")


@router.post("/{video_id}/finish", responses=_MAKING, openapi_extra=body(VideoChanges, required=False))
def finish_video(context: Here, actor: Who, request: Request, video_id: str, fields: Body, key: Key = None) -> Video:
    """A draft, drawn with all its steps. What the draft cost is taken off the price."""
    return _again(context, actor, request, video_id, fields, key, "finish")


def _again(
    context: Here, actor: Who, request: Request, video_id: str, fields: dict[str, Any], key: str | None, relation: str
) -> Video:
    requests.admit(context, actor)
    with context.store.read() as tx:
        found = video.job(tx, actor, video_id)
    asked = openai.parse(fields, prompt_needed=relation == "remix")
    return _made(context, actor, request, requests.again(context, actor, found, asked, relation=relation), key)


def _made(context: Here, actor: Who, request: Request, order: Order, key: str | None) -> Video:
    made = requests.submit(context, actor, order, idempotency=key)
    takes = [openai.video_id(job.id) for job in made] if len(made) > 1 else []
    with context.store.read() as tx:
        return _one(video.shown(context, request, tx, actor, made[:1], takes=takes), "")


def _one(objects: list[dict[str, Any]], video_id: str) -> Video:
    if not objects:
        raise NotFound(f'There is no video "{video_id[:60]}".', hint="It was deleted.")
    return Video.model_validate(objects[0])
