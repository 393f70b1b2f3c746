"""/v1/models: what each model is and can do, with its honest limits, and the other names that it answers to."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from vitascope.clip import ModelCard
from vitascope.server import model_aliases as aliases
from vitascope.server.auth import Asking, Here, Who
from vitascope.server.context import Context
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Page, page

router = APIRouter(route_class=Asking, prefix="/v1/models", tags=["models"])


class Price(Answer):
    """In credits, in the smallest size."""

    second: float
    still: float
    steps: int


class Model(Answer):
    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "vitascope"
    title: str
    modes: list[str]
    sizes: list[str]
    max_seconds: float
    fps: int
    steps: int
    guidance: float | None = Field(description="What is taken when none is asked for; null: it has none.")
    languages: list[str]
    parameters: int
    size_bytes: int
    licence: str
    limits: str
    scores: dict[str, float]
    weights: str
    aliases: list[str]
    price: Price


@router.get("", responses=errors())
def list_models(context: Here, actor: Who) -> Page[Model]:
    """All models here."""
    with context.store.read() as tx:
        own = aliases.read(tx)
    return page([_view(context, card, own) for card in context.cards], len(context.cards))  # type: ignore[return-value]


@router.get("/{name}", responses=errors(404))
def retrieve_model(context: Here, actor: Who, name: str) -> Model:
    """One model, also by another vendor's name for it."""
    with context.store.read() as tx:
        own = aliases.read(tx)
    return _view(context, aliases.resolve(name, context.cards, own, context.settings.model), own)


def _view(context: Context, card: ModelCard, own: dict[str, str]) -> Model:
    price = context.prices.of(card.name)
    return Model(
        id=card.name,
        title=card.title,
        modes=list(card.modes),
        sizes=[f"{width}x{height}" for width, height in card.sizes],
        max_seconds=card.max_seconds,
        fps=card.fps,
        steps=card.steps,
        guidance=card.guidance,
        languages=list(card.languages),
        parameters=card.parameters,
        size_bytes=card.size_bytes,
        licence=card.licence,
        limits=card.limits,
        scores=card.scores,
        weights=card.weights,
        aliases=aliases.names_of(card, own),
        price=Price(second=float(price.second) / 100, still=float(price.still) / 100, steps=price.steps),
    )
