"""Kling's API 2.0: the model in the path, what is given as a list of contents, and one place where all tasks are read.
Its callbacks are signed as Standard Webhooks say. It has no negative prompt, no camera axes and no seed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from vitascope.outbound import standard_webhooks
from vitascope.vendors.api import Call, Dialect, Listing, Page, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import echo, inner, many, refuse, sound, under
from vitascope.vendors.fields import Fields, bad, number, text, whole
from vitascope.vendors.id_formats import DECIMAL
from vitascope.vendors.kling.dialect import USUAL_SECONDS
from vitascope.vendors.kling.words import ALIASES, envelope, fail, milliseconds, sentence
from vitascope.vendors.request import Asked
from vitascope.vendors.view import State, View

STATUS = {
    "queued": "submitted",
    "running": "processing",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "failed",
}
_STATES: dict[str, tuple[State, ...]] = {
    "submitted": ("queued",),
    "processing": ("running",),
    "succeeded": ("succeeded",),
    "failed": ("failed", "cancelled"),
}
_SUBJECTS = {
    "refer_image": "take pictures as subjects",
    "feature_video": "take a motion from another clip",
    "base_video": "change a given clip",
    "element": "keep elements",
    "voice": "make voices",
    "image": "take pictures as subjects",
    "video": "take a motion from another clip",
}
_NAMED = re.compile(r"(?<!\w)@(\w{1,40})")
_MOST = 500  # tasks of one list


def parse_text(call: Call) -> Asked:
    """text-to-video: the prompt is a field."""
    prompt = text(call.fields, "prompt", limit=2500)
    if not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    return _asked(call, "text-to-video", prompt, {})


def parse_contents(operation: str) -> Callable[[Call], Asked]:
    """image-to-video and omni-video: everything is in the contents."""

    def parse(call: Call) -> Asked:
        prompt, frames = _contents(call.fields)
        if operation == "image-to-video" and not frames:
            raise bad("contents", "No picture was sent.", "A content of the type first_frame or last_frame.")
        if not prompt.strip() and not frames:
            raise bad("contents", "The prompt is empty.", "A content of the type prompt.")
        return _asked(call, operation, prompt, frames)

    return parse


def _contents(fields: Fields) -> tuple[str, dict[str, Any]]:
    """(prompt, {first_frame, last_frame}). Raises NotSupported for all else that a content may be."""
    words: list[str] = []
    frames: dict[str, Any] = {}
    names: dict[str, str] = {}
    for number_, item in enumerate(many(fields, "contents")):
        given = inner({"contents": item}, "contents")
        kind = text(given, "type").strip()
        if kind == "prompt":
            words.append(text(given, "text", "prompt", limit=2500))
        elif kind in ("first_frame", "last_frame"):
            url = text(given, "url", limit=200_000_000).strip()
            if not url:
                raise bad("contents", f"Content {number_} has no url.", "A URL, or base64.")
            frames[kind] = url
            names[text(given, "id", limit=40)] = kind.replace("_", " ")
        elif kind in _SUBJECTS:
            refuse({kind: True}, _SUBJECTS)
        else:
            raise bad("contents", f'Content {number_} is a "{kind[:40]}".', "prompt, first_frame or last_frame.")
    prompt = _NAMED.sub(lambda found: f"the {names[found[1]]}" if found[1] in names else found[0], " ".join(words))
    return prompt, frames


def _asked(call: Call, operation: str, prompt: str, frames: Mapping[str, Any]) -> Asked:
    settings, options = inner(call.fields, "settings"), inner(call.fields, "options")
    refuse(settings, {"multi_shot": "cut between several shots"})
    seconds = number(settings, "duration")
    if seconds is not None and not 1 <= seconds <= 60:
        raise bad("settings.duration", f"duration is {seconds:g}.", "3 to 15.")
    silent = "it moves"
    return Asked(
        prompt=prompt if prompt.strip() else silent,
        notes=() if prompt.strip() else (f'No prompt was sent; "{silent}" was read.',),
        model=call.params.get("model", ""),
        seconds=USUAL_SECONDS if seconds is None else seconds,
        aspect="" if frames else text(settings, "aspect_ratio", limit=20).strip() or "16:9",
        image=frames.get("first_frame"),
        last_image=frames.get("last_frame"),
        operation=operation,
        sound_flag=sound(settings, "audio", needed=True),
        external_id=text(options, "external_task_id", limit=200).strip(),
        callback_url=text(options, "callback_url", limit=2000).strip(),
        echo=echo({**call.fields, **settings}),
    )


def show_new(call: Call, view: View) -> Reply:
    return Reply(body=envelope(call, _head(view)))


def show_tasks(call: Call, views: list[View], page: Page) -> Reply:
    """GET /tasks: those that were asked for by their ids."""
    return Reply(body=envelope(call, [task(view) for view in views]))


def show_page(call: Call, views: list[View], page: Page) -> Reply:
    """POST /tasks: a part of all tasks."""
    data = {
        "result": [task(view) for view in views],
        "count": len(views),
        "next_cursor": views[-1].handle if views and page.has_more else "",
        "has_more": page.has_more,
    }
    return Reply(body=envelope(call, data))


def task(view: View) -> dict[str, Any]:
    """A task as it is asked for and called back."""
    data = {**_head(view), "message": sentence(view.error) if view.error and view.state != "succeeded" else ""}
    if view.state == "succeeded":
        data["outputs"] = [_output(take) for take in view.takes if take.state == "succeeded"]
        data["billing"] = [{"charge_type": "unit", "amount": f"{view.credits:g}"}]
    return data


def _head(view: View) -> dict[str, Any]:
    return {
        "id": view.handle,
        "status": STATUS[view.state],
        "create_time": milliseconds(view.created),
        "update_time": milliseconds(view.updated),
        "external_id": view.external_id,
    }


def _output(take: View) -> dict[str, Any]:
    if take.is_still:
        return {"type": "image", "id": take.handle, "url": take.image_url}
    return {"type": "video", "id": take.handle, "url": take.url, "duration": f"{take.seconds:g}"}


def parse_ids(call: Call) -> Listing:
    ids, names = (_split(call.query.get(name, "")) for name in ("task_ids", "external_task_ids"))
    if not ids and not names:
        raise bad("task_ids", "No task is named.", "?task_ids=a,b or ?external_task_ids=a,b; POST /tasks lists all.")
    if len(ids) + len(names) > _MOST:
        raise bad("task_ids", f"{len(ids) + len(names)} tasks are named.", f"At most {_MOST}.")
    return Listing(limit=_MOST, ids=ids, external_ids=names)


def parse_page(call: Call) -> Listing:
    fields = call.fields
    limit = whole(fields, "limit")
    if limit is not None and not 1 <= limit <= _MOST:
        raise bad("limit", f"limit is {limit}.", f"1 to {_MOST}.")
    states: list[State] = []
    kinds: list[str] = []
    for item in many(fields, "filters"):
        given = inner({"filters": item}, "filters")
        values = [str(value) for value in many(given, "values")]
        if text(given, "key") == "status":
            states += [state for value in values for state in _STATES.get(value, ())]
            if values and not states:
                raise bad("filters", f'There is no status "{values[0][:40]}".', ", ".join(_STATES))
        elif text(given, "key") == "product_type":
            kinds += [value.replace("_", "-") for value in values]
        else:
            raise bad("filters", f'Unknown key "{text(given, "key")[:40]}".', "status or product_type.")
    return Listing(
        limit=limit or 20,
        after=text(fields, "cursor", limit=64),
        states=tuple(states),
        operations=tuple(kinds),
        since=_moment(fields, "start_time"),
        until=_moment(fields, "end_time"),
    )


def _split(names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


def _moment(fields: Fields, name: str) -> float | None:
    given = number(fields, name)
    return None if given is None else given / 1000


def show_secret(call: Call, secrets: Secrets) -> Reply:
    """What callbacks are signed with. The vendor shows it on a page of its console."""
    return Reply(body=envelope(call, {"secret": secrets.webhook}))


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """A signed callback: the task as a query shows it."""
    body = json.dumps(task(view), ensure_ascii=False, separators=(",", ":")).encode()
    return Message(body, standard_webhooks.headers(secrets.webhook, id, int(now), body))


def _create(path: str, name: str, parse: Callable[[Call], Asked]) -> Route:
    return Route(method="POST", path=f"/{path}/{{model}}", does="create", name=name, parse=parse, show=show_new)


DIALECT = Dialect(
    name="kling-tasks",
    title="Kling (API 2.0)",
    prefix="/kling-tasks",
    also_under=("/kling",),
    family="kling",
    routes=(
        _create("text-to-video", "text to video", parse_text),
        _create("image-to-video", "image to video", parse_contents("image-to-video")),
        _create("omni-video", "omni video", parse_contents("omni-video")),
        Route(
            method="POST",
            path="/motion-control/{model}",
            does="refuse",
            name="motion control",
            refused="take a motion from another clip",
        ),
        Route(method="GET", path="/tasks", does="list", name="tasks by id", parse=parse_ids, show=show_tasks),
        Route(method="POST", path="/tasks", does="list", name="all tasks", parse=parse_page, show=show_page),
        Route(
            method="GET", path="/callbacks/secret", does="secret", name="callback secret", show=show_secret, root=False
        ),
    ),
    fail=fail,
    claims=under("/text-to-video", "/image-to-video", "/omni-video", "/motion-control", "/tasks"),
    skin=DECIMAL,
    callback=Callback(write=write, states=("queued", "running", "succeeded", "failed", "cancelled")),
    snippet="""\
import time, httpx
http = httpx.Client(base_url="{base}", headers={"Authorization": "Bearer {key}"})
body = {"prompt": "a red ball bounces", "settings": {"duration": 5, "aspect_ratio": "16:9"}}
id = http.post("/text-to-video/kling-3.0", json=body).json()["data"]["id"]
task = http.get("/tasks", params={"task_ids": id}).json()["data"][0]""",
    ignored=("settings.resolution", "options.watermark_info"),
    aliases=ALIASES,
    docs="Kling AI API 2.0",
)
