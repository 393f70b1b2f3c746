"""Plain text as parts: stories and notes in paragraphs. Words in quotation marks and "NAME: words" are spoken. Pure."""

from __future__ import annotations

import re

from vitascope.film.script import fountain, vocabulary
from vitascope.film.script.parts import Listed, Part, Row, Script, Span, rows, speeches, stripped
from vitascope.film.script.sentences import CJK, is_chinese, sentences, words

_CHAPTER = re.compile(
    r"^(?:#{1,6}\s+\S.*|(?:chapter|scene|act|part)\s+(?:\d+|[ivxlc]+|one|two|three|four|five|six|seven|eight|nine|ten)\b.{0,60}|"
    r"第[\d一二三四五六七八九十百零〇两]+[章节场幕回].{0,30})$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^(?:[*\-_=~·•]\s*){3,}$")
_NAMED = re.compile(
    r"^(?P<name>[A-Z][\w.'’\-]*(?: [A-Z\d][\w.'’\-]*){0,3}|[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af·]{1,8})\s*"
    r"(?:[（(](?P<more>[^（()）\n]{0,60})[）)])?\s*[:：]\s*(?=\S)"
)
_BULLET = re.compile(r"^(?:[-*•·]|\d{1,3}[.)、])\s+(?=\S)")
_LETTER = rf"[^\W_{CJK}]"  # of a script that parts its words
_STOP = r"(?<=[.,!?…—–。！？，-])"  # what speech ends with inside its quotation marks
_ELIDED = r"(?!(?:tis|twas|em|cause|til|till|bout|round|n|\d\ds)\b)"  # words that begin with an apostrophe
_OPENS = rf"(?<!{_LETTER})(?<!')'(?i:{_ELIDED})(?=[^\s'])"
#: Single quotation marks are apostrophes too ("the boys' ball"): they close best where the words end as speech does.
_QUOTED = re.compile(
    r"“([^“”]{1,2000})”|「([^「」]{1,2000})」|『([^『』]{1,2000})』|"
    rf'(?<!{_LETTER})(?<!")"([^"]{{1,2000}})"(?!{_LETTER})|'
    rf"(?<!{_LETTER})‘(?:([^‘]{{1,2000}}?{_STOP})|((?:[^‘’]|’(?={_LETTER})){{1,2000}}?))’(?!{_LETTER})|"
    rf"{_OPENS}(?:((?:(?!{_OPENS})[\s\S]){{1,2000}}?{_STOP})|((?:[^']|(?<={_LETTER})'(?={_LETTER})){{1,2000}}?))"
    rf"'(?!{_LETTER})"
)
_SAY = (
    r"said|says|say|asked|asks|answered|answers|replied|replies|whispered|whispers|shouted|shouts|cried|cries|"
    r"murmured|murmurs|muttered|yelled|yells|added|adds|explained|exclaimed|laughed|laughs|sighed|sighs|continued|began|told"
)
_SAY_ZH = r"说道|说|问道|问|道|喊道|喊|叫道|叫|答道|回答|答|笑道|低语|嘟囔|吼道|吼|大叫|解释|补充|叹道|念道"
_SOFTLY = r"(?:[轻小大低高冷笑哭急连缓微慢悄][\u3400-\u9fff]{0,5})?(?:地|着|了)?(?:对[\u3400-\u9fff]{1,4})?"
_NAME = r"[A-Z][\w'’\-]*(?: [A-Z][\w'’\-]*){0,2}"
_SAID = re.compile(
    rf"^\s*(?:(?:{_NAME}|he|she|they|I)\s+(?:{_SAY})|(?:{_SAY})\s+(?:{_NAME}|he|she|they|I))\b\s*[,.]"
)  # all that stands between two pieces of speech
_SAID_ZH = re.compile(rf"^[，,]?\s*[^，。！？：；\s]{{0,8}}(?:{_SAY_ZH})[。，,]")
_SAID_ZH_BEFORE = re.compile(rf"(?:^|(?<=[。！？，；]))[^，。！？：；]{{0,8}}(?:{_SAY_ZH})[：:，,]\s*$")
_BEHIND = re.compile(rf"^[\s,]*(?:(?:{_SAY})\s+(?:the\s+)?({_NAME})|({_NAME})\s+(?:\w+ly\s+)?(?:{_SAY}))\b")
_BEFORE = re.compile(rf"({_NAME})\b[^.!?\"“”]{{0,120}}?\b(?:{_SAY})\b[^.!?\"“”]{{0,40}}[,:]?\s*$")
_BEFORE_ZH = re.compile(
    rf"(?:^|[。！？，、；\s”])([\u3400-\u9fff·]{{1,4}}?){_SOFTLY}(?:{_SAY_ZH})[\u3400-\u9fff]{{0,4}}[：:，,]?\s*$"
)
_BEHIND_ZH = re.compile(rf"^[，,]?([\u3400-\u9fff·]{{1,4}}?){_SOFTLY}(?:{_SAY_ZH})")
_SOMEBODY = re.compile(
    rf"^[\s,]*(?:(?:he|she|they|I|we)\s+(?:\w+ly\s+)?(?:{_SAY})|(?:{_SAY})\s+(?:he|she|they|I|we))\b"
)
_PRONOUNS = {"he", "she", "they", "it", "we", "i", "you", "who", "then", "and", "the", "but", "there"}


def read(text: str) -> Script:
    reader = _Reader(text)
    paragraph: list[Row] = []
    for row in rows(text):
        if row.bare:
            paragraph.append(row)
        else:
            reader.paragraph(paragraph)
            paragraph = []
    reader.paragraph(paragraph)
    return reader.script


class _Reader:
    def __init__(self, text: str):
        self.script = Script()
        self._text = text
        self._list: Listed | None = None
        self._begun = False
        self._story = False  # the paragraph before was one of several sentences

    def _add(self, part: Part) -> None:
        self._begun = True
        self.script.parts.append(part)

    def paragraph(self, found: list[Row]) -> None:
        if len(found) == 1 and not self._begun and self._is_title(found[0]):
            return
        at = 0
        while at < len(found) and self._line(found[at]):
            at += 1
        found = found[at:]
        if not found:
            return
        if all(_BULLET.match(row.bare) for row in found) or any(_NAMED.match(row.bare) for row in found):
            for row in found:
                self._is_read(row)
            return
        told = self._told(found[0].span[0], found[-1].span[1], found[0].number)
        story = len(sentences(self._text[found[0].span[0] : found[-1].span[1]])) > 1
        if story and self._story and self._begun and not any(part.kind == "speech" for part in told):
            self._add(Part(kind="heading", line=found[0].number))
        self._story = story
        for part in told:
            self._add(part)

    def _is_title(self, row: Row) -> bool:
        """A first paragraph of a few words, without a full stop, when more comes."""
        bare = row.bare
        short = len(words(bare)) <= 10 and bare[-1] not in ".!?。！？:：…”\"’'」』" and not _BULLET.match(bare)
        named = _NAMED.match(bare) or _CHAPTER.match(bare) or fountain.HEADING.match(bare) or _RULE.match(bare)
        more = bool(self._text[row.start + len(row.text) :].strip())
        if not short or named or not more or "title" in self.script.facts or vocabulary.cast_list(bare):
            return False
        self.script.facts["title"] = bare.strip("《》*_# ")
        return True

    def _is_read(self, row: Row) -> None:
        if self._line(row):
            return
        bullet = _BULLET.match(row.bare)
        for part in self._told(row.span[0] + (bullet.end() if bullet else 0), row.span[1], row.number):
            self._add(part)

    def _line(self, row: Row) -> bool:
        """Whether the row alone says what it is: a heading, a rule, an entry of the cast, NAME: words."""
        bare = row.bare
        kind = vocabulary.cast_list(bare)
        if kind:
            self._list = kind
            return True
        item = vocabulary.listed(bare) if self._list else None
        if item and self._list:
            self._add(Part(kind="looks", who=item[0], text=item[1], member=self._list, line=row.number))
            return True
        self._list = None
        title = re.match(r"^(?:title|标题|题目|片名)\s*[:：]\s*(\S.*)$", bare, re.IGNORECASE)
        if title and "title" not in self.script.facts:
            self.script.facts["title"] = title[1]
            return True
        if _RULE.match(bare):
            if self._begun:
                self._add(Part(kind="heading", line=row.number))
                self._story = False
            return True
        if _CHAPTER.match(bare) or fountain.HEADING.match(bare):
            return self._heading(row)
        for shown, pattern in (("title", vocabulary.SHOWN), ("sound", vocabulary.HEARD)):
            label = pattern.match(bare)
            if label:
                where = (row.span[0] + label.end(), row.span[1])
                self._say(where, Part(kind=shown, line=row.number))  # type: ignore[arg-type]
                return True
        return self._named(row)

    def _heading(self, row: Row) -> bool:
        bare = row.bare
        if bare.startswith("# ") and not self._begun and "title" not in self.script.facts:
            self.script.facts["title"] = bare[2:].strip()
            return True
        placed = fountain.HEADING.match(bare)
        told = vocabulary.heading(bare) if placed else vocabulary.Heading("", "", False)
        self._add(
            Part(
                kind="heading", text=bare.lstrip("# "), place=told.place, time=told.time, continuous=told.continuous,
                line=row.number,
            )
        )  # fmt: skip
        self._story = False
        return True

    def _named(self, row: Row) -> bool:
        bullet = _BULLET.match(row.bare)
        skip = bullet.end() if bullet else 0
        found = _NAMED.match(row.bare[skip:])
        if not found or found["name"].strip().casefold() in vocabulary.LABELS:
            return False
        name, how = vocabulary.says(found["name"].strip())
        manner, off = vocabulary.extension(found["more"] or how)
        off = off or vocabulary.is_narrator(name)
        rest = row.bare[skip + found.end() :]
        quoted = _QUOTED.match(rest) if re.search(rf"(?:{_SAY_ZH})$", found["name"]) else None
        if quoted and re.match(r"[^\s（(]", rest[quoted.end() :]):  # 他说：“来吧。”然后走了。
            return False
        start = row.span[0] + skip + found.end()
        self._say((start, row.span[1]), Part(kind="speech", who=name, manner=manner, off=off, line=row.number))
        self._story = False
        return True

    def _say(self, span: Span, part: Part) -> None:
        for one in speeches(self._text, span, part, brackets=is_chinese(self._text[slice(*span)])) or [
            Part(kind="action", text=self._text[slice(*span)].strip(), line=part.line)
        ]:
            self._add(one)

    def _told(self, start: int, end: int, line: int) -> list[Part]:
        """A paragraph of prose: what is in quotation marks and is spoken, and what stands around it."""
        found: list[Part] = []
        text = self._text[start:end]
        at = 0
        for match in _QUOTED.finditer(text):
            number = match.lastindex or 0
            if not _is_spoken(text, match, number):
                continue
            before, behind = text[max(at, match.start() - 160) : match.start()], text[match.end() : match.end() + 80]
            inner = stripped(text, *match.span(number))
            if inner[0] == inner[1]:
                continue
            found += self._around(text[at : match.start()], line)
            part = Part(kind="speech", who=self._speaker(before, behind), line=line)
            found += speeches(self._text, (inner[0] + start, inner[1] + start), part)
            at = match.end()
        return found + self._around(text[at:], line)

    def _around(self, text: str, line: int) -> list[Part]:
        """What is left of the prose, unless it says no more than who speaks."""
        text = _SAID_ZH_BEFORE.sub("", _SAID_ZH.sub("", _SAID.sub("", text)))
        bare = re.sub(r"^[\s,.，。;；:：、—–-]+", "", text).strip()
        if not bare:
            return []
        count = len(words(bare))
        only_says = re.fullmatch(rf"(?:[\w'’]+\s+){{0,3}}(?:{_SAY})(?:\s+[\w'’]+){{0,3}}[,.:;]?", bare) or (
            is_chinese(bare) and count < 9 and re.search(rf"(?:{_SAY_ZH})[：:，,。]?$", bare)
        )
        return [] if only_says else [Part(kind="action", text=bare, line=line)]

    def _speaker(self, before: str, behind: str) -> str:
        for pattern, text in ((_BEHIND, behind), (_BEHIND_ZH, behind), (_BEFORE, before), (_BEFORE_ZH, before)):
            found = pattern.search(text)
            name = next((group for group in found.groups() if group), "") if found else ""
            if name and name.casefold() not in _PRONOUNS and name[0] not in "他她它我你":
                return name
        return ""


def _is_spoken(text: str, match: re.Match[str], number: int) -> bool:
    """Not the name of a thing, or a word that somebody else would use: speech has an end of its own, a verb of saying
    beside it, or a paragraph to itself.
    """
    inner = match[number].strip()
    before, behind = text[max(0, match.start() - 160) : match.start()], text[match.end() : match.end() + 80]
    ends = bool(re.search(r"[.!?,…—。！？，]$", inner))
    says = (
        _BEHIND.match(behind)
        or _SOMEBODY.match(behind)
        or _BEHIND_ZH.match(behind)
        or re.search(rf"(?:\b(?:{_SAY})\b[^.!?]{{0,40}}|{_SAY_ZH}|[:：])[,，:：]?\s*$", before)
    )
    alone = not before.strip() and not behind.strip()
    return bool(inner) and bool(ends or says or alone)
