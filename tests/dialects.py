"""A request and a job as data, in the shape that the tests of the Chinese vendors' dialects want them; what all
dialects' tests share is in `vendors`.
"""

from typing import Any

from vendors import ERRORS, REFUSED
from vitascope.vendors.api import Call
from vitascope.vendors.view import View

__all__ = ["ERRORS", "ID", "REFUSED", "START", "call", "view"]
ID = "01a20d14ddcf39af23906c78"
START = 1_800_000_000.0


def call(fields: dict[str, Any] | None = None, path: str = "/", **more: Any) -> Call:
    """A request with these fields."""
    return Call(**{"method": "POST", "path": path, "fields": fields or {}, "request_id": "req_1", "now": START, **more})


def view(dialect: Any, state: str = "succeeded", **more: Any) -> View:
    """A job of this dialect: a second of a red ball."""
    done = state in ("succeeded", "failed", "cancelled")
    told: dict[str, Any] = {
        "id": ID,
        "handle": dialect.skin.show(ID),
        "state": state,
        "model": "vitascope-nano",
        "asked_model": "theirs-1",
        "operation": "video",
        "progress": 1.0 if done else 0.5 if state == "running" else 0.0,
        "created": START,
        "started": None if state == "queued" else START + 1,
        "finished": START + 5 if done else None,
        "updated": START + 5 if done else START + 1,
        "prompt": "a red ball",
        "seconds": 1.0,
        "width": 352,
        "height": 192,
        "frames": 17,
        "seed": 7,
        "aspect": "16:9",
        "credits": 0.2,
    }
    if state == "succeeded":
        told |= {"url": "http://here/v.mp4", "poster_url": "http://here/p.jpg", "bytes": 1000}
        told |= {"last_frame_url": "http://here/l.png"}
    made_ = View(**{**told, **more})
    return made_ if made_.takes else View(**{**told, **more, "takes": (made_,)})
