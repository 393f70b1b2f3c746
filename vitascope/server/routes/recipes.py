"""/v1/recipe: what is written inside a clip's file, so that dropping an mp4 somewhere restores the whole form."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel, Field

from vitascope.errors import BadClip
from vitascope.media import recipe as recipes
from vitascope.server.auth import Asking, Here, Who
from vitascope.server.body import Body
from vitascope.server.files import uploads
from vitascope.server.routes import body, errors
from vitascope.server.routes.library import RecipeView
from vitascope.vendors.fields import bad

router = APIRouter(route_class=Asking, prefix="/v1/recipe", tags=["library"])
_PNG = b"\x89PNG\r\n\x1a\n"


class ReadRecipe(BaseModel):
    file: str | None = Field(
        None, description="An mp4, or a PNG of a still, that Vitascope made.", json_schema_extra={"format": "binary"}
    )


BODIES = (ReadRecipe,)


@router.post("", responses=errors(400, 413, 422), openapi_extra=body(ReadRecipe))
def read_recipe(context: Here, actor: Who, fields: Body) -> RecipeView:
    """The recipe in this file. Nothing of the file is kept."""
    given = fields.get("file") or fields.get("video")
    if given is None:
        raise bad("file", "The file is missing.", "Send an mp4 in a form, as file.")
    fetch = partial(context.outside.fetch, actor.id)
    data = uploads.contents(given, name="The file", max_bytes=uploads.MAX_CLIP_BYTES, fetch=fetch)
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        if data.startswith(_PNG):
            uploads.decoded(data, name="The file")
            path = Path(folder) / "sent.png"
            path.write_bytes(data)
        else:
            with uploads.turns.of(actor.id):
                path = uploads.clip(data, Path(folder), name="The file").path
        found = recipes.find(path, name="The file")
    if found is None:
        raise BadClip(
            "The file holds no recipe.", hint="Only files made by Vitascope, and not changed since, have one."
        )
    return RecipeView(recipe=found.to_dict())
