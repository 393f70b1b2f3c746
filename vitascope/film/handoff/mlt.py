"""MLT XML, which `melt`, Shotcut and Kdenlive open: an `.mlt` for all of them, and a `.kdenlive` with what Kdenlive's
window wants besides. MLT counts in frames of the film, whatever rate the takes have.

Each kind of track is two playlists. A dissolve's two pieces lie on different ones, longer by half a dissolve on either
side, and a transition mixes them where they overlap. Sounds that overlap there fade into each other.
"""

from __future__ import annotations

import json
from fractions import Fraction
from math import gcd
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from vitascope.film.handoff import tracks
from vitascope.film.handoff.fcpxml import xml_text
from vitascope.film.handoff.form import Job
from vitascope.film.handoff.links import path
from vitascope.film.handoff.tracks import Heard, Shown
from vitascope.film.take import Media
from vitascope.film.times import frames
from vitascope.media.atomic_write import written_aside


def write(job: Job, target: Path) -> tuple[str, ...]:
    return _write(job, target, kdenlive=False)


def write_kdenlive(job: Job, target: Path) -> tuple[str, ...]:
    return _write(job, target, kdenlive=True)


def _write(job: Job, target: Path, *, kdenlive: bool) -> tuple[str, ...]:
    root = _Writer(job, kdenlive=kdenlive).root
    ElementTree.indent(root)
    with written_aside(target) as aside:
        text = ElementTree.tostring(root, encoding="unicode")
        aside.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n', encoding="utf-8")
    return ()


def _set(element: Element, **properties: object) -> Element:
    """`__` in a name stands for a colon, `_DOT_` for a full stop."""
    for name, value in properties.items():
        written = name.replace("__", ":").replace("_DOT_", ".")
        SubElement(element, "property", name=written).text = xml_text(str(value))
    return element


class _Row:
    """A playlist that is filled from left to right."""

    def __init__(self, element: Element):
        self.element, self.end = element, 0

    def put(self, start: int, producer: str, first: int, length: int) -> Element:
        if start > self.end:
            SubElement(self.element, "blank", length=str(start - self.end))
        entry = SubElement(
            self.element, "entry", {"producer": producer, "in": str(first), "out": str(first + length - 1)}
        )
        self.end = start + length
        return entry


class _Writer:
    def __init__(self, job: Job, *, kdenlive: bool):
        self.job, self.rate, self.kdenlive = job, job.timeline.rate, kdenlive
        self.shown, self.length = tracks.pictures(job.timeline), max(1, job.timeline.frames)
        self.producers = dict[tuple[str, Fraction, str], str]()
        self.root = Element("mlt", LC_NUMERIC="C", version="7.0.0", title=xml_text(job.timeline.title), producer="film")
        self._profile()
        self.bin = Element("playlist", id="main_bin")
        black = SubElement(self.root, "producer", {"id": "black_track", "in": "0", "out": str(self.length - 1)})
        _set(black, length=self.length, eof="pause", resource="black", mlt_service="color", mlt_image_format="rgb")
        sounds = self._sounds()
        picture = self._picture()
        if kdenlive:
            self._bin()
        film = SubElement(self.root, "tractor", {"id": "film", "in": "0", "out": str(self.length - 1)})
        if kdenlive:
            _set(film, kdenlive__projectTractor=1)
        for name in ("black_track", *sounds, picture):
            SubElement(film, "track", producer=name)
        for number in range(1, len(sounds) + 1):
            mix = SubElement(film, "transition", id=f"mix{number}")
            _set(mix, a_track=0, b_track=number, mlt_service="mix", always_active=1, sum=1, internal_added=237)

    def _profile(self) -> None:
        width, height = self.job.timeline.width, self.job.timeline.height
        shared = gcd(width, height)
        SubElement(
            self.root, "profile", description="Vitascope", width=str(width), height=str(height), progressive="1",
            frame_rate_num=str(self.rate.numerator), frame_rate_den=str(self.rate.denominator), sample_aspect_num="1",
            sample_aspect_den="1", display_aspect_num=str(width // shared), display_aspect_den=str(height // shared),
            colorspace="709",
        )  # fmt: skip

    def _producer(self, media: Media | None, name: str, speed: Fraction, use: str) -> str:
        """`use`: picture or sound. A file has one producer for each, and one for each speed."""
        key = (media.key if media else "", speed, use)
        if key in self.producers:
            return self.producers[key]
        made = self.producers[key] = f"{use}{len(self.producers)}"
        if media is None:
            length = self.length
            element = SubElement(self.root, "producer", {"id": made, "in": "0", "out": str(length - 1)})
            _set(element, length=length, eof="pause", resource="#ff101014", mlt_service="color")
        else:
            place, is_still = path(self.job.media(media)), media.width > 0 and not media.rate
            length = self.length * 2 if is_still else max(1, int(media.seconds / speed * self.rate))
            element = SubElement(self.root, "producer", {"id": made, "in": "0", "out": str(length - 1)})
            if is_still:
                _set(element, length=length, eof="pause", resource=place, ttl=length)
            elif speed != 1:
                _set(
                    element, length=length, eof="pause", resource=f"{float(speed):.6g}:{place}", mlt_service="timewarp"
                )
                _set(element, warp_speed=f"{float(speed):.6g}", warp_resource=place, warp_pitch=1)
            else:
                _set(element, length=length, eof="pause", resource=place, mlt_service="avformat")
            _set(element, **({"audio_index": -1} if use == "picture" and not is_still else {}))
            _set(element, **({"video_index": -1, "set_DOT_test_image": 1} if use == "sound" else {}))
        _set(element, kdenlive__clipname=name, kdenlive__id=len(self.producers) + 1)
        return made

    def _playlists(self, name: str) -> tuple[_Row, _Row]:
        return (_Row(Element("playlist", id=f"{name}_a")), _Row(Element("playlist", id=f"{name}_b")))

    def _picture(self) -> str:
        rows, at, mixes = self._playlists("picture"), 0, list[tuple[int, int, bool]]()
        for place, one in enumerate(self.shown):
            tail = self.shown[place + 1].half if place + 1 < len(self.shown) else 0
            if one.half:
                at = 1 - at
                mixes.append((one.start - one.half, one.start + one.half - 1, at == 0))
            speed = Fraction(1) if one.piece.is_still or not one.piece.media else one.piece.speed
            producer = self._producer(one.piece.media, one.piece.name, speed, "picture")
            rows[at].put(one.start - one.half, producer, self._first(one, speed), one.half + one.length + tail)
        track = self._track("picture", rows, hide="audio")
        for number, (first, last, reverse) in enumerate(mixes):
            mix = SubElement(track, "transition", {"id": f"dissolve{number}", "in": str(first), "out": str(last)})
            _set(mix, a_track=0, b_track=1, mlt_service="luma", factory="loader", reverse=int(reverse),
                 kdenlive_id="luma", kdenlive__mixcut=(last - first + 1) // 2)  # fmt: skip
        return "picture"

    def _first(self, one: Shown, speed: Fraction) -> int:
        if one.piece.is_still or not one.piece.media:
            return 0
        return max(0, frames(one.piece.source_in / speed, self.rate) - one.half)

    def _track(self, name: str, rows: tuple[_Row, _Row], hide: str) -> Element:
        self.root.extend(row.element for row in rows)
        track = SubElement(self.root, "tractor", {"id": name, "in": "0", "out": str(self.length - 1)})
        if self.kdenlive:
            _set(track, **({"kdenlive__audio_track": 1} if hide == "video" else {}), kdenlive__trackheight=60)
        for row in rows:
            SubElement(track, "track", producer=row.element.get("id", ""), hide=hide)
        return track

    def _sounds(self) -> list[str]:
        made = []
        for number, (title, clips) in enumerate(self._sound_rows(), 1):
            rows = self._playlists(f"sound{number}")
            for clip in clips:
                producer = self._producer(clip.media, clip.name, clip.speed, "sound")
                first = max(0, frames(clip.source_in / clip.speed / self.rate, self.rate))
                self._levels(rows[0].put(clip.start, producer, first, clip.length), clip, first)
            track = self._track(f"sound{number}", rows, hide="video")
            _set(track, kdenlive__track_name=title)
            made.append(f"sound{number}")
        return made

    def _sound_rows(self) -> list[tuple[str, list[Heard]]]:
        """The takes' own sound reaches into the dissolves, so neighbours lie on two tracks there."""
        halves = {one.piece.name + str(one.start): (one.half, self._tail(at)) for at, one in enumerate(self.shown)}
        takes: tuple[list[Heard], list[Heard]] = ([], [])
        at = 0
        for one in tracks.takes_sound(self.job.timeline):
            head, tail = halves[one.name + str(one.start)]
            at = 1 - at if head else at
            inside = max(0, one.source_in - frames(head * one.speed / self.rate, self.rate))
            takes[at].append(
                Heard(
                    name=one.name, role=one.role, media=one.media, start=one.start - head,
                    length=one.length + head + tail, source_in=inside, speed=one.speed, gain=one.gain,
                    fade_in=2 * head, fade_out=2 * tail,
                )
            )  # fmt: skip
        rows = [(f"Takes {number}", list(row)) for number, row in enumerate(takes, 1) if row]
        added = [track for track in tracks.sound_tracks(self.job.timeline) if not track.name.startswith("Takes")]
        return rows + [(track.name, list(track.clips)) for track in added]

    def _tail(self, at: int) -> int:
        return self.shown[at + 1].half if at + 1 < len(self.shown) else 0

    def _levels(self, entry: Element, clip: Heard, first: int) -> None:
        if clip.gain:
            _set(SubElement(entry, "filter"), mlt_service="volume", level=f"{clip.gain:g}", kdenlive_id="volume")
        last = first + clip.length - 1
        for name, begin, end, gains in (
            ("fadein", first, first + clip.fade_in - 1, (0, 1)),
            ("fadeout", last - clip.fade_out + 1, last, (1, 0)),
        ):
            if end >= begin:
                fade = SubElement(entry, "filter", {"in": str(begin), "out": str(end)})
                _set(fade, mlt_service="volume", gain=gains[0], end=gains[1], kdenlive_id=name)

    def _bin(self) -> None:
        """Kdenlive's list of clips, and its settings of the project."""
        _set(
            self.bin, kdenlive__docproperties_DOT_version="1.1", kdenlive__docproperties_DOT_profile="custom",
            kdenlive__docproperties_DOT_kdenliveversion="23.04.0", kdenlive__docproperties_DOT_documentid="1",
            kdenlive__docproperties_DOT_guides=self._guides(), xml_retain=1,
        )  # fmt: skip
        for name in self.producers.values():
            SubElement(self.bin, "entry", {"producer": name, "in": "0", "out": "0"})
        self.root.append(self.bin)

    def _guides(self) -> str:
        """Kdenlive's markers of the film."""
        markers = self.job.timeline.markers
        return json.dumps(
            [{"comment": marker.name, "pos": frames(marker.at, self.rate), "type": 0} for marker in markers],
            ensure_ascii=False,
        )
