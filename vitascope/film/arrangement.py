"""What the built-in composer writes: the form of a piece, its harmony, and which instrument plays what in it, for each
mood. Pure, but for the chance that it is given; times are seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from vitascope.film.harmony import MAJOR, MINOR, Chord, chord, contour, ladder, one_of, sung, voiced
from vitascope.film.instruments import Note

Rhythm = tuple[tuple[float, float], ...]  # (beat, length in beats) over two bars

_SLOW: tuple[Rhythm, ...] = (
    ((0, 3), (3, 1), (4, 4)),
    ((0, 2), (2, 2), (4, 3)),
    ((1, 2), (3, 1), (4, 2), (6, 2)),
    ((0, 1.5), (1.5, 0.5), (2, 2), (4, 3.5)),
)
_LIVELY: tuple[Rhythm, ...] = (
    ((0, 1), (1, 1), (2, 1.5), (3.5, 0.5), (4, 1), (5, 1), (6, 2)),
    ((0, 0.5), (0.5, 0.5), (1, 1), (2.5, 0.5), (3, 1), (4, 2), (6.5, 0.5), (7, 1)),
    ((0, 1.5), (1.5, 0.5), (2, 1), (3, 1), (4, 1.5), (5.5, 0.5), (6, 2)),
    ((0.5, 0.5), (1, 0.5), (1.5, 1), (3, 0.5), (3.5, 0.5), (4, 3)),
)
_SPARSE: tuple[Rhythm, ...] = (((0, 4), (6, 2)), ((2, 4),), ((0, 2), (5, 3)))
_UP_AND_DOWN = ((0, 1, 2, 3, 4, 3, 2, 1), (0, 2, 1, 3, 2, 4, 3, 1), (0, 2, 4, 2, 3, 1, 2, 1), (0, 1, 2, 4, 3, 2, 1, 2))


@dataclass(frozen=True)
class Mood:
    """`first` and `second`: progressions of the two themes, a chord to a bar. Each layer: its sound, and how loud."""

    tempo: tuple[int, int]  # beats a minute
    scale: tuple[int, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]
    cadence: str
    bed: tuple[str, float]
    figure: tuple[str, float]
    tune: tuple[str, float]
    rhythms: tuple[Rhythm, ...]
    bass: tuple[str, float]
    bass_beats: Rhythm
    figure_step: float = 0.5  # beats
    figure_low: int = 60
    tune_middle: int = 76
    drums: dict[str, tuple[float, Sequence[float]]] = field(default_factory=dict)  # sound -> (loud, beats)
    swing: float = 0.5  # where the second half of a beat begins


MOODS = {
    "calm": Mood(
        (64, 84), MAJOR, ("Imaj7 IVmaj7 vi7 IV", "I9 vi7 IVmaj7 Vsus", "IVmaj7 I vi7 Vsus"),
        ("vi7 IVmaj7 I V", "ii7 IVmaj7 vi7 Vsus"), "IV Vsus",
        ("pad", 0.075), ("pluck", 0.06), ("glass", 0.085), _SLOW, ("sub", 0.16), ((0, 4),), 1.0, 55, 74,
    ),
    "bright": Mood(
        (100, 124), MAJOR, ("I V vi IV", "I IV vi V", "vi IV I V"), ("IV V iii vi", "ii IV I V", "IV I V vi"), "IV V",
        ("pad", 0.045), ("pluck", 0.095), ("bell", 0.075), _LIVELY, ("bass", 0.13),
        ((0, 1), (1.5, 0.5), (2, 1), (3.5, 0.5)), 0.5, 60, 77,
        {"kick": (0.22, (0, 2, 2.5)), "clap": (0.06, (1, 3)), "hat": (0.055, (0.5, 1.5, 2.5, 3.5))},
    ),
    "tense": Mood(
        (88, 112), MINOR, ("i bVI i V", "i bII i V", "i iv bVI V"), ("bVI bVII i i", "iv i bII V"), "iv V",
        ("strings", 0.05), ("pizz", 0.10), ("glass", 0.05), _SPARSE, ("bass", 0.12),
        ((0, 0.5), (1, 0.5), (1.5, 0.5), (2.5, 0.5), (3, 0.5)), 0.25, 48, 79,
        {"heart": (0.24, (0, 0.5))},
    ),
    "sad": Mood(
        (56, 72), MINOR, ("i bVI bIII bVII", "i iv bVI V", "i v bVI bIII"), ("bVI bIII iv i", "iv bVII bIII bVI"),
        "iv V", ("strings", 0.045), ("piano", 0.10), ("piano", 0.16), _SLOW, ("sub", 0.13), ((0, 4),), 0.5, 53, 74,
    ),
    "grand": Mood(
        (76, 96), MAJOR, ("I V vi IV", "I bVII IV I", "vi IV I V"), ("bVI bVII I I", "ii vi IV V", "IV V vi bVII"),
        "IV V", ("strings", 0.075), ("pluck", 0.07), ("brass", 0.085), _SLOW, ("bass", 0.14),
        ((0, 2), (2, 2)), 0.5, 55, 69,
        {"timpani": (0.26, (0, 2.5, 3, 3.5)), "cymbal": (0.05, ()), "clap": (0.035, (2,))},
    ),
    "playful": Mood(
        (108, 132), MAJOR, ("I vi ii V", "I IV I V", "I iii IV V"), ("IV I ii V", "vi ii V I"), "ii V",
        ("reed", 0.022), ("marimba", 0.10), ("marimba", 0.13), _LIVELY, ("pizz", 0.30),
        ((0, 1), (1, 1), (2, 1), (3, 1)), 0.5, 60, 79,
        {"kick": (0.16, (0, 2)), "block": (0.05, (1, 2.5, 3)), "shaker": (0.06, (0.5, 1, 1.5, 2.5, 3, 3.5))}, 0.62,
    ),
}  # fmt: skip
_PARTS = (("A", 0.5), ("A", 0.72), ("B", 0.9), ("A", 0.8), ("pause", 0.35), ("B", 1.0), ("A", 0.85), ("pause", 0.4))


@dataclass(frozen=True)
class Bar:
    """`part`: intro, A, B, pause or end. `energy`: 0 to 1, how much plays. `turn`: the bar of its part."""

    part: str
    energy: float
    turn: int
    length: int  # of its part, in bars


def form(bars: int) -> list[Bar]:
    """A beginning that grows, themes that take turns with a breath between them, and an end that calms down."""
    intro = min(4, bars // 6)
    end = min(4, max(min(bars, 2), bars // 8)) if bars > 2 else bars
    phrase = 8 if bars >= 40 else 4
    made = [Bar("intro", 0.3 + 0.2 * at / max(intro, 1), at, intro) for at in range(intro)]
    middle = bars - intro - end
    for number in range(0, middle, phrase):
        part, energy = _PARTS[(number // phrase) % len(_PARTS)]
        length = min(phrase, middle - number)
        if number + phrase >= middle and number:
            part, energy = ("B", 0.95) if _PARTS[(number // phrase - 1) % len(_PARTS)][0] == "A" else ("A", 0.95)
        made += [Bar(part, energy, at, length) for at in range(length)]
    return made + [Bar("end", 0.7 - 0.25 * at / max(end, 1), at, end) for at in range(end)]


def arranged(mood: str, chance: Random, *, beat: float, bars: int, cuts: Sequence[int], seconds: float) -> list[Note]:
    """All notes. `beat`: its seconds; `cuts`: the beats on which a picture changes, each gets a little light."""
    return list(_Piece(MOODS[mood], chance, beat).notes(bars, cuts, seconds))


class _Piece:
    def __init__(self, mood: Mood, chance: Random, beat: float):
        self.mood, self.chance, self.beat = mood, chance, beat
        self.tonic = 48 + int(chance.random() * 12)
        self.themes = {
            "A": [chord(name) for name in one_of(chance, mood.first).split()],
            "B": [chord(name) for name in one_of(chance, mood.second).split()],
        }
        self.cadence = [chord(name) for name in mood.cadence.split()]
        self.home = chord("I" if mood.scale is MAJOR else "i")
        self.figures = {part: one_of(chance, _UP_AND_DOWN) for part in "AB"}
        self.motifs = {part: self._motif() for part in "AB"}

    def _motif(self) -> tuple[Rhythm, list[int]]:
        rhythm = one_of(self.chance, self.mood.rhythms)
        return rhythm, contour(self.chance, len(rhythm))

    def notes(self, bars: int, cuts: Sequence[int], seconds: float) -> Iterator[Note]:
        plan = form(bars)
        chords = [self._chord(bar, at, bars) for at, bar in enumerate(plan)]
        before: Sequence[int] = ()
        for at, bar in enumerate(plan):
            before = voiced(chords[at], self.tonic, before)
            following = chords[at + 1] if at + 1 < bars else self.home
            yield from self._bed(at, before, bar)
            yield from self._bass(at, chords[at], bar)
            yield from self._figure(at, chords[at], bar)
            yield from self._tune(at, (chords[at], following), bar)
            yield from self._drums(at, chords[at], bar, plan[at + 1] if at + 1 < bars else None)
        yield from self._lights(cuts, chords, bars)
        yield from self._last(4 * bars * self.beat, before, seconds)

    def _chord(self, bar: Bar, at: int, bars: int) -> Chord:
        if bars - at <= len(self.cadence):
            return self.cadence[len(self.cadence) - (bars - at)]
        theme = self.themes["B" if bar.part == "B" else "A"]
        return theme[bar.turn % len(theme)]

    def _at(self, bar: int, beat: float) -> float:
        whole = int(beat)
        half = beat - whole
        late = self.mood.swing if half == 0.5 else half
        return (4 * bar + whole + late) * self.beat

    def _note(
        self, start: float, sound: str, pitch: int, seconds: float, loud: float, pan: float = 0.0, room: float = 0.3
    ) -> Note:
        """As a person plays it: never twice exactly as loud, and a few thousandths of a second late."""
        late = 0.006 * self.chance.random()
        level = loud * (0.88 + 0.24 * self.chance.random())
        return Note(start + late, sound, pitch, round(seconds, 3), level, pan, room)

    def _bed(self, at: int, voices: Sequence[int], bar: Bar) -> Iterator[Note]:
        sound, loud = self.mood.bed
        level = loud * (0.55 + 0.45 * bar.energy)
        for number, pitch in enumerate(voices):
            pan = -0.6 + 1.2 * number / max(len(voices) - 1, 1)
            yield self._note(self._at(at, 0), sound, pitch, 4 * self.beat, level, pan, 0.45)
        if bar.energy > 0.85:  # the top an octave higher, where the piece is at its fullest
            yield self._note(self._at(at, 0), sound, voices[-1] + 12, 4 * self.beat, level * 0.5, 0.2, 0.6)

    def _bass(self, at: int, harmony: Chord, bar: Bar) -> Iterator[Note]:
        if bar.part == "intro" and bar.turn < bar.length / 2:
            return
        sound, loud = self.mood.bass
        root = 36 + (self.tonic + harmony.root - 36) % 12
        root -= 12 if root > 43 else 0
        calm = bar.part in ("intro", "pause")
        for number, (beat, length) in enumerate(((0.0, 4.0),) if calm else self.mood.bass_beats):
            fifth = sound == "pizz" and number % 2 == 1
            pitch = root + (7 if fifth and root < 38 else -5 if fifth else 0) + (12 if sound == "pizz" else 0)
            held = length * self.beat * (0.95 if length >= 1 else 0.8)
            yield self._note(self._at(at, beat), sound, pitch, held, loud * (0.7 + 0.3 * bar.energy), 0.0, 0.08)

    def _figure(self, at: int, harmony: Chord, bar: Bar) -> Iterator[Note]:
        sound, loud = self.mood.figure
        step = self.mood.figure_step * (2 if bar.part in ("intro", "pause") or bar.energy < 0.45 else 1)
        pattern = self.figures["B" if bar.part == "B" else "A"]
        rungs = ladder(harmony, self.tonic, self.mood.figure_low, self.mood.figure_low + 30)
        for number in range(int(4 / step)):
            beat = number * step
            rests = sound == "marimba" and pattern[(number + 3) % 8] == 2
            if rests or (bar.part == "end" and bar.turn == bar.length - 1 and beat >= 2):
                continue
            accent = 1.15 if beat == int(beat) and int(beat) % 2 == 0 else 0.85
            pitch = rungs[pattern[number % 8] % len(rungs)]
            pan = 0.45 if number % 2 else -0.45
            level = loud * accent * (0.5 + 0.5 * bar.energy)
            yield self._note(self._at(at, beat), sound, pitch, step * self.beat, level, pan, 0.35)

    def _tune(self, at: int, harmony: tuple[Chord, Chord], bar: Bar) -> Iterator[Note]:
        """A motif of two bars, said twice; the second time it ends at rest."""
        if bar.part not in "AB" or bar.turn % 2 or bar.turn + 1 >= bar.length:
            return
        sound, loud = self.mood.tune
        rhythm, heights = self.motifs[bar.part]
        answers = bar.turn % 4 == 2
        if answers:
            heights = [*heights[:-1], 0]
        chords = [harmony[0 if beat < 4 else 1] for beat, _ in rhythm]
        strong = [beat % 2 == 0 or length >= 1.5 for beat, length in rhythm]
        middle = self.mood.tune_middle + (3 if bar.part == "B" else 0)
        pitches = sung(heights, strong, chords, self.tonic, self.mood.scale, middle)
        for (beat, length), pitch in zip(rhythm, pitches, strict=True):
            level = loud * (0.7 + 0.3 * bar.energy) * (1.1 if beat % 4 == 0 else 0.95)
            yield self._note(self._at(at, beat), sound, pitch, length * self.beat, level, 0.12, 0.5)

    def _drums(self, at: int, harmony: Chord, bar: Bar, following: Bar | None) -> Iterator[Note]:
        turns = following is not None and following.turn == 0
        if self.mood.drums and turns and at:
            yield self._note(max(0.0, self._at(at + 1, 0) - 1.1), "swell", 0, 0, 0.022, 0.0, 0.4)
        if bar.part in ("intro", "pause") or (bar.part == "end" and bar.turn > 0):
            return
        root = 36 + (self.tonic + harmony.root) % 12
        for sound, (loud, beats) in self.mood.drums.items():
            if sound == "cymbal":
                beats = (0.0,) if bar.turn == 0 else ()
            if sound == "timpani" and not turns:
                beats = beats[:1]  # the roll leads into the next part
            quiet = sound in ("clap", "block") and bar.energy < 0.6
            for beat in () if quiet else beats:
                level = loud * (0.65 + 0.35 * bar.energy) * (1.0 if beat == int(beat) else 0.75)
                pan = {"hat": 0.3, "shaker": -0.35, "block": 0.4}.get(sound, 0.0)
                yield self._note(self._at(at, beat), sound, root, 0, level, pan, 0.15 if sound != "timpani" else 0.4)

    def _lights(self, cuts: Sequence[int], chords: Sequence[Chord], bars: int) -> Iterator[Note]:
        for beat in cuts:
            if beat >= 4 * bars:
                continue
            rungs = ladder(chords[beat // 4], self.tonic, 79, 91)
            yield self._note(beat * self.beat, "glass", rungs[beat % len(rungs)], 0, 0.035, -0.2, 0.6)

    def _last(self, at: float, before: Sequence[int], seconds: float) -> Iterator[Note]:
        """The tonic, rolled upwards and held to the film's end."""
        held = max(0.4, seconds - at - 0.5)
        for number, pitch in enumerate(voiced(self.home, self.tonic, before)):
            yield self._note(at, self.mood.bed[0], pitch, held, self.mood.bed[1], -0.5 + 0.5 * number, 0.5)
        root = 36 + self.tonic % 12 - (12 if self.tonic % 12 > 7 else 0)
        yield self._note(at, self.mood.bass[0], root + (12 if self.mood.bass[0] == "pizz" else 0), held,
                         self.mood.bass[1], 0.0, 0.1)  # fmt: skip
        for number, pitch in enumerate(ladder(self.home, self.tonic, self.mood.figure_low, self.mood.figure_low + 24)):
            start = at + 0.09 * number
            yield self._note(start, self.mood.figure[0], pitch, 1.0, self.mood.figure[1] * 0.9, 0.1 * number - 0.4, 0.5)
        top = ladder(self.home, self.tonic, self.mood.tune_middle, self.mood.tune_middle + 12)[0]
        yield self._note(at, self.mood.tune[0], top, held, self.mood.tune[1], 0.0, 0.6)
        for sound in [name for name in ("kick", "timpani", "cymbal") if name in self.mood.drums]:
            yield self._note(at, sound, 36 + self.tonic % 12, 0, self.mood.drums[sound][0], 0.0, 0.4)
