"""Taking over what an editor changed: differences that somebody picked become items of the cut."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from vitascope.errors import BadSpec
from vitascope.film.document import Cut, CutItem, Film
from vitascope.film.handoff.compare import ONLY_TOLD, Difference
from vitascope.film.timeline import Timeline, items

_PLAIN = ("source_in", "seconds", "speed", "dissolve", "gap")
_FROZEN = ("source_in", "seconds", "speed", "dissolve")
_ADDED = ("split", "duplicated", "added", "foreign")


def accept(
    film: Film,
    differences: tuple[Difference, ...],
    chosen: Collection[int],
    *,
    files: Mapping[str, str] | None = None,
    timeline: Timeline | None = None,
) -> Cut:
    """The cut with the chosen differences, by their place in the list, in it. Raises BadSpec.

    An item that changes gets the rest of its times as they were, so that they don't move with what follows from the
    shot. `files`: for foreign clips their ids, in the library or of takes, by the name in the difference.
    `timeline`: as it was exported; a dissolve that had no frames to spare there does not come to life when its
    neighbour changes.
    """
    picked = [difference for at, difference in enumerate(differences) if at in set(chosen)]
    kept = {item.id: item for item in items(film)}
    for piece in timeline.pieces if timeline and picked else ():
        if piece.id in kept and kept[piece.id].dissolve not in (None, piece.dissolve):
            kept[piece.id] = kept[piece.id].model_copy(update={"dissolve": piece.dissolve})
    order = list(kept)
    left_out, changed = list(film.cut.left_out), set[str]()
    for one in picked:
        if one.what in ONLY_TOLD or (one.what == "foreign" and not one.item):
            continue
        if one.what not in _ADDED and one.item not in kept:
            raise BadSpec(
                f"The cut has no item {one.item[:40]} any more.", hint="Compare the edited cut with the film again."
            )
        if one.what == "removed":
            order.remove(one.item)
            shot = kept.pop(one.item).shot
            if shot and shot not in left_out and not any(item.shot == shot for item in kept.values()):
                left_out.append(shot)
        elif one.what in _ADDED:
            kept[one.item] = _added(one, files or {})
            left_out = [shot for shot in left_out if shot != kept[one.item].shot]
        else:
            frozen = {} if one.item in changed else {name: one.was[name] for name in _FROZEN if name in one.was}
            changed.add(one.item)
            now = {name: one.now[name] for name in _PLAIN if name in one.now}
            kept[one.item] = _item({**kept[one.item].model_dump(mode="json", exclude_none=True), **frozen, **now})
    not_taken = {one.item: one.now["after"] for one in differences if one.what in _ADDED and "after" in one.now}
    for one in picked:  # in the edited order, so that what stands before each is in its place already
        if "after" in one.now and one.item in kept and (one.what == "moved" or one.what in _ADDED):
            if one.item in order:
                order.remove(one.item)
            after = one.now["after"]
            while after in not_taken and after not in order:
                after = not_taken[after]
            order.insert(order.index(after) + 1 if after in order else 0 if not after else len(order), one.item)
    return Cut(items=tuple(kept[key] for key in order), left_out=tuple(left_out))


def picked(wanted: str, differences: Sequence[Difference]) -> list[int]:
    """The places of the differences that somebody names: "all", or ids such as "0,3". Raises BadSpec."""
    if wanted.strip() == "all":
        return list(range(len(differences)))
    parts = [part.strip() for part in wanted.split(",") if part.strip()]
    if not all(part.isdecimal() and len(part) < 7 and int(part) < len(differences) for part in parts):
        raise BadSpec(
            f'There is no difference "{wanted[:60]}".', hint=f'Ids of the list, 0 to {len(differences) - 1}, or "all".',
            field="accept",
        )  # fmt: skip
    return sorted({int(part) for part in parts})


def strangers(differences: Sequence[Difference], chosen: Collection[int]) -> dict[str, str]:
    """Of the chosen ones the clips that are not of the film: their names, each with its file's name without suffix."""
    found = [differences[at] for at in sorted(set(chosen))]
    return {one.now["name"]: one.now.get("place", "") for one in found if one.what == "foreign" and one.item}


def to_be_made(differences: tuple[Difference, ...]) -> dict[str, str]:
    """Shots whose takes are shorter than the edited cut wants, with the seconds that they need."""
    return {one.now["shot"]: one.now["seconds"] for one in differences if one.what == "too long"}


def _added(one: Difference, files: Mapping[str, str]) -> CutItem:
    fields: dict[str, Any] = {name: one.now[name] for name in (*_PLAIN, "shot", "take", "file") if name in one.now}
    if one.what == "foreign":
        name = one.now.get("name", "")
        if name not in files:
            raise BadSpec(
                f'"{name[:80]}" is not of this film, and it was not said which clip that is.',
                hint="Bring it along, or take the other differences over without it.",
                field="files",
            )
        fields["file"] = files[name]
    return _item({"id": one.item, **fields})


def _item(fields: dict[str, Any]) -> CutItem:
    try:
        return CutItem.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise BadSpec(
            f"The edited cut does not fit this film at {first['loc'][0]}: {first['msg']}.",
            hint="Compare the edited cut with the film again.",
        ) from error
