"""Vidu's API: one path for each kind of task, the request given back with the answer, and callbacks signed over the
address that they go to.

Vidu signs with the key that the task was made with. Keys are not kept here, so it is the account's callback secret,
which GET /vidu/callbacks/secret tells.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from vitascope.errors import NotFound, PolicyRefused, VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Balance, Call, Dialect, Earlier, Listing, Page, Reply, Route, Upload, Uploaded
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import echo, emptied, iso, many, paging, refuse, sentence, sound, under
from vitascope.vendors.fields import Fields, bad, choice, flag, number, text, whole
from vitascope.vendors.id_formats import DECIMAL
from vitascope.vendors.request import Asked
from vitascope.vendors.view import State, View

API = "/ent/v2"
SCHEME = "ssupload:?id="  # of a picture that was sent beforehand
STATE = {
    "queued": "queueing",
    "running": "processing",
    "succeeded": "success",
    "failed": "failed",
    "cancelled": "failed",
}
_LISTED: dict[str, tuple[State, ...]] = {
    "created": ("queued",),
    "queueing": ("queued",),
    "processing": ("running",),
    "success": ("succeeded",),
    "failed": ("failed", "cancelled"),
}
_CANNOT = {
    "voice_id": "make sound",
    "subjects": "keep characters",
    "image_settings": "take pictures at several moments",
}
_REFUSED = {
    "reference2video": "take reference pictures",
    "multiframe": "take pictures at several moments",
    "lip-sync": "move lips to speech",
    "digital-human": "make a person speak",
    "template": "fill a template",
    "upscale-pro": "enlarge a given clip",
    "text2audio": "make sound",
    "timing2audio": "make sound",
}
_REASONS = {  # of our statuses: HTTP status, reason
    400: (400, "FieldInvalid"),
    401: (401, "Unauthorized"),
    402: (400, "CreditInsufficient"),
    403: (403, "Forbidden"),
    404: (404, "NotFound"),
    405: (405, "MethodNotAllowed"),
    409: (400, "TaskNotSupportCancel"),
    413: (413, "RequestTooLarge"),
    415: (415, "UnsupportedMediaType"),
    422: (400, "FieldInvalid"),
    429: (429, "TooManyRequests"),
    503: (503, "SystemThrottling"),
}
_FAULTS = {
    "safety_input": "TaskPromptPolicyViolation",
    "safety_output": "AuditSubmitIllegal",
    "input": "FieldInvalid",
    "auth": "Forbidden",
    "quota": "CreditInsufficient",
}
_PICTURES = {"text2video": (0, 0), "img2video": (1, 1), "start-end2video": (2, 2), "extend": (0, 1)}


def parse(call: Call) -> Asked:
    """Raises BadSpec naming the field, NotSupported for what no model here can do."""
    fields, kind = call.fields, _kind(call)
    refuse(fields, _CANNOT)
    pictures, (least, most) = [_picture(given) for given in many(fields, "images")], _PICTURES[kind]
    if not least <= len(pictures) <= most:
        raise bad("images", f"There are {len(pictures)} pictures.", f"{kind} takes {least} to {most}.")
    if not (text(fields, "prompt").strip() or pictures or kind == "extend"):
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    clip = _clip(fields) if kind == "extend" else None
    tier, aspect = text(fields, "resolution", limit=20), text(fields, "aspect_ratio", limit=20)
    size, aspect, notes = size_tiers.read(tier, aspect, pictured=bool(pictures or clip))
    seed = whole(fields, "seed")
    return Asked(
        prompt=text(fields, "prompt"),
        model=text(fields, "model", limit=200).strip(),
        seconds=number(fields, "duration"),
        size=None if clip else size,
        aspect="" if clip else aspect,
        seed=None if seed in (None, 0, -1) else seed,
        image=None if clip or not pictures else pictures[0],
        last_image=pictures[-1] if pictures and (clip or len(pictures) == 2) else None,
        extend=clip,
        lane="offpeak" if flag(fields, "off_peak") else "normal",
        operation=kind,
        callback_url=text(fields, "callback_url", limit=2000),
        echo=echo(fields),
        notes=(*notes, *_notes(fields)),
        sound_flag=sound(fields, "audio"),
    )


def created(call: Call, view: View) -> Reply:
    """The task, and the request as it was understood."""
    told = {
        **{name: value for name, value in view.echo.items() if name not in ("callback_url",)},
        "task_id": view.handle,
        "state": "created" if view.state == "queued" else STATE[view.state],
        "model": view.asked_model,
        "prompt": view.prompt,
        "images": [given for given in many(call.fields, "images") if isinstance(given, str) and len(given) < 2000],
        "duration": view.seconds,
        "seed": view.seed,
        "aspect_ratio": view.aspect,
        "resolution": f"{min(view.width, view.height)}p",
        "credits": view.credits,
        "created_at": iso(view.created),
    }
    return Reply(200, told)


def show(call: Call, view: View) -> Reply:
    return Reply(200, task(view))


def task(view: View) -> dict[str, Any]:
    creation: dict[str, Any] = {
        "id": view.handle,
        "url": view.url,
        "cover_url": view.poster_url,
        "watermarked_url": "",
        "moderation_url": [],
    }
    return {
        "id": view.handle,
        "state": STATE[view.state],
        "err_code": _error(view),
        "credits": view.credits,
        "payload": str(view.echo.get("payload") or ""),
        "bgm": False,
        "off_peak": str(view.echo.get("off_peak") or "").lower() in ("true", "1"),
        "progress": round(100 * view.progress),
        "creations": [creation] if view.state == "succeeded" else [],
    }


def parse_list(call: Call) -> Listing:
    """`?pager.pagesz&pager.page_token&task_ids&states`, the token is the last id that was seen."""
    size, _ = paging(call.query, "pager.pagesz", "", usual=20, most=100)
    state = choice(call.query, "states", "state", of=tuple(_LISTED))
    ids = text(call.query, "task_ids", limit=4000)
    return Listing(
        limit=size,
        after=text(call.query, "pager.page_token", limit=100),
        states=_LISTED[state] if state else (),
        ids=tuple(one.strip() for one in ids.split(",") if one.strip()),
    )


def show_list(call: Call, views: list[View], page: Page) -> Reply:
    token = views[-1].handle if views and page.has_more else ""
    tasks = [{**task(view), "model": view.asked_model, "created_at": iso(view.created)} for view in views]
    return Reply(200, {"tasks": tasks, "next_page_token": token})


def show_credits(call: Call, balance: Balance) -> Reply:
    remains = {"type": "metered", "credit_remain": balance.credits, "concurrency_limit": balance.parallel}
    return Reply(200, {"remains": [{**remains, "current_concurrency": 0, "queue_count": 0}], "packages": []})


def show_upload(call: Call, upload: Upload) -> Reply:
    return Reply(200, {"id": upload.handle, "put_url": upload.put_url, "expires_at": iso(upload.created + 3600)})


def show_finished(call: Call, upload: Upload) -> Reply:
    return Reply(200, {"uri": SCHEME + upload.handle})


def show_secret(call: Call, secrets: Secrets) -> Reply:
    return Reply(200, {"secret": secrets.plain})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    status, reason = _REASONS.get(error.status, (error.status, "InternalServiceFailure"))
    if isinstance(error, PolicyRefused):
        reason = "TaskPromptPolicyViolation"
    elif isinstance(error, NotFound) and call and call.params:
        reason = "TaskNotFound"
    elif error.code == "bad_picture":
        reason = "ImageDownloadFailure"
    trace = {"trace_id": call.request_id if call else ""}
    if field := error.field:
        trace["field"] = field
    return Reply(status, {"code": status, "reason": reason, "message": sentence(error), "metadata": trace})


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """What a query says, signed over the method, the address, the time and a word for once."""
    place, date = urlsplit(secrets.url), formatdate(now, usegmt=True)
    headers = {"Date": date, "x-request-nonce": id}
    signed = "".join(f"{name}:{value}\n" for name, value in headers.items())
    text_ = f"POST\n{place.path or '/'}\n{place.query}\nvidu\n{date}\n{signed}"
    digest = hmac.new(secrets.plain.encode(), text_.encode(), hashlib.sha256).digest()
    headers |= {
        "X-HMAC-ALGORITHM": "hmac-sha256",
        "X-HMAC-ACCESS-KEY": "vidu",
        "X-HMAC-SIGNED-HEADERS": ";".join(headers),
        "X-HMAC-SIGNATURE": base64.b64encode(digest).decode(),
    }
    return Message(json.dumps(task(view), ensure_ascii=False).encode(), headers)


def _error(view: View) -> str:
    """One word, as Vidu has it, and ours behind it."""
    if view.state == "cancelled":
        return "TaskCancelled"
    if not view.error:
        return ""
    return f"{_FAULTS.get(view.error.category, 'InternalServiceFailure')}: {sentence(view.error)}"


def _clip(fields: Fields) -> Any:
    """The clip to be continued: an address, or the id of one of Vidu's own creations."""
    given = text(fields, "video_url", limit=4000).strip() or text(fields, "video_creation_id", limit=100).strip()
    if not given:
        raise bad("video_url", "The clip to be continued is missing.", "Send video_url or video_creation_id.")
    return given if given.startswith(("http://", "https://", "data:")) else Earlier(given)


def _picture(given: Any) -> Any:
    if isinstance(given, str) and given.startswith(SCHEME):
        return Uploaded(given.removeprefix(SCHEME))
    return given


def _notes(fields: Fields) -> tuple[str, ...]:
    found = ["No music is made; bgm was left out."] if flag(fields, "bgm") else []
    if flag(fields, "watermark"):
        found.append("No watermark is drawn; watermark was left out.")
    if choice(fields, "movement_amplitude", of=("auto", "small", "medium", "large")) not in ("", "auto"):
        found.append("How much moves is said in the prompt; movement_amplitude was left out.")
    return tuple(found)


def _kind(call: Call) -> str:
    return call.path.rstrip("/").rpartition("/")[2]


def _making(kind: str, name: str) -> Route:
    return Route(method="POST", path=f"{API}/{kind}", does="create", name=name, parse=parse, show=created)


ROUTES = (
    _making("text2video", "text to video"),
    _making("img2video", "image to video"),
    _making("start-end2video", "first and last picture to video"),
    _making("extend", "extend"),
    *(
        Route(method="POST", path=f"{API}/{kind}", does="refuse", name=kind, refused=what)
        for kind, what in _REFUSED.items()
    ),
    Route(method="GET", path=API + "/tasks", does="list", name="list", parse=parse_list, show=show_list),
    Route(method="GET", path=API + "/tasks/{id}/creations", does="get", name="status", show=show),
    Route(method="POST", path=API + "/tasks/{id}/cancel", does="cancel", name="cancel", show=emptied),
    Route(method="GET", path="/callbacks/secret", does="secret", name="callback secret", show=show_secret, root=False),
    Route(method="GET", path=API + "/credits", does="balance", name="credits", show=show_credits),
    Route(
        method="POST",
        path="/tools/v2/files/uploads",
        does="ticket",
        name="send a file",
        parse=lambda call: Upload(id="", handle="", purpose=text(call.fields, "scene", limit=40)),
        show=show_upload,
    ),
    Route(
        method="PUT",
        path="/tools/v2/files/uploads/{id}/finish",
        does="file",
        name="send a file: the end",
        show=show_finished,
    ),
)

DIALECT = Dialect(
    name="vidu",
    title="Vidu",
    prefix="/vidu",
    routes=ROUTES,
    fail=fail,
    claims=under(API, "/tools/v2/files"),
    skin=DECIMAL,
    upload_skin=DECIMAL,
    callback=Callback(write=write, states=("running", "succeeded", "failed", "cancelled"), attempts=3),
    snippet="""\
import httpx
http = httpx.Client(base_url="{base}/ent/v2", headers={"authorization": "Token {key}"})
ask = {"model": "viduq3-pro", "prompt": "a red ball bounces on snow", "duration": 5, "aspect_ratio": "16:9"}
task = http.post("/text2video", json=ask).json()["task_id"]
print(http.get(f"/tasks/{task}/creations").json())""",
    base="/ent/v2",
    ignored=(
        "audio_type",
        "bgm",
        "is_rec",
        "meta_data",
        "movement_amplitude",
        "style",
        "watermark",
        "wm_position",
        "wm_url",
    ),
    aliases=("vidu*",),
    docs="Vidu API, second version",
)
