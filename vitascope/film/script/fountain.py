"""Fountain (fountain.io/syntax) as parts of a script. Beyond the standard: names of characters may be Chinese, with or
without @, and a list under "# Cast" or "Cast:" on the title page says how they look. Pure.
"""

from __future__ import annotations

import re

from vitascope.film.script import vocabulary
from vitascope.film.script.parts import MASK, Listed, Part, Row, Script, line_of, rows, speeches, stripped

HEADING = re.compile(r"^(?:INT\.?\s*/\s*EXT|EXT\.?\s*/\s*INT|I\s*/\s*E|INT|EXT|EST)(?:\.|\s)\s*\S", re.IGNORECASE)
_NUMBERED = re.compile(r"\s*#([\w.\-)]+)#\s*$")
_KEYS = {"title", "credit", "author", "authors", "source", "draft date", "date", "contact", "copyright", "notes",
         "revision", "format", "language", "style", "cast", "characters", "places", "locations", "props"}  # fmt: skip
_KEY = re.compile(r"^([A-Za-z][A-Za-z ]{0,30}):\s*(.*)$")
_CUE = re.compile(r"^(?P<name>[^()（）]+?)\s*(?P<more>(?:[（(][^（()）]*[）)]\s*)*)(?P<dual>\^?)\s*:?$")
_CJK_NAME = re.compile(
    r"^[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af][\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af·\d ]{0,11}$"
)


def title_page(found: list[Row]) -> int:
    """How many rows the title page has; 0: there is none."""
    first = next((at for at, row in enumerate(found) if row.bare), None)
    if first is None:
        return 0
    key = _KEY.match(found[first].bare)
    if not key or key[1].lower() not in _KEYS or found[first].text[:1].isspace():
        return 0
    end = first
    while end < len(found) and found[end].bare:
        if not found[end].text[:1].isspace() and not _KEY.match(found[end].bare):
            return 0  # a paragraph that happens to begin like one
        end += 1
    return end


def cue(text: str, *, before: bool, after: bool) -> re.Match[str] | None:
    """The line as a character's cue. `before`: a blank line stands before it; `after`: words stand behind it."""
    forced = text.startswith("@")
    found = _CUE.match(text[1:] if forced else text)
    if not found or not after or len(found["name"]) > 60:
        return None
    name = found["name"].strip()
    upper = name.upper() == name and name.lower() != name and not re.search(r"[!?:;,]$|\.\.\.$", name)
    return found if forced or (before and (upper or _CJK_NAME.match(name))) else None


def read(text: str) -> Script:
    reader = _Reader(text)
    reader.run()
    return reader.script


class _Reader:
    def __init__(self, text: str):
        self.script = Script()
        self._text = self._masked(text)
        self._rows = [row for row in rows(self._text) if row.bare or MASK not in row.text]
        self._list: Listed | None = None

    def run(self) -> None:
        at = self._title_page(title_page(self._rows))
        while at < len(self._rows):
            at = self._next(at) if self._rows[at].bare else at + 1
        self.script.parts.sort(key=lambda part: part.line)  # notes come to where they stand

    def _masked(self, text: str) -> str:
        """Remarks and notes are masked, letter by letter, so that everything else stays where it is."""

        def hide(match: re.Match[str]) -> str:
            inner = match[0][2:-2].strip()
            if match[0].startswith("[[") and inner:
                self.script.parts.append(Part(kind="note", text=inner, line=line_of(text, match.start())))
            return re.sub(r"[^\r\n]", MASK, match[0])

        text = re.sub(r"/\*.*?\*/", hide, text, flags=re.DOTALL)
        text = re.sub(r"\[\[(?:[^\]\r\n]|\](?!\])|\r?\n(?!\s*\n))*\]\]", hide, text)
        for mark in ("/*", "[["):
            if mark in text:
                self.script.warn(line_of(text, text.index(mark)), f"{mark} is never closed, so it is read as words.")
        return text

    def _title_page(self, count: int) -> int:
        key = ""
        for row in self._rows[:count]:
            found = None if row.text[:1].isspace() else _KEY.match(row.bare)
            key, value = (found[1].lower(), found[2].strip()) if found else (key, row.bare)
            kind = vocabulary.cast_list(key)
            if kind:
                item = vocabulary.listed(value)
                if item:
                    self.script.parts.append(
                        Part(kind="looks", who=item[0], text=item[1], member=kind, line=row.number)
                    )
            elif key in ("title", "style", "language") and value:
                told = " ".join(filter(None, (self.script.facts.get(key, ""), value.strip("*_ "))))
                self.script.facts[key] = told
        return count

    def _blank(self, at: int) -> bool:
        return not 0 <= at < len(self._rows) or not self._rows[at].bare

    def _add(self, row: Row, **more: object) -> None:
        part = Part(line=row.number, **more)  # type: ignore[arg-type]
        self.script.parts.append(part)

    def _next(self, at: int) -> int:
        """Reads what begins at this row; answers where the next begins."""
        row = self._rows[at]
        bare = row.bare
        before, after = self._blank(at - 1), not self._blank(at + 1)
        if re.fullmatch(r"={3,}", bare):
            return at + 1
        if bare.startswith(("=", "#")) and not re.match(r"^#[\w.\-)]+#$", bare):
            return self._section(at)
        if self._list and self._listed(row):
            return at + 1
        if HEADING.match(bare) or re.match(r"^\.[^.\s]", bare):
            self._heading(row, bare.removeprefix("."))
            return at + 1
        kind = vocabulary.cast_list(bare) if before and bare.endswith((":", "：")) else None
        if kind:
            self._list = kind
            return at + 1
        if bare.startswith(">") and bare.endswith("<") and len(bare) > 2:
            where = stripped(self._text, row.span[0] + 1, row.span[1] - 1)
            self.script.parts += speeches(self._text, where, Part(kind="title", line=row.number))
            return at + 1
        if bare.startswith(">") or self._is_transition(bare, before, not after):
            self._add(row, kind="transition", text=bare.strip("> "))
            return at + 1
        if bare.startswith("~"):
            self._lyric(row, "")
            return at + 1
        if bare.startswith("!"):
            return self._action(at)
        spoken = cue(bare, before=before, after=after)
        return self._dialogue(at, spoken) if spoken else self._action(at)

    def _is_transition(self, bare: str, before: bool, after: bool) -> bool:
        if not before or not after:
            return False
        return (bare.endswith("TO:") and bare.upper() == bare) or (
            vocabulary.is_transition(bare) and bare.upper() == bare
        )

    def _section(self, at: int) -> int:
        row = self._rows[at]
        self._list = vocabulary.cast_list(row.bare) if row.bare.startswith("#") else self._list
        if not self._list:
            self._add(row, kind="note", text=row.bare.strip("#= "))
        return at + 1

    def _listed(self, row: Row) -> bool:
        item = None if HEADING.match(row.bare) or row.bare.startswith(".") else vocabulary.listed(row.bare)
        if not item:
            self._list = None
            return False
        self._add(row, kind="looks", who=item[0], text=item[1], member=self._list)
        return True

    def _heading(self, row: Row, text: str) -> None:
        self._list = None
        number = _NUMBERED.search(text)
        text = plain = _NUMBERED.sub("", text).replace(MASK, "").strip()
        found = vocabulary.heading(plain)
        self._add(
            row, kind="heading", text=text, number=number[1] if number else "", place=found.place, time=found.time,
            continuous=found.continuous,
        )  # fmt: skip

    def _lyric(self, row: Row, who: str, off: bool = True) -> None:
        start, end = row.span
        where = stripped(self._text, start + 1, end)
        part = Part(kind="speech", line=row.number, who=who, off=off, manner="sung")
        self.script.parts += speeches(self._text, where, part)

    def _dialogue(self, at: int, found: re.Match[str]) -> int:
        row, extensions = self._rows[at], re.findall(r"[（(]([^（()）]*)[）)]", found["more"])
        told = [vocabulary.extension(text) for text in extensions]
        who = " ".join(found["name"].replace(MASK, "").split())
        off = any(one[1] for one in told) or vocabulary.is_narrator(who)
        manner = first = ", ".join(one[0] for one in told if one[0])
        beside = bool(found["dual"])
        spoken: list[Row] = []

        def say() -> None:
            nonlocal manner
            if spoken:
                part = Part(kind="speech", line=spoken[0].number, who=who, off=off, manner=manner[:200], beside=beside)
                where = (spoken[0].span[0], spoken[-1].span[1])
                self.script.parts += speeches(self._text, where, part)
                spoken.clear()
                manner = first

        at += 1
        while at < len(self._rows) and (row := self._rows[at]).text:
            if not row.bare:  # two spaces: an empty line inside the speech
                if len(row.text) < 2 or self._blank(at + 1):
                    break
                say()
            elif re.fullmatch(r"[（(].*[）)]", row.bare):
                say()
                manner = ", ".join(filter(None, (first, row.bare.strip("（()） "))))
            elif row.bare.startswith("~"):
                say()
                self._lyric(row, who, off)
            else:
                spoken.append(row)
            at += 1
        say()
        return at

    def _action(self, at: int) -> int:
        """A paragraph. Lines that say what is shown or heard are parts of their own."""
        first = at
        while at < len(self._rows) and self._rows[at].bare:
            row = self._rows[at]
            if at > first and (HEADING.match(row.bare) or row.bare.startswith((">", "~", "@", "#", "!"))):
                break
            for kind, pattern in (("title", vocabulary.SHOWN), ("sound", vocabulary.HEARD)):
                label = pattern.match(row.bare)
                if label:
                    self._paragraph(first, at)
                    where = (row.span[0] + label.end(), row.span[1])
                    self.script.parts += speeches(self._text, where, Part(kind=kind, line=row.number))  # type: ignore[arg-type]
                    first = at + 1
                    break
            at += 1
        self._paragraph(first, at)
        return at

    def _paragraph(self, first: int, end: int) -> None:
        if first >= end:
            return
        lines = [row.bare.replace(MASK, "") for row in self._rows[first:end]]
        text = "\n".join(line.removeprefix("!") for line in lines).strip()
        if text:
            self._add(self._rows[first], kind="action", text=text)
