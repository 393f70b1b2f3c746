"""FCPXML as Final Cut Pro and DaVinci Resolve write it: compound clips, storylines and connected clips are laid out
flat. Only pictures are read; the sound follows from the film.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from xml.etree.ElementTree import Element

from vitascope.errors import BadSpec
from vitascope.exact import exact
from vitascope.film.handoff.edited import EditedCut, EditedItem, cut_of, known_rate, safe_xml
from vitascope.film.handoff.identity import marked
from vitascope.film.times import RATES

MAX_DEPTH = 40
_PICTURES = ("asset-clip", "clip", "video", "ref-clip", "sync-clip", "mc-clip", "gap", "audition", "spine")
Window = tuple[Fraction, Fraction] | None


def read(data: bytes, name: str = "") -> EditedCut:
    root = safe_xml(data)
    try:
        if root.tag != "fcpxml":
            raise ValueError(f"it is {root.tag[:30]}, not fcpxml")
        return _Reader(root).read(name)
    except (ValueError, KeyError, ZeroDivisionError, OverflowError) as error:
        raise BadSpec(
            f"This FCPXML file cannot be read: {str(error)[:100] or 'it is not in order'}.",
            hint="Export the project again, as FCPXML.",
        ) from error


def _time(text: str | None) -> Fraction:
    return exact(text.strip().removesuffix("s")) if text is not None else Fraction(0)


class _Reader:
    def __init__(self, root: Element):
        self.root = root
        self.resources = {one.get("id", ""): one for one in root.iterfind("resources/*")}

    def read(self, name: str) -> EditedCut:
        projects = [one for one in self.root.iter("project") if one.find("sequence/spine") is not None]
        chosen = next((one for one in projects if one.get("name") == name), projects[0] if projects else None)
        if chosen is None:
            raise ValueError("it holds no project")
        sequence = chosen.find("sequence")
        spine = chosen.find("sequence/spine")
        assert sequence is not None
        assert spine is not None
        given = self.resources.get(sequence.get("format", ""))
        length = _time(given.get("frameDuration")) if given is not None else Fraction(0)
        rate = known_rate(1 / length) if length else RATES["24"]
        items = self._row(spine, -_time(sequence.get("tcStart")), None, 0, 0)
        return cut_of(rate, items, marked(sequence.findtext("note") or ""))

    def _row(self, spine: Element, zero: Fraction, window: Window, track: int, depth: int) -> list[EditedItem]:
        """The clips of a storyline, whose own time 0 lies at `zero` in the film."""
        found: list[EditedItem] = []
        at, dissolve = Fraction(0), Fraction(0)
        for one in spine:
            if one.tag == "transition":
                dissolve = _time(one.get("duration"))
            elif one.tag in (*_PICTURES, "title", "audio"):
                at = _time(one.get("offset")) if one.get("offset") else at
                inside = list(self._any(one, zero + at, window, track, depth + 1))
                if inside and dissolve and inside[0].start == zero + at:
                    inside[0] = replace(inside[0], dissolve=dissolve)
                found += inside
                at, dissolve = at + self._length(one), Fraction(0)
        return found

    def _length(self, one: Element) -> Fraction:
        if one.get("duration"):
            return _time(one.get("duration"))
        if one.tag == "audition" and len(one):
            return self._length(one[0])
        asset = self.resources.get(one.get("ref", ""))
        return _time(asset.get("duration")) if asset is not None else Fraction(0)

    def _any(self, one: Element, at: Fraction, window: Window, track: int, depth: int) -> Iterator[EditedItem]:
        """What a clip shows, and what hangs on it. `at`: where it begins in the film."""
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
        if one.get("enabled") == "0":
            return
        if one.tag == "audition":
            if len(one):
                yield from self._any(one[0], at, window, track, depth + 1)
            return
        asset = self.resources.get(one.get("ref", ""))
        begins = one.get("start") or (asset.get("start") if asset is not None and one.tag != "ref-clip" else None)
        start, end = _time(begins), at + self._length(one)
        inside = (max(window[0], at), min(window[1], end)) if window else (at, end)
        if one.tag == "spine":
            yield from self._row(one, at, window, track, depth)
            return
        media = asset.find("sequence/spine") if asset is not None and one.tag == "ref-clip" else None
        if media is not None:
            yield from self._row(media, at - start, inside, track, depth)
        elif one.tag == "sync-clip":
            for child in one:
                if child.tag in _PICTURES and child.get("lane", "0") == "0":
                    yield from self._any(child, at - start + _time(child.get("offset")), inside, track, depth + 1)
        elif one.tag in _PICTURES:
            made = self._clip(one, at, end - at, start, track)
            clipped = made.within(*inside) if made else None
            if clipped:
                yield clipped
        for child in one:
            lane = int(child.get("lane", "0"))
            if lane > 0 and child.tag in _PICTURES:
                yield from self._any(child, at + _time(child.get("offset")) - start, window, track + lane, depth + 1)

    def _clip(self, one: Element, at: Fraction, length: Fraction, start: Fraction, track: int) -> EditedItem | None:
        shown = one if one.tag != "clip" else one.find(".//video")
        if shown is None:
            return None
        asset = self.resources.get(shown.get("ref", ""))
        name, place, zero = one.get("name", ""), "", Fraction(0)
        if one.tag == "gap":
            name = "" if name.strip().lower() == "gap" else name
        elif asset is not None and asset.tag == "asset":
            if asset.get("hasVideo") != "1":
                return None
            representation = asset.find("media-rep")
            place = asset.get("src") or (representation.get("src") if representation is not None else None) or ""
            zero = _time(asset.get("start"))
        elif asset is not None and asset.tag == "effect":  # a generator of the editor's
            return None
        if shown is not one:
            zero += _time(shown.get("offset")) - _time(shown.get("start") or None)
        source_in, speed = _mapped(one, start)
        return EditedItem(
            name=name[:300], place=place[:2000], start=at, seconds=length, source_in=source_in - zero, speed=speed,
            track=track,
        )  # fmt: skip


def _mapped(one: Element, start: Fraction) -> tuple[Fraction, Fraction]:
    """The source's time at `start`, and the speed there."""
    points = [(_time(point.get("time")), _time(point.get("value"))) for point in one.iterfind("timeMap/timept")]
    for (time, value), (later, other) in pairwise(points):
        if later > time and (start < later or later == points[-1][0]):
            speed = (other - value) / (later - time)
            return value + (start - time) * speed, speed
    return start, Fraction(1)
