"""A film as it is shown: its document, what was made, the state of each part, what it would cost to go on."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

from fastapi import Request
from pydantic import Field

from vitascope.errors import VitascopeError
from vitascope.film import state, timeline
from vitascope.film.best import suggested
from vitascope.film.document import Film
from vitascope.film.plan import Wish
from vitascope.film.state import State
from vitascope.film.take import Media, Take, Takes
from vitascope.orders.film_batch import Plan
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import delivery
from vitascope.server.films import files, planning, speaking
from vitascope.server.schemas import Answer
from vitascope.store import film_renders, film_takes, films
from vitascope.store.film_renders import Render
from vitascope.store.film_takes import Cost, Shown
from vitascope.store.films import Row
from vitascope.vendors.openai import dialect as openai

_SHOWN_RENDERS = 10


class MediaView(Answer):
    url: str = Field(description="The file. Opens without a key until it expires.")
    seconds: str
    width: int
    height: int
    rate: str = Field(description='Frames a second; "0": a still, or sound alone.')
    sound: bool
    begin: str = Field(description="Where in the file the take begins; before it is the shot that it continues.")
    proxy_url: str | None = Field(None, description="A smaller copy for players, with the same times, of a large clip.")


class TakeView(Answer):
    id: str
    of: str = Field(description="The id of its shot, line or cue.")
    kind: Literal["still", "clip", "voice", "music"]
    number: int
    state: Literal["made", "running", "failed"]
    digest: str
    engine: str
    credits: float
    seam: float | None
    score: float | None
    defects: list[str]
    words: list[tuple[str, str, str]] = Field(description="Of a voice: each word, when it begins and ends.")
    error: str
    own: bool
    clip_id: str | None
    video_id: str | None
    progress: int
    notes: list[str] = Field(description="Told when it was ordered, such as why a route took this model.")
    media: MediaView | None
    thumbnail_url: str | None
    created_at: float


class StateView(Answer):
    of: str
    kind: Literal["still", "clip", "voice", "music"]
    label: str
    state: Literal["missing", "current", "stale", "blocked", "running", "failed"]
    why: str
    cause: str


class Amount(Answer):
    credits: float
    stills: int
    clips: int
    voices: int
    music: int
    refused: int = Field(description="How many cannot be made as they are; a quote says why.")


class Estimate(Answer):
    missing: Amount
    stale: Amount
    spent: float
    running: float = Field(description="Held for what is on its way.")
    budget: float | None
    credits_on: bool


class RenderView(Answer):
    id: str
    object: Literal["render"] = "render"
    film_id: str
    version: int
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: int
    animatic: bool
    url: str | None
    captions_url: str | None
    seconds: str | None
    loudness: float | None = Field(description="LUFS; null: silent, or not done.")
    notes: list[str]
    error: str | None
    created_at: float
    finished_at: float | None


class FilmLine(Answer):
    """A film in a list."""

    id: str
    object: Literal["film"] = "film"
    version: int
    title: str
    project_id: str | None
    scenes: int
    shots: int
    language: str
    width: int
    height: int
    seconds: str
    thumbnail_url: str | None
    summary: dict[str, int]
    spent: float = Field(description="Credits that its takes have cost.")
    running: float = Field(description="Held for what is on its way.")
    budget: float | None
    trashed_at: float | None
    created_at: float
    edited_at: float


class FilmView(Answer):
    id: str
    object: Literal["film"] = "film"
    version: int
    title: str
    project_id: str | None
    document: dict[str, Any]
    takes: list[TakeView]
    states: list[StateView]
    summary: dict[str, int]
    gates: dict[str, Literal["closed", "passed", "open again"]]
    estimate: Estimate
    suggested: dict[str, str] = Field(description="The best of several current takes, by shot.")
    seconds: str
    warnings: list[str]
    can_undo: bool
    can_redo: bool
    renders: list[RenderView]
    trashed_at: float | None
    created_at: float
    edited_at: float


def film_view(context: Context, request: Request, actor: Actor, film_id: str) -> FilmView:
    """All of one film, as of one moment."""
    base = context.base_url(request)
    with context.store.read() as tx:
        row = films.get(tx, actor.id, film_id)
        shown = film_takes.shown(tx, film_id)
        cost = film_takes.cost(tx, film_id)
        done, undone = films.stacks(tx, film_id)
        renders = film_renders.of_film(tx, film_id, limit=_SHOWN_RENDERS)
        foreign = files.foreign(context, tx, actor.id, row.film)
    film, takes = row.film, Takes(one.take for one in shown)
    line = timeline.timeline(film, takes, foreign=foreign)
    found = states_of(film, takes, line)
    labels = {shot_id: film.label(shot_id) for shot_id in film.shots}
    for shot_id, shot in film.shots.items():
        labels |= {one.id: labels[shot_id] for one in shot.lines}
    current = {one.of for one in found if one.kind == "clip" and one.name == "current"}
    plan = _plan(context, actor, film, takes, line)
    return FilmView(
        id=row.id,
        version=row.version,
        title=row.title,
        project_id=row.project_id,
        document=row.document,
        takes=[take_view(context, base, one) for one in shown],
        states=[_state(one, labels.get(one.of, "")) for one in found],
        summary=state.summary(found),
        gates=state.gates(film, takes),
        estimate=Estimate(
            missing=_amount(plan, stale=False),
            stale=_amount(plan, stale=True),
            spent=cost.spent / 100,
            running=cost.running / 100,
            budget=film.budget,
            credits_on=context.settings.credits,
        ),
        suggested=dict(suggested(film, takes, current)),
        seconds=str(line.seconds),
        warnings=[*line.warnings, *files.missing(film, foreign)],
        can_undo=bool(done),
        can_redo=bool(undone),
        renders=[render_view(context, base, one) for one in renders],
        trashed_at=row.trashed_at,
        created_at=row.created_at,
        edited_at=row.edited_at,
    )


def film_line(context: Context, base: str, row: Row, shown: list[Shown], cost: Cost) -> FilmLine:
    film, takes = row.film, Takes(one.take for one in shown)
    line = timeline.timeline(film, takes)
    posters = {one.take.id: one.poster_key for one in shown}
    first = next((posters[piece.take] for piece in line.pieces if posters.get(piece.take)), None)
    return FilmLine(
        id=row.id,
        version=row.version,
        title=row.title,
        project_id=row.project_id,
        scenes=len(film.scenes),
        shots=len(film.shots),
        language=film.language,
        width=film.width,
        height=film.height,
        seconds=str(line.seconds),
        thumbnail_url=delivery.link(context, base, first) if first else None,
        summary=state.summary(states_of(film, takes, line)),
        spent=cost.spent / 100,
        running=cost.running / 100,
        budget=film.budget,
        trashed_at=row.trashed_at,
        created_at=row.created_at,
        edited_at=row.edited_at,
    )


def states_of(film: Film, takes: tuple[Take, ...], line: timeline.Timeline) -> list[State]:
    """Of stills, clips and voices in the film's order, and then of its music."""
    lengths: dict[str, Fraction] = {key: timeline.cue_seconds(film, key, line.seconds) for key in film.cues}
    return [*state.states(film, takes), *state.music_states(film, takes, lengths)]


def take_view(context: Context, base: str, one: Shown) -> TakeView:
    take = one.take
    return TakeView(
        id=take.id,
        of=take.of,
        kind=take.kind,
        number=take.number,
        state=take.state,
        digest=take.digest,
        engine=take.engine,
        credits=take.credits,
        seam=take.seam,
        score=take.score,
        defects=list(take.defects),
        words=[(word, str(start), str(end)) for word, start, end in take.words],
        error=take.error,
        own=take.own,
        clip_id=take.clip or None,
        video_id=openai.video_id(one.job_id) if one.job_id else None,
        progress=one.progress,
        notes=list(one.notes),
        media=media_view(context, base, take.media, one.proxy_key) if take.media else None,
        thumbnail_url=delivery.link(context, base, one.poster_key) if one.poster_key else None,
        created_at=one.created_at,
    )


def media_view(context: Context, base: str, media: Media, proxy_key: str | None = None) -> MediaView:
    return MediaView(
        url=delivery.link(context, base, media.key),
        seconds=str(media.seconds),
        width=media.width,
        height=media.height,
        rate=str(media.rate),
        sound=media.sound,
        begin=str(media.begin),
        proxy_url=delivery.link(context, base, proxy_key) if proxy_key else None,
    )


def render_view(context: Context, base: str, render: Render) -> RenderView:
    facts = render.facts
    done = render.state == "succeeded"
    return RenderView(
        id=render.id,
        film_id=render.film_id,
        version=render.version,
        state=render.state,  # type: ignore[arg-type]
        progress=100 if done else min(99, 100 * render.done // render.frames) if render.frames else 0,
        animatic=bool(render.asked.get("animatic")),
        url=delivery.link(context, base, render.key) if render.key else None,
        captions_url=delivery.link(context, base, render.captions_key) if render.captions_key else None,
        seconds=facts.get("seconds"),
        loudness=facts.get("loudness"),
        notes=facts.get("notes") or [],
        error=render.error,
        created_at=render.created_at,
        finished_at=render.finished_at,
    )


def _state(one: State, label: str) -> StateView:
    return StateView(of=one.of, kind=one.kind, label=label, state=one.name, why=one.why, cause=one.cause)


def _plan(context: Context, actor: Actor, film: Film, takes: tuple[Take, ...], cut: timeline.Timeline) -> Plan:
    """Of all that is missing or out of date."""
    planner = planning.planner(context, actor, film, takes, Wish(stale=True), cut=cut)
    try:
        plan = planner.made()
        speaking.refuse_voices(context, actor, film, plan)
        return plan
    except VitascopeError:  # a film is shown, whatever is wrong with its models
        return planner.plan


def _amount(plan: Plan, *, stale: bool) -> Amount:
    items = [item for item in plan.items if (item.was == "stale") == stale]

    def count(kind: str) -> int:
        return sum(len(item.ids) for item in items if item.kind == kind)

    return Amount(
        credits=sum(item.units for item in items) / 100,
        stills=count("still"),
        clips=count("clip"),
        voices=count("voice"),
        music=count("music"),
        refused=sum((one.was == "stale") == stale for one in plan.refused),
    )
