"""Routes: names such as `auto` that lead to one of several models. The operator's list is the order; `auto:cheap` and
`auto:fast` sort it by price and by how long clips took here. No score of an exam takes part.

A model that would make another length, shape or sound than was asked is passed over, as is one that has no price; one
that the account may not order is passed over without a word. One that nobody serves now, or whose orders are paused,
comes after those that are served. Why a model was taken is told with the clip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vitascope.clip import Shape, ratio
from vitascope.engines.card import ALIKE, ModelCard
from vitascope.errors import BadSpec, NotAllowed, NotSupported, UnknownModel, VitascopeError
from vitascope.orders import legs
from vitascope.orders import submit as submitting
from vitascope.orders.order import Order
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.store.job import REMOTE
from vitascope.vendors.request import Asked

Make = Callable[[Asked], Order]  # with the model's true name
Route = tuple[str, list[ModelCard]]
Offer = tuple[ModelCard, Shape, int]  # and its price in units
AUTO, CHEAP, FAST, BEST = "auto", "auto:cheap", "auto:fast", "auto:best"
_WHY = {CHEAP: "the cheapest", FAST: "the fastest here"}
_FAR = 1e9  # of what nobody knows


def names(context: Context) -> list[str]:
    """Of all routes that there are here."""
    return list(dict.fromkeys((AUTO, CHEAP, FAST, BEST, *context.plans.routes)))


def find(context: Context, name: str) -> Route | None:
    """The models of this route in the operator's order; None: it is no route. Without a list of the operator's, `auto`
    is the default model and then all others of this machine: another server's costs money, so it must be listed.
    """
    lists: Mapping[str, tuple[str, ...]] = context.plans.routes
    known = {card.name: card for card in context.cards}
    if name in known or (name not in lists and name not in (AUTO, CHEAP, FAST, BEST)):
        return None
    listed = lists.get(name, lists.get(AUTO))
    if listed is not None:
        return name, [known[one] for one in listed if one in known]
    here = [card for card in known.values() if card.needs != REMOTE]
    return name, sorted(here, key=lambda card: card.name != context.settings.model)


def choose(context: Context, actor: Actor, asked: Asked, route: Route, make: Make) -> Order:
    """The order with the route's first model that makes what was asked. Raises NotSupported, which says why each of
    them does not.
    """
    name, cards = route
    passed: dict[str, str] = {}
    orders: list[Order] = []
    offers: list[Offer] = []
    for card in cards:
        try:
            order = make(replace(asked, model=card.name))
            units = _units(context, actor, order)
        except (BadSpec, NotSupported, NotAllowed, UnknownModel) as error:
            passed[card.name] = error.message
            continue
        if why := _changed(asked, order):
            passed[card.name] = why
            continue
        orders.append(order)
        offers.append((order.card, order.shape, units))
    best, *others = ranked(context, name, offers, passed)
    chosen = orders[best]
    rest = [leg for place in others if (leg := _leg(context, actor, chosen, orders[place]))]
    notes = [*chosen.request.get("notes", []), reason(name, chosen.card, passed)]
    return replace(chosen, request={**chosen.request, "notes": notes, **({legs.KEY: rest} if rest else {})})


def ranked(context: Context, name: str, offers: Sequence[Offer], passed: dict[str, str]) -> list[int]:
    """The places of the offers, the best first. `passed` says of the route's other models why they don't make it, and
    is told which ones nobody serves now. Raises NotSupported, which says all of that, when there are no offers.
    """
    if not offers:
        told = "; ".join(f"{one}: {why}" for one, why in passed.items()) or "it has no models"
        raise NotSupported(f"No model of {name} makes this. {told[:800]}", hint="Name a model, or ask otherwise.")
    with context.store.read() as tx:
        pace = context.pace(tx)
    ranks: list[tuple[bool, float, int]] = []  # nobody serves it, how dear or slow, the operator's place
    for place, (card, shape, units) in enumerate(offers):
        price = float(units) if context.settings.credits else _dollars(card, shape)
        measure = {CHEAP: price, FAST: pace.usual.get(card.name, _FAR)}.get(name, 0.0)
        ranks.append((not pace.of_model(card.name).is_served, measure, place))
    ranks.sort()
    if not ranks[0][0]:
        passed |= {offers[place][0].name: "nobody serves it now" for unserved, _, place in ranks if unserved}
    return [place for *_, place in ranks]


def reason(name: str, taken: ModelCard, passed: Mapping[str, str]) -> str:
    """Why this model of the route was taken, for people."""
    why = f"{name} took {taken.name}, {_WHY.get(name, 'the first of its list')} that makes this."
    return " ".join([why, *(f"Not {one}: {other}" for one, other in list(passed.items())[:5])])[:1000]


def _leg(context: Context, actor: Actor, chosen: Order, order: Order) -> dict[str, Any] | None:
    """What is kept of another model of the route, in case the chosen one's server refuses; None: it would change
    something, or is dearer.
    """
    one, other = chosen.shape, order.shape
    same = one.size == other.size and one.total_seconds == other.total_seconds and one.sound == other.sound
    if not same or order.spec != chosen.spec or order.files != chosen.files or order.draft != chosen.draft:
        return None
    if context.settings.credits:
        plan = context.plan(actor.account)
        now, then = (submitting.price(each, plan=plan, prices=context.prices).per_clip for each in (chosen, order))
        if then > now:
            return None
    return legs.written(order)


def _units(context: Context, actor: Actor, order: Order) -> int:
    """What it would cost, where there are credits. Raises what stands against it."""
    if not context.settings.credits:
        return 0
    return submitting.price(order, plan=context.plan(actor.account), prices=context.prices).units


def _dollars(card: ModelCard, shape: Shape) -> float:
    """What it costs whoever runs the server."""
    if card.needs != REMOTE:
        return 0.0
    cost = card.cost.of(shape) if card.cost else None
    return _FAR if cost is None else float(cost)


def _changed(asked: Asked, order: Order) -> str:
    """What this model would make otherwise than asked; empty: nothing."""
    shape, made = order.shape, order.shape.width / order.shape.height
    if asked.seconds is not None and not asked.still and abs(float(shape.seconds) - asked.seconds) >= 0.01:
        return f"it makes {float(shape.seconds):g} seconds"
    if asked.size and shape.size != asked.size:
        return f"it makes {shape.width}x{shape.height}"
    if asked.aspect and not asked.size and asked.aspect not in ("auto", "adaptive"):
        wanted = _shape(asked.aspect)
        if wanted and abs(made / wanted - 1) > ALIKE:
            return f"it makes {shape.width}x{shape.height}"
    wants = asked.sound if asked.sound is not None or not asked.sound_flag else asked.sound_flag.on
    if wants is not None and shape.sound != wants:
        return "it makes sound" if shape.sound else "it makes no sound"
    return ""


def _shape(aspect: str) -> float | None:
    try:
        return float(ratio(aspect))
    except VitascopeError:
        return None
