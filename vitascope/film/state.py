"""What is missing, current, out of date or blocked. Nothing of it is stored: each thing that was made carries the
digest of what it was made from, and here it is compared with what would be made now.

A digest holds what shows in the result: words, looks, references, the picture it starts from. It does not hold the
model, the seed or a character's name: another model is a wish for the next take and makes nothing out of date.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from vitascope.errors import BadSpec
from vitascope.film import wording
from vitascope.film.document import Cue, Film, Line, Scene, Shot
from vitascope.film.take import Kind, Take, chosen, of_kind
from vitascope.film.voices.words import spoken

Name = Literal["missing", "current", "stale", "blocked", "running", "failed"]
GATES = ("breakdown", "stills", "cut")
UNDESCRIBED = "It has no description."


@dataclass(frozen=True)
class State:
    """`why`: one sentence for people. `cause`: the id of what it waits for, when it is blocked; empty: it waits for
    words that say what is seen.
    """

    of: str
    kind: Kind
    name: Name
    why: str = ""
    cause: str = ""


def digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def spoken_lengths(film: Film, takes: tuple[Take, ...]) -> dict[str, Fraction]:
    """Lengths of the lines that have a current voice, in seconds."""
    found = {}
    for shot in film.shots.values():
        for line in shot.lines:
            voice = chosen(takes, line.id, "voice")
            if voice and voice.media and (voice.own or voice.digest == of_voice(film, line)):
                found[line.id] = voice.media.seconds
    return found


def of_voice(film: Film, line: Line) -> str:
    voice = film.cast[line.speaker].voice if line.speaker in film.cast else None
    return digest(
        ["voice", spoken(line.text), film.language, [voice.engine, voice.name, voice.speed] if voice else ["", "", 1.0]]
    )


def of_still(film: Film, scene: Scene, shot: Shot) -> str:
    return digest(["still", *_looks(film, scene, shot, still=True)])


def of_clip(film: Film, takes: tuple[Take, ...], shot_id: str, scene: Scene, shot: Shot) -> str:
    begins: list[str] = [shot.start]
    if shot.start == "still":
        still = chosen(takes, shot_id, "still", shot.still)
        begins.append(still.id if still else "")
    elif shot.start == "continue":
        earlier = film.before(shot_id)
        take = chosen(takes, earlier, "clip", film.shots[earlier].take) if earlier else None
        begins.append(take.id if take else "")
    return digest(["clip", *_looks(film, scene, shot, still=False), begins])


def of_music(cue: Cue, seconds: Fraction) -> str:
    """`seconds`: how long it plays."""
    return digest(["music", cue.mood, cue.seed, cue.bpm, str(seconds)])


def _looks(film: Film, scene: Scene, shot: Shot, *, still: bool) -> list[Any]:
    words = wording.without_names(film, wording.prompt(film, scene, shot, still=still))
    references = [film.cast[key].references for key in shot.cast if key in film.cast]
    size = [film.width, film.height]
    aspect = str(film.aspect) if still else [size[0] / size[1]]
    return [words, film.negative, references, aspect]


def states(film: Film, takes: tuple[Take, ...]) -> list[State]:
    """Of every still, take and voice of the film, in its order. A shot's still counts only where the take starts from
    it, or where one was made.
    """
    found: list[State] = []
    lengths = spoken_lengths(film, takes)
    clips: dict[str, State] = {}
    for _, scene, shot_id, shot in film.in_order():
        found += [_voice(film, takes, line) for line in shot.lines if line.is_spoken and line.spoken_by == "voice"]
        still = None
        if shot.start == "still" or of_kind(takes, shot_id, "still"):
            still = _state(takes, shot_id, "still", shot.still, of_still(film, scene, shot))
            if still.name in ("missing", "failed") and not wording.is_described(film, scene, shot):
                still = State(shot_id, "still", "blocked", UNDESCRIBED)
            found.append(still)
        clips[shot_id] = _clip(film, takes, shot_id, scene, shot, lengths, still, clips)
        found.append(clips[shot_id])
    return found


def _voice(film: Film, takes: tuple[Take, ...], line: Line) -> State:
    return _state(takes, line.id, "voice", "", of_voice(film, line))


def _clip(
    film: Film,
    takes: tuple[Take, ...],
    shot_id: str,
    scene: Scene,
    shot: Shot,
    lengths: Mapping[str, Fraction],
    still: State | None,
    clips: Mapping[str, State],
) -> State:
    state = _state(takes, shot_id, "clip", shot.take, of_clip(film, takes, shot_id, scene, shot))
    earlier = film.before(shot_id) if shot.start == "continue" else ""
    if state.name in ("missing", "stale", "failed"):
        if not wording.is_described(film, scene, shot):
            return State(shot_id, "clip", "blocked", UNDESCRIBED)
        if shot.start == "still" and still and still.name in ("missing", "running", "failed"):
            return State(shot_id, "clip", "blocked", f"It starts from its still, which is {still.name}.", shot_id)
        before = clips.get(earlier)
        if before and before.name in ("missing", "running", "failed", "blocked"):
            why = f"It goes on from {film.label(earlier)}, which is {before.name}."
            return State(shot_id, "clip", "blocked", why, earlier)
    take = chosen(takes, shot_id, "clip", shot.take)
    if state.name == "current" and take and take.media and not take.own:
        needed = wording.shot_seconds(shot, dict(lengths))
        lasts = take.media.seconds - take.media.begin
        if lasts + Fraction(1, 10) < needed:
            why = f"The take lasts {float(lasts):g} s, the shot {float(needed):g} s."
            return State(shot_id, "clip", "stale", why)
    return state


def _state(takes: tuple[Take, ...], of: str, kind: Kind, wanted: str, now: str) -> State:
    mine = sorted(of_kind(takes, of, kind), key=lambda take: take.number)
    if any(take.state == "running" for take in mine):
        return State(of, kind, "running")
    made = chosen(takes, of, kind, wanted)
    if made and (made.own or made.digest == now):
        return State(of, kind, "current")
    if mine and mine[-1].state == "failed" and mine[-1].digest == now:
        return State(of, kind, "failed", mine[-1].error or "It could not be made.")
    if made:
        return State(of, kind, "stale", "What it was made from has changed.")
    gone = [take.name for take in mine if take.state == "made"]
    return State(of, kind, "missing", f"The file of {gone[-1]} is not there any more." if gone else "")


def music_states(film: Film, takes: tuple[Take, ...], seconds: Mapping[str, Fraction]) -> list[State]:
    """Of the cues that are composed. `seconds`: how long each plays, by its id."""
    composed = [(key, cue) for key, cue in film.cues.items() if cue.kind == "music" and not cue.file]
    return [_state(takes, key, "music", "", of_music(cue, seconds[key])) for key, cue in composed if seconds.get(key)]


def seen_at(film: Film, takes: tuple[Take, ...], gate: str) -> str:
    """The digest of what somebody sees who passes a gate."""
    if gate == "breakdown":
        return digest(
            [
                gate,
                [
                    [scene.heading, shot_id, shot.action, [line.text for line in shot.lines], shot.framing]
                    for _, scene, shot_id, shot in film.in_order()
                ],
            ]
        )
    if gate == "stills":
        picked = [chosen(takes, shot_id, "still", shot.still) for _, _, shot_id, shot in film.in_order()]
        return digest([gate, [take.id if take else "" for take in picked]])
    takes_shown = [chosen(takes, shot_id, "clip", shot.take) for _, _, shot_id, shot in film.in_order()]
    return digest([gate, film.cut.model_dump(mode="json"), [take.id if take else "" for take in takes_shown]])


def gates(film: Film, takes: tuple[Take, ...]) -> dict[str, Literal["closed", "passed", "open again"]]:
    """A gate that was passed opens again by itself when what was seen has changed."""
    found: dict[str, Literal["closed", "passed", "open again"]] = {}
    for name in GATES:
        approval = film.gates.get(name)  # type: ignore[call-overload]
        same = approval and approval.digest == seen_at(film, takes, name)
        found[name] = "passed" if same else "open again" if approval else "closed"
    return found


def passing(film: Film, takes: tuple[Take, ...], gate: str, *, by: str, at: float, yes: bool = True) -> dict[str, Any]:
    """The merge patch by which somebody passes a gate for what is there now, or opens it again; `at` is a Unix time.
    Raises BadSpec for a gate that a film has not.
    """
    if gate not in GATES:
        raise BadSpec(f'A film has no gate "{gate[:40]}".', hint=f"It has {', '.join(GATES)}.", field="name")
    seen = {"by": by, "at": at, "digest": seen_at(film, takes, gate)}
    return {"gates": {gate: seen if yes else None}}


def summary(found: Iterable[State]) -> dict[str, int]:
    """How many are in each state."""
    counts: dict[str, int] = {}
    for state in found:
        counts[state.name] = counts.get(state.name, 0) + 1
    return counts
