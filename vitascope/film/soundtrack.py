"""What a film sounds like: voices, the takes' own sound and music, as parts of a mix."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from vitascope.film.plural import counted
from vitascope.film.screen import Locate, located
from vitascope.film.timeline import Piece, Timeline
from vitascope.media.mixdown import RATE, Interval, Part


def parts(timeline: Timeline, locate: Locate) -> tuple[Part, ...]:
    """Raises BadClip when a file is missing."""
    return (*_takes(timeline, locate), *_soundings(timeline, locate))


def speech(timeline: Timeline) -> tuple[Interval, ...]:
    """When somebody is heard, in samples: made voices, and takes that speak."""
    found = [(voice.start, voice.end) for voice in timeline.voices]
    talking = [(piece.start, piece.end) for piece in timeline.pieces if _is_heard(piece)]
    by_takes = [said for said in timeline.spoken if said.line.is_spoken and said.line.spoken_by == "take"]
    found += [(said.start, said.end) for said in by_takes if any(start <= said.start < end for start, end in talking)]
    return tuple(sorted((_samples(start), _samples(end)) for start, end in found))


def unheard(timeline: Timeline) -> list[str]:
    """One sentence where lines that a made voice should speak are silent; none is made, or of other words."""
    lines = [said.line.id for said in timeline.spoken if said.line.is_spoken and said.line.spoken_by == "voice"]
    count = len(lines) - sum(voice.of in lines for voice in timeline.voices)
    are = counted(count, "spoken line is", "spoken lines are")
    return [f"{are} not heard: no voice is made of the words as they are now."] if count else []


def _is_heard(piece: Piece) -> bool:
    return piece.media is not None and piece.media.sound and not piece.is_still and not piece.muted


def _takes(timeline: Timeline, locate: Locate) -> Iterator[Part]:
    """Each take's sound dissolves as its picture does."""
    for number, piece in enumerate(timeline.pieces):
        if not _is_heard(piece):
            continue
        after = timeline.pieces[number + 1].dissolve if number + 1 < len(timeline.pieces) else Fraction(0)
        start, end = piece.start - piece.dissolve / 2, piece.end + after / 2
        source_in = piece.source_in - piece.dissolve / 2 * piece.speed
        path = located(piece.media, piece.name, locate)
        assert path is not None
        yield Part(
            path=path,
            name=piece.name,
            start=_samples(start),
            end=_samples(end),
            source_in=max(source_in, Fraction(0)),
            speed=piece.speed,
            gain=piece.gain,
            fade_in=_samples(piece.dissolve),
            fade_out=_samples(after),
        )


def _soundings(timeline: Timeline, locate: Locate) -> Iterator[Part]:
    for one in (*timeline.voices, *timeline.music):
        path = located(one.media, one.name, locate)
        assert path is not None
        yield Part(
            path=path,
            name=one.name,
            start=_samples(one.start),
            end=_samples(min(one.end, timeline.seconds)),
            source_in=one.source_in,
            gain=one.gain,
            duck=one.duck,
            fade_in=_samples(one.fade_in),
            fade_out=_samples(one.fade_out),
        )


def _samples(seconds: Fraction) -> int:
    return round(seconds * RATE)
