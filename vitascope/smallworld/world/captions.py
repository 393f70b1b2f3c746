"""From a scene to words: many wordings in English and Chinese, each of which says exactly the facts it was given.

`caption` drops some of the facts and `compose` writes the rest. The prompt reader reads every composed text back to
the same facts: a test holds both to that. The model itself reads only the canonical wording.
"""

from __future__ import annotations

import numpy as np

from vitascope.smallworld.world import chinese, english
from vitascope.smallworld.world.facts import Facts, ThingFacts, canonical, drop, facts_of
from vitascope.smallworld.world.scene import World
from vitascope.smallworld.world.wording import Choose

__all__ = ["LANGUAGES", "Facts", "ThingFacts", "canonical", "caption", "compose", "drop", "facts_of"]

LANGUAGES = ("en", "zh")


def caption(scene: World, rng: np.random.Generator, language: str = "en") -> str:
    """One of many texts that describe the scene, with one to six kinds of facts."""
    return compose(drop(facts_of(scene), rng), rng, language)


def compose(facts: Facts, rng: np.random.Generator, language: str = "en") -> str:
    """A text that says all of the facts and nothing else. The main thing comes first, and it alone moves."""
    write = {"en": english.compose, "zh": chinese.compose}[language]
    return write(facts, Choose(rng))
