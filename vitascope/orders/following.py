"""A clip that begins where another one ends, ordered before that other is there. When its turn comes the other is done:
its last frame becomes the first picture of the job, or it is continued frame by frame, as was sold. What was put in is
kept with the job, so that it is shown, and is there again after a crash.
"""

from __future__ import annotations

import tempfile
from collections import deque
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from PIL import Image

from vitascope.clip import ClipSpec, Recipe, Size, SourceClip
from vitascope.errors import BadClip, NotFound
from vitascope.media import incoming, picture, video
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.upright import Seen
from vitascope.orders import stills
from vitascope.store import inputs, jobs, library, recipes, schema
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.jobs import Job

FOLLOWS = "follows"  # in a job's `request`: "image" or "extend"
JOINS = "joins"  # there: the clip that a shot goes on from; empty when another job makes it
UNKNOWN = "?"  # the SHA-256 of a clip that is still to be made


def whole_spec(store: Store, blobs: Blobs, job: Job) -> dict[str, Any]:
    """The job's spec as a dict, without the bytes of its pictures, with what it follows in its place. Raises BadClip
    when that is gone.
    """
    with store.read() as tx:
        kept = recipes.whole(tx, job.account_id, job.spec)
        how = (job.request or {}).get(FOLLOWS)
        if not (job.after and how) or kept.get("image") or (kept.get("extend") or {}).get("sha256", UNKNOWN) != UNKNOWN:
            return kept
        found = _clip(tx, job)
        recipe = recipes.whole_recipe(tx, job.account_id, found.recipe) if how == "extend" else None
    spec = ClipSpec.from_dict(kept)
    if how == "extend":
        source = source_of(found, recipe)
        if spec.extend != replace(source, sha256=UNKNOWN, recipe=None):
            raise BadClip("The clip before it came out in another length or size.", hint="Order it again.")
        spec = replace(spec, extend=source)
    else:
        seen = Seen(last_frame(blobs, found.video_key), name=found.id)
        spec = replace(spec, image=fitted(seen, job.resolved.size))
        inputs.keep(store, blobs, job.account_id, inputs.pictures_of(spec))
    with store.begin() as tx:
        store.lock_account(tx, job.account_id)
        packed = recipes.packed(tx, job.account_id, spec.to_dict(), store.clock())
        mine = (schema.jobs.c.id == job.id, schema.jobs.c.state == "running")
        parent: dict[str, Any] = {"parent_clip_id": found.id, "relation": "extend"} if how == "extend" else {}
        tx.execute(sa.update(schema.jobs).where(*mine).values(spec=packed, **parent))
        return recipes.whole(tx, job.account_id, packed)


def source_of(clip: library.Clip, recipe: Any) -> SourceClip:
    """A clip of the library, to be continued. `recipe`: its whole one."""
    told = Recipe.from_dict(recipe) if recipe else None
    return SourceClip(clip.sha256, clip.frames, clip.width, clip.height, Fraction(clip.fps), told)


def last_frame(blobs: Blobs, key: str) -> Image.Image:
    """Of the clip or the picture at this key. Raises NotFound, BadClip."""
    key = stills.there(blobs, key)
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        path = Path(folder) / "clip"
        with open(path, "wb") as file:
            file.writelines(blobs.read(key))
        with open(path, "rb") as file:
            kind = kind_of(file.read(HEAD_BYTES))
        if kind and kind.what == "picture":
            return incoming.picture(path).image
        found = deque(video.read_frames(path, name="The clip before"), maxlen=1)
    if not found:
        raise BadClip("The clip before it has no frame that can be read.", hint="Make that one again.")
    return Image.fromarray(np.asarray(found[0]))


def fitted(seen: Seen, size: Size) -> Any:
    return picture.given(seen, *size, "crop")


def _clip(tx: sa.Connection, job: Job) -> library.Clip:
    try:
        return library.get(tx, job.account_id, jobs.get(tx, job.account_id, job.after or "").clip_id or "")
    except NotFound as error:
        raise BadClip("The clip that it continues is gone.", hint="Make that one again, then this.") from error
