"""What an editor changed in a cut, and taking it over. The clips' names ("S02-03 t2") are the key back; a clip that was
renamed is known by its file. Only differences are told, and only those that somebody picks are taken over.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any, Literal

from vitascope.errors import BadSpec
from vitascope.film.document import Film
from vitascope.film.handoff.edited import EditedCut, EditedItem, covered
from vitascope.film.handoff.identity import refuse_another
from vitascope.film.handoff.links import file_names, stem
from vitascope.film.plural import counted
from vitascope.film.take import Take
from vitascope.film.timeline import Piece, Timeline, items
from vitascope.film.times import frames, timecode

What = Literal[
    "trimmed", "slipped", "moved", "split", "duplicated", "added", "removed", "renamed", "speed", "dissolve", "gap",
    "foreign", "too long",
]  # fmt: skip
#: Told, but nothing in the cut follows from them.
ONLY_TOLD = ("renamed", "too long")
_LETTERS = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class Difference:
    """`item`: id of the cut's item, or of the one that would be added. `was` and `now`: fields of that item, as in the
    document, and `after`: the id of the item before it ("" is the first). Of an added item `now` holds all of it. A
    shot of "too long" must be made anew with `now["seconds"]` of take.
    """

    item: str
    what: What
    was: dict[str, str] = field(default_factory=dict)
    now: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Difference:
        try:
            was, now = ({str(key): str(value) for key, value in data[name].items()} for name in ("was", "now"))
            return cls(str(data["item"]), data["what"], was, now, str(data.get("text", "")))
        except (KeyError, AttributeError, TypeError) as error:
            raise BadSpec("This is not a difference of a cut.", hint="Send it as it came.") from error


def compare(film: Film, takes: tuple[Take, ...], timeline: Timeline, edited: EditedCut) -> tuple[Difference, ...]:
    """`film`, `takes` and `timeline`: as they were exported. In the order of the edited cut, what is gone last. Raises
    BadSpec for another film's cut.
    """
    refuse_another(film, edited.film, edited.title)
    return tuple(_Comparison(film, takes, timeline, edited).differences())


class _Comparison:
    def __init__(self, film: Film, takes: tuple[Take, ...], timeline: Timeline, edited: EditedCut):
        self.film, self.rate, self.pieces = film, timeline.rate, timeline.pieces
        self.takes = {take.id: take for take in takes}
        self.others: dict[str, tuple[str, str]] = {}  # what the cut did not show: shot and take
        for shot in film.shots:
            label = film.label(shot)
            self.others |= {_key(f"{label} {name}"): (shot, "") for name in ("still", "-")}
            clips = [take for take in takes if take.of == shot and take.kind == "clip" and take.media]
            self.others |= {_key(f"{label} {take.name}"): (shot, take.id) for take in clips}
        self.at = {piece.id: at for at, piece in enumerate(self.pieces)}
        self.by_name: dict[str, list[Piece]] = {}
        self.by_file: dict[str, list[Piece]] = {}
        names = file_names(timeline)
        for piece in self.pieces:
            self.by_name.setdefault(_key(piece.name), []).append(piece)
            if piece.media:
                self.by_file.setdefault(_key(stem(names[piece.media.key])), []).append(piece)
        self.ids = set(self.at) | {item.id for item in items(film)}
        self.edited = self._flat(edited)

    def _known(self, item: EditedItem) -> list[Piece]:
        return self.by_name.get(_key(item.name)) or self.by_file.get(_key(stem(item.place))) or []

    def _flat(self, edited: EditedCut) -> list[EditedItem]:
        """The film has one picture track. Its own clips on higher tracks cover it; foreign ones there stay out: they
        are logos and titles, and `differences` tells of them.
        """
        flat = [item for item in edited.items if item.track == 0]
        self.above = []
        for item in sorted(edited.items, key=lambda item: item.track):
            if item.track > 0 and (self._known(item) or _key(item.name) in self.others):
                flat = covered(flat, item)
            elif item.track > 0:
                self.above.append(item)
        return flat

    def differences(self) -> list[Difference]:
        pairs = self._paired()
        self._refuse_another_film([item for item, piece in pairs if not piece and not self._other(item)])
        found: list[Difference] = []
        stays = _in_order([self.at[piece.id] if piece else None for _, piece in pairs])
        end, previous = Fraction(0), ""
        for place, (item, piece) in enumerate(pairs):
            gap, end = max(Fraction(0), item.start - end), max(end, item.end)
            if piece:
                found += self._of_item(item, piece, gap, previous, moved=place not in stays)
                previous = piece.id
            else:
                added = self._added(item, gap, previous)
                found.append(added)
                previous = added.item
        found += [self._above(item) for item in self.above]
        kept = {piece.id for _, piece in pairs if piece}
        for piece in self.pieces:
            if piece.id not in kept:
                found.append(Difference(piece.id, "removed", self._fields(piece), {}, f"{piece.name} was removed."))
        return found

    def _paired(self) -> list[tuple[EditedItem, Piece | None]]:
        """Each edited item with the piece it was. Of several with one name first those that are equal, then those that
        show most of the same frames; what is left over is new.
        """
        left = {piece.id for piece in self.pieces}
        found: dict[int, Piece] = {}
        known = [self._known(item) for item in self.edited]
        for is_right in (self._is_unmoved, self._is_equal):
            for at, item in enumerate(self.edited):
                equal = [piece for piece in known[at] if piece.id in left and is_right(item, piece)]
                if at not in found and equal:
                    found[at] = equal[0]
                    left.discard(equal[0].id)
        near = sorted(
            (
                (-_shared(item, piece), abs(item.start - piece.start), at, self.at[piece.id])
                for at, item in enumerate(self.edited)
                for piece in known[at]
                if at not in found and piece.id in left
            ),
        )
        for _, _, at, place in near:
            piece = self.pieces[place]
            if at not in found and piece.id in left:
                found[at] = piece
                left.discard(piece.id)
        return [(item, found.get(at)) for at, item in enumerate(self.edited)]

    def _is_equal(self, item: EditedItem, piece: Piece) -> bool:
        return not any((self._trimmed(item, piece), self._slipped(item, piece), self._sped(item, piece)))

    def _is_unmoved(self, item: EditedItem, piece: Piece) -> bool:
        return self._is_equal(item, piece) and frames(item.start, self.rate) == frames(piece.start, self.rate)

    def _trimmed(self, item: EditedItem, piece: Piece) -> bool:
        return frames(item.seconds, self.rate) != frames(piece.seconds, self.rate)

    def _slipped(self, item: EditedItem, piece: Piece) -> bool:
        """Formats round the source to a frame of the film, whose speed-up it then shares."""
        slack = Fraction(56, 100) * max(Fraction(1), min(piece.speed, item.speed)) / self.rate
        return bool(piece.media) and not piece.is_still and abs(item.source_in - piece.source_in) > slack

    def _sped(self, item: EditedItem, piece: Piece) -> bool:
        """An EDL writes a speed to a tenth of a frame, some editors write whole percents."""
        slack = max(Fraction(51, 1000) / self.rate, piece.speed / 500)
        return bool(piece.media) and not piece.is_still and abs(item.speed - piece.speed) > slack

    def _fields(self, piece: Piece) -> dict[str, str]:
        before = self.pieces[self.at[piece.id] - 1] if self.at[piece.id] else None
        gap = piece.start - (before.end if before else 0)
        return {
            "source_in": str(piece.source_in), "seconds": str(piece.seconds), "speed": str(piece.speed),
            "dissolve": str(piece.dissolve), "gap": str(gap), "after": before.id if before else "",
        }  # fmt: skip

    def _of_item(
        self, item: EditedItem, piece: Piece, gap: Fraction, previous: str, *, moved: bool
    ) -> list[Difference]:
        was, name, found = self._fields(piece), piece.name, list[Difference]()

        def tell(what: What, text: str, **now: Fraction | str) -> None:
            found.append(Difference(piece.id, what, was, {key: str(value) for key, value in now.items()}, text))

        if moved:
            behind = f"behind {self.pieces[self.at[previous]].name}" if previous in self.at else "elsewhere"
            tell("moved", f"{name} was moved {behind if previous else 'to the beginning'}.", after=previous)
        sped = self._sped(item, piece)
        if sped:
            self._check_speed(item)
            tell("speed", f"{name} runs at {float(item.speed):.4g} times its speed, not {float(piece.speed):.4g}.",
                 speed=item.speed)  # fmt: skip
        inside = max(Fraction(0), item.source_in)
        slipped = self._slipped(item, piece)
        if self._trimmed(item, piece):
            seconds = Fraction(frames(item.seconds, self.rate)) / self.rate
            now = {"seconds": seconds, **({"source_in": inside} if slipped else {})}
            tell("trimmed", f"{name} is {self._code(seconds)} long, not {self._code(piece.seconds)}"
                 f"{self._begins(inside) if slipped else ''}.", **now)  # fmt: skip
        elif slipped:
            tell("slipped", f"{name} shows other frames{self._begins(inside)}.", source_in=inside)
        if frames(item.dissolve, self.rate) != frames(piece.dissolve, self.rate):
            length = Fraction(frames(item.dissolve, self.rate)) / self.rate
            shown = f"a dissolve of {self._code(length)}" if length else "a cut"
            tell("dissolve", f"{name} begins with {shown}, not {self._code(piece.dissolve)}.", dissolve=length)
        if frames(gap, self.rate) != frames(Fraction(was["gap"]), self.rate):
            tell("gap", f"There is {self._code(gap)} of black before {name}, not {self._code(Fraction(was['gap']))}.",
                 gap=Fraction(frames(gap, self.rate)) / self.rate)  # fmt: skip
        if _key(item.name) != _key(name):
            found.append(Difference(piece.id, "renamed", {"name": name}, {"name": item.name},
                                    f'{name} is called "{item.name[:80]}" there. Here it keeps its name.'))  # fmt: skip
        if found:
            found += self._too_long(item, piece, inside)
        return found

    def _begins(self, inside: Fraction) -> str:
        return f" and begins at {self._code(inside)} of its take"

    def _too_long(self, item: EditedItem, piece: Piece, inside: Fraction) -> list[Difference]:
        if piece.media is None or piece.is_still or not piece.shot:
            return []
        needed = inside + item.seconds * item.speed
        if needed <= piece.media.seconds + Fraction(1, 2) / self.rate or needed <= piece.source_out:
            return []
        text = f"{piece.name} lasts {float(piece.media.seconds):.3g} s; the cut wants {float(needed):.3g} s of it. "
        return [Difference(piece.id, "too long", {"seconds": str(piece.media.seconds)},
                           {"seconds": str(needed), "shot": piece.shot}, text + "Make the shot anew.")]  # fmt: skip

    def _added(self, item: EditedItem, gap: Fraction, previous: str) -> Difference:
        known = self._known(item)
        self._check_speed(item)
        now = {
            "source_in": str(max(Fraction(0), item.source_in)),
            "seconds": str(Fraction(frames(item.seconds, self.rate)) / self.rate),
            "speed": str(item.speed), "dissolve": str(Fraction(frames(item.dissolve, self.rate)) / self.rate),
            "gap": str(Fraction(frames(gap, self.rate)) / self.rate), "after": previous,
        }  # fmt: skip
        other = self._other(item)
        if not known and other:
            now |= {"shot": other[0], "take": other[1]}
            text = f"{item.name[:80]} was put in at {self._code(item.start)}."
            return Difference(self._free(other[0]), "added", {}, now, text)
        if not known:
            name = item.name or stem(item.place)
            text = f'"{name[:80]}" is not of this film. Bring its file along to take it over.'
            now |= {"name": name, "place": stem(item.place)}
            return Difference(self._free(name or "clip"), "foreign", {}, now, text)
        piece = known[0]
        if piece.shot:
            now |= {"shot": piece.shot} | ({"take": piece.take} if self._is_clip(piece) else {})
        else:
            now |= {"file": piece.take}
        frame = 1 / self.rate
        begin, end = item.source_in, item.source_in + item.seconds * item.speed
        is_rest = any(
            one.source_in < end <= one.source_out + frame or one.source_in - frame <= begin < one.source_out
            for one in known
        )
        siblings = [other for other in self.edited if other is not item and self._known(other) == known]
        split = is_rest and not any(_overlap(item, other) for other in siblings)
        what: What = "split" if split else "duplicated"
        text = f"{piece.name} was {'split' if split else 'put in once more'} at {self._code(item.start)}."
        return Difference(self._free(piece.id), what, {}, now, text)

    def _other(self, item: EditedItem) -> tuple[str, str] | None:
        """Shot and take, where it is of the film and the cut did not show it."""
        return self.others.get(_key(item.name)) or self.others.get(_key(stem(item.place)))

    def _refuse_another_film(self, strange: list[EditedItem]) -> None:
        """Taking it over would leave no shot in the film, which nobody means."""
        if not self.pieces or len(strange) < len(self.edited):
            return
        count = len(self.pieces)
        if not self.edited:
            raise BadSpec(
                f"This cut shows nothing; the film's has {counted(count, 'clip')}.",
                hint="Export the sequence that has the clips on its video track.",
            )
        raise BadSpec(
            f'Nothing that this cut shows is of this film, such as "{strange[0].name[:60]}".',
            hint="Clips are known by their names (S01-02 t1) or their files'. Is it the cut of another film?",
        )

    def _is_clip(self, piece: Piece) -> bool:
        return piece.take in self.takes and self.takes[piece.take].kind == "clip"

    def _above(self, item: EditedItem) -> Difference:
        name = item.name or stem(item.place)
        text = f'"{name[:80]}" lies over the picture at {self._code(item.start)}. It is not of this film and stays out.'
        return Difference("", "foreign", {}, {"name": name, "track": str(item.track)}, text)

    def _check_speed(self, item: EditedItem) -> None:
        if not Fraction(1, 10) <= item.speed <= 10:
            raise BadSpec(
                f'"{item.name[:80]}" runs at {float(item.speed):.3g} times its speed; a film holds 0.1 to 10.',
                hint="Make a clip of it in the editor, and bring that back.",
            )

    def _free(self, wanted: str) -> str:
        base = _LETTERS.sub("_", wanted)[:26]
        base = base if base[:1].isalpha() else f"c{base}"
        name, number = base, 2
        while name in self.ids:
            name, number = f"{base}_{number}", number + 1
        self.ids.add(name)
        return name

    def _code(self, seconds: Fraction) -> str:
        return timecode(seconds, self.rate)


def _key(name: str) -> str:
    """Names as they may differ between programs: spaces for underscores, a suffix, a copy's number in brackets."""
    return re.sub(r"[\s_]+", " ", name).strip().casefold()


def _shared(item: EditedItem, piece: Piece) -> Fraction:
    """How many seconds of the source both show."""
    end = min(item.source_in + item.seconds * item.speed, piece.source_out)
    return max(Fraction(0), end - max(item.source_in, piece.source_in))


def _overlap(one: EditedItem, other: EditedItem) -> bool:
    """Whether they show the same frames of the source."""
    end = min(one.source_in + one.seconds * one.speed, other.source_in + other.seconds * other.speed)
    return end - max(one.source_in, other.source_in) > Fraction(1, 100)


def _in_order(places: list[int | None]) -> set[int]:
    """Which entries form the longest rising row: they stay, the others were moved. Patience sorting."""
    tails: list[int] = []
    at: list[int] = []
    before: dict[int, int] = {}
    for index, place in enumerate(places):
        if place is None:
            continue
        length = bisect_left(tails, place)
        if length:
            before[index] = at[length - 1]
        tails[length : length + 1], at[length : length + 1] = [place], [index]
    found, index_ = set[int](), at[-1] if at else -1
    while index_ >= 0:
        found.add(index_)
        index_ = before.get(index_, -1)
    return found
