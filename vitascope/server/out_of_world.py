"""Whether a prompt speaks of anything that the built-in model can draw. Other models are not asked: they say themselves
what they do not know.
"""

from __future__ import annotations

from functools import lru_cache

from vitascope import engines
from vitascope.smallworld.reader import reader

NOTE = "The built-in model knows no thing that the prompt names: it draws solids of its own choice."


def outside(prompt: str, model: str) -> bool:
    """Whether the prompt names things, and none of them is of the model's world."""
    return model in engines.names() and _outside(prompt)


@lru_cache(maxsize=1024)  # lists show the same prompts again and again
def _outside(prompt: str) -> bool:
    reading = reader.read(prompt)
    return bool(reading.unknown) and not reading.facts.things
