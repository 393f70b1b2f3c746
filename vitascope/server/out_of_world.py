"""Whether a prompt names anything that its model knows, as the reader of the model's card says. A model without a
reader says nothing.
"""

from __future__ import annotations

from functools import lru_cache

from vitascope.engines import hooks
from vitascope.engines.card import ModelCard
from vitascope.errors import VitascopeError
from vitascope.server.context import Context


def outside(context: Context, model: str, prompt: str) -> bool:
    """Whether the prompt of a clip or job of this model names things, and the model knows none of them."""
    card = context.card(model)
    return bool(card and warning(card, prompt))


def warning(card: ModelCard, prompt: str) -> str:
    """What is said of it; else empty. A reader that cannot be loaded is logged: lists are shown without it."""
    try:
        return _warning(card, prompt)
    except VitascopeError as error:
        hooks.tell(card.name, error.message)
        return ""


@lru_cache(maxsize=1024)  # lists show the same prompts again and again
def _warning(card: ModelCard, prompt: str) -> str:
    reading = hooks.read(card, prompt)
    return reading.warning if reading else ""
