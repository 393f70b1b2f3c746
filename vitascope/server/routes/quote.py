"""/v1/quote and /v1/reading: what a clip would cost and how its words would be understood, while one is still typing.
Both take what /v1/videos takes; nothing is made or kept.
"""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from vitascope import policy
from vitascope.engine import reader
from vitascope.errors import PolicyRefused
from vitascope.server import making
from vitascope.server.auth import Here, Who
from vitascope.server.body import Body
from vitascope.server.dialects import openai
from vitascope.server.routes import body, errors
from vitascope.server.routes.videos import CreateVideo
from vitascope.server.said import Answer, Said

router = APIRouter(prefix="/v1", tags=["quote"])


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
    understood: list[str]
    unknown: list[str] = Field(description="Words that the model will not be told.")
    canonical: str = Field(description="What the model's text encoder reads.")
    things: list[ThingRead]
    ground: str
    sky: str
    camera: str
    camera_speed: str


@router.post("/quote", responses=errors(400, 404, 409, 413, 422), openapi_extra=body(CreateVideo))
def quote(context: Here, actor: Who, fields: Body) -> QuoteView:
    """What POST /v1/videos with this body would charge, and whether a rule would refuse it."""
    asked = openai.parse({**fields, "prompt": fields.get("prompt") or "."})
    order = making.order(context, actor, asked)
    price = making.price(context, actor, order)
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
        credits_on=bool(context.settings.credits),
    )


@router.post("/reading", responses=errors(422))
def reading(actor: Who, said: ReadPrompt) -> ReadingView:
    """Which words the built-in model understands, and which it does not."""
    found = reader.read(said.prompt)
    facts = found.facts
    language: Any = said.language or found.language
    return ReadingView(
        language=found.language,  # type: ignore[arg-type]
        sentence=reader.describe(found, language),
        understood=list(found.understood),
        unknown=list(found.unknown),
        canonical=found.canonical,
        things=[ThingRead.model_validate(thing) for thing in facts.things],
        ground=facts.ground,
        sky=facts.sky,
        camera=facts.camera,
        camera_speed=facts.camera_speed,
    )


def _refusal(context: Here, order: making.Order) -> Refusal | None:
    try:
        policy.check(order.spec, context.rules, n=order.n)
    except PolicyRefused as refused:
        return Refusal(rule=refused.rule, param=refused.field, message=refused.message, hint=refused.hint)
    return None
