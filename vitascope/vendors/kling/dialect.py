"""Kling's API as it was before version 2.0, and is still served: the model in the body, one path for each kind of task.

Everything is wrapped in {"code", "message", "request_id", "data"}; times are milliseconds; a good task is "succeed".
What was never in this API's answers (notes, hints) goes into `task_status_msg` and messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from vitascope.vendors import cameras
from vitascope.vendors.api import Call, Dialect, Earlier, Listing, Page, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import bearer, echo, inner, is_jwt, many, refuse, sound, under
from vitascope.vendors.fields import Fields, bad, choice, number, text, whole
from vitascope.vendors.id_formats import DECIMAL
from vitascope.vendors.kling import account as kling_account
from vitascope.vendors.kling.words import ALIASES, envelope, fail, milliseconds, sentence
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

STATUS = {
    "queued": "submitted",
    "running": "processing",
    "succeeded": "succeed",
    "failed": "failed",
    "cancelled": "failed",
}
_CANNOT = {
    "voice_list": "make voices",
    "element_list": "keep elements",
    "static_mask": "take a mask",
    "dynamic_masks": "take a motion brush",
    "multi_shot": "cut between several shots",
    "multi_prompt": "cut between several shots",
}
_CLAIMED = ("text2video", "image2video", "multi-image2video", "omni-video", "motion-control", "video-extend", "effects",
    "lip-sync", "advanced-lip-sync", "identify-face", "avatar", "multi-elements", "image-recognize")  # fmt: skip
_NO_WORDS = "it moves"  # for a picture without words; a prompt is needed
_MARK = re.compile(r"<<<(image|video|element)_(\d+)>>>")
USUAL_SECONDS = 5.0
_IGNORED = ("mode", "watermark_info", "shot_type", "human_fidelity", "image_fidelity", "resolution")
_REFUSED = {  # path -> what no model here can do
    "videos/multi-image2video": "take pictures as subjects",
    "videos/motion-control": "take a motion from another clip",
    "videos/effects": "apply an effect",
    "videos/lip-sync": "move lips to speech",
    "videos/advanced-lip-sync": "move lips to speech",
    "videos/avatar/image2video": "make a picture speak",
    "videos/multi-elements": "change parts of a clip",
    "images/multi-image2image": "make a picture from others",
    "images/editing/expand": "paint around a picture",
    "images/kolors-virtual-try-on": "dress people in pictures",
    "audio/text-to-audio": "make sound",
    "audio/video-to-audio": "make sound",
    "videos/identify-face": "find faces",
    "videos/image-recognize": "find things in pictures",
    "audio/tts": "speak",
    "general/advanced-custom-elements": "keep elements",
    "general/delete-advanced-elements": "keep elements",
    "general/custom-elements": "keep elements",
    "general/delete-elements": "keep elements",
    "general/custom-voices": "keep voices",
    "general/delete-voices": "keep voices",
    "general/ai-multi-shot": "plan several shots",
    **{
        f"videos/multi-elements/{step}-selection": "change parts of a clip"
        for step in ("init", "add", "delete", "clear", "preview")
    },
}
_EMPTY_LISTS = (
    "advanced-presets-elements", "advanced-custom-elements", "presets-elements", "custom-elements",
    "presets-voices", "custom-voices",
)  # fmt: skip


def parse_text(call: Call) -> Asked:
    """text2video."""
    return _asked(call, "text2video")


def parse_image(call: Call) -> Asked:
    """image2video: a first picture, a last one, or both."""
    asked = _asked(call, "image2video", image=_picture(call.fields, "image"), last=_picture(call.fields, "image_tail"))
    if asked.image is None and asked.last_image is None:
        raise bad("image", "No picture was sent.", "Send image, image_tail or both: a URL, or base64 alone.")
    return asked


def parse_omni(call: Call) -> Asked:
    """omni-video: of its many inputs the first and the last frame are what models here take."""
    refuse(call.fields, {"video_list": "take other clips"})
    frames = {"first_frame": None, "end_frame": None}
    for item in many(call.fields, "image_list"):
        given = inner({"image_list": item}, "image_list")
        kind = text(given, "type")
        if kind not in frames:
            refuse(
                {"image_list": given},
                {"image_list": "take pictures as subjects; a first_frame and an end_frame it can"},
            )
        frames[kind] = _picture(given, "image_url", "image")
    asked = _asked(call, "omni-video", image=frames["first_frame"], last=frames["end_frame"])
    return _without_marks(asked)


def parse_extend(call: Call) -> Asked:
    """video-extend: some seconds more."""
    video = text(call.fields, "video_id", limit=200).strip()
    if not video:
        raise bad("video_id", "video_id is missing.", "The id of a video in a task's result.")
    return _asked(call, "video-extend", prompt_needed=False, extend=Earlier(video))


def parse_still(kind: str) -> Callable[[Call], Asked]:
    """images/generations and omni-image: pictures from words."""

    def parse(call: Call) -> Asked:
        fields = call.fields
        refuse(fields, {"image": "make a picture from another", "image_list": "make a picture from others"})
        n = whole(fields, "n")
        if n is not None and not 1 <= n <= 9:
            raise bad("n", f"{n} pictures cannot be made.", "1 to 9.")
        return _without_marks(replace(_asked(call, kind), still=True, n=n or 1, seconds=None))

    return parse


def _asked(
    call: Call, operation: str, *, prompt_needed: bool = True, image: Any = None, last: Any = None, extend: Any = None
) -> Asked:
    fields = call.fields
    prompt = text(fields, "prompt", limit=2500)
    refuse(fields, _CANNOT)
    given = image is not None or last is not None
    control = inner(fields, "camera_control")
    if prompt_needed and not given and not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    choice(fields, "mode", of=("std", "pro", "4k"))
    return Asked(
        prompt=prompt if prompt.strip() else _NO_WORDS,
        notes=() if prompt.strip() else (f'No prompt was sent; "{_NO_WORDS}" was read.',),
        negative_prompt=text(fields, "negative_prompt", limit=2500),
        model=text(fields, "model_name", "model", limit=200).strip(),
        seconds=_seconds(fields),
        aspect="" if given or extend else text(fields, "aspect_ratio", limit=20).strip() or "16:9",
        seed=whole(fields, "seed"),
        guidance=_guidance(fields),
        camera=cameras.kling(control) if control else None,
        image=image,
        last_image=last,
        extend=extend,
        operation=operation,
        sound_flag=sound(fields, "sound", needed=True),
        external_id=text(fields, "external_task_id", limit=200).strip(),
        callback_url=text(fields, "callback_url", limit=2000).strip(),
        echo=echo(fields),
    )


def show_new(call: Call, view: View) -> Reply:
    """The answer to an order, and to nothing else: no result, no message."""
    data = {
        "task_id": view.handle,
        "task_status": STATUS[view.state],
        "task_info": _info(view),
        "created_at": milliseconds(view.created),
        "updated_at": milliseconds(view.updated),
    }
    return Reply(body=envelope(call, data))


def show(call: Call, view: View) -> Reply:
    return Reply(body=envelope(call, task(view)))


def show_list(call: Call, views: list[View], page: Page) -> Reply:
    return Reply(body=envelope(call, [task(view) for view in views]))


def task(view: View) -> dict[str, Any]:
    """A task as it is asked for and called back."""
    done = [take for take in view.takes if take.state == "succeeded"]
    data: dict[str, Any] = {
        "task_id": view.handle,
        "task_status": STATUS[view.state],
        "task_status_msg": sentence(view.error) if view.error and view.state != "succeeded" else "",
        "task_info": _info(view),
        "created_at": milliseconds(view.created),
        "updated_at": milliseconds(view.updated),
        "watermark_info": {"enabled": False},
        "final_unit_deduction": f"{view.credits:g}" if view.state == "succeeded" else "0",
    }
    if view.state == "succeeded":
        data["task_result"] = _result(view, done)
    return data


def _result(view: View, done: list[View]) -> dict[str, Any]:
    if view.is_still:
        return {"images": [{"index": number, "url": take.image_url} for number, take in enumerate(done)]}
    return {"videos": [{"id": take.handle, "url": take.url, "duration": f"{take.seconds:g}"} for take in done]}


def _info(view: View) -> dict[str, Any]:
    info: dict[str, Any] = {"external_task_id": view.external_id} if view.external_id else {}
    if view.parent:
        info["parent_video"] = {"id": view.parent}
    return info


def listing(operation: str) -> Callable[[Call], Listing]:
    def parse(call: Call) -> Listing:
        page = whole(call.query, "pageNum") or 1
        size = whole(call.query, "pageSize") or 30
        if not 1 <= page <= 1000 or not 1 <= size <= 500:
            raise bad("pageNum", f"pageNum is {page}, pageSize {size}.", "pageNum 1 to 1000, pageSize 1 to 500.")
        return Listing(limit=size, page=page, operations=(operation,))

    return parse


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """A callback is the task as a query shows it."""
    return Message(json.dumps(task(view), ensure_ascii=False, separators=(",", ":")).encode())


def _seconds(fields: Fields) -> float:
    seconds = number(fields, "duration")
    if seconds is None:
        return USUAL_SECONDS
    if not 1 <= seconds <= 60:
        raise bad("duration", f"duration is {seconds:g}.", 'For example "5" or "10".')
    return seconds


def _guidance(fields: Fields) -> float | None:
    """cfg_scale 0 to 1, of which 0.5 is what the model does by itself."""
    scale = number(fields, "cfg_scale")
    if scale is None or scale == 0.5:
        return None
    if not 0 <= scale <= 1:
        raise bad("cfg_scale", f"cfg_scale is {scale:g}.", "0 to 1.")
    return 2 * scale


def _picture(fields: Fields, *names: str) -> Any:
    """A URL, base64 or nothing; an empty text is nothing."""
    given = next((fields[name] for name in names if fields.get(name) not in (None, "", {}, [])), None)
    return given.strip() if isinstance(given, str) else given


def _without_marks(asked: Asked) -> Asked:
    """The prompt names its inputs as <<<image_1>>>; words are all that is read."""
    return replace(asked, prompt=_MARK.sub(lambda found: f"the {found[1]}", asked.prompt))


def _kind(
    path: str, name: str, parse: Callable[[Call], Asked], *, match: Callable[[Call], bool] | None = None
) -> tuple[Route, ...]:
    """The three routes that every kind of task has."""
    place, operation = f"/v1/{path}", path.partition("/")[2]
    return (
        Route(method="POST", path=place, does="create", name=name, parse=parse, show=show_new, match=match),
        Route(method="GET", path=f"{place}/{{id}}", does="get", name=f"{name}: one task", show=show),
        Route(method="GET", path=place, does="list", name=f"{name}: tasks", parse=listing(operation), show=show_list),
    )


def _refused(path: str, what: str) -> Route:
    name = path.partition("/")[2].replace("-", " ").replace("/", ", ")
    return Route(method="POST", path=f"/v1/{path}", does="refuse", name=name, refused=what)


def _is_kling(call: Call) -> bool:
    """On a path that OpenAI's and xAI's clients use too: Kling's say model_name, or sign a token."""
    return bool(call.prefix) or "model_name" in call.fields or is_jwt(bearer(call))


DIALECT = Dialect(
    name="kling",
    title="Kling",
    prefix="/kling",
    also_under=("/proxy/kling",),
    family="kling",
    routes=(
        *_kind("videos/text2video", "text to video", parse_text),
        *_kind("videos/image2video", "image to video", parse_image),
        *_kind("videos/omni-video", "omni video", parse_omni),
        *_kind("videos/video-extend", "extend a video", parse_extend),
        *_kind("images/generations", "image generation", parse_still("generations"), match=_is_kling),
        *_kind("images/omni-image", "omni image", parse_still("omni-image")),
        *(_refused(path, what) for path, what in _REFUSED.items()),
        *(
            Route(
                method="GET",
                path=f"/v1/general/{name}",
                does="say",
                name=f"{name.replace('-', ' ')}: none",
                show=lambda call: Reply(body=envelope(call, [])),
            )
            for name in _EMPTY_LISTS
        ),
        *kling_account.ROUTES,
    ),
    fail=fail,
    claims=under(
        *(f"/v1/videos/{kind}" for kind in _CLAIMED), "/v1/audio", "/v1/general", "/v1/account/costs", "/account"
    ),
    skin=DECIMAL,
    callback=Callback(write=write, states=("queued", "running", "succeeded", "failed", "cancelled")),
    sdk="",
    base="",
    snippet="""\
import time, httpx, jwt
now = int(time.time())
token = jwt.encode({"iss": "{access}", "exp": now + 1800, "nbf": now - 5}, "{secret}")
http = httpx.Client(base_url="{base}", headers={"Authorization": f"Bearer {token}"})
body = {"model_name": "kling-v1-6", "prompt": "a red ball bounces", "duration": "5"}
task = http.post("/v1/videos/text2video", json=body).json()["data"]""",
    ignored=_IGNORED,
    aliases=ALIASES,
    docs="Kling AI API, before 2.0",
)
