"""What a format of another program can hold of a film, and what is told when it cannot hold all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vitascope.film.document import Film
from vitascope.film.take import Media
from vitascope.film.timeline import Timeline

#: What a film can have that a format may or may not hold, in words for people.
FEATURES = {
    "cuts": "cuts and gaps",
    "dissolves": "dissolves",
    "speed": "speed",
    "sound": "sound of takes, voices and music",
    "levels": "sound levels",
    "fades": "fades of sounds",
    "ducking": "music that is lower under speech",
    "captions": "captions",
    "markers": "markers of scenes",
    "overlays": "logo and text over the picture",
    "slates": "slates of shots that are not made yet",
}

#: Where a file will be on the user's side: a relative path, an absolute one, or a URI.
Where = Callable[[Media], str]
#: Where a file is here.
Here = Callable[[Media], Path]


@dataclass(frozen=True)
class Report:
    """`losses`: whole sentences about what this film has and the format could not hold."""

    losses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Job:
    """One export. `files` is needed by the formats that carry media or pictures inside."""

    timeline: Timeline
    film: Film
    media: Where
    files: Here | None = None


@dataclass(frozen=True, kw_only=True)
class Format:
    """`keeps`: names of FEATURES. `comes_back`: `read` understands it. `holds_files`: media or pictures are inside."""

    name: str
    title: str
    suffix: str
    keeps: frozenset[str]
    render: Callable[[Job, Path], tuple[str, ...]]  # writes the file, and tells what the table cannot know
    comes_back: bool = False
    holds_files: bool = False

    @property
    def loses(self) -> frozenset[str]:
        return frozenset(FEATURES) - self.keeps


def losses(form: Format, timeline: Timeline, film: Film) -> tuple[str, ...]:
    """Of what this film has, that which the format cannot hold."""
    found = _counted(timeline, film)
    return tuple(
        f"{form.title} does not hold {FEATURES[name]}: {found[name]}."
        for name in FEATURES
        if name in form.loses and name in found
    )


def _counted(timeline: Timeline, film: Film) -> dict[str, str]:
    """What this film has, with its number."""
    pieces = timeline.pieces
    takes = [piece for piece in pieces if piece.media and piece.media.sound and not piece.muted]
    sounds = [*timeline.voices, *timeline.music]
    numbers = {
        "dissolves": (sum(piece.dissolve > 0 for piece in pieces), "dissolve"),
        "speed": (sum(piece.speed != 1 for piece in pieces), "changed speed"),
        "sound": (len(takes) + len(sounds), "sound"),
        "levels": (sum(piece.gain != 0 for piece in takes) + sum(sound.gain != 0 for sound in sounds), "changed level"),
        "fades": (sum(bool(sound.fade_in or sound.fade_out) for sound in sounds), "faded sound"),
        "ducking": (sum(sound.duck for sound in timeline.music) if timeline.voices else 0, "sound"),
        "captions": (len(timeline.spoken) if film.captions.show != "none" else 0, "line"),
        "markers": (len(timeline.markers), "marker"),
        "overlays": (len(film.overlays), "overlay"),
        "slates": (sum(piece.media is None for piece in pieces), "slate"),
    }
    return {name: f"{number} {word}{'s' * (number != 1)}" for name, (number, word) in numbers.items() if number}
