"""Files that clients send beforehand and then mean by a handle. They lie in the blobs for a week. A ticket is a handle
whose bytes are still to come: to an address that is signed, so that a form or a PUT without a key can bring them.
"""

from __future__ import annotations

import hmac
import math
import mimetypes
import re
from hashlib import sha256
from typing import Any

from starlette.datastructures import UploadFile

from vitascope.errors import Conflict, NotAllowed, NotFound, TooLarge, TooMany
from vitascope.server.context import Context
from vitascope.server.files import delivery, uploads
from vitascope.store import blobs, handles
from vitascope.store.handles import UPLOAD, Handle
from vitascope.store.ids import new_id
from vitascope.vendors.api import Upload
from vitascope.vendors.id_formats import Skin

MAX_FILES = 200  # of one account
TICKET_SECONDS = 3600
PATH = "/uploads"
_DIGITS = 24


def ticket(context: Context, account_id: str, wanted: Upload) -> Handle:
    """A handle for bytes that will follow. Raises TooMany."""
    now = context.now()
    id = new_id("upl_", now).removeprefix("upl_")
    key = f"uploads/{account_id}/{id}{_ending(wanted)}"
    data = {"name": wanted.name[:200], "media_type": wanted.media_type[:100], "purpose": wanted.purpose[:100]}
    with context.store.begin() as tx:
        if len(handles.page(tx, account_id, UPLOAD, limit=MAX_FILES)) >= MAX_FILES:
            raise TooMany(f"There are {MAX_FILES} files already.", hint="They go after a week; delete some.")
        handles.claim(tx, account_id, UPLOAD, id, key, now, data)
        return _found(handles.find(tx, account_id, UPLOAD, id), id)


def named(context: Context, account_id: str, handle: str, skin: Skin) -> str:
    """The name of the file with this handle, or with "HANDLE/PART" (see `receive`); "none" for what is no handle."""
    handle, _, part = handle.partition("/")
    digits = skin.read(handle)
    if 0 < len(digits) < _DIGITS:  # the skin tells only its beginning
        low, high = (digits + fill * (_DIGITS - len(digits)) for fill in "0f")
        with context.store.read() as tx:
            found = handles.between(tx, account_id, UPLOAD, low, high)
        digits = next((one.name for one in found if skin.show(one.name) == handle), "")
    if part and digits:
        return _of_part(get(context, account_id, digits), part)
    return digits or "none"


def receive(context: Context, account_id: str, id: str, given: Any, *, part: str = "") -> Handle:
    """Keep these bytes (a file of a form, or bytes) under this ticket. `part`: what a form calls the file; a second one
    under the same ticket is kept beside the first. Raises NotFound, Conflict, TooLarge.
    """
    file = given if isinstance(given, UploadFile) else None
    data = uploads.contents(file, name="The file", max_bytes=uploads.MAX_CLIP_BYTES) if file else given
    if not data:
        raise Conflict("No bytes were sent.", hint="Send the file as the body, or as `file` in a form.")
    if len(data) > uploads.MAX_CLIP_BYTES:
        raise TooLarge("The file is too large.", hint=f"At most {uploads.MAX_CLIP_BYTES >> 20} MB.")
    found = get(context, account_id, id)
    if part and (id := _of_part(found, part)) != found.name:
        found = _beside(context, found, id)
    context.blobs.put(found.target, data)
    kept = {
        **found.data,
        **({"part": part[:200]} if part else {}),
        "bytes": len(data),
        "name": (found.data.get("name") or (file.filename if file else "") or "")[:200],
        "media_type": (found.data.get("media_type") or (file.content_type if file else "") or "")[:100],
    }
    with context.store.begin() as tx:
        handles.change(tx, account_id, UPLOAD, id, kept)
    return get(context, account_id, id)


def get(context: Context, account_id: str, id: str) -> Handle:
    with context.store.read() as tx:
        return _found(handles.find(tx, account_id, UPLOAD, id), id)


def drop(context: Context, account_id: str, id: str) -> Handle:
    found = get(context, account_id, id)
    with context.store.begin() as tx:
        handles.drop(tx, account_id, UPLOAD, id)
    context.blobs.delete(found.target)
    return found


def contents(context: Context, account_id: str, id: str) -> bytes:
    """Raises NotFound, Conflict when nothing was sent yet."""
    found = get(context, account_id, id)
    if not found.data.get("bytes"):
        raise Conflict("The bytes of this upload have not come yet.", hint="Send them to its address first.")
    return blobs.content(context.blobs, found.target)


def shown(context: Context, base: str, found: Handle, skin: Skin) -> Upload:
    """The upload as dialects see it."""
    size = found.data.get("bytes")
    return Upload(
        id=found.name,
        handle=skin.show(found.name),
        name=found.data.get("name") or "",
        media_type=found.data.get("media_type") or "",
        purpose=found.data.get("purpose") or "",
        bytes=size,
        created=found.created_at,
        url=delivery.link(context, base, found.target),
        put_url=_put_url(context, base, found),
    )


def check(context: Context, account_id: str, id: str, until: int, signature: str) -> None:
    """Raise NotAllowed unless this is an address for bytes that we gave and that has not ended."""
    good = _signature(context, account_id, id, until)
    if not hmac.compare_digest(good.encode(), signature.encode("utf-8", "replace")) or until < context.now():
        raise NotAllowed("This address takes no files, or no longer.", hint="Ask for a new one.")


def _of_part(ticket: Handle, part: str) -> str:
    """The name of a ticket's file of this name: the ticket's own for the first one, for others one made of both."""
    if ticket.data.get("part", part[:200]) == part[:200]:
        return ticket.name
    return sha256(f"{ticket.name}/{part}".encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def _beside(context: Context, ticket: Handle, id: str) -> Handle:
    """One more handle for a second file that came under this ticket."""
    key, data = f"uploads/{ticket.account_id}/{id}", {"purpose": ticket.data.get("purpose", "")}
    with context.store.begin() as tx:
        if len(handles.page(tx, ticket.account_id, UPLOAD, limit=MAX_FILES)) >= MAX_FILES:
            raise TooMany(f"There are {MAX_FILES} files already.", hint="They go after a week; delete some.")
        handles.claim(tx, ticket.account_id, UPLOAD, id, key, context.now(), data)
    return get(context, ticket.account_id, id)


def _put_url(context: Context, base: str, found: Handle) -> str:
    until = math.ceil(found.created_at) + TICKET_SECONDS
    signature = _signature(context, found.account_id, found.name, until)
    return f"{base}{PATH}/{found.account_id}/{found.name}?until={until}&signature={signature}"


def _signature(context: Context, account_id: str, id: str, until: int) -> str:
    text = f"upload\n{account_id}\n{id}\n{until}"
    return hmac.new(context.link_key, text.encode("utf-8", "replace"), sha256).hexdigest()[:40]


def _ending(wanted: Upload) -> str:
    """By which the file is served later, when it is of a kind that is served as what it is."""
    named = re.search(r"\.\w{1,5}$", wanted.name, re.ASCII)
    ending = (named[0] if named else mimetypes.guess_extension(wanted.media_type) or "").lower()
    return ending if ending in delivery.TYPES else ""


def _found(handle: Handle | None, id: str) -> Handle:
    if not handle:
        raise NotFound(f'There is no file "{id[:60]}".', hint="Files are kept for a week.")
    return handle
