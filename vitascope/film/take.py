"""What was made: takes and stills of shots, voices of lines, music of cues. Each carries the digest of what it was made
from; `state.py` compares it with what would be made now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from vitascope.exact import exact

Kind = Literal["still", "clip", "voice", "music"]
KINDS: tuple[Kind, ...] = ("still", "clip", "voice", "music")
NOUNS: dict[Kind, tuple[str, ...]] = {  # for people: one of it, and many where an s is not enough
    "clip": ("take",), "still": ("still",), "voice": ("voice",), "music": ("piece of music", "pieces of music"),
}  # fmt: skip
_MOST_SECONDS, _MOST_RATE, _MOST_PIXELS, _MOST_NUMBER = 1_000_000, 1000, 100_000, 1_000_000_000  # in a file of others


@dataclass(frozen=True, kw_only=True)
class Media:
    """What a file is. `key` finds it: a path inside a film's folder, or a blob's key on a server."""

    key: str
    seconds: Fraction
    width: int = 0  # pixels; 0: no picture
    height: int = 0
    rate: Fraction = Fraction(0)  # frames a second; 0: a still, or sound alone
    sound: bool = False
    begin: Fraction = Fraction(0)  # where the take begins; before it the file shows the shot that it continues

    def to_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "seconds": str(self.seconds),
            "width": self.width,
            "height": self.height,
            "rate": str(self.rate),
            "sound": self.sound,
            **({"begin": str(self.begin)} if self.begin else {}),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Media:
        """Raises KeyError, TypeError and ValueError for what is no file's description."""
        return cls(
            key=_text(data["key"], "key"),
            seconds=_between(data["seconds"], _MOST_SECONDS, "seconds"),
            width=_whole(data.get("width", 0), _MOST_PIXELS, "width"),
            height=_whole(data.get("height", 0), _MOST_PIXELS, "height"),
            rate=_between(data.get("rate", 0), _MOST_RATE, "rate"),
            sound=bool(data.get("sound", False)),
            begin=_between(data.get("begin", 0), _MOST_SECONDS, "begin"),
        )


@dataclass(frozen=True, kw_only=True)
class Take:
    """One thing made. `of`: the id of its shot, line or cue. `words`: of a voice, when each word begins and ends."""

    id: str
    of: str
    kind: Kind
    digest: str
    state: Literal["made", "running", "failed"] = "made"
    media: Media | None = None  # when it is made
    job: str = ""  # on a server
    clip: str = ""  # its clip in the library, on a server
    engine: str = ""  # the model, or the voice, that made it
    number: int = 1  # of its kind, of its shot, counted from 1
    credits: float = 0.0  # what it cost
    seam: float | None = None  # how it joins the shot it continues; below 1.5 is smooth
    score: float | None = None
    defects: tuple[str, ...] = ()
    words: tuple[tuple[str, Fraction, Fraction], ...] = ()
    error: str = ""
    own: bool = False  # a file of the user's, which no change makes stale

    def to_dict(self) -> dict[str, Any]:
        """What is empty is left out."""
        plain = {
            name: getattr(self, name)
            for name in ("id", "of", "kind", "digest", "state", "job", "clip", "engine", "number", "credits", "seam",
                         "score", "error", "own")
        }  # fmt: skip
        needed = ("id", "of", "kind", "digest")  # also where it is empty, as of an own file
        kept = {name: value for name, value in plain.items() if name in needed or value not in ("", None, False, 0.0)}
        if self.media:
            kept["media"] = self.media.to_dict()
        if self.defects:
            kept["defects"] = list(self.defects)
        if self.words:
            kept["words"] = [[word, str(start), str(end)] for word, start, end in self.words]
        return kept

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Take:
        """Raises AttributeError, KeyError, TypeError and ValueError for what is no take."""
        media = Media.from_dict(data["media"]) if data.get("media") else None
        words = tuple(
            (str(word), _between(start, _MOST_SECONDS, "words"), _between(end, _MOST_SECONDS, "words"))
            for word, start, end in data.get("words", ())
        )
        plain = {key: value for key, value in data.items() if key not in ("media", "words", "defects")}
        for name in ("id", "of", "kind", "digest"):
            _text(data[name], name)
        if data["kind"] not in KINDS:
            raise ValueError(f'"{data["kind"][:20]}" is no kind of take')
        _whole(data.get("number", 1), _MOST_NUMBER, "number")
        return cls(**plain, media=media, words=words, defects=tuple(data.get("defects", ())))

    @property
    def name(self) -> str:
        return f"t{self.number}"


class Takes(tuple[Take, ...]):
    """Takes that find those of a shot at once, for films with many."""

    @cached_property
    def by_kind(self) -> dict[tuple[str, str], list[Take]]:
        found: dict[tuple[str, str], list[Take]] = {}
        for take in self:
            found.setdefault((take.of, take.kind), []).append(take)
        return found


def of_kind(takes: tuple[Take, ...], of: str, kind: Kind) -> list[Take]:
    """Those of one shot, line or cue."""
    if isinstance(takes, Takes):
        return takes.by_kind.get((of, kind), [])
    return [take for take in takes if take.of == of and take.kind == kind]


def renumbered(takes: tuple[Take, ...], new: Take) -> Take:
    """With the next number of its kind and shot."""
    mine = [take.number for take in takes if take.of == new.of and take.kind == new.kind]
    return replace(new, number=max(mine, default=0) + 1)


def chosen(takes: tuple[Take, ...], of: str, kind: Kind, wanted: str = "") -> Take | None:
    """The one that was picked, else the newest; None when none is made."""
    mine = [take for take in of_kind(takes, of, kind) if take.media]
    picked = [take for take in mine if take.id == wanted] or sorted(mine, key=lambda take: take.number)
    return picked[-1] if picked else None


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"`{name}` must be a text")
    return value


def _whole(value: Any, most: int, name: str) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"`{name}` must be a whole number from 0 to {most}")
    return int(value)


def _between(value: Any, most: int, name: str) -> Fraction:
    """An exact number that somebody else may have written."""
    try:
        read = exact(str(value))
    except ValueError as error:
        raise ValueError(f"`{name}` is no number that can be used: {error}") from error
    if not 0 <= read <= most:
        raise ValueError(f"`{name}` must be 0 to {most}")
    return read
