"""Pictures and clips that a request gives: by the id of one in the library, by an address, or sent along. What is named
by an id must be the account's own.
"""

from __future__ import annotations

import dataclasses
import re
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from PIL import Image
from starlette.datastructures import UploadFile

from vitascope import ask
from vitascope.clip import Recipe, Reference, SourceClip
from vitascope.engines.card import ClipFormat
from vitascope.errors import BadClip, Conflict, NotFound
from vitascope.media import incoming, video
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.limits import SENT
from vitascope.media.picture import Fit, from_pixels
from vitascope.media.upright import Seen
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import client_files, uploads
from vitascope.store import blobs, handles, inputs, jobs, library, recipes
from vitascope.store.inputs import File
from vitascope.store.library import Clip
from vitascope.vendors.fields import bad
from vitascope.vendors.openai import dialect as openai
from vitascope.vendors.request import AskedReference

_CLIP_ID = re.compile(r"(?:clip|video)_[0-9a-f]{24}")
_UPLOAD_ID = re.compile(r"(?:upl_|file_)[0-9a-f]{24}")  # of a file sent beforehand
_SHA256 = re.compile(r"[0-9a-f]{64}")  # of a file that the account has given before


def picture(context: Context, actor: Actor, given: Any, name: str) -> Seen:
    """The picture that is sent or meant. Of a clip: one of its frames, the last one to begin
    with and the first one to end with, if nothing else is said.
    """
    moment = "last" if "first" in name else "first"
    if clip_id := _meant(given):
        which = (given.get("frame") or given.get("at")) if isinstance(given, dict) else None
        return Seen(frame(context, clip(context, actor, clip_id), str(which or moment)), name=clip_id)
    fetch = partial(context.outside.fetch, actor.id)
    given, name_of_file = _sent(context, actor, given)
    seen = uploads.opened(given, name=name, account_id=actor.id, moment=moment, fetch=fetch)
    return dataclasses.replace(seen, name=name_of_file)


def original(seen: Seen) -> File | None:
    """The file that this picture was read from, to be kept; None: it is no picture file."""
    return _file(seen.sha256, seen.data, seen.name) if seen.data else None


def reference(context: Context, actor: Actor, asked: AskedReference, number: int) -> tuple[Reference, File]:
    """A reference, read from its beginning to its end, and its file."""
    told, name = f"Reference {number}", ""
    if clip_id := _meant(asked.given):
        found = clip(context, actor, clip_id)
        data, name = blobs.content(context.blobs, found.video_key), f"{clip_id}.mp4"
        if asked.kind == "image":
            which = str((asked.given.get("frame") if isinstance(asked.given, dict) else "") or "first")
            data, name = from_pixels(np.asarray(frame(context, found, which))).png, f"{clip_id}.png"
    else:
        given, name = _sent(context, actor, asked.given)
        fetch = partial(context.outside.fetch, actor.id)
        data = uploads.contents(given, name=told, max_bytes=SENT.clip_bytes, fetch=fetch)
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder, uploads.turns.of(actor.id):
        path = Path(folder) / "sent"
        path.write_bytes(data)
        read = incoming.reference(path, kind=asked.kind, name=asked.name, told=told, limits=SENT)
    read = dataclasses.replace(read, file=incoming.file_name(name), path="")
    return read, _file(read.sha256, data, read.file)


def _file(sha256: str, data: bytes, name: str) -> File:
    kind = kind_of(data[:HEAD_BYTES])
    assert kind, "it was read by its kind"
    what = {"picture": "image", "clip": "video", "sound": "audio"}[kind.what]
    return File(sha256, what, f"{what}/{kind.format.lower()}", data, name)


def _sent(context: Context, actor: Actor, given: Any) -> tuple[Any, str]:
    """What was sent, with the bytes of a file that was sent beforehand in its place, and what the file is called."""
    if isinstance(given, UploadFile):
        return given, incoming.file_name(given.filename or "")
    inner = given
    if isinstance(given, dict):
        inner = next((given[key] for key in ("id", "file_id", *uploads.ADDRESSES) if given.get(key)), None)
        inner = inner.get("url") if isinstance(inner, dict) else inner
    if not isinstance(inner, str):
        return given, ""
    if _UPLOAD_ID.fullmatch(inner):
        found = client_files.get(context, actor.id, inner.rpartition("_")[2])
        return client_files.contents(context, actor.id, found.name), incoming.file_name(found.data.get("name") or "")
    if _SHA256.fullmatch(inner):
        with context.store.read() as tx:
            kept = inputs.find(tx, actor.id, inner)
        return inputs.read(context.store, context.blobs, actor.id, inner), kept.name if kept else ""
    if re.match(r"https?://", inner, re.IGNORECASE):
        return given, incoming.file_name(unquote(urlsplit(inner).path))
    return given, ""


def _meant(given: Any) -> str:
    """The id of a clip or video that is meant; empty when something is sent instead."""
    if isinstance(given, dict):
        given = next((given[key] for key in ("id", "file_id", "clip_id", "video_id") if given.get(key)), "")
        if isinstance(given, str) and (_UPLOAD_ID.fullmatch(given) or _SHA256.fullmatch(given)):
            return ""
        if given and not (isinstance(given, str) and _CLIP_ID.fullmatch(given)):
            raise NotFound(f'There is no clip "{str(given)[:60]}".', hint="Clips are listed at /v1/library.")
    return given if isinstance(given, str) and _CLIP_ID.fullmatch(given) else ""


def clip(context: Context, actor: Actor, meant: str) -> Clip:
    """The account's clip with this id, or the one that this video became. Raises NotFound, Conflict."""
    with context.store.read() as tx:
        if meant.startswith(openai.PREFIX):
            job = jobs.get(tx, actor.id, openai.job_id(meant))
            if not job.clip_id:
                raise Conflict(f"The video is {openai.STATUS[job.state]}.", hint="Wait until it is completed.")
            meant = job.clip_id
        found = library.get(tx, actor.id, meant)
    if found.trashed_at is not None:
        raise NotFound(f'The clip "{meant}" is in the trash.', hint="Restore it at /v1/library first.")
    return found


def frame(context: Context, found: Clip, which: str) -> Image.Image:
    """One moment of a clip: "first", "last" or its number."""
    last = found.frames - 1
    index = {"first": 0, "last": last}.get(which, int(which) if which.isdigit() and len(which) < 6 else -1)
    if not 0 <= index <= last:
        raise bad("frame", f'The clip has no frame "{which[:20]}".', f"first, last, or 0 to {last}.")
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        path = _downloaded(context, found, Path(folder))
        for number, frame in enumerate(video.read_frames(path, name="The clip")):
            if number == index:
                return Image.fromarray(frame)
    raise BadClip(f"Frame {index} of the clip cannot be read.", hint="Choose another.")


def _downloaded(context: Context, found: Clip, folder: Path) -> Path:
    path = folder / "clip.mp4"
    with open(path, "wb") as file:
        for piece in context.blobs.read(found.video_key):
            file.write(piece)
    return path


@dataclass(frozen=True)
class Continued:
    """The clip to be continued, the one of the library that it is, if it is one, and what was changed of it."""

    source: SourceClip
    parent: Clip | None = None
    notes: tuple[str, ...] = ()


def source(context: Context, actor: Actor, given: Any, format: ClipFormat, *, fit: Fit = "crop") -> Continued:
    """One of the library, or one that is sent along. What this model cannot continue as it is, because of its rate or
    its size, is written anew.
    """
    with tempfile.TemporaryDirectory(prefix="vitascope-") as name:
        folder, found = Path(name), None
        if meant := _meant(given):
            found = clip(context, actor, meant)
            if found.frames < 2:
                raise BadClip("A still cannot be continued.", hint="Give it as the first picture.")
            fps = Fraction(found.fps)
            if (format.any_rate or fps == format.fps) and format.has((found.width, found.height)):
                with context.store.read() as tx:
                    whole = recipes.whole_recipe(tx, actor.id, found.recipe)
                recipe = Recipe.from_dict(whole) if whole else None
                source = SourceClip(found.sha256, found.frames, found.width, found.height, fps, recipe)
                return Continued(source, found)
            kept = _downloaded(context, found, folder)
        elif not isinstance(given, UploadFile):
            fetch, (given, _) = partial(context.outside.fetch, actor.id), _sent(context, actor, given)
            given = uploads.contents(given, name="The clip", max_bytes=SENT.clip_bytes, fetch=fetch)
        with uploads.turns.of(actor.id):
            sent = incoming.clip(kept, name="The clip") if found else uploads.clip(given, folder)
            taken, notes = ask.source(sent, format, folder=folder, fit=fit)
        key = f"uploads/{actor.id}/{taken.sha256}"
        context.blobs.put(key, Path(taken.path))
        with context.store.begin() as tx:
            handles.renew(tx, actor.id, handles.SOURCE, taken.sha256, key, context.now())
        return Continued(dataclasses.replace(taken, path=""), found, tuple(notes))
