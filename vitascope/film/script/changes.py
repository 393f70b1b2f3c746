"""What becomes of the shots of a film when it changes, most often because its script did. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from vitascope.film import plan, state
from vitascope.film.document import Film, Shot
from vitascope.film.take import Take


@dataclass(frozen=True)
class Change:
    """kept: nothing that was made of it goes out of date; changed: something does, or would; new; dropped: not in the
    film any more. `label`: as it is called then, of a dropped one as it was called; `was`: if that was another.
    `takes`: how many clips were made of it.
    """

    what: Literal["kept", "changed", "new", "dropped"]
    shot: str
    label: str
    was: str
    text: str
    takes: int


def changes(old: Film, new: Film, takes: tuple[Take, ...]) -> tuple[Change, ...]:
    """Every shot of both, in the new order; those that are dropped come last."""
    before, after = _made_of(old, takes), _made_of(new, takes)
    counts = Counter(take.of for take in takes if take.kind == "clip" and take.media)
    found = []
    for _, _, key, shot in new.in_order():
        what: Literal["kept", "changed", "new"] = "new"
        if key in before:
            what = "kept" if before[key] == after[key] else "changed"
        label, was = new.label(key), old.label(key) if key in old.shots else ""
        found.append(Change(what, key, label, was if was != label else "", _text(shot), counts[key]))
    for _, _, key, shot in old.in_order():
        if key not in new.shots:
            found.append(Change("dropped", key, old.label(key), "", _text(shot), counts[key]))
    return tuple(found)


def _made_of(film: Film, takes: tuple[Take, ...]) -> dict[str, list[Any]]:
    """By shot: what its clip, its still and its voices are made of, and in which state they are."""
    found: dict[str, list[Any]] = {key: [] for key in film.shots}
    owner = {line.id: key for key, shot in film.shots.items() for line in shot.lines}
    for one in state.states(film, takes):
        digest = plan.digest_of(film, takes, one.of, one.kind)
        found[owner.get(one.of, one.of)].append((one.of, one.kind, digest, one.name))
    return found


def _text(shot: Shot) -> str:
    return shot.action or " / ".join(line.text for line in shot.lines)
