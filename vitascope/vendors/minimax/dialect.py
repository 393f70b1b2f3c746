"""MiniMax's Hailuo, first API: three calls from words to file (make, ask, fetch), and camera commands in brackets.

Whatever was understood is answered with HTTP 200, errors too: `base_resp.status_code` tells them apart.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from vitascope.errors import PolicyRefused, VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Call, Dialect, Reply, Route, Upload, Uploaded
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import echo, refuse, sentence, under
from vitascope.vendors.fields import bad, choice, flag, number, structure, text, whole
from vitascope.vendors.id_formats import DECIMAL, NUMBER
from vitascope.vendors.minimax import camera as hailuo_camera
from vitascope.vendors.request import DEFAULT_SECONDS, Asked
from vitascope.vendors.view import View

SCHEME = "mm_file://"  # of a file that was sent beforehand
HELD_SECONDS = 240.0  # a picture is waited for at most so long
STATUS = {
    "queued": "Queueing",
    "running": "Processing",
    "succeeded": "Success",
    "failed": "Fail",
    "cancelled": "Fail",
}
_TOLD = {"running": "processing", "succeeded": "success", "failed": "failed", "cancelled": "failed"}
_CODES = {400: 2013, 401: 1004, 402: 1008, 403: 2049, 404: 2013, 409: 2013, 413: 2013, 422: 2013, 429: 1002}
_FAULTS = {"safety_input": 1026, "safety_output": 1027, "input": 2013, "quota": 1008, "auth": 1004}
_OF_HTTP = (405, 413, 415)  # not of the API itself, so told by their status too
_CANNOT = {"subject_reference": "keep a character from pictures"}


def parse(call: Call) -> Asked:
    """Raises BadSpec naming the field, NotSupported for what no model here can do."""
    fields = call.fields
    refuse(fields, _CANNOT)
    model, first = text(fields, "model", limit=200).strip(), structure(fields, "first_frame_image")
    if model.upper().startswith("I2V") and not first:
        raise bad("first_frame_image", f"{model} starts from a picture.", "Send first_frame_image.")
    seconds = number(fields, "duration")
    last = structure(fields, "last_frame_image")
    given = text(fields, "prompt", limit=2000)
    if not (given.strip() or first):
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    prompt, camera = hailuo_camera.read(given, seconds or DEFAULT_SECONDS)
    size, aspect, notes = size_tiers.read(text(fields, "resolution", limit=20), "", pictured=bool(first or last))
    return Asked(
        prompt=prompt,
        model=model,
        seconds=seconds,
        size=size,
        aspect=aspect,
        camera=camera,
        image=picture(first),
        last_image=picture(last),
        operation="video",
        callback_url=text(fields, "callback_url", limit=2000),
        echo=echo(fields),
        notes=(*notes, *_notes(call)),
    )


def picture(given: Any) -> Any:
    """What stands for a picture: also `mm_file://ID`."""
    if isinstance(given, str) and given.strip().startswith(SCHEME):
        return Uploaded(given.strip().removeprefix(SCHEME))
    return given


def created(call: Call, view: View) -> Reply:
    return _good({"task_id": view.handle})


def show(call: Call, view: View) -> Reply:
    return Reply(200, query(view))


def query(view: View) -> dict[str, Any]:
    """The answer to the second call. A task that failed says why in `base_resp`."""
    told: dict[str, Any] = {"task_id": view.handle, "status": STATUS[view.state], "file_id": ""}
    if view.state == "succeeded":
        told |= {"file_id": NUMBER.show(view.id), "video_width": view.width, "video_height": view.height}
    return {**told, "base_resp": _base(view)}


def show_file(call: Call, view: View) -> Reply:
    """The answer to the third call."""
    if view.state != "succeeded":
        return Reply(200, {"base_resp": {"status_code": 2013, "status_msg": f"The task is {STATUS[view.state]}."}})
    file = {
        "file_id": int(NUMBER.show(view.id)),
        "bytes": view.bytes or 0,
        "created_at": int(view.finished or view.created),
        "filename": f"{view.handle}.mp4",
        "purpose": "video_generation",
        "download_url": view.url,
    }
    return _good({"file": file})


def show_upload(call: Call, upload: Upload) -> Reply:
    file = {
        "file_id": int(upload.handle),
        "bytes": upload.bytes or 0,
        "created_at": int(upload.created),
        "filename": upload.name,
        "purpose": upload.purpose,
    }
    return _good({"file": file})


def parse_upload(call: Call) -> Upload:
    return Upload(id="", handle="", purpose=text(call.fields, "purpose", limit=100))


def parse_image(call: Call) -> Asked:
    fields = call.fields
    refuse(fields, {**_CANNOT, "style": "draw in a style that is named"})
    if not text(fields, "prompt").strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball on snow".')
    width, height, n = whole(fields, "width"), whole(fields, "height"), whole(fields, "n")
    if not 1 <= (1 if n is None else n) <= 9:
        raise bad("n", f"{n} pictures cannot be made.", "1 to 9.")
    aspect = text(fields, "aspect_ratio", limit=20).strip() or "1:1"
    return Asked(
        prompt=text(fields, "prompt", limit=2000),
        model=text(fields, "model", limit=200).strip(),
        still=True,
        size=(width, height) if width and height and not text(fields, "aspect_ratio") else None,
        aspect=aspect,
        seed=whole(fields, "seed"),
        n=n or 1,
        operation="image",
        echo=echo(fields),
        notes=_notes(call),
    )


def show_image(call: Call, view: View) -> Reply:
    """The pictures, when they were ready in time; else what became of them."""
    if view.state != "succeeded":
        base = _base(view)
        late = {"status_code": 1001, "status_msg": f"The pictures are {view.state}; it takes too long."}
        return Reply(200, {"id": view.handle, "base_resp": base if base["status_code"] else late})
    if choice(call.fields, "response_format", of=("url", "base64")) == "base64":
        data = {"image_base64": [base64.b64encode(take.image()).decode() for take in view.takes]}
    else:
        data = {"image_urls": [take.image_url or "" for take in view.takes]}
    counted = {"success_count": str(len(view.takes)), "failed_count": "0"}
    return _good({"id": view.handle, "data": data, "metadata": counted})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    code = 1026 if isinstance(error, PolicyRefused) else _CODES.get(error.status, 1000)
    known = bool(call and any(call.path == route.path for route in ROUTES))
    real = not known or error.status in _OF_HTTP or error.status >= 500
    return Reply(error.status if real else 200, {"base_resp": {"status_code": code, "status_msg": sentence(error)}})


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """The answer to the second call, its status in small letters; nothing is signed."""
    return Message(json.dumps({**query(view), "status": _TOLD.get(state, "processing")}, ensure_ascii=False).encode())


def challenge(word: str) -> Message:
    """What a receiver must send back before it is told anything."""
    return Message(json.dumps({"challenge": word}).encode())


def _base(view: View) -> dict[str, Any]:
    if view.state == "cancelled":
        return {"status_code": 1000, "status_msg": "The task was cancelled. Nothing was charged."}
    if not view.error:
        return {"status_code": 0, "status_msg": "success"}
    return {"status_code": _FAULTS.get(view.error.category, 1000), "status_msg": sentence(view.error)}


def _good(body: dict[str, Any]) -> Reply:
    return Reply(200, {**body, "base_resp": {"status_code": 0, "status_msg": "success"}})


def _notes(call: Call) -> tuple[str, ...]:
    if flag(call.fields, "aigc_watermark"):
        return ("No watermark is drawn; aigc_watermark was left out.",)
    return ()


def _asked(name: str) -> Any:
    return lambda call: text(call.query, name, limit=100).strip()


def _has_file_id(call: Call) -> bool:
    return bool(call.prefix) or "file_id" in call.query


ROUTES = (
    Route(
        method="POST",
        path="/v1/video_generation",
        does="create",
        name="text and image to video",
        parse=parse,
        show=created,
    ),
    Route(method="GET", path="/v1/query/video_generation", does="get", name="status", id=_asked("task_id"), show=show),
    Route(
        method="GET",
        path="/v1/files/retrieve",
        does="get",
        name="address of the file",
        id=_asked("file_id"),
        skin=NUMBER,
        match=_has_file_id,
        show=show_file,
    ),
    Route(
        method="GET",
        path="/v1/files/retrieve_content",
        does="content",
        name="the file",
        id=_asked("file_id"),
        skin=NUMBER,
        match=_has_file_id,
    ),
    Route(
        method="POST",
        path="/v1/files/upload",
        does="upload",
        name="send a file",
        parse=parse_upload,
        show=show_upload,
    ),
    Route(
        method="POST",
        path="/v1/image_generation",
        does="create",
        name="text to image",
        parse=parse_image,
        show=show_image,
        hold=lambda call: HELD_SECONDS,
    ),
    Route(
        method="POST",
        path="/v1/video_template_generation",
        does="refuse",
        name="templates",
        refused="fill a template",
    ),
)

DIALECT = Dialect(
    name="minimax",
    title="MiniMax Hailuo",
    prefix="/minimax",
    routes=ROUTES,
    fail=fail,
    claims=under(*dict.fromkeys(route.path for route in ROUTES)),
    family="minimax",
    skin=DECIMAL,
    upload_skin=NUMBER,
    callback=Callback(write=write, states=tuple(_TOLD), attempts=3, challenge=challenge),
    snippet="""\
import httpx
http = httpx.Client(base_url="{base}", headers={"authorization": "Bearer {key}"})
ask = {"model": "MiniMax-Hailuo-02", "prompt": "a red ball bounces on snow [Pan left]", "duration": 6}
task = http.post("/v1/video_generation", json=ask).json()["task_id"]
print(http.get("/v1/query/video_generation", params={"task_id": task}).json())""",
    base="",
    ignored=("GroupId", "aigc_watermark", "fast_pretreatment", "prompt_optimizer"),
    aliases=("minimax-hailuo*", "t2v-01*", "i2v-01*", "s2v-01*", "image-01*"),
    docs="Hailuo video generation, first version",
)
