"""Which clips are what was looked for: a condition on their rows, from the words of a question.

A question is answered by its letters or by what it means, so that 雪地上的红球 finds "a red ball on snow" and the other
way round. What a word means the hooks of the models say; what none of them knows is looked for by its letters.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from vitascope.store import terms
from vitascope.store.schema import clips
from vitascope.store.text_search import pattern


def fits(question: str, hooks: terms.Hooks = ()) -> sa.ColumnElement[bool] | None:
    """What a clip must be to be found exactly; None: the question has no word. `hooks`: what the words mean to each
    model.
    """
    letters = _letters(question)
    if not letters:
        return None
    meant = [sa.and_(*parts) for hook in hooks if (parts := _meant(question, hook))]
    return sa.or_(sa.and_(*letters), *meant)


def _meant(question: str, hook: Callable[[str], terms.Meant]) -> list[sa.ColumnElement[bool]]:
    """What is understood, and the rest word by word; empty when nothing is understood."""
    told = hook(question)
    parts = [*_terms(told), *(_any_of(forms) for forms in told.forms)]
    return parts + [_alone(word, hook) for word in told.unknown] if parts else []


def _alone(word: str, hook: Callable[[str], terms.Meant]) -> sa.ColumnElement[bool]:
    """A word that says nothing in its sentence may mean something by itself: the red of "red, at night"."""
    letters, meant = sa.and_(sa.true(), *_letters(word)), _terms(hook(word))
    return sa.or_(letters, sa.and_(*meant)) if meant else letters


def _terms(told: terms.Meant) -> list[sa.ColumnElement[bool]]:
    return [clips.c.meaning.like(terms.like(term), escape="\\") for term in sorted(told.terms)]


def _any_of(forms: tuple[str, ...]) -> sa.ColumnElement[bool]:
    return sa.or_(*(sa.and_(*_letters(form)) for form in forms))


def _letters(words: str) -> list[sa.ColumnElement[bool]]:
    return [clips.c.words.like(term, escape="\\") for term in pattern(words)]
