"""CMX 3600 edit decision list: one picture track, no sound. Reels are AX and the clips' names stand in comments, as
editors write and read them. Timecode counts without dropping numbers; both forms are read.

A dissolve begins at its event's record in: the clip before it ends there, half a dissolve before the timeline's cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from vitascope.errors import BadSpec, NotSupported
from vitascope.film.handoff import tracks
from vitascope.film.handoff.edited import MAX_ITEMS, EditedCut, EditedItem, cut_of, near
from vitascope.film.handoff.form import Job
from vitascope.film.handoff.identity import mark, marked
from vitascope.film.handoff.tracks import Shown
from vitascope.film.times import RATES, frames, nominal, timecode
from vitascope.media.atomic_write import written_aside

MAX_EVENTS = 999
_FASTEST = 30
_HOUR = 3600  # of timecode, at which the record begins


def write(job: Job, target: Path) -> tuple[str, ...]:
    rate, shown = job.timeline.rate, tracks.pictures(job.timeline)
    if nominal(rate) > _FASTEST:
        raise NotSupported(
            f"An EDL cannot hold {float(rate):g} frames a second: CMX 3600 counts up to {_FASTEST}.",
            hint="Export OTIO or FCPXML, which hold every edit rate.",
            field="format",
        )
    if len(shown) > MAX_EVENTS:
        raise NotSupported(
            f"An EDL holds {MAX_EVENTS} events, and this cut has {len(shown)}.", hint="Export OTIO or FCPXML.",
            field="format",
        )  # fmt: skip
    lines = [f"TITLE: {_line(job.timeline.title)[:70]}", "FCM: NON-DROP FRAME", ""]
    for number, one in enumerate(shown, 1):
        following = shown[number] if number < len(shown) else None
        lines += _event(number, one, shown[number - 2] if one.half else None, following, rate)
    if of := mark(job.film):
        lines.insert(lines.index("", 3), f"* {of}")  # behind the first event: readers take no comment before one
    with written_aside(target) as aside:
        aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rounded = sum((piece.source_in * rate).denominator != 1 for piece in job.timeline.pieces)
    return (f"{rounded} clips begin between two frames and were rounded.",) if rounded else ()


def _line(text: str) -> str:
    return " ".join(text.split())


def _event(number: int, one: Shown, before: Shown | None, following: Shown | None, rate: Fraction) -> list[str]:
    piece = one.piece
    head, tail = one.half, following.half if following else 0
    source = frames(max(Fraction(0), piece.source_in - head * piece.speed / rate), rate)
    length = one.length + head - tail
    start = one.start - head + _HOUR * nominal(rate)
    source_end = source + max(1, frames(length * piece.speed / rate, rate))

    def code(count: int) -> str:
        return timecode(count / rate, rate)

    reel = "AX" if piece.media else "BL"
    written = f"{code(source)} {code(source_end)} {code(start)} {code(start + length)}"
    names = [f"* FROM CLIP NAME: {_line(piece.name)}"]
    if before:
        at = code(max(0, before.source_in + frames((before.length - one.half) * before.piece.speed / rate, rate)))
        reel_before = "AX" if before.piece.media else "BL"
        lines = [
            f"{number:03}  {reel_before:<8} V     C        {at} {at} {code(start)} {code(start)}",
            f"{number:03}  {reel:<8} V     D    {2 * head:03} {written}",
            "* BLEND, DISSOLVE",
            f"* FROM CLIP NAME: {_line(before.piece.name)}",
            f"* TO CLIP NAME: {_line(piece.name)}",
        ]
    else:
        lines = [f"{number:03}  {reel:<8} V     C        {written}", *names]
    if piece.speed != 1:
        lines.append(f"M2   {reel:<8} {float(piece.speed * rate):05.1f}                {code(source)}")
    return [*lines, ""]


# Reading

_EVENT = re.compile(
    r"^(?P<number>\d{1,6})\s+(?P<reel>\S+)\s+(?P<channel>\S+)\s+(?P<kind>[A-Z]\w*)\s+(?:(?P<length>\d{1,4})\s+)?"
    r"(?P<times>\d\d[:;.]\d\d[:;.]\d\d[:;.]\d\d(?:\s+\d\d[:;.]\d\d[:;.]\d\d[:;.]\d\d){3})\s*$"
)
_SPEED = re.compile(r"^M2\s+\S+\s+(-?[\d.]+)")
_NAMES = re.compile(r"^\*\s*(FROM|TO) CLIP NAME:\s*(.*)$", re.IGNORECASE)
_FILES = re.compile(r"^\*\s*(?:SOURCE FILE|FROM FILE|MEDIA FILE):\s*(.*)$", re.IGNORECASE)


@dataclass
class _Event:
    number: str
    reel: str
    channel: str
    dissolve: int
    source: int
    start: int
    end: int
    came_from: str = ""
    name: str = ""
    place: str = ""
    speed: Fraction = Fraction(1)


def read(data: bytes, name: str = "", *, rate: Fraction = RATES["24"]) -> EditedCut:
    """An EDL does not say its rate: `rate` is the film's."""
    events: list[_Event] = []
    drop, of = False, ("", "")
    for text in _decoded(data).splitlines():
        line = text.strip()
        if line.startswith("*") and not of[0]:
            of = marked(line)
        if line.startswith("FCM:"):
            drop = "NON" not in line.upper() and "DROP" in line.upper()
        found = _EVENT.match(line)
        if found and len(events) > 2 * MAX_ITEMS:
            raise _bad(f"it has more than {2 * MAX_ITEMS:,} events")
        if found:
            codes = [_count(code, rate, drop) for code in found["times"].split()]
            dissolve = int(found["length"] or 0) if found["kind"].startswith(("D", "W")) else 0
            events.append(
                _Event(found["number"], found["reel"], found["channel"], dissolve, codes[0], codes[2], codes[3])
            )
        elif events:
            _comment(events[-1], line, rate)
    if not events:
        raise _bad("it holds no event")
    return cut_of(rate, _items(events, rate), of)


def _comment(event: _Event, line: str, rate: Fraction) -> None:
    if speed := _SPEED.match(line):
        event.speed = near(float(speed[1][:12]), 100_000) / rate
    elif names := _NAMES.match(line):
        if names[1].upper() == "TO":
            event.name = names[2].strip()
        else:
            event.came_from = names[2].strip()
    elif file := _FILES.match(line):
        event.place = file[1].strip()


def _items(events: list[_Event], rate: Fraction) -> list[EditedItem]:
    """Events of pictures that last. A dissolve's cut lies in its middle, so both its clips reach there."""
    found: list[EditedItem] = []
    pictures = [event for event in events if not event.channel.upper().startswith("A") or "V" in event.channel.upper()]
    begin = min((event.start for event in pictures), default=0)
    zero = begin - begin % (_HOUR * nominal(rate))
    for event in pictures:
        name = event.name if event.dissolve else event.came_from or event.name
        if event.end <= event.start or (event.reel.upper() == "BL" and not name):
            continue
        half = event.dissolve // 2
        start = Fraction(event.start + half - zero) / rate
        item = EditedItem(
            name=name[:300], place=event.place[:2000], start=start,
            seconds=Fraction(event.end - event.start - half) / rate,
            source_in=(event.source + half * event.speed) / rate, speed=event.speed,
            dissolve=Fraction(event.dissolve) / rate,
        )  # fmt: skip
        if half and found and found[-1].end == Fraction(event.start - zero) / rate:
            found[-1] = replace(found[-1], seconds=start - found[-1].start)
        found.append(item)
    return found


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _count(code: str, rate: Fraction, drop: bool) -> int:
    """Timecode to frames. With ";" or "." before the frames, or a list that says so, numbers are dropped."""
    hours, minutes, seconds, rest = (int(part) for part in re.split("[:;.]", code))
    base = nominal(rate)
    count = ((hours * 60 + minutes) * 60 + seconds) * base + rest
    if (drop or code[-3] in ";.") and rate.denominator != 1 and base % 30 == 0:
        whole = hours * 60 + minutes
        count -= base // 15 * (whole - whole // 10)
    return count


def _bad(why: str) -> BadSpec:
    return BadSpec(f"This EDL cannot be read: {why}.", hint="Export it again, as CMX 3600.")
