"""What a request gives by a name, with the thing itself in its place: files sent beforehand, what earlier jobs
made, and links that this server gave and need not fetch from itself.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote

from vitascope.errors import NotFound
from vitascope.orders import stills
from vitascope.server.auth import Actor
from vitascope.server.dialects import job_lookup
from vitascope.server.dialects.exchange import Turn
from vitascope.server.files import client_files, delivery
from vitascope.store import blobs, library
from vitascope.vendors.api import Earlier, Uploaded
from vitascope.vendors.request import Asked

_GIVEN = ("image", "last_image", "extend")


def resolved(turn: Turn, actor: Actor, asked: Asked) -> Asked:
    """With what is meant by handles and by our own links in their places."""
    found = {name: _meant(turn, actor, getattr(asked, name)) for name in _GIVEN}
    return dataclasses.replace(asked, **found)


def _meant(turn: Turn, actor: Actor, given: Any) -> Any:
    if isinstance(given, Uploaded):
        name = client_files.named(turn.context, actor.id, given.handle, turn.dialect.upload_skin)
        return client_files.contents(turn.context, actor.id, name)
    if isinstance(given, Earlier):
        with turn.context.store.read() as tx:
            job = job_lookup.one(tx, actor.id, given.handle, skin=turn.skin, family=turn.family)
        return {"id": f"video_{job.id.removeprefix('job_')}", "frame": given.frame}
    url = given.get("url") or given.get("image_url") if isinstance(given, Mapping) else given
    own = f"{turn.origin}{delivery.PATH}/"
    if isinstance(url, str) and url.startswith(own):
        return _linked(turn, actor, url)
    return given


def _linked(turn: Turn, actor: Actor, url: str) -> Any:
    """What lies behind a link that we gave: the clip by its id, so that its recipe goes on with it, else the bytes."""
    path, _, search = url.removeprefix(f"{turn.origin}{delivery.PATH}/").partition("?")
    key, query = unquote(path), parse_qs(search)
    until, signature = query.get("until", ["0"])[0], query.get("signature", [""])[0]
    delivery.check(turn.context, key, int(until) if re.fullmatch(r"\d{1,12}", until, re.ASCII) else 0, signature)
    if clip := re.fullmatch(r"clips/(clip_[0-9a-f]{24})/video\.mp4", key):
        with suppress(NotFound), turn.context.store.read() as tx:
            return {"id": library.get(tx, actor.id, clip[1]).id}
    return blobs.content(turn.context.blobs, stills.there(turn.context.blobs, key))
