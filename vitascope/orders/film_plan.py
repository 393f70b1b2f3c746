"""What a film lacks, as things to be made with their prices: which stills, clips, voices and music, by which model, in
which order, and what cannot be made and why. It opens no file and asks no database; `film_order.py` orders what stands
here, so a quote is the charge.

A shot that starts from its still, or goes on from the shot before it, is planned behind what it needs: its digest names
the take that will be there then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from vitascope.clip import MAX_SEED, ClipSpec, Shape, SourceClip
from vitascope.engines.card import ModelCard
from vitascope.errors import BadSpec, VitascopeError
from vitascope.film import state, timeline, wording
from vitascope.film.document import Film, Scene, Shot
from vitascope.film.state import State
from vitascope.film.take import KINDS, Kind, Media, Take, chosen, of_kind

Mode = Literal["still", "text", "image", "continue", "extend", "voice", "music"]
_THERE = Media(key="", seconds=Fraction(1))  # of a take that will be made before its turn
SPARE = 5  # a take is longer by this part of its lines, as long as nobody has spoken them: voices may be slower
_TO_BE_MADE = ("missing", "failed", "blocked")


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


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to be made. `ids`: of its takes, in their order."""

    of: str
    kind: Kind
    label: str
    ids: tuple[str, ...]
    digest: str
    mode: Mode
    card: ModelCard | None = None  # of a voice or music none
    spec: ClipSpec | None = None  # without its pictures
    shape: Shape | None = None
    units: int = 0  # for all its takes
    was: str = ""  # the state that it is in before it is made: "missing", "stale" ...
    after: str = ""  # the shot whose clip, or still, it begins from
    waits_for: int | None = None  # the place in the plan of what it waits for
    job: str = ""  # or the job that makes that already
    start: Take | None = None  # or the take that is there
    references: tuple[tuple[str, str], ...] = ()  # (name in the prompt, library clip or SHA-256)
    notes: tuple[str, ...] = ()

    @property
    def joins(self) -> bool:
        """Whether it goes on from the shot before it."""
        return self.mode in ("continue", "extend")

    @property
    def coming(self) -> tuple[str, ...]:
        """Modes of the card whose pictures are still to be put in."""
        first = {"image": ("image",), "continue": ("image",), "extend": ("extend",)}.get(self.mode, ())
        return (*first, *(("references",) if self.references else ()))


@dataclass(frozen=True)
class Refused:
    """What cannot be made, and why."""

    of: str
    kind: Kind
    label: str
    error: VitascopeError
    was: str = ""


@dataclass
class Plan:
    items: list[Item] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)  # what leaves this machine, and where it goes
    spoken: dict[str, list[int | None]] = field(default_factory=dict)  # micro-dollars of lines bought

    @property
    def units(self) -> int:
        return sum(item.units for item in self.items)


class Planner:
    """`card(name)`: the model of this name, "" for the default; `price(shape, card, n)`: units of credits; both raise
    what stands against it. `new_id` gives ids for takes.
    """

    def __init__(
        self,
        film: Film,
        takes: tuple[Take, ...],
        wish: Wish,
        *,
        card: Callable[[str], ModelCard],
        price: Callable[[Shape, ModelCard, int], int],
        new_id: Callable[[], str],
        cut: timeline.Timeline | None = None,
    ):
        self.film, self.takes, self.wish = film, takes, wish
        self._card, self._price, self._new_id = card, price, new_id
        self.plan, self._cut = Plan(), cut
        self._states: dict[tuple[str, Kind], State] = {}
        self._coming: dict[tuple[str, Kind], list[Take]] = {}
        for take in takes:
            if take.state == "running":
                self._coming.setdefault((take.of, take.kind), []).append(replace(take, media=_THERE))
        self._placed: dict[str, int] = {}  # take -> the place of its item
        self._blocked: set[tuple[str, str]] = set()  # of what was refused
        self._lengths = state.spoken_lengths(film, takes)

    def made(self) -> Plan:
        """The plan."""
        states = self._states = {(one.of, one.kind): one for one in state.states(self.film, self.takes)}
        storyboard = self.wish.kinds == ("still",)
        shots = list(self.film.in_order())
        for at, (scene_id, scene, shot_id, shot) in enumerate(shots):
            named = self._named(shot_id, scene_id, *(line.id for line in shot.lines))
            self._voices(shot_id, shot, states, named or self._named(shot_id, scene_id))
            of_shot = self._named(shot_id, scene_id)
            still = states.get((shot_id, "still"))
            if "still" in self.wish.kinds and of_shot and (still or storyboard):
                self._still(scene, shot_id, shot, still or State(shot_id, "still", "missing"))
            if "clip" in self.wish.kinds and of_shot:
                after = shots[at + 1][3] if at + 1 < len(shots) else None
                self._clip(scene, shot_id, shot, after, states[shot_id, "clip"])
        if "music" in self.wish.kinds:
            self._music()
        return self.plan

    def _named(self, *ids: str) -> bool:
        return not self.wish.ids or bool(self.wish.ids & set(ids))

    def _wanted(self, found: State) -> bool:
        if self.wish.again and self.wish.ids:
            return True
        return found.name in _TO_BE_MADE or (self.wish.stale and found.name == "stale")

    def _voices(self, shot_id: str, shot: Shot, states: dict[tuple[str, Kind], State], named: bool) -> None:
        if "voice" not in self.wish.kinds or not named:
            return
        for line in shot.lines:
            found = states.get((line.id, "voice"))
            asked = not self.wish.ids or self.wish.ids & {line.id} or not self.wish.ids & {ln.id for ln in shot.lines}
            if found and asked and self._wanted(found):
                self._add(line.id, "voice", self.film.label(shot_id), "voice", state.of_voice(self.film, line))

    def _music(self) -> None:
        cut = self._cut or timeline.timeline(self.film, self.takes)
        lengths = {key: timeline.cue_seconds(self.film, key, cut.seconds) for key in self.film.cues}
        for found in state.music_states(self.film, self.takes, lengths):
            self._states[found.of, "music"] = found
            if self._named(found.of) and self._wanted(found):
                digest = state.of_music(self.film.cues[found.of], lengths[found.of])
                self._add(found.of, "music", found.of, "music", digest)

    def _add(self, of: str, kind: Kind, label: str, mode: Mode, digest: str) -> None:
        made = (self._new_id(),)
        was = self._was(of, kind)
        self.plan.items.append(Item(of=of, kind=kind, label=label, ids=made, digest=digest, mode=mode, was=was))

    def _still(self, scene: Scene, shot_id: str, shot: Shot, found: State) -> None:
        digest = state.of_still(self.film, scene, shot)
        if not self._wanted(found) or self._has_already(shot_id, "still", digest):
            return
        label = self.film.label(shot_id)
        try:
            self._refuse_undescribed(scene, shot, label)
            card = self._card(self.film.still_model or self._still_of(shot.model or self.film.model))
            spec, references = self._spec(card, scene, shot, Fraction(0))
            self._place(shot_id, "still", "still", digest, card, spec, references=references)
        except VitascopeError as error:
            self._refuse(shot_id, "still", label, error)

    def _still_of(self, name: str) -> str:
        """The film's own model, if it makes stills; else the default."""
        return name if name and "still" in self._card(name).modes else ""

    def _clip(self, scene: Scene, shot_id: str, shot: Shot, after: Shot | None, found: State) -> None:
        if not self._wanted(found) or (found.name == "running" and not self.wish.again):
            return
        label = self.film.label(shot_id)
        notes: list[str] = []
        try:
            self._refuse_undescribed(scene, shot, label)
            card = self._card(shot.model or self.film.model)
            begins = self._begins(shot_id, shot, card, notes)
            known = (*self._known(shot_id, "still"), *self._known(self.film.before(shot_id), "clip"))
            digest = state.of_clip(self.film, known, shot_id, scene, shot)
            if self._has_already(shot_id, "clip", digest):
                return
            seconds = self._seconds(label, shot, after, card)
            voiced = [line.id for line in shot.lines if line.is_spoken and line.spoken_by == "voice"]
            if any(line_id not in self._lengths for line_id in voiced):
                notes.append("Its length is an estimate until its lines are spoken.")
            if wording.takes_words(self.film, shot) and card.sound == "never":
                notes.append(f"{card.name} makes no sound: lines that the take should speak stay silent.")
            spec, references = self._spec(card, scene, shot, seconds, begins=begins)
            mode: Mode = "text"
            if begins is not None:
                mode = "image" if shot.start == "still" else "continue" if "image" in card.modes else "extend"
            self._place(
                shot_id, "clip", mode, digest, card, spec, references=references, begins=begins, notes=tuple(notes),
                after=shot_id if shot.start == "still" else self.film.before(shot_id),
            )  # fmt: skip
        except VitascopeError as error:
            self._refuse(shot_id, "clip", label, error)

    def _refuse_undescribed(self, scene: Scene, shot: Shot, label: str) -> None:
        if not wording.is_described(self.film, scene, shot):
            raise BadSpec(f"{label} has no description.", hint="Write what is seen in it.", field="action")

    def _begins(self, shot_id: str, shot: Shot, card: ModelCard, notes: list[str]) -> Take | None:
        """The take from which the shot starts, which may be one that is still to be made; None: from words alone."""
        if shot.start == "new":
            return None
        kind: Kind = "still" if shot.start == "still" else "clip"
        earlier = shot_id if shot.start == "still" else self.film.before(shot_id)
        if not earlier:
            notes.append("It is the first of its scene, so it goes on from nothing.")
            return None
        if "image" not in card.modes and (kind == "still" or "extend" not in card.modes):
            raise BadSpec(
                f"{card.name} takes no first picture, and {self.film.label(shot_id)} starts from one.",
                hint="Choose another model for it, or let it start anew.",
            )
        wanted = self.film.shots[earlier].still if kind == "still" else self.film.shots[earlier].take
        found = chosen(self._known(earlier, kind), earlier, kind, wanted)
        if found:
            return found
        what = "its still" if kind == "still" else self.film.label(earlier)
        verb = "starts from" if kind == "still" else "goes on from"
        why = "which cannot be made" if (earlier, kind) in self._blocked else "which is not made"
        raise BadSpec(
            f"{self.film.label(shot_id)} {verb} {what}, {why}.", hint="Make that too, or let the shot start anew."
        )

    def _seconds(self, label: str, shot: Shot, after: Shot | None, card: ModelCard) -> Fraction:
        """As long as the shot, and a little more where the model can: for dissolves, and for lines not spoken yet."""
        needed = wording.shot_seconds(shot, self._lengths)
        longest = card.format.longest
        if needed > longest:
            most = f"makes at most {float(longest):g} s" if longest else "makes stills only"
            raise BadSpec(
                f"{label} lasts {float(needed):g} s; {card.name} {most}.",
                hint="Split the shot, shorten it, or choose another model for it.",
                field="seconds",
            )
        unspoken = [line for line in shot.lines if line.is_spoken and line.spoken_by == "voice"]
        unspoken = [line for line in unspoken if line.id not in self._lengths]
        spare = sum((wording.speech_seconds(line.text) for line in unspoken), Fraction(0)) / SPARE
        dissolves = (shot.transition == "dissolve") + (after is not None and after.transition == "dissolve")
        return min(longest, needed + spare + dissolves * self.film.dissolve / 2)

    def _spec(
        self, card: ModelCard, scene: Scene, shot: Shot, seconds: Fraction, *, begins: Take | None = None
    ) -> tuple[ClipSpec, tuple[tuple[str, str], ...]]:
        """Without its pictures; and who is in it, by references, where the model takes them."""
        still = seconds == 0
        references = self._references(card, scene, shot)
        prompt = wording.prompt(self.film, scene, shot, still=still)
        for name, member in ((name, self.film.cast[key]) for name, key, _ in references):
            prompt = _called(prompt, member.name, name)
        speaks = not still and card.sound != "never" and bool(wording.takes_words(self.film, shot))
        spec = ClipSpec(
            prompt=prompt,
            negative_prompt=self.film.negative[:2000],
            seconds=float(seconds),
            size=card.format.nearest((self.film.width, self.film.height)),
            sound=True if speaks else None,
            seed=shot.seed,
        )
        if begins is not None and "image" not in card.modes and begins.media is not _THERE:
            spec = replace(spec, size=None)
        return spec, tuple((name, given) for name, _, given in references)

    def _references(self, card: ModelCard, scene: Scene, shot: Shot) -> list[tuple[str, str, str]]:
        most = card.references.get("image", 0) if "references" in card.modes else 0
        seen = dict.fromkeys((*shot.cast, *((scene.place,) if scene.place else ())))
        found = [(key, key, self.film.cast[key].references[0]) for key in seen if self.film.cast[key].references]
        return found[:most]

    def _place(
        self,
        shot_id: str,
        kind: Kind,
        mode: Mode,
        digest: str,
        card: ModelCard,
        spec: ClipSpec,
        *,
        references: tuple[tuple[str, str], ...] = (),
        begins: Take | None = None,
        after: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        n, number = self.wish.n, self._next_number(shot_id, kind)
        if spec.seed is not None:  # the next take of a shot with a seed is another one
            spec = replace(spec, seed=(spec.seed + number - 1) % (MAX_SEED + 2 - n))
        waits_for = self._placed.get(begins.id) if begins else None
        job = begins.job if begins and waits_for is None and begins.state == "running" else ""
        item = Item(
            of=shot_id, kind=kind, label=self.film.label(shot_id), ids=tuple(self._new_id() for _ in range(n)),
            digest=digest, mode=mode, card=card, spec=spec, after=after if begins else "", waits_for=waits_for, job=job,
            start=begins if begins and waits_for is None and not job else None, references=references,
            was=self._was(shot_id, kind),
        )  # fmt: skip
        bare = self._continued(item) if mode == "extend" else spec
        shape = card.resolve(bare, given=item.coming)
        units = self._price(shape, card, n)
        told = (*notes, *shape.notes)
        self.plan.items.append(replace(item, spec=bare, shape=shape, units=units, notes=told))
        for offset, take_id in enumerate(item.ids):
            self._placed[take_id] = len(self.plan.items) - 1
            made = Take(id=take_id, of=shot_id, kind=kind, digest=digest, media=_THERE, number=number + offset)
            self._coming.setdefault((shot_id, kind), []).append(made)

    def _continued(self, item: Item) -> ClipSpec:
        """With the clip that it continues, as far as that is known."""
        assert item.spec
        if item.waits_for is not None and (shape := self.plan.items[item.waits_for].shape):
            source = SourceClip("?", shape.total, shape.width, shape.height, shape.fps)
        elif item.start and item.start.media and item.start.media.rate:
            media = item.start.media
            source = SourceClip("?", int(media.seconds * media.rate), media.width, media.height, media.rate)
        else:
            raise BadSpec(f"{item.label} goes on from a take that is not there yet.", hint="Order it a little later.")
        return replace(item.spec, extend=source, size=None)

    def _next_number(self, of: str, kind: Kind) -> int:
        return max((one.number for one in self._known(of, kind)), default=0) + 1

    def _known(self, of: str, kind: Kind) -> tuple[Take, ...]:
        """Its takes, with those that are on their way and those that are planned."""
        return (*of_kind(self.takes, of, kind), *self._coming.get((of, kind), ()))

    def _has_already(self, of: str, kind: Kind, digest: str) -> bool:
        """Nothing is made twice: a take of the same digest is there, or on its way."""
        if self.wish.again and self.wish.ids:
            return False
        for take in of_kind(self.takes, of, kind):
            if take.digest == digest and take.state != "failed":
                if take.state == "made":
                    label = self.film.label(of)
                    self.plan.notes.append(f"{label}: {take.name} was made from the same; choose it.")
                return True
        return False

    def _refuse(self, of: str, kind: Kind, label: str, error: VitascopeError) -> None:
        self._blocked.add((of, kind))
        self.plan.refused.append(Refused(of, kind, label, error, self._was(of, kind)))

    def _was(self, of: str, kind: Kind) -> str:
        found = self._states.get((of, kind))
        return found.name if found else "missing"


def _called(prompt: str, name: str, as_name: str) -> str:
    """The prompt with the first mention of this name as "@name"; one that is not mentioned is added."""
    found, count = re.subn(wording.name_pattern(name), lambda _: f"@{as_name}", prompt, count=1)
    return found if count else f"{prompt} @{as_name}"


def suggested(film: Film, takes: tuple[Take, ...], current: Collection[str]) -> Iterator[tuple[str, str]]:
    """(shot, take): the best of several current takes of a shot that has none chosen. By defects, the seam, and how
    near its length is to the shot's; never by a judge that knows another model's world.
    """
    lengths = state.spoken_lengths(film, takes)
    for _, scene, shot_id, shot in film.in_order():
        if shot.take or shot_id not in current:
            continue
        digest = state.of_clip(film, takes, shot_id, scene, shot)
        mine = [take for take in takes if (take.of, take.kind) == (shot_id, "clip") and take.media]
        fitting = [take for take in mine if take.own or take.digest == digest]
        if len(fitting) < 2:
            continue
        needed = wording.shot_seconds(shot, lengths)

        def rank(take: Take, needed: Fraction = needed) -> tuple[int, float, Fraction, int]:
            assert take.media
            lasts = take.media.seconds - take.media.begin
            return len(take.defects), take.seam or 0.0, max(Fraction(0), needed - lasts), -take.number

        yield shot_id, min(fitting, key=rank).id
