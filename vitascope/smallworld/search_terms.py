"""What a prompt means in the world's own words, whatever language it was written in: 雪地 and "snow" are one. Written
beside each clip as terms, so that a library is found by meaning, and clips can be told to be near. Pure.

It goes as far as the prompt reader goes and no further: a word that the reader does not know has no meaning here, and
is found by its letters (see `wording.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vitascope.smallworld.reader import reader
from vitascope.smallworld.world.facts import Facts

KINDS = ("thing", "colour", "size", "material", "motion", "direction", "ground", "sky", "camera")
#: How much two clips have in common that share such a term.
WEIGHTS = {"thing": 3.0, "colour": 2.0, "motion": 2.0, "ground": 2.0, "sky": 2.0, "camera": 1.5}
_SMALL = 0.5  # a size, a material, a way
_WORD = 1.0  # a word that has no meaning here


def meaning_of(prompt: str) -> str:
    """Terms such as thing:ball, colour:red, ground:snow, with spaces round; empty when nothing is understood."""
    return terms(reader.read(prompt).facts)


def terms(facts: Facts) -> str:
    """The same of what a prompt was read as."""
    said: list[tuple[str, str]] = []
    for thing in facts.things:
        said += [("thing", thing.shape), ("colour", thing.colour), ("size", thing.size)]
        said += [("material", thing.material), ("motion", thing.motion), ("direction", thing.direction)]
    said += [("ground", facts.ground), ("sky", facts.sky), ("camera", facts.camera)]
    written = dict.fromkeys(term(kind, value) for kind, value in said if value)
    return f" {' '.join(written)} " if written else ""


def term(kind: str, value: str) -> str:
    return f"{kind}:{value.replace(' ', '_')}"


def terms_of(meaning: str) -> frozenset[str]:
    return frozenset(meaning.split())


def patterns(wanted: Mapping[str, Iterable[str]]) -> list[str]:
    """One LIKE pattern (escape: backslash) for each term; a value is a word of the world or one that means it."""
    found = []
    for kind, values in wanted.items():
        for value in values:
            written = term(kind, _known(kind, value)).replace("\\", "").replace("%", "").replace("_", "\\_")
            found.append(f"% {written}{'' if kind == 'camera' else ' '}%")  # "orbit" finds both ways
    return found


def nearness(one: str, other: str, words: frozenset[str], other_words: frozenset[str]) -> float:
    """How much two clips have in common, 0 to 1: the shared share of their terms, the heavy ones counting more, and of
    the words they have besides.
    """
    terms, others = terms_of(one), terms_of(other)
    shared = sum(map(_weight, terms & others)) + _WORD * len(words & other_words)
    either = sum(map(_weight, terms | others)) + _WORD * len(words | other_words)
    return shared / either if either else 0.0


def _weight(written: str) -> float:
    return WEIGHTS.get(written.partition(":")[0], _SMALL)


def _known(kind: str, value: str) -> str:
    """The world's own word for it: 雪地 is snow."""
    plain = value.strip().lower().replace("_", " ")
    found = [written.partition(":")[2] for written in meaning_of(value).split() if written.startswith(f"{kind}:")]
    return found[0].replace("_", " ") if found else plain
