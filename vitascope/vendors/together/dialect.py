"""Together's videos: OpenAI's video object with an address for the result beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitascope.clip import Size
from vitascope.errors import NotSupported, VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Call, Dialect, Reply, Route
from vitascope.vendors.common import echo, sentence, sound
from vitascope.vendors.fields import Fields, bad, number, structure, text, whole
from vitascope.vendors.id_formats import VIDEO
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

STATUS = {
    "queued": "in_progress",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "failed",
}
_CANNOT = {
    "reference_images": "take reference pictures",
    "reference_videos": "take another clip's look or motion",
    "frame_videos": "take clips as frames",
    "source_video": "change a given clip",
    "audio_inputs": "take a sound",
}
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "credit_limit_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def parse(call: Call) -> Asked:
    fields = call.fields
    prompt = text(fields, "prompt")
    if not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    media = structure(fields, "media") or {}
    if not isinstance(media, Mapping):
        raise bad("media", "media must be an object.", '{"frame_images": [{"input_image": ..., "frame": "first"}]}.')
    for name, what in _CANNOT.items():
        if media.get(name) or fields.get(name):
            raise NotSupported(f"No model here can {what} ({name}).", hint=f"Leave {name} out.")
    if text(fields, "output_format", limit=10).upper() == "WEBM":
        raise NotSupported("No clip is written as WEBM here.", hint='Leave output_format out, or ask for "MP4".')
    image, last = _frames(media if "frame_images" in media else fields)
    size, aspect, notes = _shape(fields, pictured=bool(image or last))
    seed = whole(fields, "seed")
    return Asked(
        prompt=prompt,
        negative_prompt=text(fields, "negative_prompt"),
        model=text(fields, "model", limit=200).strip(),
        seconds=number(fields, "seconds"),
        size=size,
        aspect=aspect,
        seed=None if seed is None or seed < 0 else seed,
        steps=whole(fields, "steps"),
        guidance=number(fields, "guidance_scale"),
        image=image,
        last_image=last,
        operation="image to video" if image or last else "text to video",
        echo=echo(fields),
        sound_flag=sound(fields, "generate_audio"),
        notes=notes,
    )


def shown(call: Call, view: View) -> Reply:
    told: dict[str, Any] = {
        "id": view.handle,
        "object": "video",
        "model": view.model,
        "status": STATUS[view.state],
        "created_at": int(view.created),
        "completed_at": int(view.finished) if view.state == "succeeded" and view.finished else None,
        "seconds": f"{view.seconds:g}",
        "size": f"{view.width}x{view.height}",
        "error": None,
        "outputs": {"cost": view.credits, "video_url": view.url} if view.state == "succeeded" else None,
    }
    if view.error:
        told["error"] = {"code": view.error.code, "message": sentence(view.error)}
    if view.notes:
        told["notes"] = list(view.notes)
    return Reply(200, told)


def fail(error: VitascopeError, call: Call | None) -> Reply:
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    told = {
        "message": sentence(error),
        "type": kind,
        "param": error.field or None,
        "code": error.code,
    }
    return Reply(error.status, {"error": told})


def _shape(fields: Fields, *, pictured: bool) -> tuple[Size | None, str, tuple[str, ...]]:
    width, height = whole(fields, "width"), whole(fields, "height")
    if width is None or height is None:
        tier = text(fields, "resolution", limit=40)
        return size_tiers.read(tier, text(fields, "ratio", limit=20), pictured=pictured)
    if width < 1 or height < 1:
        raise bad("width", f"{width}x{height} is not a size.", "For example 1280 and 720.")
    return (width, height), "", ()


def _frames(media: Fields) -> tuple[Any, Any]:
    """(first, last). Without a word on where they belong, one picture is the first, two are first and last."""
    given = structure(media, "frame_images")
    if given is None:
        return None, None
    items = given if isinstance(given, list) else [given]
    pictures = [item.get("input_image") if isinstance(item, Mapping) else item for item in items]
    places = [item.get("frame") if isinstance(item, Mapping) else None for item in items]
    if len(items) > 2 or not all(pictures):
        raise NotSupported("No model here can take more than a first and a last picture.", hint="Send one or two.")
    first = last = None
    for number_, (picture, place) in enumerate(zip(pictures, places, strict=True)):
        where = str(place if place is not None else ("first", "last")[number_]).lower()
        if where in ("first", "0", "0.0") and first is None:
            first = picture
        elif where == "last" and last is None:
            last = picture
        else:
            raise NotSupported(f'No model here can take a picture at frame "{where[:20]}".', hint="first or last.")
    return first, last


DIALECT = Dialect(
    name="together",
    title="Together",
    prefix="/together",
    routes=(
        Route(method="POST", path="/v2/videos", does="create", name="create", parse=parse, show=shown),
        Route(method="GET", path="/v2/videos/{id}", does="get", name="get", show=shown),
    ),
    fail=fail,
    claims=lambda path, headers: path == "/v2/videos" or path.startswith("/v2/videos/"),
    skin=VIDEO,
    snippet="""\
import together
videos = together.Together(api_key="{key}", base_url="{base}").videos
job = videos.create(model="minimax/hailuo-02", prompt="a red ball bounces on snow", seconds="4")
while job.status == "in_progress": job = videos.retrieve(job.id)
print(job.outputs.video_url)
""",
    sdk="together",
    base="",
    ignored=("fps", "output_quality"),
    aliases=("minimax/*", "google/veo*", "bytedance/seedance*", "kwaivgi/kling*", "wan-ai/*", "pixverse/*", "vidu/*",
             "openai/sora*"),
    docs="https://docs.together.ai/reference/create-videos",
)  # fmt: skip
