"""What is to be made, in which order: the list behind every estimate and every batch. Nothing is made here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from vitascope.errors import BadSpec
from vitascope.film import state, wording
from vitascope.film.document import Film, Shot
from vitascope.film.state import State
from vitascope.film.take import KINDS, Kind, Take, chosen
from vitascope.film.times import frames


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants made. `kinds`: of these; `ids`: only of these shots, lines, cues and scenes, empty: of all;
    `n`: takes of each still and clip; `stale`: also what is out of date; `again`: also what is current, of `ids`.
    """

    kinds: tuple[Kind, ...] = KINDS
    ids: frozenset[str] = frozenset()
    n: int = 1
    stale: bool = False
    again: bool = False

    def names(self, *ids: str) -> bool:
        """Whether one of them is meant."""
        return not self.ids or bool(self.ids & set(ids))

    def wants(self, found: State, *, has_take: bool = False) -> bool:
        """Whether something in this state is to be made. What waits for another is made with it; where there is a take
        of it already, only when what is out of date is asked for.
        """
        if self.again and self.ids:
            return True
        if found.name == "blocked":
            return self.stale or not has_take
        return found.name in ("missing", "failed") or (self.stale and found.name == "stale")


def handles(film: Film, shot: Shot, after: Shot | None) -> Fraction:
    """By how much a take is longer than its shot, so that dissolves have frames to spare: a half of each. `after`: the
    shot behind it.
    """
    dissolves = (shot.transition == "dissolve") + (after is not None and after.transition == "dissolve")
    return dissolves * film.dissolve / 2


@dataclass(frozen=True)
class Task:
    """One thing to be made. `after`: the shot whose chosen take it continues, when that is made in the same batch."""

    of: str
    kind: Kind
    digest: str
    after: str = ""
    why: str = ""


def tasks(
    film: Film,
    takes: tuple[Take, ...],
    *,
    kinds: Collection[Kind] = KINDS,
    ids: Collection[str] = (),
    again: bool = False,
    stale: bool = False,
) -> list[Task]:
    """What is missing or failed, and with `stale` what is out of date too, or will be when what it continues is made
    anew; with `again` everything named in `ids` once more. `ids` are of shots, lines or cues; empty: all. A locked shot
    is left alone. In the order in which it can be made: voices (they set lengths), stills, takes in the order of the
    film, music. Raises BadSpec for an id that is not there.
    """
    known = {*film.shots, *film.cues, *(line.id for shot in film.shots.values() for line in shot.lines)}
    if unknown := sorted(set(ids) - known):
        raise BadSpec(f'The film has no "{unknown[0][:40]}".', hint="Shots, lines and cues are named by their ids.")
    wish = Wish(kinds=tuple(kinds), ids=frozenset(ids), stale=stale, again=again)
    found: dict[Kind, list[Task]] = {kind: [] for kind in KINDS}
    coming: set[tuple[str, Kind]] = set()
    locked = {key for key, shot in film.shots.items() if shot.locked}
    owner = {line.id: key for key, shot in film.shots.items() for line in shot.lines}
    for one in state.states(film, takes):
        shot = owner.get(one.of, one.of)
        if one.kind not in kinds or shot in locked or not wish.names(one.of, shot):
            continue
        makes = one.name != "running" and wish.wants(one, has_take=chosen(takes, one.of, one.kind) is not None)
        after = film.before(one.of) if one.kind == "clip" and film.shots[one.of].start == "continue" else ""
        if one.name == "blocked":  # not when what it waits for is made in the same batch
            comes = (one.cause == after and (after, "clip") in coming) or (
                one.cause == one.of and (one.of, "still") in coming
            )
            makes = makes and bool(one.cause) and comes
        elif one.name == "current" and after and (after, "clip") in coming:
            makes = stale  # it is out of date when that is made
        if not makes:
            continue
        coming.add((one.of, one.kind))
        found[one.kind].append(
            Task(one.of, one.kind, digest_of(film, takes, one.of, one.kind), after if (after, "clip") in coming else "",
                 one.why)
        )  # fmt: skip
    if "music" in kinds:
        found["music"] = _music(film, takes, ids, again=again)
    return [task for kind in ("voice", "still", "clip", "music") for task in found[kind]]


def undescribed(film: Film, takes: tuple[Take, ...]) -> list[str]:
    """Shots that cannot be made because nothing says what is seen in them."""
    blocked = [one.of for one in state.states(film, takes) if one.name == "blocked" and not one.cause]
    return list(dict.fromkeys(blocked))


def digest_of(film: Film, takes: tuple[Take, ...], of: str, kind: Kind) -> str:
    """Of what it would be made from now."""
    if kind == "voice":
        line = film.line(of)
        assert line, "the line is there"
        return state.of_voice(film, line)
    scene = next(scene for scene in film.scenes.values() if of in scene.shots)
    if kind == "still":
        return state.of_still(film, scene, film.shots[of])
    return state.of_clip(film, takes, of, scene, film.shots[of])


def take_seconds(film: Film, takes: tuple[Take, ...], shot_id: str) -> Fraction:
    """How long the take of a shot should be: the shot, and frames to spare where it dissolves."""
    shot = film.shots[shot_id]
    order = [key for _, _, key, _ in film.in_order()]
    at = order.index(shot_id)
    after = film.shots[order[at + 1]] if at + 1 < len(order) else None
    return wording.shot_seconds(shot, state.spoken_lengths(film, takes)) + handles(film, shot, after)


def music_seconds(film: Film, takes: tuple[Take, ...], cue_id: str) -> Fraction:
    from vitascope.film.timeline import cue_seconds, timeline

    return cue_seconds(film, cue_id, timeline(film, takes).seconds)


def _music(film: Film, takes: tuple[Take, ...], ids: Collection[str], *, again: bool) -> list[Task]:
    """Cues that are composed and whose length or mood has changed: they cost nothing, so they follow the film."""
    found = []
    for key, cue in film.cues.items():
        seconds = Fraction(frames(music_seconds(film, takes, key), film.fps)) / film.fps
        if cue.kind != "music" or cue.file or seconds <= 0 or (ids and key not in ids):
            continue
        digest, made = state.of_music(cue, seconds), chosen(takes, key, "music")
        if not made or made.digest != digest or (again and key in ids):
            found.append(Task(key, "music", digest))
    return found
