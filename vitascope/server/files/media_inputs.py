"""Pictures and clips that a request gives: by the id of one in the library, by an address, or sent along. What is named
by an id must be the account's own.
"""

from __future__ import annotations

import dataclasses
import re
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from starlette.datastructures import UploadFile

from vitascope import ask
from vitascope.clip import FPS, Recipe, Source
from vitascope.errors import BadClip, Conflict, NotFound
from vitascope.media import video
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import uploads
from vitascope.store import handles, jobs, library, recipes
from vitascope.store.library import Clip
from vitascope.vendors.fields import bad
from vitascope.vendors.openai import dialect as openai

_CLIP_ID = re.compile(r"(?:clip|video)_[0-9a-f]{24}")


def picture(context: Context, actor: Actor, given: Any, name: str) -> Image.Image | None:
    """The picture that is sent or meant; None when nothing is. Of a clip: one of its frames."""
    if given is None:
        return None
    if clip_id := _meant(given):
        which = (given.get("frame") or given.get("at")) if isinstance(given, dict) else None
        return frame(context, clip(context, actor, clip_id), str(which or ("last" if "first" in name else "first")))
    return uploads.opened(given, name=name, fetch=partial(context.outside.fetch, actor.id))


def _meant(given: Any) -> str:
    """The id of a clip or video that is meant; empty when something is sent instead."""
    if isinstance(given, dict):
        given = next((given[key] for key in ("id", "file_id", "clip_id", "video_id") if given.get(key)), "")
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
        for number, frame in enumerate(video.read_frames(path)):
            if number == index:
                return Image.fromarray(frame)
    raise BadClip(f"Frame {index} of the clip cannot be read.", hint="Choose another.")


def _downloaded(context: Context, found: Clip, folder: Path) -> Path:
    path = folder / "clip.mp4"
    with open(path, "wb") as file:
        for piece in context.blobs.read(found.video_key):
            file.write(piece)
    return path


def source(context: Context, actor: Actor, given: Any) -> tuple[Source, Clip | None]:
    """The clip to be continued: one of the library, or one that is sent along and comes into it."""
    if meant := _meant(given):
        found = clip(context, actor, meant)
        if found.fps != FPS or found.frames < 2:
            raise BadClip(f"The clip has {found.frames} frames, {found.fps} a second.", hint=f"Clips of {FPS} go on.")
        with context.store.read() as tx:
            kept = recipes.whole_recipe(tx, actor.id, found.recipe)
        recipe = Recipe.from_dict(kept) if kept else None
        return Source(found.sha256, found.frames, found.width, found.height, recipe), found
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        data = given
        if not isinstance(given, UploadFile):
            fetch = partial(context.outside.fetch, actor.id)
            data = uploads.contents(given, name="The clip", max_bytes=uploads.MAX_CLIP_BYTES, fetch=fetch)
        path = uploads.clip_file(data, Path(folder))
        sent = dataclasses.replace(ask.source(path), path="")
        key = f"uploads/{actor.id}/{sent.sha256}"
        context.blobs.put(key, path)
        with context.store.begin() as tx:
            handles.renew(tx, actor.id, handles.SOURCE, sent.sha256, key, context.now())
        return sent, None
