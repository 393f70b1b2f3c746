"""Jimeng, ByteDance's clips and pictures in the Volcano Engine's visual service: every call is `POST /?Action=...`,
signed with an access/secret pair (V4). `req_key` names the model; `code` 10000 tells that all is well.

Relays take a plain key in the place of a signature, and so does this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitascope.errors import NotSupported, PolicyRefused, VitascopeError
from vitascope.vendors import signatures, size_tiers
from vitascope.vendors.api import Call, Dialect, Reply, Route, Signed
from vitascope.vendors.common import echo, sentence
from vitascope.vendors.fields import bad, structure, text, whole
from vitascope.vendors.id_formats import DECIMAL
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

SUBMIT = ("CVSync2AsyncSubmitTask", "CVSubmitTask")
RESULT = ("CVSync2AsyncGetResult", "CVGetResult")
VERSION = "2022-08-31"
FPS = 24  # in which `frames` counts, the first one besides
OK = 10000
_KEYS = {  # what each model takes: how many pictures at least and at most
    "jimeng_t2v_": (0, 0),
    "jimeng_vgfm_t2v_": (0, 0),
    "jimeng_i2v_first_tail_": (2, 2),
    "jimeng_i2v_first_": (1, 1),
    "jimeng_vgfm_i2v_": (1, 1),
    "jimeng_ti2v_": (0, 1),
    "jimeng_t2i_": (0, 0),
}
_FAULTS = {"safety_input": 50412, "safety_output": 50511, "input": 50200, "quota": 50430, "auth": 50400}
_CODES = {400: 50200, 402: 50402, 403: 50400, 404: 50404, 409: 50200, 413: 50413, 422: 50200, 429: 50429}
_GATE = {  # errors of who asks, which Volcano's gate tells in a form of its own
    signatures.MISSING: (100023, "InvalidAuthorization"),
    signatures.MALFORMED: (100023, "InvalidAuthorization"),
    signatures.EXPIRED: (100006, "RequestExpired"),
    signatures.MISMATCH: (100010, "SignatureDoesNotMatch"),
}
_STATES = {"queued": "in_queue", "running": "generating", "succeeded": "done"}


def who(call: Call) -> Signed | None:
    return signatures.v4(call, "cv") if signatures.is_signed(call) else None


def parse(call: Call) -> Asked:
    """Raises BadSpec naming the field, NotSupported for models whose work no model here can do."""
    fields = call.fields
    key = text(fields, "req_key", limit=200).strip()
    least, most = _takes(key)
    pictures = structure(fields, "image_urls") or structure(fields, "binary_data_base64") or []
    if not isinstance(pictures, list) or not least <= len(pictures) <= most:
        name = "image_urls" if structure(fields, "image_urls") else "binary_data_base64"
        raise bad(name, f"{key} takes {least} to {most} pictures.", "A list in image_urls or binary_data_base64.")
    if not (text(fields, "prompt").strip() or pictures):
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    still = key.startswith("jimeng_t2i_")
    frames, seed = whole(fields, "frames"), whole(fields, "seed")
    width, height = whole(fields, "width"), whole(fields, "height")
    pixels = f"{width}x{height}" if width and height else ""
    tier = pixels or ("" if still or not key.endswith(("1080", "1080p", "pro")) else "1080p")
    size, aspect, notes = size_tiers.read(tier, text(fields, "aspect_ratio", limit=20), pictured=bool(pictures))
    return Asked(
        prompt=text(fields, "prompt"),
        model=key,
        seconds=None if still or frames is None else max(0, frames - 1) / FPS,
        still=still,
        size=size,
        aspect=aspect,
        seed=None if seed in (None, -1) else seed,
        image=pictures[0] if pictures else None,
        last_image=pictures[1] if len(pictures) > 1 else None,
        operation="image" if still else "video",
        echo=echo(fields),
        notes=notes,
    )


def created(call: Call, view: View) -> Reply:
    return _good(call, {"task_id": view.handle})


def show(call: Call, view: View) -> Reply:
    if view.state == "failed" or view.state == "cancelled":
        code = _FAULTS.get(view.error.category, 50500) if view.error else 50501
        said = sentence(view.error) if view.error else "The task was cancelled."
        return Reply(_status(code), _told(call, code, said, None))
    data: dict[str, Any] = {"status": _STATES[view.state]}
    if view.is_still:
        data["image_urls"] = [take.image_url for take in view.takes if take.image_url]
    else:
        data["video_url"] = view.url or ""
    return _good(call, data)


def unknown(call: Call, handle: str) -> Reply:
    return _good(call, {"status": "not_found"})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    if error.status == 401:
        number, name = _GATE.get(error.code, (100009, "InvalidAccessKey"))
        return Reply(401, _gate(call, number, name, sentence(error)))
    if error.status in (405, 415) or (error.status == 404 and (call is None or _action(call) not in SUBMIT + RESULT)):
        return Reply(error.status, _gate(call, 100008, "InvalidActionOrVersion", sentence(error)))
    code = 50412 if isinstance(error, PolicyRefused) else _CODES.get(error.status, 50500)
    return Reply(_status(code), _told(call, code, sentence(error), None))


def _takes(key: str) -> tuple[int, int]:
    if not key:
        raise bad("req_key", "req_key is missing.", "For example jimeng_t2v_v30.")
    found = next((takes for prefix, takes in _KEYS.items() if key.startswith(prefix)), None)
    if not found:
        raise NotSupported(f'No model here can do what "{key}" does.', hint=f"{', '.join(_KEYS)}..., then a version.")
    return found


def _status(code: int) -> int:
    """The HTTP status that goes with a code."""
    return 429 if code in (50429, 50430) else 500 if code >= 50500 and code not in (50511, 50518, 50519) else 400


def _good(call: Call, data: Mapping[str, Any]) -> Reply:
    return Reply(200, _told(call, OK, "Success", data))


def _told(call: Call | None, code: int, message: str, data: Mapping[str, Any] | None) -> dict[str, Any]:
    told = dict(data) if data is not None else None
    return {"code": code, "data": told, "message": message, "request_id": _request(call), "status": code}


def _gate(call: Call | None, number: int, code: str, message: str) -> dict[str, Any]:
    metadata = {"RequestId": _request(call), "Action": _action(call), "Version": VERSION, "Service": "cv"}
    error = {"CodeN": number, "Code": code, "Message": message}
    return {"ResponseMetadata": {**metadata, "Region": "cn-north-1", "Error": error}}


def _request(call: Call | None) -> str:
    return call.request_id if call else ""


def _action(call: Call | None) -> str:
    return call.query.get("Action", "") if call else ""


def _does(*actions: str) -> Any:
    return lambda call: _action(call) in actions


def _is_volcano(call: Call) -> bool:
    return bool(_action(call)) and "x-tc-action" not in call.headers


def _task(call: Call) -> str:
    return text(call.fields, "task_id", limit=100).strip()


ROUTES = (
    Route(
        method="POST",
        path="/",
        does="create",
        name="text and image to video, text to image",
        match=_does(*SUBMIT),
        parse=parse,
        show=created,
    ),
    Route(method="POST", path="/", does="get", name="result", match=_does(*RESULT), id=_task, show=show),
    Route(
        method="POST",
        path="/",
        does="refuse",
        name="all other actions of the visual service",
        match=_is_volcano,
        refused="do this action",
        hint=f"Known here: {', '.join(SUBMIT + RESULT)}.",
    ),
)

DIALECT = Dialect(
    name="jimeng",
    title="Jimeng (Volcano visual service)",
    prefix="/jimeng",
    routes=ROUTES,
    fail=fail,
    claims=lambda path, headers: path == "/" and headers.get("authorization", "").startswith("HMAC-SHA256 "),
    skin=DECIMAL,
    auth=who,
    not_found=unknown,
    snippet="""\
import time; from volcengine.visual.VisualService import VisualService
v, place = VisualService(), "{base}".split("://")
v.set_scheme(place[0]); v.set_host(place[1]); v.set_ak("{access}"); v.set_sk("{secret}")
ask = {"req_key": "jimeng_t2v_v30", "prompt": "a red ball bounces on snow", "frames": 121, "aspect_ratio": "16:9"}
ask |= v.cv_sync2async_submit_task(ask)["data"]
while not (made := v.cv_sync2async_get_result(ask)["data"]).get("video_url"): time.sleep(1)
print(made["video_url"])""",
    sdk="volcengine",
    ignored=("req_json", "use_pre_llm", "return_url"),
    aliases=("jimeng_*",),
    docs="Jimeng, Volcano visual service",
)
