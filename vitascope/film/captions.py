"""Captions: the words of a film, cut into pieces that can be read while they are said. They come from the script and
never from recognition, so every word stands there once and in order. What a piece holds is decided in `phrases.py`,
how it is written into a file in `subtitles.py`; here each gets its time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Literal

from vitascope.film import document, phrases, wording
from vitascope.film.timeline import Spoken, Timeline

Kind = Literal["dialogue", "voice_over", "title"]

SHORTEST, LONGEST = Fraction(1), Fraction(7)  # seconds on the screen
GAP_FRAMES = 2  # between two captions, so that a change is seen
LATIN_A_LINE, WIDE_A_LINE = 42, 18  # characters; broadcasters' usual limits
_LATIN_READ, _WIDE_READ = 17, 9  # characters a second that people read
_SAFE_WIDTH = 0.8  # of the picture
_LATIN_WIDTH = 0.5  # of a letter, as a share of the line's height; a Chinese one is as wide as the line is high


@dataclass(frozen=True)
class Caption:
    """`text`: at most two lines, split by a line break. Times are in the film, in seconds."""

    start: Fraction
    end: Fraction
    text: str
    kind: Kind = "dialogue"
    speaker: str = ""


def line_limits(timeline: Timeline, captions: document.Captions) -> tuple[int, int]:
    """(Latin letters, Chinese characters) that fit a line of this size in this picture."""
    height = captions.size * min(timeline.width, timeline.height)
    room = _SAFE_WIDTH * timeline.width / height
    return max(8, min(LATIN_A_LINE, int(room / _LATIN_WIDTH))), max(4, min(WIDE_A_LINE, int(room)))


def events(timeline: Timeline, captions: document.Captions, *, language: str) -> tuple[Caption, ...]:
    """All captions of the film, in order. None overlaps another; each is shown for 1 to 7 seconds and lies on frames.
    Two lines of dialogue that are too short to be read alone share one. A title that is shown while somebody speaks
    takes the longest time around the words; where there is none, what comes after it is shown later.
    """
    colon = "：" if language.split("-")[0] in ("zh", "ja") else ": "
    limits = line_limits(timeline, captions)
    said: list[Caption] = []
    titles: list[Caption] = []
    for spoken in timeline.spoken:
        shown = captions.speakers and spoken.line.kind == "dialogue" and spoken.speaker
        label = f"{spoken.speaker}{colon}" if shown else ""
        pieces = _line(spoken, limits, label)
        (titles if spoken.line.kind == "title" else said).extend(pieces)
    said.sort(key=lambda caption: caption.start)
    gap = GAP_FRAMES / timeline.rate
    said = list(_shared(said, limits, gap))
    titles = [_beside(title, said, gap) for title in titles]
    return tuple(_spaced(sorted([*said, *titles], key=lambda caption: (caption.start, caption.end)), timeline, gap))


def _line(spoken: Spoken, limits: tuple[int, int], label: str) -> Iterator[Caption]:
    units = phrases.units(spoken.line.text, limits, label)
    times = _times(spoken, units)
    kind: Kind = "title" if spoken.line.kind == "title" else "voice_over"
    if spoken.line.kind == "dialogue":
        kind = "dialogue"
    for first, last in phrases.pieces(units, limits, times):
        text = phrases.laid_out(units[first:last], limits)
        yield Caption(times[first][0], times[last - 1][1], text, kind, spoken.speaker)


def _times(spoken: Spoken, units: Sequence[phrases.Unit]) -> list[phrases.Span]:
    """When each unit begins and ends: by the voice's words where it told them, else by syllables."""
    heard = _heard(spoken, units) if spoken.words and spoken.line.kind != "title" else None
    if heard:
        return heard
    weights = [0.0 if unit.is_label else wording.exact_speech_seconds(unit.text) + 0.02 for unit in units]
    whole, found = sum(weights) or 1.0, [spoken.start]
    for at in accumulate(weights):
        found.append(spoken.start + spoken.seconds * Fraction(round(1000 * min(at / whole, 1.0)), 1000))
    return list(pairwise(found))


def _heard(spoken: Spoken, units: Sequence[phrases.Unit]) -> list[phrases.Span] | None:
    """Units and words need not be the same pieces (a Chinese word has several units): they meet in their letters."""
    letters: list[phrases.Span] = []  # of each that was heard
    for word, start, end in spoken.words:
        count = len(_letters(word))
        letters += [
            (start + (end - start) * at / count, start + (end - start) * (at + 1) / count) for at in range(count)
        ]
    counts = [0 if unit.is_label else len(_letters(unit.text)) for unit in units]
    whole = sum(counts)
    if not letters or not whole:
        return None

    def place(at: int) -> int:  # where both have the same letters, this is `at`
        return min(at * len(letters) // whole, len(letters) - 1)

    found: list[phrases.Span] = []
    at, until = 0, spoken.start
    for count in counts:
        start = max(until, letters[place(at)][0]) if count else max(until, found[-1][1] if found else letters[0][0])
        until = max(start, letters[place(at + count - 1)][1]) if count else start
        found.append((start, until))
        at += count
    return found


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def _shared(said: list[Caption], limits: tuple[int, int], gap: Fraction) -> Iterator[Caption]:
    """Neighbours of which the first would be gone too soon, in one caption with two lines."""
    waiting: Caption | None = None
    for caption in said:
        if waiting is None:
            waiting = caption
            continue
        joined = None
        if caption.start - gap - waiting.start < SHORTEST:
            joined = _joined(waiting, caption, limits)
        if joined is None:
            yield waiting
        waiting = joined or caption
    if waiting:
        yield waiting


def _joined(first: Caption, then: Caption, limits: tuple[int, int]) -> Caption | None:
    if "\n" in first.text or "\n" in then.text or then.end - first.start > LONGEST:
        return None
    if first.speaker == then.speaker:
        return replace(first, end=then.end, text=f"{first.text}\n{then.text}")
    lines = [f"- {first.text}", f"- {then.text}"]
    if any(phrases.width(line, limits) > phrases.room(limits) for line in lines):
        return None
    return replace(first, end=then.end, text="\n".join(lines), speaker="")


def _beside(title: Caption, said: Sequence[Caption], gap: Fraction) -> Caption:
    """In the longest time of its own that nobody speaks in; as it is where there is none of a second."""
    best, free = title, Fraction(0)
    begin = title.start
    for caption in [*said, Caption(title.end + gap, title.end + gap, "")]:
        if caption.end <= title.start or caption.start >= title.end + gap + 1:
            continue
        end = min(caption.start - gap, title.end)
        if end - begin > free:
            best, free = replace(title, start=begin, end=end), end - begin
        begin = max(begin, caption.end + gap)
    return best if free >= SHORTEST else title


def _spaced(given: Sequence[Caption], timeline: Timeline, gap: Fraction) -> Iterator[Caption]:
    """On frames, long enough to be read, and apart. Reading needs more time than speaking: a caption stays for it as
    long as the next one lets it.
    """
    rate, free = timeline.rate, Fraction(0)
    for number, caption in enumerate(given):
        start = max(_frame_after(caption.start, rate), free)
        until = given[number + 1].start - gap if number + 1 < len(given) else max(timeline.seconds, caption.end)
        wanted = max(caption.end, start + reading_seconds(caption.text))
        end = _frame_before(min(wanted, max(until, start), start + LONGEST), rate)
        shortest = _frame_after(start + SHORTEST, rate)
        if end < shortest:
            over = max(Fraction(0), shortest - timeline.seconds) if number + 1 == len(given) else Fraction(0)
            start = max(free, start - _frame_after(over, rate))  # the film's last words begin a little earlier
            end = _frame_after(start + SHORTEST, rate)
        yield replace(caption, start=start, end=end)
        free = end + gap


def reading_seconds(text: str) -> Fraction:
    """How long people take to read it: 17 Latin letters or 9 Chinese characters a second."""
    wide = sum(phrases.is_wide(letter) for letter in text)
    return Fraction(wide, _WIDE_READ) + Fraction(len(text) - wide, _LATIN_READ)


def _frame_after(seconds: Fraction, rate: Fraction) -> Fraction:
    return math.ceil(seconds * rate) / rate


def _frame_before(seconds: Fraction, rate: Fraction) -> Fraction:
    return math.floor(seconds * rate) / rate
