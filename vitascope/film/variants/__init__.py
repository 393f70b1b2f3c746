"""Variants of a template film for marketing: rows of a table (products) times axes (hook, body, call to action,
language, aspect). Everything is counted before anything is made. Pure.

The template is a film with {variables} in its title, actions, lines, prompts, looks and overlays. Prices and
disclaimers belong in overlays, which are drawn and never left to a model.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from vitascope.errors import BadSpec, TooLarge
from vitascope.film import state, wording
from vitascope.film.document import Film
from vitascope.film.variants.alike import Alike
from vitascope.film.variants.axes import Axes
from vitascope.film.variants.fill import filled, untranslated
from vitascope.film.variants.rows import Row

MAX_VARIANTS = 2_000


@dataclass(frozen=True)
class Variant:
    """One film to be made. `row`: of the table, counted from 1. `labels`: which option of each axis, such as
    {"hook": "B", "aspect": "9x16"}. `digest`: changes with anything in the film, so that one changed cell means one
    film to be made anew.
    """

    name: str
    row: int
    labels: Mapping[str, str]
    values: Mapping[str, str]
    film: Film
    digest: str


@dataclass(frozen=True)
class Skipped:
    """A variant that can't be made; the others are. `row`: 0 when it is none of a row alone."""

    name: str
    row: int
    why: str


@dataclass(frozen=True)
class Shared:
    """One clip or voice that is made once. `seconds`: how long it must be for all who use it. `users`: names of
    variants, each with its shot's or line's id.
    """

    digest: str
    seconds: Fraction
    users: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Plan:
    """`asked`: how many there would be without those that are skipped."""

    asked: int
    variants: tuple[Variant, ...]
    skipped: tuple[Skipped, ...]
    duplicates: tuple[Skipped, ...]
    warnings: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.variants)

    def clips(self) -> tuple[Shared, ...]:
        """All clips of all variants; shots that look the same in several stand here once."""
        return _shared(
            (digests[key], wording.shot_seconds(shot, {}), variant.name, key)
            for variant in self.variants
            for digests in (clip_digests(variant.film),)
            for key, shot in variant.film.shots.items()
        )

    def voices(self) -> tuple[Shared, ...]:
        """All spoken lines of all variants, each voice and words once."""
        return _shared(
            (state.of_voice(variant.film, line), wording.speech_seconds(line.text), variant.name, line.id)
            for variant in self.variants
            for shot in variant.film.shots.values()
            for line in shot.lines
            if line.is_spoken and line.spoken_by == "voice"
        )

    def seconds(self) -> Fraction:
        """Of all variants together, as their texts tell."""
        return sum((film_seconds(variant.film) for variant in self.variants), Fraction(0))


def plan(template: Film, rows: Sequence[Row], axes: Axes = Axes()) -> Plan:
    """Every row times every option, without bad rows and near-duplicates, which are told. Raises BadSpec when the axes
    make no sense with the template, TooLarge above MAX_VARIANTS.
    """
    if not rows:
        raise BadSpec("There are no rows.", hint="Give a table with a header and at least one row.", field="rows")
    options = axes.options(template)
    asked = len(rows) * len(options)
    if asked > MAX_VARIANTS:
        raise TooLarge(
            f"{len(rows):,} rows times {len(options):,} options are {asked:,} films.",
            hint=f"At most {MAX_VARIANTS:,} at once: take fewer rows or options.",
        )
    kept, skipped, duplicates = [], [], []
    alike = Alike()
    warnings: dict[str, None] = {}
    for row, option in itertools.product(rows, options):
        name = "_".join([f"row-{row.number:03}", *option.parts])
        try:
            if row.wrong:
                raise BadSpec(row.wrong)
            film, used = filled(template, row.values, option)
        except BadSpec as error:
            skipped.append(Skipped(name, row.number, error.message))
            continue
        twin = alike.seen(name, (option.language, option.aspect), used)
        if twin:
            duplicates.append(Skipped(name, row.number, f"It is as good as the same as {twin}."))
            continue
        for text in untranslated(template, option):
            warnings[f'Not translated into {option.language}: "{text[:60]}".'] = None
        kept.append(Variant(name, row.number, option.labels, used, film, state.digest(film.to_dict())))
    return Plan(asked, tuple(kept), tuple(skipped), tuple(duplicates), tuple(warnings))


def clip_digests(film: Film) -> dict[str, str]:
    """Of each shot's clip, by id, with what it starts from: equal ones are the same clip."""
    found: dict[str, str] = {}
    for _, scene, key, shot in film.in_order():
        made = state.of_clip(film, (), key, scene, shot)
        if shot.start == "continue":
            made = state.digest([made, found.get(film.before(key), "")])
        elif shot.start == "still":
            made = state.digest([made, state.of_still(film, scene, shot)])
        found[key] = made
    return found


def film_seconds(film: Film) -> Fraction:
    return sum((wording.shot_seconds(shot, {}) for shot in film.shots.values()), Fraction(0))


def _shared(found: Iterator[tuple[str, Fraction, str, str]]) -> tuple[Shared, ...]:
    longest: dict[str, Fraction] = {}
    users: dict[str, list[tuple[str, str]]] = {}
    for digest, seconds, name, key in found:
        longest[digest] = max(longest.get(digest, Fraction(0)), seconds)
        users.setdefault(digest, []).append((name, key))
    return tuple(Shared(digest, longest[digest], tuple(users[digest])) for digest in longest)
