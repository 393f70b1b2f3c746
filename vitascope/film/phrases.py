"""Cutting a line of text into pieces of at most two lines, at the borders of sentences and clauses where it can, in
scripts with spaces between words and in those without. Pure.

Widths are counted in whole numbers: with limits of L Latin letters or W Chinese characters, a Latin letter is W wide, a
Chinese one L, and a line L times W.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Literal

_SENTENCE = re.compile(r"[.!?。！？…]+[\"'”’」』）)]*$")
_CLAUSE = re.compile(r"[,;:，；：、—–]+[\"'”’」』）)]*$")
_CLOSING = frozenset("、。，．：；？！…—～·）》」』】〕〉”’％‰!?,.:;)]}%")  # never first in a line
_OPENING = frozenset("（《「『【〔〈“‘([{")  # never last
_JOINER = "\u200d"
_TOO_LONG, _TOO_SHORT, _PIECE, _WAIT = 6.0, 2.0, 1.0, 4.0
_PAUSE = 0.5  # seconds between words that are no border yet
Span = tuple[Fraction, Fraction]  # from when to when, in seconds
_BREAKS = {"sentence": 0.0, "clause": 0.35, "word": 2.2}


@dataclass(frozen=True)
class Unit:
    """What is never split: a word, or one Chinese character, with the punctuation that clings to it."""

    text: str
    spaced: bool  # a space stands before it
    is_label: bool = False  # says who speaks, and takes no time

    @property
    def border(self) -> Literal["sentence", "clause", "word"]:
        if _SENTENCE.search(self.text):
            return "sentence"
        return "clause" if _CLAUSE.search(self.text) else "word"


def is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def room(limits: tuple[int, int]) -> int:
    return limits[0] * limits[1]


def width(text: str, limits: tuple[int, int]) -> int:
    latin, wide = limits
    return sum(latin if is_wide(letter) else wide for letter in text)


def units(text: str, limits: tuple[int, int], label: str = "") -> list[Unit]:
    """The text's units; white space is one space, and what cannot be written (lone surrogates, controls) is U+FFFD."""
    found: list[Unit] = []
    for word in label.split():
        found += _split(word, limits, is_label=True)
    end = len(found)
    for word in text.split():
        found += _split(_writable(word), limits)
    if end and len(found) > end:  # "小米：" goes without a space, "Mia: " with one
        found[end] = Unit(found[end].text, label.endswith(" "))
    return found


def pieces(units: Sequence[Unit], limits: tuple[int, int], times: Sequence[Span]) -> list[tuple[int, int]]:
    """(first, behind the last) of each piece: the division with the fewest pieces and the best borders. `times`: of
    each unit; where nobody speaks for a while is a border too.
    """
    ends = list(accumulate((_measured(unit, limits) for unit in units), initial=0))
    costs = [_BREAKS[unit.border] + _PIECE for unit in units]
    pauses = [0.0, *(max(0.0, float(then[0] - one[1]) - _PAUSE) for one, then in pairwise(times))]
    waits = list(accumulate(pauses))
    best, came = [0.0] + [float("inf")] * len(units), [0] * (len(units) + 1)
    for first in range(len(units)):
        for last in range(first + 1, len(units) + 1):
            if not _fits(units, ends, first, last, limits):
                break
            lasts = times[last - 1][1] - times[first][0]
            cost = best[first] + (costs[last - 1] if last < len(units) else _PIECE)
            cost += _TOO_LONG * (lasts > 7) + _TOO_SHORT * (lasts < 1) + _WAIT * (waits[last - 1] - waits[first])
            if cost < best[last]:
                best[last], came[last] = cost, first
    found, last = [], len(units)
    while last:
        found.append((came[last], last))
        last = came[last]
    return found[::-1]


def laid_out(units: Sequence[Unit], limits: tuple[int, int]) -> str:
    """In one line where it fits, else in two of about the same width, the longer one below."""
    whole, most = _joined(units), room(limits)
    if width(whole, limits) <= most:
        return whole
    choices = []
    for at in range(1, len(units)):
        above, below = _joined(units[:at]), _joined(units[at:])
        first, second = width(above, limits), width(below, limits)
        if first <= most and second <= most:
            uneven = abs(first - second) / most + (0.05 if first > second else 0.0)
            choices.append((uneven + 0.3 * _BREAKS[units[at - 1].border], f"{above}\n{below}"))
    return min(choices)[1]


def _joined(units: Sequence[Unit]) -> str:
    return "".join(f" {unit.text}" if unit.spaced and number else unit.text for number, unit in enumerate(units))


def _measured(unit: Unit, limits: tuple[int, int]) -> int:
    return width(unit.text, limits) + limits[1] * unit.spaced


def _fits(units: Sequence[Unit], ends: Sequence[int], first: int, last: int, limits: tuple[int, int]) -> bool:
    most, space = room(limits), limits[1]
    start = ends[first] + space * units[first].spaced
    if ends[last] - start <= most:
        return True
    split = min(bisect_right(ends, start + most) - 1, last)  # as much as the first line holds
    return split > first and ends[last] - ends[split] - space * units[split].spaced <= most


def _writable(text: str) -> str:
    return "".join("\ufffd" if unicodedata.category(letter) in ("Cs", "Cc") else letter for letter in text)


def _split(word: str, limits: tuple[int, int], *, is_label: bool = False) -> list[Unit]:
    """A word between spaces into units. One that is wider than a line is cut where the line ends."""
    parts: list[str] = []
    for letter in word:
        clings = unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Mc", "Cf", "Sk")
        before = parts[-1] if parts else ""
        glued = before and (
            clings
            or before[-1] == _JOINER
            or letter in _CLOSING
            or before[-1] in _OPENING
            or not (is_wide(letter) or is_wide(before[-1]))
            or (before[-1] not in _CLOSING and letter.isascii() and not is_wide(_last_letter(before)))
        )
        if glued:
            parts[-1] += letter
        else:
            parts.append(letter)
    found: list[Unit] = []
    for part in parts:
        while part:
            fits, used = 0, 0
            for letter in part:
                used += width(letter, limits)
                if used > room(limits):
                    break
                fits += 1
            found.append(Unit(part[:fits], spaced=not found, is_label=is_label))
            part = part[fits:]
    return found


def _last_letter(text: str) -> str:
    return next((letter for letter in reversed(text) if letter not in _CLOSING), text[-1])
