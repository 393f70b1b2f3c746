"""What a film lacks, as things to be made with their prices: which stills, clips, voices and music, by which model, in
which order, and what cannot be made and why. It opens no file and asks no database; `film_order.py` orders what stands
here, so a quote is the charge.

A shot that starts from its still, or goes on from the shot before it, is planned behind what it needs: its digest names
the take that will be there then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from vitascope.clip import MAX_SEED, ClipSpec, Shape, SourceClip
from vitascope.engines.card import ALIKE, ModelCard
from vitascope.errors import BadSpec, VitascopeError
from vitascope.film import state, timeline, wording
from vitascope.film.document import Film, Line, Scene, Shot
from vitascope.film.plan import Wish, handles
from vitascope.film.state import State
from vitascope.film.take import Kind, Media, Take, chosen, of_kind
from vitascope.orders.film_batch import Item, Mode, Pick, Plan, Refused

_THERE = Media(key="", seconds=Fraction(1))  # of a take that will be made before its turn
SPARE = 5  # a take is longer by this part of its lines, as long as nobody has spoken them: voices may be slower


class Planner:
    """`cards(name)`: the model of this name ("": the default), or those of a route; `price(shape, card, n)`: units of
    credits; both raise what stands against it. `pick(name, drafts, passed)`: which of a route's drafts is ordered, and
    why; `passed` says why its other models don't make it. `new_id` gives ids for takes.
    """

    def __init__(
        self,
        film: Film,
        takes: tuple[Take, ...],
        wish: Wish,
        *,
        cards: Callable[[str], Sequence[ModelCard]],
        price: Callable[[Shape, ModelCard, int], int],
        new_id: Callable[[], str],
        pick: Pick = lambda name, drafts, passed: (drafts[0], ""),
        cut: timeline.Timeline | None = None,
    ):
        self.film, self.takes, self.wish = film, takes, wish
        self._cards, self._price, self._pick, self._new_id = cards, price, pick, new_id
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
            if shot.locked:
                if shot_id in self.wish.ids:
                    self.plan.notes.append(f"{self.film.label(shot_id)} is locked, so nothing of it is made.")
                continue
            self._voices(scene_id, shot_id, shot, states)
            still = states.get((shot_id, "still"))
            if not self.wish.names(shot_id, scene_id):
                continue
            if "still" in self.wish.kinds and (still or storyboard):
                self._still(scene, shot_id, shot, still or State(shot_id, "still", "missing"))
            if "clip" in self.wish.kinds:
                after = shots[at + 1][3] if at + 1 < len(shots) else None
                self._clip(scene, shot_id, shot, after, states[shot_id, "clip"])
        if "music" in self.wish.kinds:
            self._music()
        return self.plan

    def _wants(self, found: State, of: str, kind: Kind) -> bool:
        return self.wish.wants(found, has_take=chosen(self.takes, of, kind) is not None)

    def _voices(self, scene_id: str, shot_id: str, shot: Shot, states: dict[tuple[str, Kind], State]) -> None:
        """A line that is named is meant alone, not its shot's others."""
        alone = self.wish.ids & {line.id for line in shot.lines}
        for line in shot.lines if "voice" in self.wish.kinds else ():
            found = states.get((line.id, "voice"))
            asked = line.id in alone if alone else self.wish.names(shot_id, scene_id)
            if found and asked and self._wants(found, line.id, "voice"):
                self._add(line.id, "voice", self.film.label(shot_id), "voice", state.of_voice(self.film, line))

    def _music(self) -> None:
        cut = self._cut or timeline.timeline(self.film, self.takes)
        lengths = {key: timeline.cue_seconds(self.film, key, cut.seconds) for key in self.film.cues}
        for found in state.music_states(self.film, self.takes, lengths):
            self._states[found.of, "music"] = found
            if self.wish.names(found.of) and self._wants(found, found.of, "music"):
                digest = state.of_music(self.film.cues[found.of], lengths[found.of])
                self._add(found.of, "music", found.of, "music", digest)

    def _add(self, of: str, kind: Kind, label: str, mode: Mode, digest: str) -> None:
        made = (self._new_id(),)
        was = self._was(of, kind)
        self.plan.items.append(Item(of=of, kind=kind, label=label, ids=made, digest=digest, mode=mode, was=was))

    def _still(self, scene: Scene, shot_id: str, shot: Shot, found: State) -> None:
        digest = state.of_still(self.film, scene, shot)
        if not self._wants(found, shot_id, "still") or self._has_already(shot_id, "still", digest):
            return

        def draft(card: ModelCard) -> Item:
            spec, references = self._spec(card, scene, shot, Fraction(0))
            return self._draft(shot_id, "still", "still", digest, card, spec, references=references)

        try:
            self._refuse_undescribed(scene, shot, self.film.label(shot_id))
            own = shot.model or self.film.model
            own = own if own and any("still" in card.modes for card in self._cards(own)) else ""  # else the default
            self._place(self._made_by(self.film.still_model or own, shot, draft))
        except VitascopeError as error:
            self._refuse(shot_id, "still", self.film.label(shot_id), error)

    def _clip(self, scene: Scene, shot_id: str, shot: Shot, after: Shot | None, found: State) -> None:
        if not self._wants(found, shot_id, "clip") or (found.name == "running" and not self.wish.again):
            return
        label = self.film.label(shot_id)
        known = (*self._known(shot_id, "still"), *self._known(self.film.before(shot_id), "clip"))
        digest = state.of_clip(self.film, known, shot_id, scene, shot)

        def draft(card: ModelCard) -> Item:
            notes: list[str] = []
            begins = self._begins(shot_id, shot, card, notes)
            seconds = self._seconds(label, shot, after, card)
            if self._unspoken(shot):
                notes.append("Its length is an estimate until its lines are spoken.")
            if wording.takes_words(self.film, shot) and card.sound == "never":
                notes.append(f"{card.name} makes no sound: lines that the take should speak stay silent.")
            spec, references = self._spec(card, scene, shot, seconds, begins=begins)
            mode: Mode = "text"
            if begins is not None:
                mode = "image" if shot.start == "still" else "continue" if "image" in card.modes else "extend"
            return self._draft(
                shot_id, "clip", mode, digest, card, spec, references=references, begins=begins, notes=tuple(notes),
                after=shot_id if shot.start == "still" else self.film.before(shot_id),
            )  # fmt: skip

        try:
            self._refuse_undescribed(scene, shot, label)
            if not self._has_already(shot_id, "clip", digest):
                self._place(self._made_by(shot.model or self.film.model, shot, draft))
        except VitascopeError as error:
            self._refuse(shot_id, "clip", label, error)

    def _made_by(self, name: str, shot: Shot, draft: Callable[[ModelCard], Item]) -> Item:
        """By this model; of a route by the one that is picked of those that make the shot as it should be."""
        cards = self._cards(name)
        if len(cards) == 1:
            drafts, passed = [draft(cards[0])], dict[str, str]()
        else:
            drafts, passed, stands = [], {}, None
            for card in cards:
                try:
                    item = draft(card)
                except VitascopeError as error:
                    passed[card.name], stands = error.message, error
                    continue
                if why := self._otherwise(item, shot):
                    passed[card.name] = why
                else:
                    drafts.append(item)
            if stands and not drafts and set(passed.values()) == {stands.message}:
                raise stands  # it has nothing to do with the models
        item, why = self._pick(name, drafts, passed)
        return replace(item, notes=(*item.notes, why)) if why else item

    def _otherwise(self, item: Item, shot: Shot) -> str:
        """What of the shot this model would not make as it should be; empty: nothing."""
        assert item.shape
        assert item.card
        if abs(item.shape.width / item.shape.height / self.film.aspect - 1) > ALIKE:
            return f"it makes {item.shape.width}x{item.shape.height}"
        silent = item.kind == "clip" and item.card.sound == "never" and wording.takes_words(self.film, shot)
        return "it makes no sound" if silent else ""

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
        spare = sum((wording.speech_seconds(line.text) for line in self._unspoken(shot)), Fraction(0)) / SPARE
        return min(longest, needed + spare + handles(self.film, shot, after))

    def _unspoken(self, shot: Shot) -> list[Line]:
        """Its lines that a voice will speak, and has not yet."""
        spoken = [line for line in shot.lines if line.is_spoken and line.spoken_by == "voice"]
        return [line for line in spoken if line.id not in self._lengths]

    def _spec(
        self, card: ModelCard, scene: Scene, shot: Shot, seconds: Fraction, *, begins: Take | None = None
    ) -> tuple[ClipSpec, tuple[tuple[str, str], ...]]:
        """Without its pictures; and who is in it, by references, where the model takes them."""
        still = seconds == 0
        references = self._references(card, scene, shot)
        prompt = wording.prompt(self.film, scene, shot, still=still)
        for name, member in ((name, self.film.cast[key]) for name, key, _ in references):
            prompt = wording.called(prompt, member.name, name)
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

    def _draft(
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
    ) -> Item:
        """With its shape and price, and without ids: it is not in the plan yet."""
        n, number = self.wish.n, self._next_number(shot_id, kind)
        if spec.seed is not None:  # the next take of a shot with a seed is another one
            spec = replace(spec, seed=(spec.seed + number - 1) % (MAX_SEED + 2 - n))
        waits_for = self._placed.get(begins.id) if begins else None
        job = begins.job if begins and waits_for is None and begins.state == "running" else ""
        item = Item(
            of=shot_id, kind=kind, label=self.film.label(shot_id), ids=(), digest=digest, mode=mode, card=card,
            spec=spec, after=after if begins else "", waits_for=waits_for, job=job,
            start=begins if begins and waits_for is None and not job else None, references=references,
            was=self._was(shot_id, kind),
        )  # fmt: skip
        bare = self._continued(item) if mode == "extend" else spec
        shape = card.resolve(bare, given=item.coming)
        units = self._price(shape, card, n)
        return replace(item, spec=bare, shape=shape, units=units, notes=(*notes, *shape.notes))

    def _place(self, item: Item) -> None:
        number = self._next_number(item.of, item.kind)
        item = replace(item, ids=tuple(self._new_id() for _ in range(self.wish.n)))
        self.plan.items.append(item)
        for offset, take_id in enumerate(item.ids):
            self._placed[take_id] = len(self.plan.items) - 1
            made = Take(
                id=take_id, of=item.of, kind=item.kind, digest=item.digest, media=_THERE, number=number + offset
            )
            self._coming.setdefault((item.of, item.kind), []).append(made)

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
