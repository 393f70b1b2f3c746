"""Whether a film says what its script says: every spoken word once, and in order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from vitascope.film.document import Film
from vitascope.film.script import read
from vitascope.film.script.sentences import is_chinese, words

_COMPARED = 3_000  # words between the first and the last difference that are compared one by one


def spoken(film: Film, columns: Mapping[str, str] = {}) -> list[tuple[str, int]]:
    """The spoken words of the film's source, each with its line there."""
    script = read(film.source.text, film.source.form or "plain", columns)
    return [(word, part.line) for part in script.parts if part.kind == "speech" for word in words(part.text)]


def verify(film: Film, columns: Mapping[str, str] = {}) -> tuple[str, ...]:
    """What differs between the words spoken in the source and in the film, in sentences; empty when nothing does."""
    told = spoken(film, columns)
    source = [word for word, _ in told]
    lines = [line for _, _, _, shot in film.in_order() for line in shot.lines]
    said = [word for line in lines if line.kind in ("dialogue", "voice_over") for word in words(line.text)]
    if source == said:
        return ()
    start = _same(source, said)
    end = _same(source[start:][::-1], said[start:][::-1])
    left, right = source[start : len(source) - end], said[start : len(said) - end]
    if max(len(left), len(right)) > _COMPARED:
        at = told[min(start, len(told) - 1)][1] if told else 1
        return (f"From line {at} on the film says something else than the script: {_shown(right)}.",)
    found = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind in ("delete", "replace"):
            found.append(f"Line {told[start + i1][1]} of the script is not spoken in the film: {_shown(left[i1:i2])}.")
        if kind in ("insert", "replace"):
            found.append(f"The film says what is not in the script: {_shown(right[j1:j2])}.")
    return tuple(found)


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words they have in common from the start."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _shown(found: list[str]) -> str:
    text = ("" if found and is_chinese(found[0]) else " ").join(found[:12])
    return f'"{text[:80]}{"..." if len(found) > 12 or len(text) > 80 else ""}"'
