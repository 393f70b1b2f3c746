"""Google's files: handles that clients upload to and fetch results from, and the plain forms that all of Google's APIs
share. Pure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from vitascope.vendors.api import Call, Reply, Upload
from vitascope.vendors.common import inner
from vitascope.vendors.fields import text
from vitascope.vendors.id_formats import prefixed

FILE_SKIN = prefixed("up")  # letters and digits only, as Google's own; never taken for a job's
VERSIONS = ("v1beta", "v1", "v1beta1")
_FILE = re.compile(r"files/([a-z0-9]{1,60})(?::|$|\?|/)")


def file_id(path: str) -> str:
    """The last file that a path names. Google's SDK puts a whole address behind `files/` when it is not https."""
    found = _FILE.findall(path)
    return found[-1] if found else ""


def file_url(call: Call, handle: str) -> str:
    return f"{call.base}/v1beta/files/{handle}:download?alt=media"


def file_uri(call: Call, handle: str) -> str:
    return f"{call.base}/v1beta/files/{handle}"


def file_of_path(call: Call) -> str:
    return file_id("files/" + call.params.get("rest", ""))


def file_wanted(call: Call) -> Upload:
    file, headers = inner(call.fields, "file"), call.headers
    kind = text(file, "mimeType", "mime_type", limit=100) or headers.get("x-goog-upload-header-content-type", "")
    return Upload(id="", handle="", name=text(file, "displayName", "display_name", limit=200), media_type=kind)


def ticket_shown(call: Call, upload: Upload) -> Reply:
    """Where the bytes go. The SDK sends them without a key, so the address carries what the ticket's own does."""
    parts = urlsplit(upload.put_url)
    account, query = parts.path.split("/")[-2], parse_qs(parts.query)
    known = f"account={account}&until={query['until'][0]}&signature={query['signature'][0]}"
    url = f"{call.base}/upload/v1beta/files/{upload.handle}?{known}"
    headers = {"x-goog-upload-url": url, "x-goog-upload-status": "active"}
    return Reply(200, {"file": file_shown(call, upload)}, headers)


def received_shown(call: Call, upload: Upload) -> Reply:
    return Reply(200, {"file": file_shown(call, upload)}, {"x-goog-upload-status": "final"})


def file_shown(call: Call, upload: Upload) -> dict[str, Any]:
    return {
        "name": f"files/{upload.handle}",
        "displayName": upload.name,
        "mimeType": upload.media_type or "application/octet-stream",
        "sizeBytes": str(upload.bytes or 0),
        "createTime": stamp(upload.created),
        "updateTime": stamp(upload.created),
        "uri": file_uri(call, upload.handle),
        "state": "PROCESSING" if upload.bytes is None else "ACTIVE",
        "source": "UPLOADED",
    }


def stamp(seconds: float | None) -> str:
    """A time as Google writes it."""
    moment = datetime.fromtimestamp(seconds or 0.0, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
