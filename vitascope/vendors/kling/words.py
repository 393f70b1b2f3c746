"""What both forms of Kling's API share: the envelope and the codes of errors. Pure."""

from __future__ import annotations

from typing import Any

from vitascope.errors import VitascopeError
from vitascope.vendors.api import Call, Reply
from vitascope.vendors.client import Reason, State
from vitascope.vendors.common import sentence

ALIASES = ("kling*",)
_NOT_SIGNED_IN = {"missing": 1001, "wrong": 1000, "early": 1003, "expired": 1004}
_CODES = {  # our code -> (HTTP status, Kling's code)
    "not_enough_credits": (429, 1102),
    "not_allowed": (403, 1103),
    "method_not_allowed": (404, 1202),
    "not_found": (404, 1203),
    "unknown_model": (404, 1203),
    "policy_refused": (400, 1301),
    "conflict": (400, 1201),
    "too_large": (413, 1201),
    "unavailable": (503, 5001),
    "bad_weights": (503, 5001),
}


#: What a code of an error means for an order that it answers. Those of 5000 and above say nothing certain.
REASONS: dict[int, Reason] = {
    **dict.fromkeys((1000, 1001, 1002, 1003, 1004, 1103), "auth"),
    **dict.fromkeys((1100, 1101, 1102), "money"),
    **dict.fromkeys((1200, 1201, 1202, 1203), "input"),
    **dict.fromkeys((1300, 1301), "moderation"),
    **dict.fromkeys((1302, 1303, 1304), "limit"),
}
STATES: dict[str, State] = {"submitted": "queued", "processing": "running", "succeed": "done", "failed": "failed"}


def envelope(call: Call, data: Any) -> dict[str, Any]:
    return {"code": 0, "message": "SUCCEED", "request_id": call.request_id, "data": data}


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """Kling's number for it; the words are ours. An error's body has no `data`."""
    status, code = _number(error)
    body = {"code": code, "message": sentence(error), "request_id": call.request_id if call else ""}
    return Reply(status, body)


def _number(error: VitascopeError) -> tuple[int, int]:
    if error.status == 401:
        return 401, _NOT_SIGNED_IN.get(getattr(error, "reason", ""), 1000)
    if error.status == 429:
        return 429, 1303 if getattr(error, "kind", "") == "parallel" else 1302
    if error.code in _CODES:
        return _CODES[error.code]
    if error.status < 500:
        return 400, 1201
    return (error.status, {503: 5001, 504: 5002}[error.status]) if error.status in (503, 504) else (500, 5000)


def milliseconds(at: float | None) -> int:
    return int((at or 0.0) * 1000)
