"""Scenes and shots while a script is read: what becomes of them is a film document. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vitascope.errors import TooLarge
from vitascope.film.document import MAX_SHOTS
from vitascope.film.script.parts import Part, Script
from vitascope.film.script.sentences import LONGEST

MAX_LINES = 50  # in one shot


@dataclass
class DraftShot:
    """`parts`: its lines. `seen`: names of who is in it."""

    parts: list[Part] = field(default_factory=list)
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dissolve: bool = False


@dataclass
class DraftScene:
    heading: Part | None = None
    shots: list[DraftShot] = field(default_factory=list)


def fitted(scenes: list[DraftScene], script: Script) -> list[DraftScene]:
    """At most as many lines a shot, and shots a film, as there may be: neighbours are put together until they fit."""
    for scene in scenes:
        for shot in list(scene.shots):
            for extra in range(MAX_LINES, len(shot.parts), MAX_LINES):
                at = scene.shots.index(shot) + extra // MAX_LINES
                scene.shots.insert(at, replace(shot, parts=shot.parts[extra : extra + MAX_LINES], notes=[]))
            shot.parts = shot.parts[:MAX_LINES]
    count = sum(len(scene.shots) for scene in scenes)
    if count > MAX_SHOTS:
        script.warn(
            1, f"The script comes to {count:,} shots, more than the {MAX_SHOTS:,} of a film; neighbours are joined."
        )
        for each in range(min(MAX_LINES, max(2, count // MAX_SHOTS)), MAX_LINES + 1):
            joined = [_joined(scene.shots, each) for scene in scenes]
            count = sum(len(shots) for shots in joined)
            if count <= MAX_SHOTS:
                break
        for scene, shots in zip(scenes, joined, strict=True):
            scene.shots = shots
    if count > MAX_SHOTS:
        raise TooLarge(f"The script comes to {count:,} shots; a film has at most {MAX_SHOTS:,}.", hint="Part it.")
    return scenes


def _joined(shots: list[DraftShot], each: int) -> list[DraftShot]:
    """At most `each` neighbours together."""
    groups: list[list[DraftShot]] = []
    lines = letters = 0
    for shot in shots:
        fits = lines + len(shot.parts) <= MAX_LINES and letters + len(shot.action) < LONGEST
        if not groups or not fits or len(groups[-1]) >= each:
            groups.append([])
            lines = letters = 0
        groups[-1].append(shot)
        lines, letters = lines + len(shot.parts), letters + len(shot.action) + 1
    return [
        replace(
            group[0],
            action=" ".join(filter(None, (shot.action for shot in group))),
            parts=[part for shot in group for part in shot.parts],
            seen=[name for shot in group for name in shot.seen],
            notes=[note for shot in group for note in shot.notes],
        )
        for group in groups
    ]
