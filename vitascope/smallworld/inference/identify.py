"""What nobody named, recognised in what is given: the ground, the sky and the looks of things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vitascope.smallworld.inference.conditions import looks_of
from vitascope.smallworld.inference.layout import Sketch
from vitascope.smallworld.world.facts import GROUND_WORDS, SKY_WORDS, Facts
from vitascope.smallworld.world.scene import GROUNDS, SKIES


def recognised(told: Facts, seen: Callable[[Facts], Sketch], given: npt.NDArray[np.float32]) -> Facts:
    """Also told of the ground and the sky where nobody named them, those whose sketch is most like given frames (K, C,
    h, w); and of their things' looks. `seen`: what is made out in them by whom is told of these facts.
    """
    if not (told.ground and told.sky):
        grounds, skies = ((told.ground,) if told.ground else GROUNDS), ((told.sky,) if told.sky else SKIES)
        pairs = (replace(told, ground=ground, sky=sky) for ground in grounds for sky in skies)
        told = min(pairs, key=lambda facts: seen(facts).unlike(given))
    if all(thing.colour and thing.shape and thing.size for thing in told.things):
        return told
    found = seen(told)
    looks = [looks_of(slot) if here else {} for slot, here in zip(found.world.mean(0), found.there, strict=True)]
    things = tuple(
        replace(thing, **{name: getattr(thing, name) or word for name, word in each.items()})
        for thing, each in zip(told.things, looks, strict=False)
    )
    return replace(told, things=things)


def unnamed(told: Facts, named: Facts) -> tuple[str, ...]:
    """The words for the ground and the sky that the model is told of and nobody named."""
    pairs = ((GROUND_WORDS, told.ground, named.ground), (SKY_WORDS, told.sky, named.sky))
    return tuple(words[one] for words, one, other in pairs if one != other)
