"""Alibaba's DashScope, which Wan's clients speak: `input` and `parameters` in, a task out that is asked for until it is
SUCCEEDED. Pictures come by the same way from a path of their own.

Local files go up by a form policy, as to Alibaba's object store; `oss://vitascope/ID/NAME` then means them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from vitascope.errors import NotFound, NotSupported, PolicyRefused, VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Call, Dialect, Listing, Page, Reply, Route, Upload, Uploaded
from vitascope.vendors.common import echo, inner, paging, refuse, sentence, sound
from vitascope.vendors.dashscope.facts import API, CODES, FAULTS, STATES, STATUS, moment, time
from vitascope.vendors.fields import Fields, bad, choice, flag, number, structure, text, whole
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

FOLDER = "vitascope"  # the first part of the keys of uploaded files
_CANNOT = {
    "audio_url": "take a sound",
    "reference_url": "take reference pictures or clips",
    "reference_urls": "take reference pictures or clips",
    "reference_video_urls": "take reference pictures or clips",
    "template": "fill a template",
    "video_url": "change a given clip",
    "mask_image_url": "take a mask",
    "mask_video_url": "take a mask",
    "base_image_url": "change a given picture",
    "ref_img": "take reference pictures or clips",
}
_MEDIA_CANNOT = {
    "reference_image": "take reference pictures or clips",
    "reference_video": "take reference pictures or clips",
    "reference_audio": "take a sound",
    "driving_audio": "take a sound",
    "video": "change a given clip",
}


def parse(call: Call) -> Asked:
    """A clip. Raises BadSpec naming the field, NotSupported for what no model here can do."""
    given, more = inner(call.fields, "input"), inner(call.fields, "parameters")
    refuse(given, _CANNOT)
    if text(given, "function", limit=60).strip() not in ("", "video-synthesis"):
        raise NotSupported("No model here can change a given clip (function).", hint="Leave function out.")
    if choice(more, "shot_type", of=("single", "multi")) == "multi":
        raise NotSupported("No model here can cut between several shots (shot_type).", hint="shot_type: single.")
    pictures = _media(given)
    first = pictures.get("first_frame") or structure(given, "img_url", "first_frame_url", "head_frame")
    last = pictures.get("last_frame") or structure(given, "last_frame_url", "tail_frame")
    if not (text(given, "prompt").strip() or first):
        raise bad("input.prompt", "The prompt is empty.", 'Say what to show, for example "a red ball on snow".')
    size, aspect, notes = _shape(more, pictured=bool(first or last))
    return Asked(
        prompt=text(given, "prompt"),
        negative_prompt=text(given, "negative_prompt"),
        model=text(call.fields, "model", limit=200).strip(),
        seconds=number(more, "duration"),
        size=size,
        aspect=aspect,
        seed=whole(more, "seed"),
        image=_meant(first),
        last_image=_meant(last),
        extend=_meant(pictures.get("first_clip")),
        operation="video",
        echo=echo({**more, **given}),
        notes=(*notes, *_notes(more)),
        sound_flag=sound(more, "audio"),
    )


def parse_image(call: Call) -> Asked:
    """Pictures from words; `n` of them, each with its own seed."""
    given, more = inner(call.fields, "input"), inner(call.fields, "parameters")
    refuse(given, _CANNOT)
    if not text(given, "prompt").strip():
        raise bad("input.prompt", "The prompt is empty.", 'Say what to show, for example "a red ball on snow".')
    n = whole(more, "n")
    if not 1 <= (1 if n is None else n) <= 4:
        raise bad("parameters.n", f"{n} pictures cannot be made.", "1 to 4.")
    size, aspect, notes = _shape(more, default="1:1")
    return Asked(
        prompt=text(given, "prompt"),
        negative_prompt=text(given, "negative_prompt"),
        model=text(call.fields, "model", limit=200).strip(),
        still=True,
        size=size,
        aspect=aspect,
        seed=whole(more, "seed"),
        n=n or 1,
        operation="image",
        echo=echo({**more, **given}),
        notes=(*notes, *_notes(more)),
        sound_flag=sound(more, "audio"),
    )


def created(call: Call, view: View) -> Reply:
    return _good(call, {"output": {"task_id": view.handle, "task_status": STATUS[view.state]}})


def show(call: Call, view: View) -> Reply:
    told = {"output": _output(view)}
    return _good(call, told | ({"usage": _usage(view)} if view.state == "succeeded" else {}))


def unknown(call: Call, handle: str) -> Reply:
    """DashScope answers 200 to a task that it does not know."""
    return _good(call, {"output": {"task_id": handle, "task_status": "UNKNOWN"}})


def cancelled(call: Call, view: View) -> Reply:
    return _good(call, {})


def parse_list(call: Call) -> Listing:
    size, page = paging(call.query, "page_size", "page_no", usual=10, most=100)
    status = choice(call.query, "status", of=tuple(STATES))
    return Listing(
        limit=size,
        page=page,
        states=STATES[status] if status else (),
        model=text(call.query, "model_name", limit=200),
        since=moment(call.query, "start_time"),
        until=moment(call.query, "end_time"),
        count=True,
    )


def show_list(call: Call, views: list[View], page: Page) -> Reply:
    """`data` as the documentation has it; `tasks`, in the form of a single one, for the SDK's second client."""
    total, size = page.total or 0, page.listing.limit
    data = [
        {
            "task_id": view.handle,
            "status": STATUS[view.state],
            "model_name": view.asked_model,
            "gmt_create": round(view.created * 1000),
            "start_time": round((view.started or view.created) * 1000),
            "end_time": round(view.finished * 1000) if view.finished else None,
        }
        for view in views
    ]
    pages = {"total_page": math.ceil(total / size), "page_no": page.listing.page, "page_size": size}
    return _good(call, {"total": total, "data": data, "tasks": [_output(view) for view in views], **pages})


def parse_ticket(call: Call) -> Upload:
    if call.query.get("action") != "getPolicy":
        raise bad("action", "This upload is not known.", "action=getPolicy.")
    return Upload(id="", handle="", purpose=text(call.query, "model", limit=100))


def show_ticket(call: Call, upload: Upload) -> Reply:
    """A form policy. The holder of the address may send one file; the other words are those that its form repeats."""
    data = {
        "policy": "none",
        "signature": "none",
        "upload_dir": f"{FOLDER}/{upload.handle}",
        "upload_host": upload.put_url,
        "expire_in_seconds": 3600,
        "max_file_size_mb": 64,
        "capacity_limit_mb": 1024,
        "oss_access_key_id": "none",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }
    return _good(call, {"data": data})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    status, code = CODES.get(error.status, (error.status, "InternalError"))
    if isinstance(error, PolicyRefused):
        code = "DataInspectionFailed"
    elif error.code == "unknown_model":
        code = "ModelNotFound"
    elif isinstance(error, NotFound) and not (call and call.params):
        code = "InvalidURL"
    return Reply(status, {"code": code, "message": sentence(error), "request_id": _request(call)})


def _media(given: Fields) -> dict[str, Any]:
    """What the list `media` holds, by its types."""
    found: dict[str, Any] = {}
    items = structure(given, "media")
    for number_, item in enumerate(items if isinstance(items, list) else [items] if items else []):
        kind = text(item, "type", limit=40) if isinstance(item, Mapping) else ""
        if what := _MEDIA_CANNOT.get(kind):
            raise NotSupported(f"No model here can {what} (media[{number_}]).", hint="Leave it out.")
        if kind not in ("first_frame", "last_frame", "first_clip") or not item.get("url"):
            raise bad(f"input.media[{number_}]", f'"{kind}" is not taken, or has no url.', "first_frame, last_frame.")
        found[kind] = item["url"]
    return found


def _meant(given: Any) -> Any:
    """What stands for a picture or clip: also a file that was sent beforehand."""
    found = re.fullmatch(rf"oss://{FOLDER}/([^/]+/[^/]+)", given.strip()) if isinstance(given, str) else None
    if found:
        return Uploaded(found[1])
    if isinstance(given, str) and given.startswith("oss://"):
        raise NotFound(f"There is no file {given[:80]} here.", hint="Send it by GET /api/v1/uploads?action=getPolicy.")
    return given


def _shape(more: Fields, *, default: str = "16:9", pictured: bool = False) -> Any:
    tier = text(more, "size", limit=20) or text(more, "resolution", limit=20)
    return size_tiers.read(tier, text(more, "ratio", limit=20), default=default, pictured=pictured)


def _notes(more: Fields) -> tuple[str, ...]:
    found = []
    if flag(more, "watermark"):
        found.append("No watermark is drawn; watermark was left out.")
    return tuple(found)


def _output(view: View) -> dict[str, Any]:
    """The task; what is not known yet is left out."""
    output: dict[str, Any] = {
        "task_id": view.handle,
        "task_status": STATUS[view.state],
        "submit_time": time(view.created),
        "scheduled_time": time(view.started),
        "end_time": time(view.finished),
        "orig_prompt": view.prompt,
    }
    if view.error and view.state == "failed":
        code = FAULTS.get(view.error.category, "InternalError")
        output |= {"code": code, "message": sentence(view.error)}
    if view.is_still:
        output["task_metrics"] = _counted(view)
        if view.state == "succeeded":
            output["results"] = [{"orig_prompt": view.prompt, "url": take.image_url} for take in view.takes]
    elif view.state == "succeeded":
        output["video_url"] = view.url
    return {name: value for name, value in output.items() if value is not None}


def _counted(view: View) -> dict[str, int]:
    takes = view.takes or (view,)
    good, bad_ = (sum(take.state in states for take in takes) for states in (("succeeded",), ("failed", "cancelled")))
    return {"TOTAL": len(takes), "SUCCEEDED": good, "FAILED": bad_}


def _usage(view: View) -> dict[str, Any]:
    if view.is_still:
        return {"image_count": len(view.takes)}
    seconds = round(view.seconds)
    return {
        "video_count": 1,
        "duration": seconds,
        "video_duration": seconds,
        "output_video_duration": seconds,
        "SR": min(view.width, view.height),
        "size": f"{view.width}*{view.height}",
        "video_ratio": f"{view.width}*{view.height}",
    }


def _request(call: Call | None) -> str:
    return call.request_id if call else ""


def _good(call: Call, body: dict[str, Any]) -> Reply:
    return Reply(200, {"request_id": _request(call), **body})


def _making(path: str, name: str, *, image: bool = False) -> Route:
    read = parse_image if image else parse
    return Route(method="POST", path=f"{API}/services/aigc/{path}", does="create", name=name, parse=read, show=created)


ROUTES = (
    _making("video-generation/video-synthesis", "text and image to video"),
    _making("image2video/video-synthesis", "first and last picture to video"),
    _making("text2image/image-synthesis", "text to image", image=True),
    Route(method="GET", path=API + "/tasks", does="list", name="list", parse=parse_list, show=show_list),
    Route(method="GET", path=API + "/tasks/{id}", does="get", name="status", show=show),
    Route(method="POST", path=API + "/tasks/{id}/cancel", does="cancel", name="cancel", show=cancelled),
    Route(
        method="GET",
        path=API + "/uploads",
        does="ticket",
        name="send a file",
        parse=parse_ticket,
        show=show_ticket,
    ),
)

DIALECT = Dialect(
    name="dashscope",
    title="Alibaba DashScope (Wan)",
    prefix="/dashscope",
    routes=ROUTES,
    fail=fail,
    claims=lambda path, headers: path.startswith((f"{API}/services/", f"{API}/tasks", f"{API}/uploads")),
    skin=UUID,
    upload_skin=UUID,
    not_found=unknown,
    snippet="""\
import dashscope
dashscope.base_http_api_url = "{base}/api/v1"
ask = {"model": "wan2.5-t2v-preview", "prompt": "a red ball bounces on snow", "size": "1280*720", "duration": 5}
sent = dashscope.VideoSynthesis.async_call(api_key="{key}", **ask)
print(dashscope.VideoSynthesis.wait(sent, api_key="{key}").output.video_url)""",
    sdk="dashscope",
    base="/api/v1",
    ignored=(
        "X-DashScope-Async",
        "audio_setting",
        "enable_thinking",
        "extend_prompt",
        "prompt_extend",
        "watermark",
    ),
    aliases=("wan2*", "wanx*", "wan-*", "wan3*"),
    docs="Model Studio, video generation",
)
