"""Sentences and names in English and Chinese texts. Pure."""

from __future__ import annotations

import re

from vitascope.film.script.parts import Span, stripped
from vitascope.film.wording import speech_seconds

CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_END = re.compile(r"(?P<cjk>[。！？]+[”’」』）)\"]*)|(?P<latin>[.!?…]+[\"'”’)\]」』]*)(?=\s|$|[" + CJK + "])")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\"“])(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Lt|Col|Gen|vs|etc|e\.g|i\.e|No|a\.m|p\.m|[A-Z](?:\.[A-Z])*)\.$"
)
_CAMERA = re.compile(r"(?:The|Our) camera\b|We (?:pan|tilt|zoom|dolly|push|pull|track|follow|crane)\b|镜头")
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:['’][^\W_{CJK}]+)*")
LONGEST = 4_000  # characters of one text in a film


def words(text: str) -> list[str]:
    """Words in lower case, each Chinese character on its own; no punctuation."""
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def is_chinese(text: str) -> bool:
    return bool(re.search(rf"[{CJK}]", text))


def language_of(text: str) -> str:
    """zh, ja, ko or en, by the letters."""
    kana, hangul = len(re.findall(r"[\u3040-\u30ff]", text)), len(re.findall(r"[\uac00-\ud7af]", text))
    han, latin = len(re.findall(r"[\u3400-\u9fff]", text)), len(re.findall(r"[A-Za-z]+", text))
    if han + kana + hangul <= latin / 2:
        return "en"
    return "ja" if 4 * kana > han + kana + hangul else "ko" if 2 * hangul > han + hangul else "zh"


def sentences(text: str) -> list[Span]:
    """Where the sentences stand, without white space around them. None is longer than LONGEST."""
    found: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        if match["latin"] and not _ends(text, match):
            continue
        found += _short(text, start, match.end())
        start = match.end()
    return found + _short(text, start, len(text))


def _ends(text: str, match: re.Match[str]) -> bool:
    behind = text[match.end() : match.end() + 4].lstrip()
    if match["latin"].startswith((".", "…")) and behind[:1].islower():
        return False
    return match["latin"] != "." or not _ABBREVIATED.search(text[max(0, match.end() - 12) : match.end()])


def _short(text: str, start: int, end: int) -> list[Span]:
    start, end = stripped(text, start, end)
    found = []
    while end - start > LONGEST:
        space = text.rfind(" ", start, start + LONGEST)
        cut = space if space > start else start + LONGEST
        found.append(stripped(text, start, cut))
        start, end = stripped(text, cut, end)
    return [span for span in [*found, (start, end)] if span[0] < span[1]]


def actions(text: str) -> list[str]:
    """One action each: its sentences, where one of fewer than three words, or one that only moves the camera, stays
    with the one before it.
    """
    found: list[Span] = []
    for start, end in sentences(text):
        few = len(words(text[start:end])) < (4 if is_chinese(text[start:end]) else 3) or _CAMERA.match(text[start:end])
        if few and found and end - found[-1][0] <= LONGEST:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    if len(found) > 1 and len(words(text[slice(*found[0])])) < 3 and found[1][1] - found[0][0] <= LONGEST:
        found[:2] = [(found[0][0], found[1][1])]
    return [text[start:end] for start, end in found]


def spoken_pieces(text: str, seconds: float) -> list[Span]:
    """Pieces of whole sentences that take at most so long to say, where a sentence allows it."""
    found: list[Span] = []
    for start, end in sentences(text):
        if found and end - found[-1][0] <= LONGEST and speech_seconds(text[found[-1][0] : end]) <= seconds:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
