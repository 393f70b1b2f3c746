"""/v1/quote and /v1/reading: what a clip would cost and how its words would be understood, while one is still typing.
Both take what /v1/videos takes; nothing is made or kept.
"""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from vitascope import policy
from vitascope.errors import PolicyRefused
from vitascope.server import requests, video_object
from vitascope.server.auth import Asking, Here, Who
from vitascope.server.body import Body
from vitascope.server.routes import body, errors
from vitascope.server.routes.videos import CreateVideo
from vitascope.server.schemas import Answer, Said
from vitascope.smallworld.inference import conditions, spelling
from vitascope.smallworld.reader import reader
from vitascope.store import jobs
from vitascope.vendors.fields import choice, text
from vitascope.vendors.openai import dialect as openai

router = APIRouter(route_class=Asking, prefix="/v1", tags=["quote"])


class QuoteLine(Answer):
    text: str
    credits: float


class Refusal(Answer):
    """What a rule of this server would say to it."""

    rule: str
    param: str
    message: str
    hint: str


class QuoteView(Answer):
    object: Literal["quote"] = "quote"
    credits: float
    credits_per_clip: float
    n: int
    lines: list[QuoteLine]
    model: str
    size: str
    seconds: str
    notes: list[str]
    refused: Refusal | None
    credits_on: bool
    run_seconds: float | None = Field(description="How long it takes once begun, as measured here; null: not known.")
    wait_seconds: float | None = Field(description="How long until it begins, if it were asked now; null: not known.")


class QuoteClip(CreateVideo):
    """What POST /v1/videos takes; or, with `again`, what POST /v1/videos/{id}/remix, rerun or finish take."""

    again: str | None = Field(None, description="The id of a video that is to be made again.")
    relation: Literal["remix", "rerun", "finish"] = "rerun"


BODIES = (QuoteClip,)


class CameraRows(Answer):
    object: Literal["camera"] = "camera"
    rows: list[list[float]] = Field(
        description="For each frame: azimuth, elevation, log distance, x, y, z, roll, field of view."
    )
    given_frames: int = Field(description="How many of them belong to the clip that is continued.")
    exact: bool = Field(description="false: the seed, which is not said, decides where it starts; this is one start.")


class ReadPrompt(Said):
    prompt: str = Field("", max_length=2000)
    language: Literal["en", "zh"] | None = Field(None, description="Of the sentence; that of the prompt if not said.")


class ThingRead(Answer):
    shape: str
    colour: str
    size: str
    material: str
    motion: str
    direction: str
    speed: str
    to_colour: str


class ReadingView(Answer):
    """How the built-in model reads a prompt. Empty texts: not said."""

    object: Literal["reading"] = "reading"
    language: Literal["en", "zh"]
    sentence: str = Field(description="One line for people.")
    phrases: list[str] = Field(description="What was understood, a few words for each fact, in the language asked.")
    understood: list[str]
    unknown: list[str] = Field(description="Words that the model will not be told.")
    left_out: list[str] = Field(description='What shall not be there: what follows a "no".')
    too_many: list[str] = Field(description="Words of things beyond the third, which is the last that is drawn.")
    suggestions: dict[str, str] = Field(description="Of unknown words: what may have been meant.")
    canonical: str = Field(description="What the model's text encoder reads.")
    things: list[ThingRead]
    ground: str
    sky: str
    camera: str
    camera_speed: str


@router.post("/quote", responses=errors(400, 404, 409, 413, 422), openapi_extra=body(QuoteClip))
def quote(context: Here, actor: Who, fields: Body) -> QuoteView:
    """What a request with this body would charge, whether a rule would refuse it, and how long it would take."""
    order = _order(context, actor, fields)
    price = requests.price(context, actor, order)
    with context.store.read() as tx:
        pace, night = context.pace(tx), requests.begins(context, actor, order)
        place = jobs.place(tx, context.line(tx), actor.id, order.lane, context.plan(actor.account).priority, night)
    run = pace.seconds(order.spec, order.card.name)
    return QuoteView(
        credits=price.units / 100,
        credits_per_clip=price.per_clip / 100,
        n=order.n,
        lines=[QuoteLine(text=line.text, credits=line.units / 100) for line in price.lines],
        model=order.card.name,
        size=f"{order.spec.shape[0]}x{order.spec.shape[1]}",
        seconds=openai.seconds_shown(order.spec),
        notes=order.request["notes"],
        refused=_refusal(context, order),
        credits_on=context.settings.credits,
        run_seconds=None if run is None else round(run * order.n / max(1, pace.workers), 2),
        wait_seconds=pace.starts_in(place, order.card.name),
    )


def _order(context: Here, actor: Who, fields: dict[str, Any]) -> requests.Order:
    again = text(fields, "again", limit=100)
    if not again:
        return requests.order(context, actor, openai.parse({**fields, "prompt": fields.get("prompt") or "."}))
    relation = choice(fields, "relation", of=("remix", "rerun", "finish")) or "rerun"
    with context.store.read() as tx:
        found = video_object.job(tx, actor, again)
    return requests.again(context, actor, found, openai.parse(fields, prompt_needed=False), relation=relation)


@router.post("/camera", responses=errors(400, 404, 409, 413, 422), openapi_extra=body(QuoteClip))
def camera(context: Here, actor: Who, fields: Body) -> CameraRows:
    """Where the camera of such a clip would be in every frame, that of a continued clip's source included."""
    spec = _order(context, actor, fields).spec
    rows = conditions.camera_path(spec, reader.read(spec.prompt).facts)
    known = spec.seed is not None or bool(spec.camera and spec.camera.points)
    return CameraRows(rows=rows.round(6).tolist(), given_frames=spec.extend.frames if spec.extend else 0, exact=known)


@router.post("/reading", responses=errors(422))
def reading(actor: Who, said: ReadPrompt) -> ReadingView:
    """Which words the built-in model understands, and which it does not."""
    found = reader.read(said.prompt)
    facts = found.facts
    language: Any = said.language or found.language
    return ReadingView(
        language=found.language,  # type: ignore[arg-type]
        sentence=reader.describe(found, language),
        phrases=reader.phrases(found, language),
        understood=list(found.understood),
        unknown=list(found.unknown),
        left_out=list(found.left_out),
        too_many=list(found.too_many),
        suggestions={word: other for word in found.unknown if (other := spelling.meant(word))},
        canonical=found.canonical,
        things=[ThingRead.model_validate(thing) for thing in facts.things],
        ground=facts.ground,
        sky=facts.sky,
        camera=facts.camera,
        camera_speed=facts.camera_speed,
    )


def _refusal(context: Here, order: requests.Order) -> Refusal | None:
    try:
        policy.check(order.spec, context.rules, n=order.n)
    except PolicyRefused as refused:
        return Refusal(rule=refused.rule, param=refused.field, message=refused.message, hint=refused.hint)
    return None
