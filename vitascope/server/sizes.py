"""Which of a model's sizes comes nearest to what was asked, and the words that say so. Pure: vendors' clients ask for
1280x720 or 4:3 whatever the model makes, so the nearest shape is taken and told, never claimed to be the other.
"""

from __future__ import annotations

from vitascope.clip import Size
from vitascope.engines.card import ModelCard
from vitascope.errors import BadSpec
from vitascope.vendors.fields import bad


def nearest(
    card: ModelCard, size: Size | None, aspect: str, *, given: Size | None = None, tier: str = ""
) -> tuple[Size, str]:
    """(width, height) that the model makes, and a note when that is not what was asked (else empty).

    `given`: the size of a picture to start from, whose shape counts when nothing else is said.
    """
    form = card.format
    if size:
        chosen = form.nearest(size)
        note = f"{size[0]}x{size[1]} was asked; {card.name} makes {chosen[0]}x{chosen[1]}, the nearest it can."
        return chosen, "" if chosen == size else note
    if aspect in ("", "auto", "adaptive"):
        return (form.nearest(given, tier) if given else form.of_tier(tier)[0]), ""
    try:
        chosen, alike = form.of_aspect(aspect, tier)
    except BadSpec as error:
        raise bad("aspect", error.message, error.hint) from error
    note = f"{aspect} was asked; {card.name} makes {chosen[0]}x{chosen[1]}, the nearest shape it can."
    return chosen, "" if alike else note
