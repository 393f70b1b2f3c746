"""Near-duplicates among variants: the same values but for case, punctuation, small words and spelling. A number or a
size that differs makes another film. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from difflib import SequenceMatcher

from vitascope.film.script.sentences import words

_SMALL = {"a", "an", "and", "the", "of", "for", "to", "with", "in", "on", "的", "了", "吧", "呢", "啊", "呀", "哦"}
_LIKE = 0.85  # of two spellings of one word
_Said = tuple[tuple[str, ...], ...]


class Alike:
    """Remembers what it has seen."""

    def __init__(self) -> None:
        self._seen: dict[object, list[tuple[str, _Said]]] = defaultdict(list)

    def seen(self, name: str, kind: object, values: Mapping[str, str]) -> str:
        """The name of an earlier one that is as good as the same, else "". `kind`: only within it they are compared."""
        names = tuple(sorted(values))
        said = tuple(_plain(values[one]) for one in names)
        numbers = tuple(tuple(re.findall(r"\d+(?:[.,]\d+)*", values[one])) for one in names)
        group = self._seen[(kind, names, numbers, tuple(len(one) for one in said))]
        for other, before in group:
            if all(_same(one, two) for one, two in zip(said, before, strict=True)):
                return other
        group.append((name, said))
        return ""


def _plain(text: str) -> tuple[str, ...]:
    found = words(unicodedata.normalize("NFKC", text))
    return tuple(word for word in found if word not in _SMALL) or tuple(found) or (text.strip(),)


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return all(a == b or _spelt_alike(a, b) for a, b in zip(one, other, strict=True))


def _spelt_alike(one: str, other: str) -> bool:
    if f"{one}s" == other or f"{other}s" == one:
        return min(len(one), len(other)) > 2
    long = min(len(one), len(other)) >= 6
    return long and one[0] == other[0] and SequenceMatcher(None, one, other).ratio() > _LIKE
