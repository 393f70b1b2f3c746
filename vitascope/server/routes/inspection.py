"""/v1/inspect: what a file is and what would become of it, before anything is asked for. So a form can say it when a
file is dropped on it, and refuse at once what cannot be used.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from vitascope.errors import VitascopeError
from vitascope.media import incoming, picture
from vitascope.media import recipe as recipes
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.limits import SENT
from vitascope.server import fitting, requests
from vitascope.server.auth import Actor, Asking, Here, Who
from vitascope.server.body import Body
from vitascope.server.context import Context
from vitascope.server.files import uploads
from vitascope.server.routes import body, errors
from vitascope.server.schemas import Answer
from vitascope.vendors.fields import bad
from vitascope.vendors.openai import dialect as openai

router = APIRouter(route_class=Asking, prefix="/v1/inspect", tags=["quote"])


class InspectFile(BaseModel):
    file: str | None = Field(None, description="A picture or a clip.", json_schema_extra={"format": "binary"})
    model: str | None = Field(None, description="The model that it is for.")
    size: str | None = Field(None, description="The size that is asked for, if one is.")
    aspect: str | None = None


class Inspection(Answer):
    object: Literal["inspection"] = "inspection"
    kind: Literal["picture", "clip"] = Field(description="A clip can also be given as a picture: one of its frames is.")
    width: int = Field(description="As it is shown: turned upright, with square pixels.")
    height: int
    frames: int
    fps: float
    seconds: float = Field(description="0 for a picture.")
    sound: bool
    size: str = Field(description="The size of the clip that would be made with it.")
    as_it_is: bool = Field(description="It has that size, and a clip also the model's rate: nothing is scaled or cut.")
    crop: str = Field(description='What `fit="crop"` does to it; empty: nothing.')
    pad: str = Field(description='What `fit="pad"` does to it; empty: nothing.')
    notes: list[str] = Field(description="What is changed besides, so that it looks as it should.")
    recipe: bool = Field(description="It is a clip or a still of this house, whose form POST /v1/recipe restores.")


BODIES = (InspectFile,)


@router.post("", responses=errors(400, 404, 413, 422), openapi_extra=body(InspectFile))
def inspect(context: Here, actor: Who, fields: Body) -> Inspection:
    """Looks at a file. Nothing of it is kept."""
    given = fields.get("file") or fields.get("image") or fields.get("video")
    if given is None:
        raise bad("file", "The file is missing.", "Send a picture or a clip in a form, as file.")
    asked = openai.parse(fields, prompt_needed=False)
    card = requests.card_of(context, actor, asked.model)
    data = _data(context, actor, given)
    kind = kind_of(data[:HEAD_BYTES])
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        facts: dict[str, Any]
        if kind and kind.what == "clip":
            with uploads.turns.of(actor.id):
                clip = uploads.clip(data, Path(folder), name="The file")
                info, notes = clip.info, incoming.notes_on(clip)
            facts = {"kind": "clip", "frames": info.frames, "fps": round(info.fps, 3), "sound": info.sound}
            facts |= {"seconds": round(info.seconds, 3), "recipe": _has_recipe(clip.path)}
            shown, fps = (info.width, info.height), card.format.rate_for(info.fps)
            whole = incoming.fits(clip, card.format.has, fps)
        else:
            seen = uploads.decoded(data, name="The file")
            path = Path(folder) / ("sent.png" if kind and kind.format == "PNG" else "sent")
            path.write_bytes(data)
            facts = {"kind": "picture", "frames": 1, "fps": 0.0, "seconds": 0.0, "sound": False}
            facts |= {"recipe": path.suffix == ".png" and _has_recipe(path)}
            shown, notes, whole = seen.image.size, seen.notes, card.format.has(seen.image.size)
    size, _ = fitting.nearest(card, asked.size, asked.aspect, given=shown)
    return Inspection(
        **facts,
        width=shown[0],
        height=shown[1],
        size=f"{size[0]}x{size[1]}",
        as_it_is=whole and shown == size,
        crop=picture.fit_note(shown, size, "crop"),
        pad=picture.fit_note(shown, size, "pad"),
        notes=list(incoming.told("The file", notes)),
    )


def _data(context: Context, actor: Actor, given: Any) -> bytes:
    """A clip may be larger than a picture."""
    is_clip = isinstance(given, UploadFile) and uploads.is_clip(given)
    most = SENT.clip_bytes if is_clip else SENT.picture_bytes
    return uploads.contents(given, name="The file", max_bytes=most, fetch=partial(context.outside.fetch, actor.id))


def _has_recipe(path: Path) -> bool:
    try:
        return recipes.find(path, name="The file") is not None
    except VitascopeError:
        return False
