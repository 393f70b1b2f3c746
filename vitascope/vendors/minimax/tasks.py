"""MiniMax's Hailuo, second API: a list of contents in, as Ark has it, and one task out. Its errors come with their HTTP
status. Files are sent by the first API's upload and named `mm_file://ID`.
"""

from __future__ import annotations

import json
from typing import Any

from vitascope.errors import PolicyRefused, VitascopeError
from vitascope.vendors import content_list, size_tiers
from vitascope.vendors.api import Call, Dialect, Page, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import echo, emptied, sentence, under
from vitascope.vendors.fields import bad, number, text
from vitascope.vendors.id_formats import DECIMAL, NUMBER
from vitascope.vendors.minimax import camera as hailuo_camera
from vitascope.vendors.minimax.dialect import picture
from vitascope.vendors.request import DEFAULT_SECONDS, Asked
from vitascope.vendors.view import View

TASKS = "/v2/video_generation"
QUERY = "/v2/query/video_generation"
_TYPES = {  # of our statuses: HTTP status, type
    400: (400, "bad_request_error"),
    401: (401, "authorized_error"),
    402: (402, "insufficient_balance_error"),
    403: (403, "permission_error"),
    404: (404, "not_found_error"),
    405: (405, "method_not_allowed_error"),
    409: (409, "conflict_error"),
    413: (413, "request_too_large"),
    415: (415, "unsupported_media_type_error"),
    422: (422, "unprocessable_entity_error"),
    429: (429, "rate_limit_error"),
    503: (503, "overloaded_error"),
}
_FAULTS = {
    "safety_input": "input_sensitive",
    "safety_output": "output_sensitive",
    "input": "invalid_params",
    "auth": "permission_denied",
    "quota": "insufficient_balance",
}


def parse(call: Call) -> Asked:
    """Raises BadSpec naming the field, NotSupported for what no model here can do."""
    fields = call.fields
    found = content_list.read(fields, picture)
    if not (found.prompt.strip() or found.first):
        raise bad("content", "The prompt is empty.", 'For example content=[{"type": "text", "text": "a red ball"}].')
    seconds = number(fields, "duration")
    prompt, camera = hailuo_camera.read(found.prompt, seconds or DEFAULT_SECONDS)
    tier, ratio = text(fields, "resolution", limit=20), text(fields, "ratio", limit=20)
    size, aspect, notes = size_tiers.read(tier, ratio, pictured=bool(found.first or found.last))
    return Asked(
        prompt=prompt,
        model=text(fields, "model", limit=200).strip(),
        seconds=seconds,
        size=size,
        aspect=aspect,
        camera=camera,
        image=found.first,
        last_image=found.last,
        operation="image_to_video" if found.first or found.last else "text_to_video",
        callback_url=text(fields, "callback_url", limit=2000),
        echo=echo(fields),
        notes=notes,
    )


def created(call: Call, view: View) -> Reply:
    return Reply(200, {"task_id": view.handle})


def show(call: Call, view: View) -> Reply:
    return Reply(200, {"task": task(view)})


def task(view: View) -> dict[str, Any]:
    """The task as it is now. What is not known yet is left out."""
    told = {
        "id": view.handle,
        "model": view.asked_model,
        "status": view.state,
        "error": _error(view),
        "content": {"url": view.url} if view.state == "succeeded" else None,
        "resolution": f"{min(view.width, view.height)}P",
        "duration": round(view.seconds),
        "ratio": view.aspect,
        "usage": {"duration": round(view.seconds)} if view.state == "succeeded" else None,
        "created_at": int(view.created),
        "updated_at": int(view.updated or view.created),
        "task_type": view.operation or "text_to_video",
        "modality": "video",
    }
    return {name: value for name, value in told.items() if value is not None}


def _error(view: View) -> dict[str, str] | None:
    if not view.error or view.state == "cancelled":
        return None
    return {"code": _FAULTS.get(view.error.category, "internal_error"), "message": sentence(view.error)}


def show_list(call: Call, views: list[View], page: Page) -> Reply:
    return Reply(200, {"total": page.total, "items": [task(view) for view in views]})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    status, kind = _TYPES.get(error.status, (error.status, "server_error"))
    if isinstance(error, PolicyRefused):
        kind = "input_sensitive_error"
    told = {"type": kind, "message": sentence(error), "http_code": str(status)}
    return Reply(status, {"type": "error", "error": told, "request_id": call.request_id if call else ""})


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    return Message(json.dumps({"task": task(view)}, ensure_ascii=False).encode())


ROUTES = (
    Route(method="POST", path=TASKS, does="create", name="text and image to video", parse=parse, show=created),
    Route(method="GET", path=QUERY, does="list", name="list", parse=content_list.listing, show=show_list),
    Route(method="GET", path=QUERY + "/{id}", does="get", name="status", show=show),
    Route(method="DELETE", path=TASKS + "/{id}", does="withdraw", name="cancel or delete", show=emptied),
)

DIALECT = Dialect(
    name="minimax-tasks",
    title="MiniMax Hailuo, second version",
    prefix="/minimax",
    routes=ROUTES,
    fail=fail,
    claims=under(TASKS, QUERY),
    family="minimax",
    skin=DECIMAL,
    upload_skin=NUMBER,
    callback=Callback(write=write, states=("running", "succeeded", "failed", "cancelled"), attempts=3),
    snippet="""\
import httpx
http = httpx.Client(base_url="{base}", headers={"authorization": "Bearer {key}"})
ask = {"model": "MiniMax-H3", "content": [{"type": "text", "text": "a red ball bounces on snow"}], "duration": 5}
task = http.post("/v2/video_generation", json={**ask, "resolution": "768P", "ratio": "16:9"}).json()["task_id"]
print(http.get(f"/v2/query/video_generation/{task}").json())""",
    base="",
    ignored=("extra",),
    aliases=("minimax-h3*", "h3-max"),
    docs="Hailuo video generation, second version",
)
