"""How results go out: links that open without a key until they expire, and bytes with ranges, so that players can
seek.

A link names a blob, the moment it ends and a signature over both; nothing is stored for it. Its end is rounded up to
the hour, so that polling twice gives the same link and browsers keep what they have.
"""

from __future__ import annotations

import hmac
import math
import re
from hashlib import sha256
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import Request
from starlette.responses import Response, StreamingResponse

from vitascope.errors import NotAllowed, NotFound
from vitascope.server.context import Context
from vitascope.store import schema

LINK_SECONDS = 24 * 3600.0
TYPES = {
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".wav": "audio/wav",
    ".srt": "application/x-subrip",
}
PATH = "/files"


def link(context: Context, base: str, key: str, *, seconds: float = LINK_SECONDS, name: str = "") -> str:
    """An absolute address at which anybody can read this blob for at least so long; `name`: save it as."""
    hour = 3600.0 if seconds >= 3600 else 60.0
    until = math.ceil((context.now() + seconds) / hour) * int(hour)
    tail = f"&name={quote(name, safe='')}" if name else ""
    return f"{base}{PATH}/{quote(key)}?until={until}&signature={_signature(context, key, until)}{tail}"


def check(context: Context, key: str, until: int, signature: str) -> None:
    """Raise NotAllowed unless this is a link of ours that has not ended."""
    if not hmac.compare_digest(_signature(context, key, until).encode(), signature.encode("utf-8", "replace")):
        raise NotAllowed("This link is not one of this server.", hint="Ask for the video again; its links are fresh.")
    if until < context.now():
        raise NotAllowed("This link has expired.", hint="Ask for the video again; its links are fresh.")


def _signature(context: Context, key: str, until: int) -> str:
    return hmac.new(context.link_key, f"{key}\n{until}".encode("utf-8", "replace"), sha256).hexdigest()[:40]


def answer(context: Context, key: str, request: Request, *, name: str = "") -> Response:
    """The blob, or the part that the Range header asks for. Blobs never change, so a browser may keep them.

    Raises NotFound, also for a file that is not whole. A range beyond the end is answered 416, several ranges with the
    whole.
    """
    blobs = context.blobs
    size = blobs.size(key)
    _refuse_half(context, key, size)
    etag = f'"{sha256(f"{key} {size}".encode()).hexdigest()[:24]}"'
    headers = {
        "accept-ranges": "bytes",
        "etag": etag,
        "cache-control": "private, max-age=86400, immutable",
        "cross-origin-resource-policy": "cross-origin",
    }
    if name:
        headers["content-disposition"] = disposition(name)
    media = TYPES.get(key[key.rfind(".") :], "application/octet-stream")
    if has_already(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    part = None
    if request.headers.get("if-range", etag) == etag:
        part = _range(request.headers.get("range", ""), size)
    if part == (0, 0):
        return Response(status_code=416, headers=headers | {"content-range": f"bytes */{size}"})
    start, end = part or (0, size)
    if part:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    head = request.method == "HEAD" or getattr(request.state, "head", False)
    body = iter(()) if head else blobs.read(key, start, end)
    return StreamingResponse(body, status_code=206 if part else 200, headers=headers, media_type=media)


def has_already(header: str, etag: str) -> bool:
    """Whether If-None-Match names this: one tag, a list, or `*`; weak ones too, for the bytes are the same."""
    return header.strip() == "*" or etag in re.findall(r'(?:W/)?("[^"]*")', header)


def _refuse_half(context: Context, key: str, size: int) -> None:
    """What a full disk or a bad copy left is not shown as a clip. Its size is cheap to know; `vitascope check` looks at
    every byte.
    """
    whole = None
    if key.startswith("clips/") and key.endswith("/video.mp4"):
        with context.store.read() as tx:
            whole = tx.scalar(sa.select(schema.clips.c.bytes).where(schema.clips.c.id == key.split("/")[1]))
    if size == 0 or (whole is not None and size != whole):
        told = f"{size:,} of {whole:,} bytes are there" if whole else "it is empty"
        raise NotFound(f"The file is damaged: {told}.", hint="Make the clip again; its recipe is whole.")


def _range(header: str, size: int) -> tuple[int, int] | None:
    """(start, end) of one range, end excluded; None for the whole, (0, 0) for one that cannot be given."""
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.strip(), re.ASCII)
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    return (start, end) if start < end else (0, 0)


def disposition(name: str) -> str:
    """Content-Disposition for saving under this name, whatever letters it has."""
    plain = re.sub(r'[^\w. -]|["\\]', "_", name, flags=re.ASCII).strip() or "clip"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def file_name(prompt: str, seed: int | None, ending: str) -> str:
    slug = re.sub(r"\W+", "-", prompt.lower())[:48].strip("-") or "clip"
    return f"{slug}-{seed}{ending}" if seed is not None else f"{slug}{ending}"
