"""What a clip costs. Pure: the same function answers the button, the API, the batch and the charge, so a quote is the
charge. Sums are exact fractions and rounded up once, to whole units (100 = 1 credit); money is in whole micro-dollars.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from vitascope.clip import Shape
from vitascope.engines.card import ModelCard, ModelPrice
from vitascope.errors import BadSpec, NotAllowed

if TYPE_CHECKING:
    from vitascope.plans import Plan


@dataclass(frozen=True)
class SizeClass:
    name: str
    pixels: int  # the largest picture that belongs to it
    factor: Fraction


@dataclass(frozen=True)
class Prices:
    models: Mapping[str, ModelPrice] = field(hash=False)
    sizes: tuple[SizeClass, ...]  # from small to large
    first_edition: ModelPrice | None = None  # of engines that are given by `--engine module:factory`
    draft: Fraction = Fraction(1)
    offpeak: Fraction = Fraction(1)
    relaxed: Fraction = Fraction(0)
    units_per_dollar: int = 0  # for models that have a vendor's price list and no price here; 0: they have none

    def of(self, card: ModelCard) -> ModelPrice | None:
        """The operator's price of this model, else that of its card; None: it has none, and none is made up."""
        return self.models.get(card.name) or card.price or (self.first_edition if card.first_edition else None)


@dataclass(frozen=True)
class PriceLine:
    """One reason of a price: what it says and what it adds (or takes away), in units."""

    text: str
    units: int


@dataclass(frozen=True)
class Quote:
    """`units` for all takes, `per_clip` for each. The lines add up to `units`."""

    units: int
    per_clip: int
    lines: tuple[PriceLine, ...]


def quote(
    shape: Shape,
    card: ModelCard,
    *,
    n: int = 1,
    plan: Plan,
    draft: bool = False,
    prices: Prices,
    lane: str = "normal",
    drafted: int = 0,
) -> Quote:
    """The price of `n` clips of this shape. `drafted`: units already paid for the draft that is being finished.

    Raises BadSpec for a number of takes or a size that has no price, NotAllowed for a model without a price or a lane
    that the plan does not have.
    """
    if n < 1:
        raise BadSpec(f"n must be 1 or more, got {n}.", hint="Ask for one take.", field="n")
    if lane == "relaxed" and not plan.relaxed:
        raise NotAllowed(
            f'The plan "{plan.title}" has no relaxed lane.', hint="Use the normal or the off-peak lane.", field="lane"
        )
    price = prices.of(card)
    bought = None if price or not prices.units_per_dollar or not card.cost else card.cost.of(shape)
    if bought is not None:
        each = math.ceil(Fraction(bought * prices.units_per_dollar, 1_000_000))
        said = [PriceLine(f"{float(shape.seconds):g} seconds at their vendor's price, {bought / 1e6:g} USD", each)]
        return Quote(each * n, each, (*said, PriceLine(f"{n} takes", each * (n - 1))) if n > 1 else tuple(said))
    if price is None:
        raise NotAllowed(
            f"{card.name} has no price here, so it cannot be ordered for credits.",
            hint=f'The operator gives it one: [prices.models."{card.name}"] in the plans file, or [price] in its '
            "model file; units_per_dollar in [prices] is enough where its vendor's price is known.",
            field="model",
        )
    size = _size_class(shape, prices)
    exact = price.still if shape.is_still else price.second * shape.seconds
    sums = [("a still" if shape.is_still else f"{float(shape.seconds):g} seconds", exact)]
    for text, factor in (
        (f"{shape.steps} steps for {price.steps}", _steps(shape, price)),
        (f"{size.name} size, {shape.width}x{shape.height}", size.factor),
        ("draft", prices.draft if draft else Fraction(1)),
        (f"{lane} lane", _lane(lane, card, prices)),
    ):
        if factor != 1:
            exact *= factor
            sums.append((text, exact))
    lines, per_clip = [], 0
    for text, total in sums:
        lines.append(PriceLine(text, math.ceil(total) - per_clip))
        per_clip = math.ceil(total)
    if drafted:
        paid = min(drafted, per_clip)
        lines.append(PriceLine("the draft is paid", -paid))
        per_clip -= paid
    if n > 1:
        lines.append(PriceLine(f"{n} takes", per_clip * (n - 1)))
    return Quote(per_clip * n, per_clip, tuple(lines))


def cost(compute_ms: int, price: int) -> int:
    """What the work cost the house, in micro-dollars, at `price` micro-dollars a second of processor or GPU."""
    return -(-compute_ms * price // 1000)


def _lane(lane: str, card: ModelCard, prices: Prices) -> Fraction:
    """What waits for idle machines costs less; another server's clip costs the house the same at any hour."""
    if card.needs == "remote":
        return Fraction(1)
    return {"offpeak": prices.offpeak, "relaxed": prices.relaxed}.get(lane, Fraction(1))


def _steps(shape: Shape, price: ModelPrice) -> Fraction:
    """By what its number of steps changes the price; a model without steps, or a price without, by nothing."""
    return Fraction(shape.steps, price.steps) if shape.steps and price.steps else Fraction(1)


def _size_class(shape: Shape, prices: Prices) -> SizeClass:
    for size in prices.sizes:
        if shape.width * shape.height <= size.pixels:
            return size
    raise BadSpec(f"{shape.width}x{shape.height} has no price here.", hint="Ask for a smaller size.", field="size")
