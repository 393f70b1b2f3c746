"""Volcano Ark's (BytePlus ModelArk's) content generation, which Seedance's clients speak: a list of contents in, a task
out. Pictures (Seedream) come from a second path that answers when they are done.

Older clients write switches at the end of the prompt, `--ratio 16:9 --dur 5`; a field of the same meaning wins.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qs

from vitascope.clip import CameraPath
from vitascope.errors import NotSupported, PolicyRefused, VitascopeError
from vitascope.vendors import content_list, size_tiers
from vitascope.vendors.api import Call, Dialect, Listing, Page, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import echo, emptied, sentence, sound
from vitascope.vendors.fields import Fields, bad, choice, flag, number, text, whole
from vitascope.vendors.id_formats import prefixed
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

TASKS = "/api/v3/contents/generations/tasks"
IMAGES = "/api/v3/images/generations"
HELD_SECONDS = 240.0  # a picture is waited for at most so long
FPS = 24  # in which Ark counts `frames`
_SWITCHES = {
    "ratio": "ratio", "rt": "ratio", "dur": "duration", "duration": "duration", "frames": "frames",
    "rs": "resolution", "resolution": "resolution", "fps": "fps", "framespersecond": "fps", "seed": "seed",
    "wm": "watermark", "watermark": "watermark", "cf": "camera_fixed", "camerafixed": "camera_fixed",
}  # fmt: skip
_SWITCH = re.compile(r"\s*--(\w+)[ =]+([^\s-]\S*|-1)\s*$")
_CODES = {  # of our errors: HTTP status, type, code
    400: (400, "BadRequest", "InvalidParameter"),
    401: (401, "Unauthorized", "AuthenticationError"),
    402: (403, "Forbidden", "AccountOverdueError"),
    403: (403, "Forbidden", "AccessDenied"),
    404: (404, "NotFound", "ResourceNotFound"),
    405: (405, "MethodNotAllowed", "MethodNotAllowed"),
    409: (409, "Conflict", "InvalidAction"),
    413: (413, "BadRequest", "RequestEntityTooLarge"),
    415: (415, "BadRequest", "UnsupportedMediaType"),
    422: (400, "BadRequest", "InvalidParameter"),
    429: (429, "TooManyRequests", "RateLimitExceeded"),
    503: (503, "ServiceUnavailable", "ServiceUnavailable"),
}
_FAULTS = {
    "safety_input": "InputTextSensitiveContentDetected",
    "safety_output": "OutputVideoSensitiveContentDetected",
    "input": "InvalidParameter",
    "auth": "AccessDenied",
    "quota": "QuotaExceeded",
}


def parse(call: Call) -> Asked:
    """A clip. Raises BadSpec naming the field, NotSupported for what no model here can do."""
    found = content_list.read(call.fields)
    prompt, switches = _without_switches(found.prompt)
    if not (prompt.strip() or found.first or found.draft):
        raise bad("content", "The prompt is empty.", 'For example content=[{"type": "text", "text": "a red ball"}].')
    fields = {**switches, **{name: value for name, value in call.fields.items() if value is not None}}
    tier, ratio = text(fields, "resolution", limit=20), text(fields, "ratio", limit=20)
    size, aspect, notes = size_tiers.read(tier, ratio, pictured=bool(found.first or found.last or found.draft))
    seed = whole(fields, "seed")
    return Asked(
        prompt=prompt,
        model=text(fields, "model", limit=200).strip(),
        seconds=_seconds(fields),
        size=size,
        aspect=aspect,
        seed=None if seed == -1 else seed,
        camera=CameraPath(words="still") if flag(fields, "camera_fixed") else None,
        image=found.first,
        last_image=found.last,
        draft=flag(fields, "draft"),
        lane="offpeak" if choice(fields, "service_tier", of=("default", "flex")) == "flex" else "normal",
        operation="video",
        callback_url=text(fields, "callback_url", limit=2000),
        echo=echo(call.fields),
        notes=(*notes, *_notes(fields)),
        sound_flag=sound(fields, "generate_audio"),
    )


def parse_image(call: Call) -> Asked:
    """A picture. Sets of pictures that belong together, and changes to a given one, are refused."""
    fields = call.fields
    if fields.get("image"):
        raise NotSupported("No model here can change a given picture (image).", hint="Leave image out.")
    if choice(fields, "sequential_image_generation", of=("auto", "disabled")) == "auto":
        raise NotSupported("No model here can make a set of pictures that belong together.", hint="Ask for one each.")
    if flag(fields, "stream"):
        raise NotSupported("Pictures are not streamed here.", hint="Leave stream out.")
    if not text(fields, "prompt").strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball on snow".')
    size, aspect, notes = size_tiers.read(text(fields, "size", limit=20), "", default="1:1")
    seed = whole(fields, "seed")
    return Asked(
        prompt=text(fields, "prompt"),
        model=text(fields, "model", limit=200).strip(),
        still=True,
        size=size,
        aspect=aspect,
        seed=None if seed == -1 else seed,
        guidance=number(fields, "guidance_scale"),
        operation="image",
        echo=echo(fields),
        notes=(*notes, *_notes(fields)),
        sound_flag=sound(fields, "generate_audio"),
    )


def created(call: Call, view: View) -> Reply:
    return Reply(200, {"id": view.handle})


def show(call: Call, view: View) -> Reply:
    return Reply(200, task(view))


def show_image(call: Call, view: View) -> Reply:
    """The picture, when it was ready in time; else an error that names the task."""
    if view.state != "succeeded":
        fault = fault_of(view)
        told = fault or {"code": "RequestTimeout", "message": f"The picture {view.handle} is {view.state}."}
        return Reply(400 if view.error and view.error.category != "internal" else 504, {"error": told})
    made: dict[str, Any] = {"size": f"{view.width}x{view.height}"}
    if choice(call.fields, "response_format", of=("url", "b64_json")) == "b64_json":
        made["b64_json"] = base64.b64encode(view.image()).decode()
    else:
        made["url"] = view.image_url
    tokens = view.width * view.height // 256
    usage = {"generated_images": 1, "output_tokens": tokens, "total_tokens": tokens}
    return Reply(200, {"model": view.asked_model, "created": int(view.finished or 0), "data": [made], "usage": usage})


def task(view: View) -> dict[str, Any]:
    """The task as it is now. What was not said, or is not known yet, is left out."""
    kept = view.echo
    told = {
        "id": view.handle,
        "model": view.asked_model,
        "status": view.state,
        "error": fault_of(view),
        "content": _content(view),
        "usage": _usage(view),
        "created_at": int(view.created),
        "updated_at": int(view.updated or view.created),
        "seed": view.seed,
        "resolution": f"{min(view.width, view.height)}p",
        "ratio": view.aspect,
        "duration": round(view.seconds),
        "frames": view.frames,
        "framespersecond": view.fps,
        "service_tier": kept.get("service_tier") or "default",
        "safety_identifier": kept.get("safety_identifier"),
        "generate_audio": view.sound,
        "draft": bool(kept.get("draft")),
        "draft_task_id": view.parent or None,
    }
    return {name: value for name, value in told.items() if value is not None or name == "error"}


def parse_list(call: Call) -> Listing:
    if parse_qs(call.search).get("filter.service_tier"):
        raise bad("filter.service_tier", "Tasks are not parted by their tier here.", "Leave filter.service_tier out.")
    return content_list.listing(call, operations=("video",))


def show_list(call: Call, views: list[View], page: Page) -> Reply:
    return Reply(200, {"total": page.total, "items": [task(view) for view in views]})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    status, kind, code = _CODES.get(error.status, (error.status, "InternalServerError", "InternalServiceError"))
    if isinstance(error, PolicyRefused):
        code = "InputTextSensitiveContentDetected"
    elif error.code == "unknown_model":
        code = "InvalidEndpointOrModel.NotFound"
    return Reply(
        status,
        {"error": {"code": code, "message": sentence(error), "param": error.field, "type": kind}},
    )


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """Ark tells the whole task at each of its states; nothing is signed."""
    return Message(json.dumps(task(view), ensure_ascii=False).encode())


def fault_of(view: View) -> dict[str, str] | None:
    if not view.error or view.state == "cancelled":
        return None
    return {"code": _FAULTS.get(view.error.category, "InternalServiceError"), "message": sentence(view.error)}


def _content(view: View) -> dict[str, Any] | None:
    if view.state != "succeeded":
        return None
    last = view.last_frame_url if view.echo.get("return_last_frame") in (True, "true") else None
    return {"video_url": view.url} | ({"last_frame_url": last} if last else {})


def _usage(view: View) -> dict[str, int] | None:
    """Ark's own count of tokens: the pixels of all frames, by 1024."""
    if view.state != "succeeded":
        return None
    tokens = view.width * view.height * view.frames // 1024
    return {"completion_tokens": tokens, "total_tokens": tokens}


def _seconds(fields: Fields) -> float | None:
    frames, seconds = number(fields, "frames"), number(fields, "duration")
    if frames is not None:
        return frames / FPS
    return None if seconds == -1 else seconds  # -1: as long as the model likes


def _without_switches(prompt: str) -> tuple[str, dict[str, str]]:
    """The prompt without the switches at its end, and what they say."""
    found: dict[str, str] = {}
    while (match := _SWITCH.search(prompt)) and match[1].lower() in _SWITCHES:
        found.setdefault(_SWITCHES[match[1].lower()], match[2])
        prompt = prompt[: match.start()]
    return prompt, found


def _notes(fields: Fields) -> tuple[str, ...]:
    found = []
    if flag(fields, "watermark"):
        found.append("No watermark is drawn; watermark was left out.")
    if fields.get("tools"):
        found.append("No tools are used; tools was left out.")
    return tuple(found)


def _finishes_draft(call: Call) -> bool:
    return bool(content_list.draft_of(call.fields))


ROUTES = (
    Route(
        method="POST",
        path=TASKS,
        does="again",
        relation="finish",
        name="finish a draft",
        match=_finishes_draft,
        id=lambda call: content_list.draft_of(call.fields),
        parse=parse,
        show=created,
    ),
    Route(method="POST", path=TASKS, does="create", name="text and image to video", parse=parse, show=created),
    Route(method="GET", path=TASKS, does="list", name="list", parse=parse_list, show=show_list),
    Route(method="GET", path=TASKS + "/{id}", does="get", name="status", show=show),
    Route(method="DELETE", path=TASKS + "/{id}", does="withdraw", name="cancel or delete", show=emptied),
    Route(
        method="POST",
        path=IMAGES,
        does="create",
        name="text to image",
        parse=parse_image,
        show=show_image,
        hold=lambda call: HELD_SECONDS,
        ignores=("optimize_prompt_options", "output_format"),
    ),
)

DIALECT = Dialect(
    name="ark",
    title="Volcano Ark, BytePlus (Seedance)",
    prefix="/ark",
    routes=ROUTES,
    fail=fail,
    claims=lambda path, headers: path.startswith("/api/v3/"),
    skin=prefixed("cgt-"),
    callback=Callback(write=write, states=("queued", "running", "succeeded", "failed", "cancelled"), attempts=3),
    snippet="""\
import time; from volcenginesdkarkruntime import Ark
tasks = Ark(base_url="{base}/api/v3", api_key="{key}").content_generation.tasks
job = tasks.create(model="doubao-seedance-1-0-pro-250528", content=[{"type": "text", "text": "a kite"}])
while (task := tasks.get(task_id=job.id)).status in ("queued", "running"): time.sleep(1)
print(task.content.video_url)""",
    sdk="volcengine-ark-runtime",
    base="/api/v3",
    ignored=(
        "execution_expires_after",
        "fps",
        "omni_reference_task_type",
        "priority",
        "tools",
        "watermark",
    ),
    aliases=("doubao-seed*", "seedance-*", "dreamina-seedance*", "seedream-*", "wan2-*", "ep-*"),
    docs="Content generation",
)
