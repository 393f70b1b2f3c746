"""The timeline in frames of the edit rate: what editors count in. Sounds are laid on tracks without overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from vitascope.film.document import Film
from vitascope.film.take import Media
from vitascope.film.timeline import Piece, Timeline
from vitascope.film.times import frames


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A piece of picture. `half`: half the length of the dissolve into it."""

    piece: Piece
    start: int
    length: int
    source_in: int  # at normal speed
    half: int
    gap: int  # black before it

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, kw_only=True)
class Heard:
    """`role`: dialogue, music or effects. `source_in`: at normal speed."""

    name: str
    role: str
    media: Media
    start: int
    length: int
    source_in: int = 0
    speed: Fraction = Fraction(1)
    gain: float = 0.0
    fade_in: int = 0
    fade_out: int = 0

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True)
class SoundTrack:
    name: str
    role: str
    clips: tuple[Heard, ...]


@dataclass(frozen=True)
class Caption:
    start: int
    end: int
    text: str


def pictures(timeline: Timeline) -> list[Shown]:
    count, made, end = _counter(timeline), [], 0
    for piece in timeline.pieces:
        start = count(piece.start)
        made.append(
            Shown(
                piece=piece, start=start, length=count(piece.end) - start, source_in=count(piece.source_in),
                half=count(piece.dissolve / 2), gap=start - end,
            )
        )  # fmt: skip
        end = made[-1].end
    return made


def takes_sound(timeline: Timeline) -> list[Heard]:
    return [
        Heard(
            name=shown.piece.name, role="dialogue", media=shown.piece.media, start=shown.start, length=shown.length,
            source_in=shown.source_in, speed=shown.piece.speed, gain=shown.piece.gain,
        )
        for shown in pictures(timeline)
        if shown.piece.media and shown.piece.media.sound and not shown.piece.muted and not shown.piece.is_still
    ]  # fmt: skip


def added_sound(timeline: Timeline) -> list[Heard]:
    """Voices and cues, up to the end of the picture: nothing is heard behind it."""
    count, made = _counter(timeline), []
    for sound in (*timeline.voices, *timeline.music):
        start = count(sound.start)
        length = min(max(1, count(sound.end) - start), timeline.frames - start)
        if length <= 0:
            continue
        role = "dialogue" if sound in timeline.voices else "effects" if sound.name.startswith("sound ") else "music"
        made.append(
            Heard(
                name=sound.name, role=role, media=sound.media, start=start, length=length,
                source_in=count(sound.source_in), gain=sound.gain,
                fade_in=min(length, count(sound.fade_in)), fade_out=min(length, count(sound.fade_out)),
            )
        )  # fmt: skip
    return made


def sound_tracks(timeline: Timeline) -> list[SoundTrack]:
    """Takes, voices, music and effects, each kind on as many tracks as it needs."""
    added = added_sound(timeline)
    kinds = [("Takes", "dialogue", takes_sound(timeline))]
    kinds += [
        (title, role, [heard for heard in added if heard.role == role])
        for title, role in (("Voice", "dialogue"), ("Music", "music"), ("Sound", "effects"))
    ]
    made = []
    for title, role, heard in kinds:
        lanes: list[list[Heard]] = []
        for clip in sorted(heard, key=lambda clip: clip.start):
            lane = next((lane for lane in lanes if lane[-1].end <= clip.start), None)
            if lane is None:
                lanes.append(lane := [])
            lane.append(clip)
        made += [
            SoundTrack(f"{title} {at}" if at > 1 else title, role, tuple(lane)) for at, lane in enumerate(lanes, 1)
        ]
    return made


def captions(timeline: Timeline, film: Film) -> list[Caption]:
    """Lines of text without overlap; none when the film shows none."""
    if film.captions.show == "none":
        return []
    count, spoken = _counter(timeline), sorted(timeline.spoken, key=lambda line: line.start)
    made = []
    for at, line in enumerate(spoken):
        end = count(min(line.end, timeline.seconds))
        if at + 1 < len(spoken):
            end = min(end, count(spoken[at + 1].start))
        text = f"{line.speaker}: {line.line.text}" if film.captions.speakers and line.speaker else line.line.text
        if end > count(line.start) and text.strip():
            made.append(Caption(count(line.start), end, text))
    return made


def _counter(timeline: Timeline) -> Callable[[Fraction], int]:
    return lambda seconds: frames(seconds, timeline.rate)
