"""What a clip costs. Pure: the same function answers the button, the API, the batch and the charge, so a quote is the
charge. Sums are exact fractions and rounded up once, to whole units (100 = 1 credit); money is in whole micro-dollars.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from vitascope.clip import FPS, ClipSpec, ModelCard
from vitascope.errors import BadSpec, NotAllowed

if TYPE_CHECKING:
    from vitascope.plans import Plan


@dataclass(frozen=True)
class ModelPrice:
    """In units: a second of clip at `steps` steps in the smallest size, and a still."""

    second: Fraction
    still: Fraction
    steps: int


@dataclass(frozen=True)
class SizeClass:
    name: str
    pixels: int  # the largest picture that belongs to it
    factor: Fraction


@dataclass(frozen=True)
class Prices:
    models: Mapping[str, ModelPrice] = field(hash=False)  # has "default"
    sizes: tuple[SizeClass, ...]  # from small to large
    draft: Fraction = Fraction(1)
    offpeak: Fraction = Fraction(1)
    relaxed: Fraction = Fraction(0)

    def of(self, model: str) -> ModelPrice:
        return self.models.get(model) or self.models["default"]


@dataclass(frozen=True)
class Line:
    """One reason of a price: what it says and what it adds (or takes away), in units."""

    text: str
    units: int


@dataclass(frozen=True)
class Quote:
    """`units` for all takes, `per_clip` for each. The lines add up to `units`."""

    units: int
    per_clip: int
    lines: tuple[Line, ...]


def quote(
    spec: ClipSpec,
    card: ModelCard,
    *,
    n: int = 1,
    plan: Plan,
    draft: bool = False,
    prices: Prices,
    lane: str = "normal",
    drafted: int = 0,
) -> Quote:
    """The price of `n` clips of this spec. `drafted`: units already paid for the draft that is being finished.

    Raises BadSpec for a number of takes or a size that has no price, NotAllowed for a lane the plan does not have.
    """
    if n < 1:
        raise BadSpec(f"{n} takes cannot be made.", hint="1 or more.", field="n")
    if lane == "relaxed" and not plan.relaxed:
        raise NotAllowed(
            f'The plan "{plan.title}" has no relaxed lane.', hint="Use the normal or the off-peak lane.", field="lane"
        )
    price, size = prices.of(card.name), _size_class(spec, prices)
    exact = _length(spec, price)
    sums = [(_length_text(spec), exact)]
    for text, factor in (
        (f"{spec.steps} steps for {price.steps}", Fraction(spec.steps, price.steps)),
        (f"{size.name} size, {spec.shape[0]}x{spec.shape[1]}", size.factor),
        ("draft", prices.draft if draft else Fraction(1)),
        (f"{lane} lane", {"offpeak": prices.offpeak, "relaxed": prices.relaxed}.get(lane, Fraction(1))),
    ):
        if factor != 1:
            exact *= factor
            sums.append((text, exact))
    lines, per_clip = [], 0
    for text, total in sums:
        lines.append(Line(text, math.ceil(total) - per_clip))
        per_clip = math.ceil(total)
    if drafted:
        paid = min(drafted, per_clip)
        lines.append(Line("the draft is paid", -paid))
        per_clip -= paid
    if n > 1:
        lines.append(Line(f"{n} takes", per_clip * (n - 1)))
    return Quote(per_clip * n, per_clip, tuple(lines))


def cost(compute_ms: int, price: int) -> int:
    """What the work cost the house, in micro-dollars, at `price` micro-dollars a second of processor or GPU."""
    return -(-compute_ms * price // 1000)


def _length(spec: ClipSpec, price: ModelPrice) -> Fraction:
    return price.still if spec.is_still else price.second * _seconds(spec)


def _seconds(spec: ClipSpec) -> Fraction:
    """Seconds delivered: whole groups of frames, so at least what was asked; the first frame is free."""
    return Fraction(spec.new_frames - (0 if spec.extend else 1), FPS)


def _length_text(spec: ClipSpec) -> str:
    return "a still" if spec.is_still else f"{float(_seconds(spec)):g} seconds"


def _size_class(spec: ClipSpec, prices: Prices) -> SizeClass:
    width, height = spec.shape
    for size in prices.sizes:
        if width * height <= size.pixels:
            return size
    raise BadSpec(f"{width}x{height} has no price here.", hint="Ask for a smaller size.")
