"""A clip that goes on keeps what it has: the packets of the clip before are copied, and what is new begins with a key
frame behind them. So a second more costs a second's work, and nothing before it loses by being encoded again.

Packets are copied only where our encoder, today's or that of 0.1.0, would have written such packets: the same
parameter sets and one of the two settings in the encoder's own words, byte for byte, nothing else in between, evenly
timed. What a container claims of itself is not believed. It knows nothing of recipes and sound.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from vitascope.media import video
from vitascope.media.display import Display, Size
from vitascope.media.video import Coded

_SLICE, _KEY, _SETTINGS = 1, 5, 6  # kinds of units in H.264: of a frame, of a key frame, of messages
_AHEAD = 2  # frames by which one is decoded before it is shown, with the encoder's settings


def seam(source: Path | bytes, frames: int, size: Size, fps: Fraction | int, *, name: str = "") -> int:
    """How many of the clip's frames can be copied; 0: none. A key frame that is the last of all is left out: two of
    them must not follow each other, because a decoder could take them for one.
    """
    ours, shown, key = _ours(size, Fraction(fps)), [], False
    for number, packet in enumerate(video.packets(source, name=name)):
        units = _units(packet)
        kinds = [unit[0] & 31 for unit in units]
        key = kinds[-1:] == [_KEY]
        known = ([_SETTINGS, _KEY],) if number == 0 else ([_SLICE], [_KEY], [_SETTINGS, _KEY])
        if kinds not in known or packet.stream.codec_context.extradata != ours.sets or packet.is_discard:
            return 0
        if kinds[0] == _SETTINGS and units[0] not in ours.settings:
            return 0
        if _time(packet.dts, packet, fps) != number - _AHEAD:
            return 0
        shown.append(_time(packet.pts, packet, fps))
    if len(shown) != frames or set(shown) != set(range(frames)):
        return 0
    return frames - key if video.display(source, name=name) == ours.display else 0


def packets(source: Path | bytes, count: int, fps: Fraction | int, *, name: str = "") -> Iterator[Coded]:
    """The first `count` packets of a clip of which `seam` says that so many can be copied."""
    for number, packet in enumerate(itertools.islice(video.packets(source, name=name), count)):
        units, shown = _units(packet), _time(packet.pts, packet, fps)
        assert shown is not None, "seam has looked at all times"
        yield Coded(units, int(shown), number - _AHEAD, units[-1][0] & 31 == _KEY)


@dataclass(frozen=True)
class _Ours:
    """What all clips have that are written here: how they are shown, the parameter sets, the encoder's settings."""

    display: Display
    sets: bytes | None
    settings: frozenset[bytes]


@functools.lru_cache(maxsize=16)
def _ours(size: Size, fps: Fraction) -> _Ours:
    width, height = size
    with TemporaryDirectory(prefix="vitascope-") as folder:
        path, settings = Path(folder) / "one.mp4", set()
        for first in (True, False):
            with video.writing(path, width, height, fps=fps, first=first) as writer:
                writer.write(np.zeros((height, width, 3), np.uint8))
            packet = next(video.packets(path))
            settings.add(_units(packet)[0])
        return _Ours(video.display(path), packet.stream.codec_context.extradata, frozenset(settings))


def _units(packet: av.Packet) -> list[bytes]:
    """What a packet of an mp4 is made of, each part behind its length; none of H.264 if that makes no sense."""
    data, place, found = bytes(packet), 0, []
    while place < len(data):
        start = place + 4
        place = start + int.from_bytes(data[place:start], "big")
        if not start < place <= len(data):
            return [b"\0"]
        found.append(data[start:place])
    return found


def _time(at: int | None, packet: av.Packet, fps: Fraction | int) -> Fraction | None:
    """In frames from the first."""
    return None if at is None or packet.time_base is None else at * packet.time_base * fps
