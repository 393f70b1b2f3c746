"""fal's storage: pictures and clips that are sent beforehand, in one step or in two; their addresses are the inputs.
Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime

from vitascope.vendors.api import Call, Reply, Route, Upload
from vitascope.vendors.fields import text


def ticket(call: Call) -> Upload:
    name, kind = text(call.fields, "file_name", limit=200), text(call.fields, "content_type", limit=100)
    return Upload(id="", handle="", name=name, media_type=kind, purpose="storage")


def ticketed(call: Call, upload: Upload) -> Reply:
    return Reply(200, {"upload_url": upload.put_url, "file_url": upload.url})


def sent(call: Call) -> Upload:
    """The file's name and kind, which are in the headers."""
    name, kind = call.headers.get("x-fal-file-name", ""), call.headers.get("content-type", "")
    return Upload(id="", handle="", name=name[:200], media_type=kind[:100], purpose="storage")


def uploaded(call: Call, upload: Upload) -> Reply:
    return Reply(200, {"access_url": upload.url})


def token(call: Call) -> Reply:
    """What the SDK asks for before it sends a file: it is the caller's own key, which is as good for an hour."""
    key = call.headers.get("authorization", "").partition(" ")[2].strip()
    until = datetime.fromtimestamp(call.now + 3600, UTC).isoformat()
    return Reply(200, {"token": key or "none", "token_type": "Bearer", "base_url": call.base, "expires_at": until})


ROUTES = (
    Route(method="POST", path="/storage/auth/token", does="say", name="token for uploads", show=token),
    Route(
        method="POST",
        path="/storage/upload/initiate",
        does="ticket",
        name="upload in two steps",
        parse=ticket,
        show=ticketed,
    ),
    Route(method="POST", path="/files/upload", does="upload", name="upload", parse=sent, show=uploaded),
)
