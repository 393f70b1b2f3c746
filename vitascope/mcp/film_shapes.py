"""What the tools for films take and give. An agent reads these as schemas."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from vitascope.mcp.shapes import Asked

Kind = Literal["still", "clip", "voice", "music"]
_ID = Field(max_length=100, description="As new_film or find_films gave it: film_...")


class FilmNew(Asked):
    title: str = Field("Untitled film", min_length=1, max_length=200)
    script: str | None = Field(
        None,
        max_length=400_000,
        description="Fountain, a Chinese screenplay, a shot list as a table, or plain text; broken down by rules.",
    )
    language: str = Field("en", max_length=35, description="Of the spoken words: en, zh ...")
    width: int = Field(1280, ge=64, le=4096)
    height: int = Field(720, ge=64, le=4096)
    style: str = Field("", max_length=4000, description="Words of looks for every shot.")
    model: str = Field("", max_length=200, description="See list_models; the server's default if not said.")
    budget: float | None = Field(None, ge=0, description="The most credits that the whole film may cost.")


class FilmMeant(Asked):
    id: str = _ID


class FilmsSought(Asked):
    limit: int = Field(20, ge=1, le=100)
    after: str | None = Field(None, max_length=100, description="`next` of the answer before.")


class FilmChanged(FilmMeant):
    version: int = Field(ge=1, description="Of the film as you saw it; a conflict is told when others changed it.")
    changes: dict[str, Any] = Field(
        description='A JSON merge patch (RFC 7396) of the document: {"shots": {"k1": {"action": "A red ball."}}}. null '
        "removes; lists are replaced whole. Shots stand in `shots` by id, and their order in `scenes.<id>.shots`."
    )


class FilmWish(FilmMeant):
    kinds: list[Kind] = Field(default_factory=list, description="What is to be made; empty: all four.")
    ids: list[str] = Field(default_factory=list, description="Of shots, lines, cues or scenes; empty: the whole film.")
    takes: int = Field(1, ge=1, le=20, description="Takes of each still and clip.")
    stale: bool = Field(False, description="Also what is out of date.")
    again: bool = Field(False, description="Another take of what `ids` names, although it is current.")

    def body(self) -> dict[str, Any]:
        """As POST /v1/films/{id}/quote takes it."""
        kinds = {"kinds": self.kinds} if self.kinds else {}
        return {**kinds, "ids": self.ids, "n": self.takes, "stale": self.stale, "again": self.again}


class FilmOrdered(FilmWish):
    max_credits: float | None = Field(
        None, ge=0, description="The most that it may cost. Without it nothing is ordered: the price is told."
    )
    name: str | None = Field(
        None, max_length=200, pattern="^[!-~]+$", description="The same order with the same name is taken once."
    )


class FilmRendered(FilmMeant):
    render_id: str | None = Field(None, max_length=100, description="Of a render under way: how far it is.")
    captions: Literal["burned", "file", "none"] | None = None
    height: int | None = Field(None, ge=64, le=4096, description="Of a smaller film, in pixels.")
    animatic: bool = Field(False, description="Stills and slates in the place of takes; works before any take is made.")


class FilmExported(FilmMeant):
    format: Literal["otio", "fcpxml", "edl", "mlt", "kdenlive", "jianying", "csv", "html", "srt", "vtt", "json", "zip"]
    path: str | None = Field(None, description="Where on this machine it is written; needed for what is no text.")


class ShotSeen(BaseModel):
    id: str
    label: str
    action: str
    seconds: str | None
    state: str = Field(description="missing, current, stale (out of date), blocked, running or failed")
    why: str
    takes: list[str] = Field(description="Ids of its takes that are made; write one to shots.<id>.take to choose it.")


class Film(BaseModel):
    id: str
    version: int
    title: str
    seconds: str
    shots: list[ShotSeen]
    summary: dict[str, int] = Field(description="How many stills, clips, voices and pieces of music are in each state.")
    missing_credits: float
    stale_credits: float
    spent: float
    running: float
    budget: float | None
    gates: dict[str, str]
    warnings: list[str]
    document: dict[str, Any] | None = Field(None, description="All that people decided.")
    next: str = Field(description="What to do now.")


class FilmLine(BaseModel):
    id: str
    title: str
    version: int
    shots: int
    seconds: str
    summary: dict[str, int]


class Films(BaseModel):
    films: list[FilmLine]
    next: str | None = Field(description="Give it as `after` for what follows; null: that was all.")


class FilmItem(BaseModel):
    of: str
    kind: str
    label: str
    takes: int
    credits: float
    model: str
    mode: str
    after: str = Field(description="The shot that it waits for.")
    notes: list[str]


class FilmRefused(BaseModel):
    of: str
    kind: str
    label: str
    message: str
    hint: str


class FilmQuote(BaseModel):
    ordered: bool
    credits: float = Field(description="For all of it. Pass it on as max_credits.")
    available: float | None
    budget_left: float | None
    items: list[FilmItem]
    refused: list[FilmRefused] = Field(description="What cannot be made as it is; leave it out by `ids`, or change it.")
    notes: list[str]
    sent: list[str] = Field(description="Words that leave this machine, and where they go.")
    next: str


class Render(BaseModel):
    id: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: int
    url: str | None = Field(description="The mp4. Opens without a key for a day.")
    captions_url: str | None
    seconds: str | None
    notes: list[str]
    error: str | None
    next: str


class Exported(BaseModel):
    text: str | None = Field(description="The file, where it is text and no path was given.")
    path: str | None
    losses: list[str] = Field(description="What the format could not hold.")
