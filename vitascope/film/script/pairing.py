"""Which shots of two versions of a film are the same, by their words. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from difflib import SequenceMatcher

from vitascope.film.document import Film, Shot
from vitascope.film.script.sentences import words

ALIKE = 0.5  # share of words in common from which two shots are the same


def shot_words(shot: Shot) -> tuple[str, ...]:
    return (*words(shot.action), "|", *(word for line in shot.lines for word in words(line.text)))


def likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Words in common, as a share of all; 1: the same words."""
    if one == other:
        return 1.0
    common = sum((Counter(one) & Counter(other)).values())
    return 2 * common / (len(one) + len(other)) if one or other else 1.0


def pairs(old: Film, new: Film, *, by_place: bool = False) -> dict[str, str]:
    """Ids of shots of `new`, each with that of its counterpart in `old`. First what is equal and in order, then what is
    alike between that, then what was moved. `by_place`: between equal shots, as many others on both sides are the same.
    """
    olds = [(key, shot_words(shot)) for _, _, key, shot in old.in_order()]
    news = [(key, shot_words(shot)) for _, _, key, shot in new.in_order()]
    found: dict[str, str] = {}
    matcher = SequenceMatcher(None, [said for _, said in olds], [said for _, said in news], autojunk=False)
    gaps = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            found |= {news[j1 + n][0]: olds[i1 + n][0] for n in range(i2 - i1)}
        else:
            gaps.append((olds[i1:i2], news[j1:j2]))
    for one, other in gaps:
        found |= _alike(one, other)
        if by_place and len(one) == len(other):
            free = set(found.values())
            found |= {b: a for (a, _), (b, _) in zip(one, other, strict=True) if b not in found and a not in free}
    taken = set(found.values())
    free_olds: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for key, said in olds:
        if key not in taken:
            free_olds[said].append(key)
    for key, said in news:
        if key not in found and free_olds.get(said):
            found[key] = free_olds[said].pop(0)
    return found


def _alike(olds: list[tuple[str, tuple[str, ...]]], news: list[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    """In order: each new shot with the one that is most like it, behind the one before."""
    found: dict[str, str] = {}
    first = 0
    for number, (key, said) in enumerate(news):
        last = len(olds) - max(0, len(news) - number - 1) if len(olds) >= len(news) else len(olds)
        scored = [(likeness(olds[at][1], said), -at) for at in range(first, max(first + 1, last)) if at < len(olds)]
        best = max(scored, default=(0.0, 0))
        if best[0] >= ALIKE:
            found[key] = olds[-best[1]][0]
            first = 1 - best[1]
    return found
