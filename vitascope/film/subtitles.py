"""Captions as files: SubRip (SRT) and WebVTT, written and read. Of a caption SRT keeps times and text; VTT also keeps
who speaks, and what kind it is. Times are in milliseconds there. Pure: texts in, texts out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Literal, cast

from vitascope.errors import BadSpec, TooLarge
from vitascope.film.captions import Caption, Kind

MAX_CHARACTERS, MAX_CAPTIONS = 4_000_000, 20_000
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$", re.ASCII)
_VOICE = re.compile(r"^<v(?:\.([a-z_]+))?(?:\s([^>]*))?>")
_TAG = re.compile(r"</?[^<>\n]*>")
_SRT_TAG = re.compile(r"</?(?:i|b|u|s|font)(?:\s[^<>\n]*)?>|\{\\[^{}\n]*\}", re.IGNORECASE)


def srt(captions: Iterable[Caption]) -> str:
    """As a .srt file, to be written in UTF-8."""
    return "".join(
        f"{number}\n{_written(caption.start, ',')} --> {_written(caption.end, ',')}\n{caption.text}\n\n"
        for number, caption in enumerate(captions, 1)
    )


def vtt(captions: Iterable[Caption]) -> str:
    """As a .vtt file, to be written in UTF-8. The voice tag says the kind, and who speaks."""
    return "WEBVTT\n\n" + "".join(
        f"{_written(caption.start, '.')} --> {_written(caption.end, '.')}\n"
        f"<v.{caption.kind} {_escaped(' '.join(caption.speaker.split()))}>{_escaped(caption.text)}\n\n"
        for caption in captions
    )


def read_srt(text: str) -> tuple[Caption, ...]:
    """The captions of a .srt file, in the order of time, without markup. Raises BadSpec with the line that is wrong."""
    found = [
        Caption(start, end, _tidy(_SRT_TAG.sub("", "\n".join(lines))))
        for start, end, lines in _blocks(text, "srt")
        if lines
    ]
    return _in_order(found)


def read_vtt(text: str) -> tuple[Caption, ...]:
    """The captions of a .vtt file, in the order of time. Styles, regions and notes are left out."""
    found = []
    for start, end, lines in _blocks(text, "vtt"):
        joined = "\n".join(lines)
        voice = _VOICE.match(joined)
        kind = voice[1] if voice and voice[1] in ("dialogue", "voice_over", "title") else "dialogue"
        speaker = html.unescape(voice[2] or "").strip() if voice else ""
        said = html.unescape(_TAG.sub("", joined))
        if said.strip():
            found.append(Caption(start, end, _tidy(said), cast(Kind, kind), speaker))
    return _in_order(found)


def _in_order(found: list[Caption]) -> tuple[Caption, ...]:
    return tuple(sorted(found, key=lambda caption: (caption.start, caption.end)))


def _blocks(text: str, form: Literal["srt", "vtt"]) -> Iterator[tuple[Fraction, Fraction, list[str]]]:
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(f"The captions have {len(text):,} characters.", hint=f"At most {MAX_CHARACTERS:,}.")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at, count = 0, 0
    if form == "vtt":
        if not re.match(r"WEBVTT(?:[ \t]|$)", lines[0]):
            raise BadSpec("The file does not begin with WEBVTT.", hint="Is it an .srt file?")
        at = _behind_block(lines, 1)
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        times = next((place for place in (at, at + 1) if place < len(lines) and "-->" in lines[place]), None)
        if times is None:
            if form == "vtt":
                at = _behind_block(lines, at)  # a note, a style or a region
                continue
            raise BadSpec(f'Line {at + 1} is no time: "{lines[at][:60]}".', hint="00:00:01,000 --> 00:00:02,500")
        match = _TIMES.match(lines[times])
        if not match:
            raise BadSpec(f'Line {times + 1} is no time: "{lines[times][:60]}".', hint="00:00:01,000 --> 00:00:02,500")
        start, end = _read(match.groups()[:4]), _read(match.groups()[4:])
        if end <= start:
            raise BadSpec(f"The caption of line {times + 1} ends before it begins.", hint="Mend its times.")
        behind = _behind_block(lines, times + 1)
        count += 1
        if count > MAX_CAPTIONS:
            raise TooLarge(f"The file has more than {MAX_CAPTIONS:,} captions.", hint="Split it.")
        yield start, end, [line for line in lines[times + 1 : behind] if line.strip()]
        at = behind


def _behind_block(lines: list[str], at: int) -> int:
    return next((place for place in range(at, len(lines)) if not lines[place].strip()), len(lines))


def _tidy(text: str) -> str:
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _written(seconds: Fraction, point: str) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{point}{whole % 1000:03}"


def _read(parts: tuple[str | None, ...]) -> Fraction:
    hours, minutes, seconds, thousandths = parts
    return (
        Fraction(int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0))
        + Fraction(int((thousandths or "0").ljust(3, "0")), 1000)
    )  # fmt: skip
