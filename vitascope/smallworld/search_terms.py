"""What words mean in the world's own terms, whatever language they were written in: 雪地 and "snow" are one. Clips keep
them, so that a library is found by meaning, and clips can be told to be near. A hook of the model's card. Pure.

It goes as far as the prompt reader goes and no further: a word that the reader does not know has no meaning here, and
is found by its letters (see `store/matching.py`).
"""

from __future__ import annotations

from vitascope.engines.hooks import Terms
from vitascope.smallworld.reader import reader
from vitascope.smallworld.world import words as w
from vitascope.smallworld.world.facts import Facts
from vitascope.smallworld.world.words import Words


def search_terms(words: str) -> Terms:
    """Of a prompt or a question."""
    reading = reader.read(words)
    return Terms(terms(reading.facts), tuple(_unkept(reading.facts)), reading.unknown)


def terms(facts: Facts) -> tuple[str, ...]:
    """Such as thing:ball, colour:red, ground:snow; empty when nothing is understood."""
    said: list[tuple[str, str]] = []
    for thing in facts.things:
        said += [("thing", thing.shape), ("colour", thing.colour), ("size", thing.size)]
        said += [("material", thing.material), ("motion", thing.motion), ("direction", thing.direction)]
    said += [("ground", facts.ground), ("sky", facts.sky), ("camera", facts.camera)]
    return tuple(dict.fromkeys(f"{kind}:{value.replace(' ', '_')}" for kind, value in said if value))


def _unkept(facts: Facts) -> list[tuple[str, ...]]:
    """Of what is understood but no clip keeps as a term (how fast, into which colour): all the words for it."""
    speeds = [thing.speed for thing in facts.things] + [facts.camera_speed]
    said = [_forms(w.SPEED_WORDS[speed]) for speed in speeds if speed]
    return said + [_forms(w.COLOUR_WORDS[thing.to_colour]) for thing in facts.things if thing.to_colour]


def _forms(words: Words) -> tuple[str, ...]:
    return (*words.en, *words.zh, *words.heard)
