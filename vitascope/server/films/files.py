"""Files that a film names and that are no takes of it: library clips in the cut, own sounds and pictures. What they are
is found out once and kept with the file.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from starlette.datastructures import UploadFile

from vitascope.errors import BadSpec, VitascopeError
from vitascope.film.document import Film
from vitascope.film.take import Media
from vitascope.media import incoming, sound
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.limits import SENT
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import client_files, uploads
from vitascope.store import film_takes, inputs, schema
from vitascope.store.inputs import File


def foreign(context: Context, tx: Connection, account_id: str, film: Film) -> dict[str, Media]:
    """The media of what the film's cut and cues name, by the names that it uses. What is not there is left out."""
    wanted = {item.file for item in film.cut.items if item.file} | {cue.file for cue in film.cues.values() if cue.file}
    if not wanted:
        return {}
    clips, given = schema.clips, schema.inputs
    found: dict[str, Media] = {}
    for row in tx.execute(sa.select(clips).where(clips.c.account_id == account_id, clips.c.id.in_(wanted))):
        found[row.id] = film_takes.media_of(row)
    for row in tx.execute(sa.select(given).where(given.c.account_id == account_id, given.c.sha256.in_(wanted))):
        if row.facts.get("seconds"):
            found[row.sha256] = Media.from_dict({**row.facts, "key": row.key})
    return found


def missing(film: Film, found: dict[str, Media]) -> list[str]:
    """One sentence for each file that the film names and that is not there."""
    named = [(item.file, f"The cut's item {item.id}") for item in film.cut.items if item.file]
    named += [(cue.file, f"The cue {key}") for key, cue in film.cues.items() if cue.file]
    return [f"{what} names a file that is not here." for file, what in named if file not in found]


def keep(context: Context, actor: Actor, given: Any, name: str = "") -> dict[str, Any]:
    """A picture, clip or sound of the account's own, kept for its films: its SHA-256 and what it is."""
    file_name = incoming.file_name(name)
    if isinstance(given, UploadFile):
        file_name = incoming.file_name(given.filename or "")
        data = uploads.contents(given, name="The file", max_bytes=SENT.clip_bytes)
    elif isinstance(given, str):
        upload = client_files.get(context, actor.id, given.rpartition("_")[2])
        file_name = file_name or incoming.file_name(upload.data.get("name") or "")
        data = client_files.contents(context, actor.id, upload.name)
    else:
        raise BadSpec("There is no file.", hint="Send it as `content` in a form, or name an upload.", field="content")
    media, kind = seen(context, actor, data)
    digest = hashlib.sha256(data).hexdigest()
    inputs.keep(context.store, context.blobs, actor.id, [File(digest, kind[0], kind[1], data, file_name)])
    facts = {key: value for key, value in media.to_dict().items() if key != "key"}
    mine = (schema.inputs.c.account_id == actor.id, schema.inputs.c.sha256 == digest)
    with context.store.begin() as tx:
        tx.execute(sa.update(schema.inputs).where(*mine).values(facts=facts))
    return {"sha256": digest, "kind": kind[0], "name": file_name, "bytes": len(data), **facts}


def seen(context: Context, actor: Actor, data: bytes) -> tuple[Media, tuple[str, str, str]]:
    """What these bytes are, read from their beginning to their end; and their kind, media type and suffix. Raises
    BadSpec, BadClip, BadPicture.
    """
    kind = kind_of(data[:HEAD_BYTES])
    if not kind:
        raise BadSpec("This is no picture, clip or sound.", hint="PNG, JPEG, MP4, MOV, WAV, MP3 and others are taken.")
    what = {"picture": "image", "clip": "video", "sound": "audio"}[kind.what]
    told = (what, f"{what}/{kind.format.lower()}", f".{kind.format.lower()}")
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder, uploads.turns.of(actor.id):
        path = Path(folder) / "sent"
        path.write_bytes(data)
        return _probed(path, what), told


def _probed(path: Path, what: str) -> Media:
    if what == "image":
        image = incoming.picture(path).image
        return Media(key="", seconds=Fraction(0), width=image.width, height=image.height)
    if what == "video":
        info = incoming.clip(path, name="The clip", limits=SENT).info
        rate = Fraction(info.fps).limit_denominator(1001)
        return Media(
            key="", seconds=info.frames / rate, width=info.width, height=info.height, rate=rate, sound=info.sound
        )
    heard = sound.read_file(path, name="The sound")
    return Media(key="", seconds=Fraction(len(heard.samples), heard.rate), sound=True)


def delete(context: Context, keys: list[str]) -> None:
    """Blobs whose rows have gone. One that cannot be deleted now is found by the sweep."""
    for key in keys:
        with suppress(VitascopeError):
            context.blobs.delete(key)
