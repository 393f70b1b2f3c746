"""FCPXML 1.10: Final Cut Pro and DaVinci Resolve open it. Times are exact fractions of a second.

A connected clip's offset counts in its parent's own time, not in the film's; of a clip with a changed speed that time
is the changed one. A transition is centred on its cut, as in the timeline.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from vitascope.film.handoff import tracks
from vitascope.film.handoff.form import Job
from vitascope.film.handoff.identity import mark
from vitascope.film.handoff.links import is_relative, uri
from vitascope.film.handoff.tracks import Caption, Heard, Shown
from vitascope.film.take import Media
from vitascope.film.times import frames
from vitascope.media.atomic_write import written_aside

_DISSOLVE = "FxPlug:4731E73A-8DAC-4113-9A30-AE85B1761265"
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(job: Job, target: Path) -> tuple[str, ...]:
    root = _Writer(job).root
    ElementTree.indent(root)
    with written_aside(target) as aside:
        text = ElementTree.tostring(root, encoding="unicode")
        head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
        aside.write_text(f"{head}{text}\n", encoding="utf-8")
    if any(piece.media and is_relative(job.media(piece.media)) for piece in job.timeline.pieces):
        return ("The links in the FCPXML are relative. A program that does not follow them asks where the media are.",)
    return ()


def xml_text(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def seconds(value: Fraction) -> str:
    return f"{value.numerator}s" if value.denominator == 1 else f"{value.numerator}/{value.denominator}s"


class _Writer:
    def __init__(self, job: Job):
        self.job, self.rate, self.assets = job, job.timeline.rate, dict[str, str]()
        self.root = Element("fcpxml", version="1.10")
        self.resources = SubElement(self.root, "resources")
        self.formats = dict[tuple[Fraction, int, int], str]()
        frame = self._format(self.rate, job.timeline.width, job.timeline.height)
        self.resources[0].set("colorSpace", "1-1-1 (Rec. 709)")
        self._resource("effect", name="Cross Dissolve", uid=_DISSOLVE)
        title = xml_text(job.timeline.title)
        event = SubElement(SubElement(self.root, "library"), "event", name=title)
        sequence = SubElement(
            SubElement(event, "project", name=title), "sequence", format=frame,
            duration=self._time(job.timeline.frames), tcStart="0s", tcFormat="NDF", audioLayout="stereo",
            audioRate="48k",
        )  # fmt: skip
        if of := mark(job.film):
            SubElement(sequence, "note").text = xml_text(of)
        self._fill(SubElement(sequence, "spine"))

    def _time(self, count: int | Fraction) -> str:
        return seconds(Fraction(count) / self.rate)

    def _resource(self, kind: str, **fields: str) -> Element:
        return SubElement(self.resources, kind, {"id": f"r{len(self.resources) + 1}", **fields})

    def _format(self, rate: Fraction, width: int, height: int) -> str:
        """Of a still: without a frame's length."""
        key = (rate, width, height)
        if key not in self.formats:
            made = self._resource("format", width=str(width), height=str(height))
            if rate:
                made.set("frameDuration", seconds(1 / rate))
            else:
                made.set("name", "FFVideoFormatRateUndefined")
            self.formats[key] = made.get("id", "")
        return self.formats[key]

    def _asset(self, media: Media, name: str) -> str:
        if media.key not in self.assets:
            is_still = media.width > 0 and not media.rate
            fields = {"hasVideo": "1", "videoSources": "1"} if media.width else {}
            if media.width:
                fields["format"] = self._format(media.rate, media.width, media.height)
            if media.sound or not media.width:
                fields |= {"hasAudio": "1", "audioSources": "1"}
            length = seconds(Fraction(0) if is_still else media.seconds)
            made = self._resource("asset", name=xml_text(name), start="0s", duration=length, **fields)
            SubElement(made, "media-rep", kind="original-media", src=uri(self.job.media(media)))
            self.assets[media.key] = made.get("id", "")
        return self.assets[media.key]

    def _fill(self, spine: Element) -> None:
        """Pictures in a row; sounds, captions and markers hang on the one during which they begin."""
        places: list[tuple[int, int, Element]] = []  # start in the film, start in its own time
        end = 0
        for one in tracks.pictures(self.job.timeline):
            if one.gap:
                gap = SubElement(
                    spine, "gap", name="Gap", offset=self._time(end), start="0s", duration=self._time(one.gap)
                )
                places.append((end, 0, gap))
            if one.half:
                self._dissolve(spine, one)
            places.append((one.start, *self._picture(spine, one)))
            end = one.end

        def parent(at: int) -> tuple[Element, int]:
            start, own, element = next(place for place in reversed(places) if place[0] <= at or place is places[0])
            return element, own + at - start

        if not places:
            return
        lane = 0
        for track in tracks.sound_tracks(self.job.timeline):
            if track.name.startswith("Takes"):  # they are in the pictures' own clips
                continue
            lane -= 1
            for heard in track.clips:
                self._sound(*parent(heard.start), heard, lane)
        for number, caption in enumerate(tracks.captions(self.job.timeline, self.job.film), 1):
            self._caption(*parent(caption.start), caption, number)
        for marker in self.job.timeline.markers:
            element, at = parent(frames(marker.at, self.rate))
            SubElement(
                element, "marker", start=self._time(at), duration=self._time(1), value=xml_text(marker.name) or "Scene"
            )

    def _dissolve(self, spine: Element, one: Shown) -> None:
        made = SubElement(
            spine, "transition", name="Cross Dissolve", offset=self._time(one.start - one.half),
            duration=self._time(2 * one.half),
        )  # fmt: skip
        SubElement(made, "filter-video", ref="r2", name="Cross Dissolve")

    def _picture(self, spine: Element, one: Shown) -> tuple[int, Element]:
        """Where it starts in its own time, and the clip."""
        piece = one.piece
        own = 0 if piece.is_still or not piece.media else frames(piece.source_in / piece.speed, self.rate)
        fields = {
            "name": xml_text(piece.name), "offset": self._time(one.start), "start": self._time(own),
            "duration": self._time(one.length),
        }  # fmt: skip
        kind = "gap" if not piece.media else "video" if piece.is_still else "asset-clip"
        if piece.media:
            fields = {"ref": self._asset(piece.media, piece.name)} | fields
        made = SubElement(spine, kind, fields)
        if piece.text.strip():
            SubElement(made, "note").text = xml_text(piece.text)
        if piece.media and not piece.is_still:
            made.set("tcFormat", "NDF")
            if piece.muted or not piece.media.sound:
                made.set("srcEnable", "video")
            else:
                made.set("audioRole", "dialogue")
            if piece.speed != 1:
                speeds = SubElement(made, "timeMap")
                for time, value in (
                    (Fraction(0), Fraction(0)),
                    (piece.media.seconds / piece.speed, piece.media.seconds),
                ):
                    SubElement(speeds, "timept", time=seconds(time), value=seconds(value), interp="linear")
            if piece.gain and piece.media.sound and not piece.muted:
                SubElement(made, "adjust-volume", amount=f"{piece.gain:g}dB")
        return own, made

    def _sound(self, parent: Element, at: int, heard: Heard, lane: int) -> None:
        made = SubElement(
            parent, "asset-clip", ref=self._asset(heard.media, heard.name), lane=str(lane), name=xml_text(heard.name),
            offset=self._time(at), start=self._time(heard.source_in), duration=self._time(heard.length),
            audioRole=heard.role,
        )  # fmt: skip
        if heard.gain or heard.fade_in or heard.fade_out:
            volume = SubElement(made, "adjust-volume", amount=f"{heard.gain:g}dB")
            if heard.fade_in or heard.fade_out:
                amount = SubElement(volume, "param", name="amount")
                for tag, length in (("fadeIn", heard.fade_in), ("fadeOut", heard.fade_out)):
                    if length:
                        SubElement(amount, tag, type="easeIn", duration=self._time(length))

    def _caption(self, parent: Element, at: int, caption: Caption, number: int) -> None:
        text = xml_text(caption.text)
        made = SubElement(
            parent, "caption", lane="1", name=text[:60], offset=self._time(at), start="3600s",
            duration=self._time(caption.end - caption.start), role=f"iTT?captionFormat=ITT.{self.job.film.language}",
        )  # fmt: skip
        words = SubElement(made, "text", placement="bottom")
        SubElement(words, "text-style", ref=f"ts{number}").text = text
        style = SubElement(made, "text-style-def", id=f"ts{number}")
        SubElement(style, "text-style", font=".AppleSystemUIFont", fontSize="13", fontColor="1 1 1 1")
