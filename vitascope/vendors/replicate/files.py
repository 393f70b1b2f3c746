"""Files for Replicate's inputs, sent beforehand. Pure."""

from __future__ import annotations

from typing import Any

from vitascope.vendors.api import Call, Reply, Route, Upload
from vitascope.vendors.common import iso


def sends_a_file(call: Call) -> bool:
    """At the root others have this path too: OpenAI's clients, and Luma's, which send JSON first."""
    form = call.headers.get("content-type", "").lower().startswith("multipart/")
    return bool(call.prefix) or (form and "openai" not in call.headers.get("user-agent", "").lower())


def uploaded(call: Call, upload: Upload) -> Reply:
    return Reply(201, file_of(call, upload))


def filed(call: Call, upload: Upload) -> Reply:
    return Reply(200, file_of(call, upload))


def files(call: Call, uploads: list[Upload]) -> Reply:
    return Reply(200, {"previous": None, "next": None, "results": [file_of(call, upload) for upload in uploads]})


def dropped(call: Call, upload: Upload) -> Reply:
    return Reply(204)


def file_of(call: Call, upload: Upload) -> dict[str, Any]:
    """`urls.get` is what the SDK then sends as an input: it opens without a key."""
    return {
        "id": upload.handle,
        "name": upload.name,
        "content_type": upload.media_type or "application/octet-stream",
        "size": upload.bytes or 0,
        "etag": upload.handle,
        "checksums": {},
        "metadata": {},
        "created_at": iso(upload.created),
        "expires_at": None,
        "urls": {"get": upload.url, "self": f"{call.base}/v1/files/{upload.handle}"},
    }


ROUTES = (
    Route(method="POST", path="/v1/files", does="upload", name="upload", show=uploaded, match=sends_a_file),
    Route(method="GET", path="/v1/files", does="files", name="files", show=files, root=False),
    Route(method="GET", path="/v1/files/{id}", does="file", name="file", show=filed, root=False),
    Route(method="DELETE", path="/v1/files/{id}", does="drop", name="delete a file", show=dropped, root=False),
)
