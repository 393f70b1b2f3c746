"""The axes of a batch: hooks, bodies, calls to action, languages and aspects, and every combination of them. Pure."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, ValidationError

from vitascope.errors import BadSpec
from vitascope.film.document import Film, Noun

#: A text, or one for each language.
Words = Annotated[str, Field(max_length=2_000)] | dict[str, str]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
TEXTS = ("hook", "body", "call_to_action")
_SHORT = {"hook": "hook", "body": "body", "call_to_action": "cta"}
_ASPECT = re.compile(r"([1-9]\d{0,2})[x:]([1-9]\d{0,2})")


@dataclass(frozen=True)
class Option:
    """One combination. `words`: of the variables {hook}, {body} and {call_to_action}. `parts`: of its name."""

    words: Mapping[str, str]
    labels: Mapping[str, str]
    parts: tuple[str, ...]
    language: str
    aspect: str
    width: int
    height: int
    translations: Mapping[str, str]


class Axes(Noun):
    """Each axis that is empty leaves the template as it is. `language`: such as "zh". `aspect`: such as "9x16"; the
    short side stays as long as the template's. `translations`: by language, texts of the template and what they become.
    """

    hook: Annotated[tuple[Words, ...], Field(max_length=50)] = ()
    body: Annotated[tuple[Words, ...], Field(max_length=50)] = ()
    call_to_action: Annotated[tuple[Words, ...], Field(max_length=50)] = ()
    language: Annotated[tuple[Language, ...], Field(max_length=50)] = ()
    aspect: Annotated[tuple[str, ...], Field(max_length=10)] = ()
    translations: dict[str, dict[str, str]] = Field(default={})

    def options(self, template: Film) -> list[Option]:
        """Raises BadSpec for an aspect or language that is none, or a text that lacks a language."""
        languages = self.language or (template.language,)
        aspects = self.aspect or ("",)
        texts = [list(enumerate(getattr(self, name))) or [(-1, "")] for name in TEXTS]
        return [
            self._option(template, dict(zip(TEXTS, chosen, strict=True)), language, aspect)
            for chosen in itertools.product(*texts)
            for language, aspect in itertools.product(languages, aspects)
        ]

    def _option(
        self, template: Film, chosen: Mapping[str, tuple[int, str | dict[str, str]]], language: str, aspect: str
    ) -> Option:
        picked = {name: one for name, one in chosen.items() if one[0] >= 0}
        words = {name: _in(text, language, name) for name, (_, text) in picked.items()}
        labels = {name: _letter(number) for name, (number, _) in picked.items()}
        parts = [f"{_SHORT[name]}{label}" for name, label in labels.items() if len(getattr(self, name)) > 1]
        width, height = _size(template, aspect) if aspect else (template.width, template.height)
        if aspect:
            labels["aspect"] = aspect.replace(":", "x")
            parts.append(labels["aspect"])
        if self.language:
            labels["language"] = language
            parts.append(language)
        return Option(
            words, labels, tuple(parts), language, labels.get("aspect", ""), width, height,
            self.translations.get(language, {}),
        )  # fmt: skip


def axes(data: Any) -> Axes:
    """Raises BadSpec that names the place."""
    try:
        return Axes.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("constrained", "dict[")))
        raise BadSpec(f"The axes are not in order at {place[:100]}: {first['msg']}.", field="axes") from error


def _in(words: str | Mapping[str, str], language: str, name: str) -> str:
    if isinstance(words, str):
        return words
    found = words.get(language, words.get(language.split("-")[0], ""))
    if not found:
        raise BadSpec(f"A {name.replace('_', ' ')} has no text in {language}.", hint="Add it, or take one less.")
    return found


def _letter(number: int) -> str:
    """A to Z, then AA, AB, ..."""
    letters = string.ascii_uppercase
    return letters[number] if number < 26 else _letter(number // 26 - 1) + letters[number % 26]


def _size(template: Film, aspect: str) -> tuple[int, int]:
    """Pixels, even, the short side as long as the template's."""
    found = _ASPECT.fullmatch(aspect)
    if not found:
        raise BadSpec(f'"{aspect[:20]}" is not an aspect.', hint="For example 9x16, 1x1 or 16x9.", field="aspect")
    across, down = int(found[1]), int(found[2])
    short = min(template.width, template.height)
    long = 2 * round(short * max(across, down) / min(across, down) / 2)
    if long > 4096:
        raise BadSpec(f"{aspect} of {short} pixels is {long} pixels long; 4096 is the limit.", field="aspect")
    return (long, short) if across >= down else (short, long)
