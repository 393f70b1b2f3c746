"""/v1/models: what each model is and can do, with its honest limits, and the other names that it answers to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from vitascope.clip import Size
from vitascope.engines import measured
from vitascope.engines.card import ClipFormat, ModelCard, ModelPrice, VendorCost
from vitascope.server import model_aliases as aliases
from vitascope.server.auth import Asking, Here, Who
from vitascope.server.context import Context
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Page, page
from vitascope.store import serving
from vitascope.store.eta import Pace
from vitascope.store.job import REMOTE

router = APIRouter(route_class=Asking, prefix="/v1/models", tags=["models"])


class Price(Answer):
    """In credits, in the smallest size class."""

    second: float
    still: float
    steps: int = Field(description="How many steps that is for; 0: however many.")
    source: str = Field(description="Where a vendor's price was read.")
    date: str


class CostOf(Answer):
    """In US dollars: of each second and of the whole clip, for pictures of at most so many pixels."""

    pixels: int
    second: float
    clip: float
    seconds: float | None = Field(description="Only for clips of this length; null: for any.")
    sound: bool | None = Field(description="Only with sound, or only without; null: both.")


class Cost(Answer):
    """What its vendor takes, by a list that was read at `source` on `date`, and not tried."""

    source: str
    date: str
    rates: list[CostOf]


class Tier(Answer):
    name: str
    sizes: list[str]


class Format(Answer):
    """Which frames a model makes: `first` of them, then whole groups of `group`."""

    fps: str = Field(description='An exact fraction: "24", "30000/1001".')
    first: int
    group: int
    side: int = Field(description="Sides are multiples of it, where any size is made.")
    any_size: bool
    tiers: list[Tier]
    lengths: list[float] = Field(description="The only lengths in seconds; empty: any up to the longest.")
    min_seconds: float
    max_seconds: float = Field(description="Made at once; 0: stills only.")
    max_total_seconds: float = Field(description="With the clip that it continues.")
    steps: int = Field(description="Taken when none are asked for; 0: it has none to choose.")
    max_steps: int


class ModelOption(Answer):
    name: str
    kind: Literal["flag", "integer", "number", "text", "choice"]
    default: bool | int | float | str | None
    low: float | None
    high: float | None
    choices: list[str]
    title: str


class ModelLicence(Answer):
    id: str
    url: str
    excluded: list[str] = Field(description="Territories where it may not be used, as ISO 3166 codes.")
    revenue_limit: str
    notice: str = Field(description="Words that must be shown.")
    outputs: str
    must_mark: bool


class Model(Answer):
    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "vitascope"
    default: bool = Field(description="Taken when an order names no model.")
    title: str
    modes: list[str] = Field(
        description="What it takes, of: text, image, last_image, extend, still, camera, references."
    )
    sizes: list[str]
    max_seconds: float
    fps: float
    steps: int
    format: Format
    sound: Literal["never", "optional", "always"]
    references: dict[str, int] = Field(description="How many of each kind it takes.")
    presets: list[str]
    loras: list[str]
    options: list[ModelOption]
    guidance: float | None = Field(description="What is taken when none is asked for; null: it has none.")
    languages: list[str]
    hints: list[str] = Field(description="How its makers want a prompt worded, a sentence each.")
    hooks: list[str] = Field(description="What can be asked of it: reader, search_terms, judge, cameras.")
    parameters: int
    size_bytes: int
    remote: bool = Field(description="Another server makes it: prompts and pictures are sent there.")
    licence: str
    licence_terms: ModelLicence
    limits: str
    scores: dict[str, float]
    weights: str
    aliases: list[str]
    price: Price | None = Field(description="null: it has none, and cannot be ordered for credits.")
    cost: Cost | None = Field(description="What its vendor takes for it; null: unknown, or it is made here.")
    served: bool = Field(description="A worker has it loaded, or one loads it when a job asks for it.")
    loaded: bool = Field(description="A worker has it loaded: a job begins without waiting for that.")
    notes: list[str] = Field(description="Why it is not served, as far as that is for everybody.")
    needs: Literal["cpu", "cuda", "remote"] = Field(description="The device that it runs on; remote: another server's.")
    gigabytes: float = Field(description="Memory that it takes on that device; 0: not said.")
    usual_seconds: float | None = Field(
        description="How long its clips of the last week took here, the middle of them; else as "
        "`vitascope bench --model` measured it on this machine; null: neither."
    )


@router.get("", responses=errors())
def list_models(context: Here, actor: Who) -> Page[Model]:
    """All models that the account may order."""
    cards = context.offered(actor.account)
    with context.store.read() as tx:
        own, pace = aliases.read(tx), context.pace(tx)
    return page([_view(context, card, own, pace) for card in cards], len(cards))  # type: ignore[return-value]


@router.get("/{name}", responses=errors(404))
def retrieve_model(context: Here, actor: Who, name: str) -> Model:
    """One model, also by another vendor's name for it. A slash in the name is written %2F."""
    with context.store.read() as tx:
        own, pace = aliases.read(tx), context.pace(tx)
    offered = context.offered(actor.account)
    card = aliases.resolve(name, context.cards, own, context.settings.model, offered=offered)
    return _view(context, card, own, pace)


@router.get("/{vendor}/{name}", include_in_schema=False)
def retrieve_vendor_model(context: Here, actor: Who, vendor: str, name: str) -> Model:
    """One whose name has a slash."""
    return retrieve_model(context, actor, f"{vendor}/{name}")


def _view(context: Context, card: ModelCard, own: dict[str, str], pace: Pace) -> Model:
    price, form, here = context.prices.of(card), card.format, pace.of_model(card.name)
    usual = pace.usual.get(card.name) or measured.usual_seconds(context.settings.home, card)
    return Model(
        id=card.name,
        default=card.name == context.settings.model,
        title=card.title,
        modes=list(card.modes),
        sizes=_sizes(form.sizes),
        max_seconds=float(form.max_seconds),
        fps=float(form.fps),
        steps=form.steps,
        format=_format(form),
        sound=card.sound,  # type: ignore[arg-type]
        references=dict(card.references),
        presets=list(card.presets),
        loras=list(card.loras),
        options=[ModelOption.model_validate(option, from_attributes=True) for option in card.options],
        guidance=form.guidance,
        languages=list(card.languages),
        hints=list(card.hints),
        hooks=sorted(card.hooks),
        parameters=card.parameters,
        size_bytes=card.size_bytes,
        remote=card.needs == REMOTE,
        licence=card.licence.id,
        licence_terms=ModelLicence.model_validate(card.licence, from_attributes=True),
        limits=card.limits,
        scores=dict(card.scores),
        weights=card.weights,
        aliases=aliases.names_of(card, own),
        price=_price(price) if price else None,
        cost=_cost(card.cost) if card.cost and card.cost.source else None,  # what the operator pays is theirs
        served=here.is_served,
        loaded=here.workers > 0,
        notes=serving.notes(card.name, here),
        needs=card.needs,  # type: ignore[arg-type]
        gigabytes=card.gigabytes,
        usual_seconds=None if usual is None else round(usual, 2),
    )


def _format(form: ClipFormat) -> Format:
    return Format(
        fps=str(form.fps),
        first=form.first,
        group=form.group,
        side=form.side,
        any_size=form.any_size,
        tiers=[Tier(name=tier.name, sizes=_sizes(tier.sizes)) for tier in form.tiers],
        lengths=[float(length) for length in form.lengths],
        min_seconds=float(form.min_seconds),
        max_seconds=float(form.max_seconds),
        max_total_seconds=float(form.max_total_seconds),
        steps=form.steps,
        max_steps=form.max_steps,
    )


def _price(price: ModelPrice) -> Price:
    second, still = float(price.second) / 100, float(price.still) / 100
    return Price(second=second, still=still, steps=price.steps, source=price.source, date=price.date)


def _cost(cost: VendorCost) -> Cost:
    rates = [
        CostOf(
            pixels=rate.pixels,
            second=rate.second / 1e6,
            clip=rate.clip / 1e6,
            seconds=None if rate.length is None else float(rate.length),
            sound=rate.sound,
        )
        for rate in cost.rates
    ]
    return Cost(source=cost.source, date=cost.date, rates=rates)


def _sizes(sizes: Iterable[Size]) -> list[str]:
    return [f"{width}x{height}" for width, height in sizes]
