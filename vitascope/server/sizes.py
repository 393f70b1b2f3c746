"""Which of a model's sizes comes nearest to what was asked, and the words that say so. Pure: vendors' clients ask for
1280x720 or 4:3 whatever the model makes, so the nearest shape is taken and told, never claimed to be the other.
"""

from __future__ import annotations

import math
import re

from vitascope.clip import ASPECTS, ModelCard, Size
from vitascope.vendors.fields import bad


def nearest(card: ModelCard, size: Size | None, aspect: str, *, given: Size | None = None) -> tuple[Size, str]:
    """(width, height) that the model makes, and a note when that is not what was asked (else empty).

    `given`: the size of a picture to start from, whose shape counts when nothing else is said.
    """
    if size in card.sizes:
        return size, ""
    if size:
        chosen = _nearest(card, size)
        note = f"{size[0]}x{size[1]} was asked; {card.name} makes {chosen[0]}x{chosen[1]}, the nearest it can."
        return chosen, note
    if aspect in ("", "auto", "adaptive"):
        return _nearest(card, given or ASPECTS["1:1"]), ""
    wanted = ratio(aspect)
    chosen = _nearest(card, (round(wanted * 10_000), 10_000), by_shape=True)
    if abs(math.log(chosen[0] / chosen[1]) - math.log(wanted)) < 0.06:  # 352x192 is this house's 16:9
        return chosen, ""
    return chosen, f"{aspect} was asked; {card.name} makes {chosen[0]}x{chosen[1]}, the nearest shape it can."


def ratio(aspect: str) -> float:
    """Width over height of "16:9"."""
    found = re.fullmatch(r"(\d{1,5}(?:\.\d{1,3})?):(\d{1,5}(?:\.\d{1,3})?)", aspect)
    if not found or not 0.05 <= float(found[1] or 0) / (float(found[2]) or math.inf) <= 20:
        raise bad("aspect", f'Unknown aspect "{aspect}".', f"For example {', '.join(ASPECTS)}.")
    return float(found[1]) / float(found[2])


def aspect_of(size: Size) -> str:
    """The name of this size's shape, the nearest one that has a name."""
    shape = math.log(size[0] / size[1])
    return min(ASPECTS, key=lambda name: abs(shape - math.log(ASPECTS[name][0] / ASPECTS[name][1])))


def _nearest(card: ModelCard, size: Size, *, by_shape: bool = False) -> Size:
    def far(made: Size) -> tuple[float, float]:
        shape = abs(math.log(made[0] / made[1]) - math.log(size[0] / size[1]))
        area = abs(math.log(made[0] * made[1]) - math.log(size[0] * size[1]))
        return round(shape, 1), -made[0] * made[1] if by_shape else area

    return min(card.sizes, key=far)
