"""xAI's videos, in their REST form (its own SDK speaks gRPC). Pure.

A request's id is a UUID, by which its `GET /v1/videos/{id}` is told from OpenAI's; a clip to go on with comes in JSON
as `video.url`, by which its extensions are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vitascope.errors import NotSupported, PolicyRefused, VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Call, Dialect, Reply, Route
from vitascope.vendors.common import echo, sentence, sound
from vitascope.vendors.fields import Fields, bad, number, structure, text, whole
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.request import Asked
from vitascope.vendors.view import Fault, View

STATUS = {"queued": "pending", "running": "pending", "succeeded": "done", "failed": "failed", "cancelled": "failed"}
DEFAULT_SECONDS = 8.0  # theirs
_CODES = {
    400: "Client specified an invalid argument",
    401: "The request does not have valid authentication credentials",
    402: "Some resource has been exhausted",
    403: "The caller does not have permission to execute the specified operation",
    404: "Some requested entity was not found",
    405: "Operation is not implemented or not supported",
    409: "The system is not in a state required for the operation's execution",
    413: "Client specified an invalid argument",
    415: "Client specified an invalid argument",
    422: "Client specified an invalid argument",
    429: "Some resource has been exhausted",
    503: "The service is currently unavailable",
}
_UUID = re.compile(r"/v1/videos/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def has_clip(call: Call) -> bool:
    """xAI's form of a request that OpenAI has at the same path: JSON, the clip by its address."""
    video = call.fields.get("video")
    return bool(call.prefix) or (isinstance(video, Mapping) and "url" in video)


def is_request(call: Call) -> bool:
    return bool(call.prefix) or bool(UUID.read(call.params.get("id", "")))


def claims(path: str, headers: Mapping[str, str]) -> bool:
    return path == "/v1/videos/generations" or bool(_UUID.fullmatch(path))


def parse(call: Call) -> Asked:
    fields = call.fields
    for name, what in (("reference_images", "take reference pictures"), ("reference_audios", "take a voice")):
        if structure(fields, name):
            raise NotSupported(f"No model here can {what} ({name}).", hint=f"Leave {name} out.")
    image, last = _url(fields, "image"), _url(fields, "last_frame")
    size, aspect, notes = size_tiers.read(
        text(fields, "resolution", "size", limit=40),
        text(fields, "aspect_ratio", limit=20),
        pictured=bool(image or last),
    )
    seconds = number(fields, "duration")
    return Asked(
        **_words(fields),
        seconds=DEFAULT_SECONDS if seconds is None else seconds,
        size=size,
        aspect=aspect,
        image=image,
        last_image=last,
        operation="image to video" if image or last else "text to video",
        sound_flag=sound(fields, "generate_audio"),
        notes=notes,
    )


def parse_extension(call: Call) -> Asked:
    clip = _url(call.fields, "video")
    if not clip:
        raise bad("video", "The clip to be continued is missing.", 'Send video={"url": "https://..."}.')
    seconds = number(call.fields, "duration")
    wants = sound(call.fields, "generate_audio")
    return Asked(**_words(call.fields), seconds=seconds, extend=clip, operation="extend", sound_flag=wants)


def taken(call: Call, view: View) -> Reply:
    return Reply(200, {"request_id": view.handle})


def shown(call: Call, view: View) -> Reply:
    """202 while it is on its way."""
    told: dict[str, Any] = {"status": STATUS[view.state], "model": view.model, "progress": round(100 * view.progress)}
    if view.state == "succeeded":
        told["video"] = {"url": view.url, "duration": round(view.seconds, 3), "respect_moderation": True}
    if view.error:
        told["error"] = {"code": _code_of(view.error), "message": sentence(view.error)}
    if view.notes:
        told["notes"] = list(view.notes)
    return Reply(200 if view.done else 202, told)


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """A sentence for the status and one for what is wrong. What a field holds is always 400 there."""
    status = 400 if error.status in (415, 422) else error.status
    code = _CODES.get(error.status, "Internal error")
    said = f"Rejected by content moderation. {sentence(error)}" if isinstance(error, PolicyRefused) else sentence(error)
    return Reply(status, {"code": code, "error": said})


def _words(fields: Fields) -> dict[str, Any]:
    prompt, seed = text(fields, "prompt"), whole(fields, "seed")
    if not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    return {
        "prompt": prompt,
        "model": text(fields, "model", limit=200).strip(),
        "seed": None if seed is None or seed < 0 else seed,
        "echo": echo(fields),
    }


def _url(fields: Fields, name: str) -> Any:
    """The address in {"url": ...}; some relays send it bare."""
    given = structure(fields, name)
    if isinstance(given, Mapping):
        given = given.get("url") or given.get("image_url") or given
        if isinstance(given, Mapping):
            raise bad(name, f"{name} has no address.", f'For example {name}={{"url": "https://..."}}.')
    return given


def _code_of(fault: Fault) -> str:
    if fault.code == "cancelled":
        return "cancelled"
    return {"input": "invalid_argument", "safety_input": "invalid_argument", "safety_output": "content_moderated",
            "auth": "permission_denied", "quota": "resource_exhausted"}.get(
        fault.category, "internal_error"
    )  # fmt: skip


DIALECT = Dialect(
    name="xai",
    title="xAI",
    prefix="/xai",
    routes=(
        Route(method="POST", path="/v1/videos/generations", does="create", name="create", parse=parse, show=taken),
        Route(
            method="POST",
            path="/v1/videos/extensions",
            does="create",
            name="extend",
            parse=parse_extension,
            show=taken,
            match=has_clip,
        ),
        Route(
            method="POST",
            path="/v1/videos/edits",
            does="refuse",
            name="edit",
            refused="change a given clip",
            match=has_clip,
        ),
        Route(method="GET", path="/v1/videos/{id}", does="get", name="get", show=shown, match=is_request),
    ),
    fail=fail,
    claims=claims,
    skin=UUID,
    snippet="""\
import time, httpx
http = httpx.Client(base_url="{base}/v1", headers={"Authorization": "Bearer {key}"})
id = http.post("/videos/generations", json={"model": "grok-imagine-video", "prompt": "a red ball"}).json()["request_id"]
while (job := http.get(f"/videos/{id}").json())["status"] == "pending": time.sleep(1)
print(job["video"]["url"])
""",
    base="/v1",
    ignored=("user", "output", "storage_options"),
    aliases=("grok-imagine-video*", "grok-video*"),
    docs="https://docs.x.ai/docs/guides/video-generations",
)
