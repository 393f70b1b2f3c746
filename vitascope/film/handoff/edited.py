"""A cut as it comes back from an editor: what is shown when, and from where in which file. Nothing of ours is known
here; `compare.py` finds out what each item was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from xml.etree import ElementTree

from vitascope.errors import BadSpec
from vitascope.film.times import RATES

MAX_BYTES = 64 * 2**20
MAX_ELEMENTS = 500_000
MAX_ITEMS = 20_000


@dataclass(frozen=True, kw_only=True)
class EditedItem:
    """Times in seconds. `place`: path or URI of the file, as the editor wrote it. `track`: 0 is the main one, higher
    ones cover it. `gap`: what is free before it on its track. `source_in` and `speed`: as in the cut of a film.
    """

    name: str
    start: Fraction
    seconds: Fraction
    place: str = ""
    source_in: Fraction = Fraction(0)
    speed: Fraction = Fraction(1)
    dissolve: Fraction = Fraction(0)
    gap: Fraction = Fraction(0)
    track: int = 0

    @property
    def end(self) -> Fraction:
        return self.start + self.seconds

    def within(self, start: Fraction, end: Fraction) -> EditedItem | None:
        """The part of it that lies in this span of the film."""
        begins, ends = max(start, self.start), min(end, self.end)
        if ends <= begins:
            return None
        cut_off = begins - self.start
        return replace(
            self, start=begins, seconds=ends - begins, source_in=self.source_in + cut_off * self.speed,
            dissolve=Fraction(0) if cut_off else self.dissolve,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class EditedCut:
    """`film` and `title`: of the film that the file says it is of; empty where it does not say."""

    rate: Fraction
    items: tuple[EditedItem, ...]
    film: str = ""
    title: str = ""


def cut_of(rate: Fraction, found: Iterable[EditedItem], of: tuple[str, str] = ("", "")) -> EditedCut:
    """In order, with the gaps between them. What has neither name nor file is a gap too. `of`: identity and title of
    the film.
    """
    items, ends = [], dict[int, Fraction]()
    for item in sorted(found, key=lambda item: (item.track, item.start)):
        if item.seconds > 0 and (item.name or item.place):
            gap = max(Fraction(0), item.start - ends.get(item.track, Fraction(0)))
            items.append(replace(item, gap=gap))
            ends[item.track] = max(item.end, ends.get(item.track, Fraction(0)))
    if len(items) > MAX_ITEMS:
        raise BadSpec(
            f"This cut has {len(items):,} clips; at most {MAX_ITEMS:,} are read.", hint="Export a part of it."
        )
    return EditedCut(rate=rate, items=tuple(items), film=of[0], title=of[1])


def covered(below: Iterable[EditedItem], above: EditedItem) -> list[EditedItem]:
    """What is left of the items below when `above` covers its span, and `above` among them."""
    left = []
    for item in below:
        parts = (item.within(item.start, above.start), item.within(above.end, item.end))
        left += [part for part in parts if part] if item.start < above.end and above.start < item.end else [item]
    return sorted([*left, above], key=lambda item: item.start)


def known_rate(value: Fraction) -> Fraction:
    """Programs write 23.976 or 23.98 for 24000/1001."""
    close = min(RATES.values(), key=lambda rate: abs(rate - value))
    return close if abs(close - value) < Fraction(1, 150) else value.limit_denominator(10_000)


def near(value: float, most: int = 10_000) -> Fraction:
    """The simple fraction that a floating number stands for. Raises ValueError, OverflowError for what is none."""
    return Fraction(value).limit_denominator(most)


def safe_xml(data: bytes) -> ElementTree.Element:
    """XML from outside, without entities of its own and within limits; a DOCTYPE may only name the format."""
    head = data[:4096]
    if b"\x00" in head:
        raise _bad("it is not in UTF-8")
    start = re.sub(rb"<!--.*?-->", b"", data[:65536], flags=re.DOTALL)
    declared = re.search(rb"<!DOCTYPE[^>\[]*(\[)?", start)
    if b"<!ENTITY" in data or (declared and declared[1]):
        raise _bad("it declares entities, which are not read")
    if data.count(b"<") > 2 * MAX_ELEMENTS:
        raise _bad(f"it has more than {MAX_ELEMENTS:,} elements")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _bad(str(error)[:100]) from error
    todo = [(root, 0)]
    while todo:
        element, depth = todo.pop()
        if depth > 200:
            raise _bad("it is nested more than 200 deep")
        todo += [(child, depth + 1) for child in element]
    return root


def _bad(why: str) -> BadSpec:
    return BadSpec(f"This XML file cannot be read: {why}.", hint="Export the timeline again, as FCPXML.")
