"""Which clips are what was looked for: a condition on their rows, from the words of a question.

A question is answered by its letters or by what it means, so that 雪地上的红球 finds "a red ball on snow" and the other
way round. What the prompt reader does not know is looked for by its letters in both cases.
"""

from __future__ import annotations

import sqlalchemy as sa

from vitascope.smallworld import search_terms
from vitascope.smallworld.reader import reader
from vitascope.smallworld.reader.reader import Reading
from vitascope.smallworld.world import words as w
from vitascope.smallworld.world.words import Words
from vitascope.store.schema import clips
from vitascope.store.text_search import pattern


def fits(question: str) -> sa.ColumnElement[bool] | None:
    """What a clip must be to be found exactly; None: the question has no word."""
    letters = _letters(question)
    if not letters:
        return None
    meant = _meant(question)
    return sa.or_(sa.and_(*letters), sa.and_(*meant)) if meant else sa.and_(*letters)


def _meant(question: str) -> list[sa.ColumnElement[bool]]:
    """What is understood, and the rest word by word; empty when nothing is understood."""
    reading = reader.read(question)
    parts = [*_terms(reading), *(_any_of(forms) for forms in _unkept(reading))]
    return parts + [_alone(word) for word in reading.unknown] if parts else []


def _alone(word: str) -> sa.ColumnElement[bool]:
    """A word that says nothing in its sentence may mean something by itself: the red of "red, at night"."""
    letters, terms = sa.and_(sa.true(), *_letters(word)), _terms(reader.read(word))
    return sa.or_(letters, sa.and_(*terms)) if terms else letters


def _terms(reading: Reading) -> list[sa.ColumnElement[bool]]:
    terms = search_terms.terms_of(search_terms.terms(reading.facts))
    return [clips.c.meaning.like(f"% {_escaped(term)} %", escape="\\") for term in sorted(terms)]


def _unkept(reading: Reading) -> list[tuple[str, ...]]:
    """Of what is understood but no clip keeps as a term (how fast, into which colour): all the words for it."""
    facts = reading.facts
    speeds = [thing.speed for thing in facts.things] + [facts.camera_speed]
    said = [_forms(w.SPEED_WORDS[speed]) for speed in speeds if speed]
    return said + [_forms(w.COLOUR_WORDS[thing.to_colour]) for thing in facts.things if thing.to_colour]


def _forms(words: Words) -> tuple[str, ...]:
    return (*words.en, *words.zh, *words.heard)


def _any_of(forms: tuple[str, ...]) -> sa.ColumnElement[bool]:
    return sa.or_(*(sa.and_(*_letters(form)) for form in forms))


def _letters(words: str) -> list[sa.ColumnElement[bool]]:
    return [clips.c.words.like(term, escape="\\") for term in pattern(words)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
