"""What may have been meant by a word that the reader does not know: the world's word one or two slips away. Pure."""

from __future__ import annotations

from functools import cache

from vitascope.smallworld.reader.lexicon import words_for

SHORTEST = 3  # letters: of less, any word would do
LONG = 6  # letters from which on two slips are forgiven


def meant(word: str) -> str:
    """An English word of the world that this is nearly; "" when there is none. The first letter is mostly right."""
    word = word.lower()
    if not (word.isascii() and word.isalpha()) or len(word) < SHORTEST:
        return ""
    if word in _known():  # "flies" is a word for cameras
        return ""
    most = 2 if len(word) >= LONG else 1
    near = ((slips(word, other), len(other), other) for other in _known() if other[0] == word[0])
    found = min((each for each in near if each[0] <= most), default=None)
    if found and len(word) == len(found[2]) == SHORTEST and sorted(word) != sorted(found[2]):
        return ""  # "cat" is no "cam"
    return found[2] if found else ""


@cache
def _known() -> tuple[str, ...]:
    return tuple(sorted(word for word in words_for() if len(word) >= SHORTEST))


def slips(one: str, other: str) -> int:
    """How many letters are missing, too many, wrong or swapped with their neighbour."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, there in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
