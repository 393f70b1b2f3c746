"""What every reader of scripts makes of a text: its parts in order, each with its place in the source. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["heading", "shot", "action", "speech", "title", "sound", "transition", "note", "looks", "present"]
Listed = Literal["character", "place", "prop"]
Span = tuple[int, int]
#: In a text whose notes and remarks are masked. A source never holds it.
MASK = "\x00"


@dataclass(frozen=True)
class Warning:
    """Something that was not understood as it was perhaps meant. `line`: of the source, counted from 1."""

    line: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """One piece of a script.

    heading: a scene begins; `text` is the heading, with `number`, `place` and `time` as found in it.
    shot: one shot begins, and what follows belongs to it (a row of a table); `fields` as in a Shot.
    action: what is seen. speech: spoken by `who` ("" = nobody named); `off`: the speaker isn't seen.
    title, sound: shown or heard words. transition, note: as written.
    looks: how `who` looks; `member` says whether that is a character, a place or a prop.
    present: `who` is in the scene, or in the shot that was begun last.
    """

    kind: Kind
    text: str = ""
    line: int = 0
    span: Span | None = None
    who: str = ""
    manner: str = ""
    off: bool = False
    beside: bool = False  # spoken at the same time as the speech before it
    number: str = ""
    place: str = ""
    time: str = ""
    continuous: bool = False
    member: Listed = "character"
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Script:
    """What was read. `facts`: title, style and language, where the text states them."""

    parts: list[Part] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    warnings: list[Warning] = field(default_factory=list)

    def warn(self, line: int, text: str) -> None:
        self.warnings.append(Warning(line, text))


@dataclass(frozen=True)
class Row:
    """A line of the source without its line break. `start`: its first character's place in the source."""

    number: int
    start: int
    text: str

    @property
    def bare(self) -> str:
        return self.text[slice(*stripped(self.text, 0, len(self.text)))]

    @property
    def span(self) -> Span:
        """Of what is not white space at its ends."""
        return stripped(self.text, 0, len(self.text), self.start)

    def at(self, start: int, end: int) -> Span:
        """Where these characters of the row stand in the source."""
        return stripped(self.text, start, end, self.start)


def rows(text: str) -> list[Row]:
    """Lines may end with LF, CR or CRLF."""
    found: list[Row] = []
    for number, match in enumerate(re.finditer(r"[^\r\n]*(?:\r\n|\r|\n|\Z)", text), 1):
        if match.start() == len(text) and found:
            break
        found.append(Row(number, match.start(), match[0].rstrip("\r\n")))
    return found


def stripped(text: str, start: int, end: int, offset: int = 0) -> Span:
    """The span without white space at both ends, moved by `offset`."""
    while start < end and (text[start].isspace() or text[start] in "\ufeff\x00"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in "\ufeff\x00"):
        end -= 1
    return start + offset, end + offset


def line_of(text: str, at: int) -> int:
    """The number of the line that holds this character."""
    return len(re.findall(r"\r\n|\r|\n", text[:at])) + 1


_PAIRS = {'"': '"', "“": "”", "「": "」", "『": "』", "‘": "’", "'": "'"}
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")


def unquoted(text: str, span: Span) -> Span:
    """Without the quotation marks around the whole of it."""
    start, end = stripped(text, *span)
    if end - start > 2 and _PAIRS.get(text[start]) == text[end - 1]:
        inner = _APOSTROPHE.sub("", text[start + 1 : end - 1])
        if text[start] not in inner and text[end - 1] not in inner:
            return stripped(text, start + 1, end - 1)
    return start, end


def speeches(text: str, span: Span, part: Part, *, brackets: bool = False) -> list[Part]:
    """The words at this span as parts of speech that hold nothing but spoken words. `brackets`: round brackets inside
    the words say how they are spoken; those at the end say what happens then.
    """
    pattern = rf"{MASK}+" + (r"|[（(][^（()）\n]{0,80}[）)]" if brackets else "")
    found: list[Part] = []
    manner, at = part.manner, span[0]
    for match in [*re.finditer(pattern, text[span[0] : span[1]]), None]:
        end = span[0] + match.start() if match else span[1]
        start, end = stripped(text, at, end)
        if not found and start < end:
            start, end = unquoted(text, (start, end))
        if start < end:
            words = plain_words(text[start:end])
            where = (start, end) if words == text[start:end] else None
            found.append(replace(part, text=words, span=where, manner=manner[:200]))
            manner = ""
        if match:
            at = span[0] + match.end()
            inner = match[0].strip(f"（()） {MASK}")
            manner = inner or manner
    if brackets and found and manner:
        found.append(Part(kind="action", text=manner, line=part.line, who=part.who))
    return found


_EMPHASIS = re.compile(r"(?<!\\)(\*{1,3}|_)(?=\S)(.{1,500}?)(?<=[^\s\\])\1", re.DOTALL)


def plain_words(text: str) -> str:
    """Without the marks of emphasis that Fountain and Markdown know; the very same text where there are none."""
    for _ in range(3):
        text = _EMPHASIS.sub(r"\2", text)
    return re.sub(r"\\([*_])", r"\1", text)
