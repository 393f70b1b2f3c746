"""Takes whose files are gone: which of them the film would show, and what it shows in their place. A disk may be away
for a while, so nothing is forgotten; but nobody is shown another take in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vitascope.film.document import Film
from vitascope.film.take import Kind, Take, chosen, of_kind


@dataclass(frozen=True)
class Lost:
    """`wanted`: the film would show it. `instead`: what stands in its place; of one that is not wanted, what is shown
    anyway. None: nothing.
    """

    take: Take
    wanted: bool
    instead: Take | None


def lost(film: Film, takes: tuple[Take, ...]) -> Iterator[Lost]:
    """`takes` as a folder has read them: one that was made and whose file is gone has no media."""
    for take in takes:
        if take.state != "made" or take.media:
            continue
        for wish in _wishes(film, take.of, take.kind):
            if _meant(takes, take.of, take.kind, wish) == take.id:
                yield Lost(take, True, chosen(takes, take.of, take.kind, wish))
                break
        else:
            used = not take.of and any(take.id in (item.file, item.take) for item in film.cut.items)
            yield Lost(take, used, chosen(takes, take.of, take.kind) if take.of else None)


def told(film: Film, takes: tuple[Take, ...]) -> list[str]:
    """A sentence for each shot that shows another take than it would."""
    return [
        f"{film.label(one.take.of)} shows {one.instead.name}: the file of {one.take.name} is not there any more."
        for one in lost(film, takes)
        if one.wanted and one.instead and one.take.kind == "clip"
    ]


def _wishes(film: Film, of: str, kind: Kind) -> list[str]:
    """The ids that the film names for this; "" stands for the newest. Empty for what is not in the film any more."""
    shot = film.shots.get(of)
    if kind == "clip" and shot:
        return [shot.take, *(item.take for item in film.cut.items if item.shot == of and item.take)]
    if kind == "still" and shot:
        return [shot.still]
    there = (kind == "voice" and film.line(of)) or (kind == "music" and of in film.cues and not film.cues[of].file)
    return [""] if there else []


def _meant(takes: tuple[Take, ...], of: str, kind: Kind, wish: str) -> str:
    """The take that would be shown if no file were gone."""
    mine = [take for take in of_kind(takes, of, kind) if take.state == "made" or take.media]
    named = [take.id for take in mine if take.id == wish]
    return (named or [take.id for take in sorted(mine, key=lambda take: take.number)])[-1]
