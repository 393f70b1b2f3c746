"""Luma's Agents API (Ray 3): clips and pictures as one kind of generation, files uploaded beforehand. Pure.

At the root it shares `/v1/files` with other houses, so there only its own SDK is known; under the prefix anybody is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitascope.errors import NotSupported, VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Call, Dialect, Earlier, Reply, Route, Upload, Uploaded
from vitascope.vendors.common import echo, inner, iso, many, refuse, sentence, under
from vitascope.vendors.fields import Fields, bad, choice, text
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.luma import dialect as luma
from vitascope.vendors.request import Asked
from vitascope.vendors.view import Fault, View

GRID = 24  # keyframes are placed in frames of so many in a second, whatever is made
TICKET_SECONDS = 3600.0
STATE = {**luma.STATE, "running": "processing"}
TYPES = {
    "image": "",
    "video": "",
    "image_edit": "change a given picture",
    "video_edit": "change a given clip",
    "video_reframe": "change the shape of a given clip",
    "layering": "take a picture apart",
}
_CANNOT = {"image_ref": "take reference pictures", "source": "change what is given"}
_CANNOT_VIDEO = {
    "loop": "make a clip that ends where it begins",
    "hdr": "make HDR",
    "exr_export": "write EXR",
    "edit": "change a given clip",
    "source_position": "place a given clip in a larger picture",
}
_IGNORES = ("user_id", "web_search", "style", "output_format")


def parse(call: Call) -> Asked:
    """What is to be made. Raises BadSpec, NotSupported."""
    fields = call.fields
    kind = choice(fields, "type", of=tuple(TYPES)) or ("video" if fields.get("video") else "image")
    if TYPES[kind]:
        raise NotSupported(f'No model here can {TYPES[kind]} (type "{kind}").', hint="The types video and image.")
    refuse(fields, _CANNOT)
    if text(fields, "style", limit=40) not in ("", "auto"):
        raise NotSupported(f'No model here has the style "{text(fields, "style")[:40]}".', hint="Say it in the prompt.")
    prompt, video = text(fields, "prompt"), inner(fields, "video")
    if not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    shape, still = text(fields, "aspect_ratio", limit=20), kind == "image"
    asked = Asked(prompt=prompt, model=text(fields, "model", limit=200), operation=kind, still=still, echo=echo(fields))
    return _still(asked, shape) if still else _clip(asked, video, shape)


def _still(asked: Asked, shape: str) -> Asked:
    return Asked(**{**vars(asked), "aspect": shape or "1:1"})


def _clip(asked: Asked, video: Fields, shape: str) -> Asked:
    refuse(video, _CANNOT_VIDEO)
    long = luma.seconds(video) or luma.USUAL_SECONDS
    first, last = _media(video, "start_frame"), _media(video, "end_frame", at="first")
    if video.get("keyframes"):
        first, last = _keyframes(video, long, first, last)
    extend = None
    if isinstance(first, Earlier) and last is None:
        extend, first = first, None
    size, aspect, notes = size_tiers.read(text(video, "resolution", limit=20), shape, pictured=bool(first or last))
    shaped = {"size": None, "aspect": ""} if extend else {"size": size, "aspect": aspect}
    pictures = {"image": first, "last_image": last, "extend": extend}
    return Asked(**{**vars(asked), **shaped, **pictures, "seconds": long, "notes": notes})


def _media(fields: Fields, name: str, *, at: str = "last") -> Any:
    """A picture by its address, bytes, file or earlier generation."""
    given = inner(fields, name)
    if not given:
        return None
    if handle := text(given, "file_id", limit=100):
        return Uploaded(handle)
    if handle := text(given, "generation_id", limit=100):
        return Earlier(handle, at)
    found = given.get("url") or given.get("data")
    if not found:
        raise bad(name, f"{name} is empty.", "One of url, data, file_id and generation_id.")
    return found


def _keyframes(video: Fields, long: float, first: Any, last: Any) -> tuple[Any, Any]:
    """Pictures at the clip's first and last moment; those between cannot be held."""
    if first or last:
        raise bad("video.keyframes", "There are keyframes and a start or end frame.", "Send one of the two.")
    given, places = many(video, "keyframes"), many(video, "keyframe_indexes")
    if len(given) != len(places):
        raise bad("video.keyframe_indexes", f"{len(given)} keyframes have {len(places)} places.", "One for each.")
    found: dict[int, Any] = {}
    end = round(long * GRID)
    for picture, place in zip(given, places, strict=True):
        if place not in (0, end):
            raise NotSupported(
                f"No model here can hold a picture at frame {str(place)[:20]}.", hint=f"0 or {end}, the two ends."
            )
        found[int(place)] = _media({"keyframes": picture}, "keyframes", at="last" if place == 0 else "first")
    return found.get(0), found.get(end)


def generation(view: View) -> dict[str, Any]:
    """The generation as it is now."""
    kind = "image" if view.is_still else "video"
    good = [take for take in view.takes if take.state == "succeeded"] if view.state == "succeeded" else []
    fault = view.error if view.done else None
    return {
        "id": view.handle,
        "type": kind,
        "state": STATE[view.state],
        "model": view.asked_model,
        "created_at": iso(view.created),
        "output": [{"type": kind, "url": take.image_url or take.url} for take in good],
        "failure_code": failure_code(fault) if fault else None,
        "failure_reason": sentence(fault) if fault else None,
    }


def failure_code(fault: Fault) -> str:
    if fault.code in ("bad_picture", "bad_clip"):
        return "corrupt_input"
    kinds = {"input": "invalid_request", "quota": "budget_exhausted"}
    if fault.category.startswith("safety"):
        return "content_moderated"
    return "generation_failed" if fault.code == "cancelled" else kinds.get(fault.category, "generation_failed")


def created(_call: Call, view: View) -> Reply:
    return Reply(201, generation(view))


def show(_call: Call, view: View) -> Reply:
    return Reply(200, generation(view))


def file_wanted(call: Call) -> Upload:
    fields = call.fields
    name, kind = text(fields, "filename", limit=200), text(fields, "mime_type", limit=100)
    purpose = choice(fields, "purpose", of=("input", "reference")) or "input"
    return Upload(id="", handle="", name=name, media_type=kind, purpose=purpose)


def file(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.handle,
        "state": "pending" if upload.bytes is None else "ready",
        "filename": upload.name or None,
        "mime_type": upload.media_type or "application/octet-stream",
        "purpose": upload.purpose or "input",
        "size_bytes": upload.bytes or 0,
        "created_at": iso(upload.created),
    }


def file_created(_call: Call, upload: Upload) -> Reply:
    """With the address for the bytes, unless they came along."""
    found, put = file(upload), None
    if upload.bytes is None:
        until = iso(upload.created + TICKET_SECONDS)
        headers = {"Content-Type": upload.media_type} if upload.media_type else {}
        put = {"url": upload.put_url, "method": "PUT", "headers": headers, "expires_at": until}
    return Reply(201, {"id": upload.handle, "state": found["state"], "file": found, "upload": put})


def file_shown(_call: Call, upload: Upload) -> Reply:
    return Reply(200, file(upload))


def files_shown(call: Call, uploads: list[Upload]) -> Reply:
    state, purpose = text(call.query, "state", limit=20), text(call.query, "purpose", limit=20)
    found = [file(upload) for upload in uploads]
    kept = [one for one in found if (not state or one["state"] == state) and (not purpose or one["purpose"] == purpose)]
    return Reply(200, {"data": kept, "has_more": False, "next_cursor": None})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    body: dict[str, Any] = {"detail": sentence(error), "code": error.code}
    return Reply(400 if error.status == 422 else error.status, body)


def _sdk(headers: Mapping[str, str]) -> bool:
    return headers.get("user-agent", "").lower().startswith(("luma/", "asyncluma/", "lumaagents", "asynclumaagents"))


def claims(path: str, headers: Mapping[str, str]) -> bool:
    return under("/v1/generations")(path, headers) or (path.startswith("/v1/") and _sdk(headers))


def _sends_form(call: Call) -> bool:
    return call.headers.get("content-type", "").startswith("multipart/")


def _known(call: Call) -> bool:
    return bool(call.prefix) or _sdk(call.headers)


_FILES = (
    Route(
        method="POST",
        path="/v1/files",
        does="upload",
        name="upload",
        parse=file_wanted,
        show=file_created,
        match=lambda call: _known(call) and _sends_form(call),
    ),
    Route(
        method="POST",
        path="/v1/files",
        does="ticket",
        name="upload, begun",
        parse=file_wanted,
        show=file_created,
        match=_known,
    ),
    Route(
        method="POST",
        path="/v1/files/{id}/complete",
        does="file",
        name="upload, finished",
        show=file_shown,
        match=_known,
    ),
    Route(method="GET", path="/v1/files", does="files", name="list of files", show=files_shown, match=_known),
    Route(method="GET", path="/v1/files/{id}", does="file", name="file", show=file_shown, match=_known),
    Route(
        method="DELETE",
        path="/v1/files/{id}",
        does="drop",
        name="delete a file",
        show=lambda call, upload: Reply(204),
        match=_known,
    ),
)


SNIPPET = """\
import time; from luma_agents import Luma
client = Luma(base_url="{base}/v1", auth_token="{key}")
made = client.generations.create(model="ray-3.2", type="video", prompt="a red ball bounces on snow")
while made.state in ("queued", "processing"): time.sleep(1); made = client.generations.get(made.id)
print(made.output[0].url)"""

DIALECT = Dialect(
    name="luma-agents",
    title="Luma Agents",
    prefix="/luma-agents",
    routes=(
        Route(
            method="POST",
            path="/v1/generations",
            does="create",
            name="video, image",
            parse=parse,
            show=created,
            ignores=_IGNORES,
        ),
        Route(method="GET", path="/v1/generations/{id}", does="get", name="generation", show=show),
        *_FILES,
    ),
    fail=fail,
    claims=claims,
    skin=UUID,
    upload_skin=UUID,
    snippet=SNIPPET,
    sdk="luma-agents",
    base="/v1",
    ignored=_IGNORES,
    aliases=("ray-3*", "uni-1*"),
    docs="Luma Agents API",
)
