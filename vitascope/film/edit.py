"""Changing a film: JSON merge patches (RFC 7396) from one document to another, which paths they touch, and the common
edits as whole documents. Pure: every function answers a new film and leaves the old one as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from vitascope.errors import BadSpec
from vitascope.film import wording
from vitascope.film.document import Film, Shot, read

Patch = dict[str, Any]
Path = tuple[str, ...]
MAX_DEPTH = 20  # of a patch; a film has seven levels


def apply(film: Film, patch: Any) -> Film:
    """The film with this patch. Raises BadSpec when what comes out is no film."""
    if not isinstance(patch, Mapping):
        raise BadSpec("The changes must be an object.", hint='Such as {"title": "The red ball"}.', field="changes")
    if _too_deep(patch, MAX_DEPTH):
        raise BadSpec(f"The changes are nested more than {MAX_DEPTH} deep.", hint="A film is not.", field="changes")
    return read(merged(film.to_dict(), patch))


def between(before: Film, after: Film) -> Patch:
    """The smallest patch that turns one into the other."""
    return difference(before.to_dict(), after.to_dict())


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Patch:
    """The patch between two plain objects without nulls."""
    found: Patch = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if inner := difference(old, value):
                found[name] = inner
        elif name not in before or old != value:
            found[name] = value
    return found


def paths(patch: Mapping[str, Any], above: Path = ()) -> Iterator[Path]:
    """The places that a patch touches, such as ("shots", "k3", "action")."""
    for name, value in patch.items():
        here = (*above, name)
        if isinstance(value, Mapping) and value:
            yield from paths(value, here)
        else:
            yield here


def overlap(one: Iterable[Path], other: Iterable[Path]) -> list[Path]:
    """Places of `one` that lie in, or around, a place of `other`."""
    theirs = set(other)
    around = {path[:length] for path in theirs for length in range(len(path))}
    return [
        path for path in one if path in around or any(path[:length] in theirs for length in range(1, len(path) + 1))
    ]


def rename_member(film: Film, member_id: str, name: str) -> Film:
    """With another name for this member, also where actions, prompts and looks say the old one. Spoken words stay: they
    are the author's. Nothing becomes out of date, for digests hold ids in the place of names.
    """
    if member_id not in film.cast:
        raise BadSpec(f"Nobody in the cast has the id {member_id[:40]}.", hint="Look at `cast`.", field="id")
    name = " ".join(name.split())
    taken = {known for key, member in film.cast.items() if key != member_id for known in (member.name, *member.aliases)}
    if name in taken:
        raise BadSpec(f'"{name[:60]}" is the name of another one already.', hint="Names are unique.", field="name")
    pattern = wording.name_pattern(film.cast[member_id].name)

    def renamed(text: str) -> str:
        return re.sub(pattern, lambda _: name, text)

    data = film.to_dict()
    data["cast"][member_id]["name"] = name
    for holder, fields in (
        *((shot, ("action", "prompt")) for shot in data.get("shots", {}).values()),
        *((member, ("looks",)) for member in data["cast"].values()),
        (data, ("style",)),
    ):
        holder |= {field: renamed(holder[field]) for field in fields if holder.get(field)}
    return read(data)


def add_shot(film: Film, scene_id: str, shot: Shot, *, after: str = "", shot_id: str = "") -> tuple[Film, str]:
    """With this shot in the scene, behind the shot `after` or, without one, at its end; and the shot's id."""
    scene = _scene(film, scene_id)
    shot_id = shot_id or _free("k", film.shots)
    if shot_id in film.shots:
        raise BadSpec(f"There is a shot {shot_id} already.", hint="Leave the id out.", field="id")
    order = list(scene.shots)
    order.insert(order.index(_in(order, after)) + 1 if after else len(order), shot_id)
    changes = {"shots": {shot_id: _plain(shot)}, "scenes": {scene_id: {"shots": order}}}
    return apply(film, changes), shot_id


def remove_shot(film: Film, shot_id: str) -> Film:
    """Without this shot, also in the cut. Its takes stay in the library."""
    scene_id = _scene_of(film, shot_id)
    items = [item.model_dump(mode="json") for item in film.cut.items if item.shot != shot_id]
    cut = {"items": items, "left_out": [key for key in film.cut.left_out if key != shot_id]}
    order = [key for key in film.scenes[scene_id].shots if key != shot_id]
    return apply(film, {"shots": {shot_id: None}, "scenes": {scene_id: {"shots": order}}, "cut": cut})


def move_shot(film: Film, shot_id: str, scene_id: str, place: int) -> Film:
    """The shot at this place, counted from 0, of this scene."""
    before = _scene_of(film, shot_id)
    orders = {key: list(_scene(film, key).shots) for key in {before, scene_id}}
    orders[before].remove(shot_id)
    if not 0 <= place <= len(orders[scene_id]):
        raise BadSpec(
            f"The place must be 0 to {len(orders[scene_id])}, got {place}.", hint="0 is the first.", field="place"
        )
    orders[scene_id].insert(place, shot_id)
    return apply(film, {"scenes": {key: {"shots": order} for key, order in orders.items()}})


def split_shot(film: Film, shot_id: str, *, lines: int, seconds: Fraction | None = None) -> tuple[Film, str]:
    """The shot and, behind it, a new one that goes on from its last frame and has its lines from number `lines` on;
    `seconds`: how long the first part is, where the shot has a length.
    """
    scene_id = _scene_of(film, shot_id)
    shot = film.shots[shot_id]
    if not 0 <= lines <= len(shot.lines):
        raise BadSpec(f"lines must be 0 to {len(shot.lines)}, got {lines}.", hint="0 moves all.", field="lines")
    if shot.seconds is not None and seconds is not None and not 0 < seconds < shot.seconds:
        raise BadSpec(f"The shot lasts {float(shot.seconds):g} s.", hint="Split it inside.", field="seconds")
    rest = shot.seconds - seconds if shot.seconds is not None and seconds is not None else None
    first = shot.model_copy(update={"lines": shot.lines[:lines], "seconds": seconds or shot.seconds})
    second = shot.model_copy(
        update={"lines": shot.lines[lines:], "seconds": rest, "start": "continue", "transition": "cut", "take": "",
                "still": "", "number": ""}
    )  # fmt: skip
    shots = dict(film.shots) | {shot_id: first}
    return add_shot(film.model_copy(update={"shots": shots}), scene_id, second, after=shot_id)


def _scene(film: Film, scene_id: str) -> Any:
    if scene_id not in film.scenes:
        raise BadSpec(f"There is no scene {scene_id[:40]}.", hint="Look at `scenes`.", field="scene")
    return film.scenes[scene_id]


def _scene_of(film: Film, shot_id: str) -> str:
    for key, scene in film.scenes.items():
        if shot_id in scene.shots:
            return key
    raise BadSpec(f"There is no shot {shot_id[:40]}.", hint="Look at `shots`.", field="shot")


def _in(order: list[str], shot_id: str) -> str:
    if shot_id not in order:
        raise BadSpec(f"The scene has no shot {shot_id[:40]}.", hint="Look at its `shots`.", field="after")
    return shot_id


def _free(prefix: str, taken: Mapping[str, Any]) -> str:
    number = len(taken) + 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def _plain(shot: Shot) -> dict[str, Any]:
    return shot.model_dump(mode="json", exclude_defaults=True)


def _too_deep(value: Any, left: int) -> bool:
    return isinstance(value, Mapping) and (left == 0 or any(_too_deep(inner, left - 1) for inner in value.values()))
