"""How an archive is laid out: the manifest's form, checked strictly, and the limits of what is taken in. Both `archive`
and `intake` read it here.

    manifest.json                    what is inside: clips with tags, projects, parents; sizes and hashes of the films
    clips/ID/video.mp4, poster.jpg, sprite.jpg, recipe.json
    films/ID/film.json               a film's document and its takes; beside it voices, music and own files
    inputs/SHA256                    files that were given for the clips
    history/jobs.jsonl, credits.jsonl    for the reader; not taken in again
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from vitascope.store import library
from vitascope.store.projects import MAX_PROJECT

FORMAT = 1
MAX_BYTES = 50 << 30  # of an archive that is taken in
MAX_CLIPS = 100_000
MAX_TEXT = 64 << 20  # of the manifest or one recipe, unpacked
MAX_PICTURE = 16 << 20
MAX_INPUT = 64 << 20  # of a file that was given for a clip

Text = Annotated[str, Field(max_length=200)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ProjectEntry(Strict):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,60}$")]
    name: Annotated[str, Field(min_length=1, max_length=MAX_PROJECT)]


class ClipEntry(Strict):
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,60}$")]
    created_at: Annotated[float, Field(ge=0, le=32_503_680_000, allow_inf_nan=False)]
    bytes: Annotated[int, Field(gt=0, le=MAX_BYTES)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    project: str | None = None
    parent: str | None = None
    relation: Literal["remix", "extend", "finish", "rerun"] | None = None
    tags: Annotated[list[Text], Field(max_length=library.MAX_TAGS)] = []
    favourite: bool = False
    trashed: bool = False
    defects: Annotated[list[dict[Text, Text]], Field(max_length=8)] = []
    poster: bool = False
    sprite: bool = False


class InputEntry(Strict):
    """A file that was given for a clip."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    kind: Literal["image", "video", "audio"]
    name: Text = ""
    media_type: Text = ""
    bytes: Annotated[int, Field(gt=0, le=MAX_INPUT)]


class FilmFile(Strict):
    """A voice, music or a file of the user's own."""

    name: Annotated[str, Field(pattern=r"^take_[0-9a-f]{24}\.[a-z0-9]{1,8}$")]
    bytes: Annotated[int, Field(gt=0, le=MAX_TEXT)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FilmEntry(Strict):
    id: Annotated[str, Field(pattern=r"^film_[0-9a-f]{24}$")]
    created_at: Annotated[float, Field(ge=0, le=32_503_680_000, allow_inf_nan=False)]
    project: str | None = None
    trashed: bool = False
    files: Annotated[list[FilmFile], Field(max_length=20_000)] = []


class LeftOut(Strict):
    """A clip whose film was damaged or gone."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,60}$")]
    why: Text


class Manifest(Strict):
    format: Literal[1]
    vitascope: Text
    made_at: Text
    account: Text
    projects: Annotated[list[ProjectEntry], Field(max_length=10_000)]
    clips: Annotated[list[ClipEntry], Field(max_length=MAX_CLIPS)]
    inputs: Annotated[list[InputEntry], Field(max_length=MAX_CLIPS)] = []
    films: Annotated[list[FilmEntry], Field(max_length=10_000)] = []
    left_out: Annotated[list[LeftOut], Field(max_length=MAX_CLIPS)] = []
