"""/v1/quote and /v1/reading: what a clip would cost and how its words would be understood, while one is still typing.
Both take what /v1/videos takes; nothing is made or kept.
"""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from vitascope import policy
from vitascope.engines import hooks
from vitascope.errors import NotSupported, PolicyRefused, VitascopeError
from vitascope.orders.order import Order
from vitascope.server import requests, video_object
from vitascope.server.auth import Actor, Asking, Here, Who
from vitascope.server.body import Body
from vitascope.server.context import Context
from vitascope.server.routes import body, errors
from vitascope.server.routes.videos import CreateVideo
from vitascope.server.schemas import Answer, Said
from vitascope.store import jobs, serving
from vitascope.vendors.fields import choice, text
from vitascope.vendors.openai import dialect as openai

router = APIRouter(route_class=Asking, prefix="/v1", tags=["quote"])
MOST_QUOTES = 100  # in one request


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


class QuoteClips(Said):
    quotes: list[QuoteClip] = Field(min_length=1, max_length=MOST_QUOTES, description="What POST /v1/quote takes.")


class NoQuote(Answer):
    """Why this one has no price: what is wrong with the request, or that the model has none."""

    code: str
    message: str
    hint: str
    param: str


class QuoteOrNot(Answer):
    """One of the two is there, the other is null."""

    quote: QuoteView | None
    error: NoQuote | None


class QuotesView(Answer):
    object: Literal["list"] = "list"
    data: list[QuoteOrNot]


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
    model: str = Field("", max_length=100, description="Whose reading; of the default model if not said.")
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
    """How a model reads a prompt. Empty: not said."""

    object: Literal["reading"] = "reading"
    model: str
    reads: bool = Field(description="false: this model does not say how it reads a prompt, and all else is empty.")
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
    return _quoted(context, actor, fields)


@router.post("/quotes", responses=errors(413, 422))
def quotes(context: Here, actor: Who, said: QuoteClips) -> QuotesView:
    """Several quotes at once, such as the same clip with each model, in the order of the request. One that cannot be
    made says why, and the others are priced all the same.
    """
    return QuotesView(data=[_quote_or_not(context, actor, one.model_dump(exclude_unset=True)) for one in said.quotes])


def _quote_or_not(context: Context, actor: Actor, fields: dict[str, Any]) -> QuoteOrNot:
    try:
        return QuoteOrNot(quote=_quoted(context, actor, fields), error=None)
    except VitascopeError as error:
        if error.status >= 500:
            raise
        told = NoQuote(code=error.code, message=error.message, hint=error.hint, param=error.field)
        return QuoteOrNot(quote=None, error=told)


def _quoted(context: Context, actor: Actor, fields: dict[str, Any]) -> QuoteView:
    order = _order(context, actor, fields)
    price = requests.price(context, actor, order)
    with context.store.read() as tx:
        pace, night = context.pace(tx), order.run_after
        place = jobs.place(
            tx, context.queue_view(tx), actor.id, order.lane, context.plan(actor.account).priority, night
        )
    run = pace.seconds(order.shape, order.card.name)
    return QuoteView(
        credits=price.units / 100,
        credits_per_clip=price.per_clip / 100,
        n=order.n,
        lines=[QuoteLine(text=line.text, credits=line.units / 100) for line in price.lines],
        model=order.card.name,
        size=f"{order.shape.width}x{order.shape.height}",
        seconds=openai.seconds_shown(order.shape),
        notes=[*order.request["notes"], *serving.notes(order.card.name, pace.of_model(order.card.name))],
        refused=_refusal(context, order),
        credits_on=context.settings.credits,
        run_seconds=None if run is None else round(run * order.n / max(1, pace.workers(order.card.name)), 2),
        wait_seconds=pace.starts_in(place, order.card.name),
    )


def _order(context: Here, actor: Who, fields: dict[str, Any]) -> Order:
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
    order = _order(context, actor, fields)
    spec, cameras = order.spec, hooks.cameras(order.card)
    if not cameras:
        raise NotSupported(f"{order.card.name} does not say where its camera is.", hint="Ask a model with cameras.")
    rows = [[round(value, 6) for value in row] for row in cameras.path(spec, order.shape)]
    known = spec.seed is not None or bool(spec.camera and spec.camera.points)
    return CameraRows(rows=rows, given_frames=spec.extend.frames if spec.extend else 0, exact=known)


@router.post("/reading", responses=errors(404, 422))
def reading(context: Here, actor: Who, said: ReadPrompt) -> ReadingView:
    """Which words a model understands, and which it does not."""
    card = requests.card_of(context, actor, said.model)
    reading = hooks.read(card, said.prompt, said.language or "")
    found = reading or hooks.Reading()
    return ReadingView(
        model=card.name,
        reads=reading is not None,
        language=found.language,  # type: ignore[arg-type]
        sentence=found.sentence,
        phrases=list(found.phrases),
        understood=list(found.understood),
        unknown=list(found.unknown),
        left_out=list(found.left_out),
        too_many=list(found.too_many),
        suggestions=dict(found.suggestions or {}),
        canonical=found.canonical,
        things=[ThingRead.model_validate(thing, from_attributes=True) for thing in found.things],
        ground=found.ground,
        sky=found.sky,
        camera=found.camera,
        camera_speed=found.camera_speed,
    )


def _refusal(context: Here, order: Order) -> Refusal | None:
    try:
        policy.check(order.spec, order.shape, context.rules, n=order.n)
    except PolicyRefused as refused:
        return Refusal(rule=refused.rule, param=refused.field, message=refused.message, hint=refused.hint)
    return None
