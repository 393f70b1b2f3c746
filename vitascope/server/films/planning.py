"""The planner of a film with the models and prices that this server has for an account."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from vitascope import pricing
from vitascope.clip import Shape
from vitascope.engines.card import ModelCard
from vitascope.film.document import Film
from vitascope.film.plan import Wish
from vitascope.film.take import Take
from vitascope.film.timeline import Timeline
from vitascope.orders.film_batch import Item
from vitascope.orders.film_plan import Planner
from vitascope.server import model_routes, requests
from vitascope.server.auth import Actor
from vitascope.server.context import Context


def planner(
    context: Context,
    actor: Actor,
    film: Film,
    takes: tuple[Take, ...],
    wish: Wish,
    *,
    new_id: Callable[[], str] | None = None,
    cut: Timeline | None = None,
) -> Planner:
    """With the models and prices of this server. Without `new_id` it is only counted."""
    numbers = itertools.count()
    models = _Models(context, actor)
    return Planner(
        film, takes, wish, cards=models.cards, price=_price(context, actor), pick=models.pick, cut=cut,
        new_id=new_id or (lambda: f"take_{next(numbers)}"),
    )  # fmt: skip


class _Models:
    """Models and routes by the names that a film gives, each looked up once."""

    def __init__(self, context: Context, actor: Actor):
        self._context, self._actor = context, actor
        self._routes: dict[str, model_routes.Route | None] = {}
        self._named: dict[str, ModelCard] = {}

    def cards(self, name: str) -> list[ModelCard]:
        """The model of this name; those of a route in its order."""
        if name not in self._routes:
            self._routes[name] = requests.route(self._context, self._actor, name)
        if route := self._routes[name]:
            return route[1]
        if name not in self._named:
            self._named[name] = requests.card_of(self._context, self._actor, name)
        return [self._named[name]]

    def pick(self, name: str, drafts: Sequence[Item], passed: dict[str, str]) -> tuple[Item, str]:
        """As for clips: by the operator's list, by price or by pace; and why."""
        if not (route := self._routes[name]):
            return drafts[0], ""
        offers = [(item.card, item.shape, item.units) for item in drafts if item.card and item.shape]
        best, *_ = model_routes.ranked(self._context, route[0], offers, passed)
        return drafts[best], model_routes.reason(route[0], offers[best][0], passed)


def _price(context: Context, actor: Actor) -> Callable[[Shape, ModelCard, int], int]:
    """What a number of clips costs this account, by the function that charges it."""
    plan = context.plan(actor.account)

    def of(shape: Shape, card: ModelCard, n: int) -> int:
        if not context.settings.credits:
            return 0
        return pricing.quote(shape, card, n=n, plan=plan, prices=context.prices).units

    return of
