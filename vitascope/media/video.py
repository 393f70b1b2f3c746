"""Frames to H.264 mp4, and clips of any kind to frames, one at a time, so that memory stays flat in length.

The same frames and recipe give the same bytes: one encoder thread, bit-exact scaling, no times and no version strings.
What is read may come from a stranger: its container is known by its first bytes, it opens no other file, and nothing
that it claims of itself is believed.
"""

from __future__ import annotations

import errno
import functools
import io
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.stream import Disposition
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from vitascope.clip import Recipe
from vitascope.errors import BadClip
from vitascope.frames import Frame, Frames
from vitascope.media import recipe as recipes
from vitascope.media import sound as sounds
from vitascope.media.atomic_write import written_aside
from vitascope.media.display import SCALING, Display, Size, UnreadableColours
from vitascope.media.encode import encode
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.limits import LOCAL, Limits
from vitascope.media.sound import Sound, SoundWriter, Track

_X264 = "threads=1:lookahead-threads=1:keyint=48"
# Loss that cannot be seen; a 5 s clip of 256x256 stays near 150 kB. References and chroma are as in the preset of
# 0.1.0: so the parameter sets are the same, and clips from then are copied when they go on.
_CLIP = {"crf": "14", "preset": "veryfast", "x264-params": f"{_X264}:ref=3:chroma-qp-offset=-2"}
_FIRST = {"crf": "14", "preset": "medium", "x264-params": _X264}  # clips of 0.1.0
# A small copy to look at: seeks fast, and is cheap to write and to send.
_PROXY = {"crf": "24", "preset": "veryfast", "x264-params": f"{_X264}:keyint=12"}
# With AVX-512, x264's macroblock tree reads unwritten memory, so that the same frames gave several files. What
# a processor with AVX-512 has besides gives the bytes that all others give, as fast.
_WITHOUT_AVX512 = ":asm=MMX2,SSE2Fast,LZCNT,SSSE3,SSE4.2,AVX,FMA3,BMI2,AVX2"
_SAFE = {"protocol_whitelist": "file", "max_pixels": str(LOCAL.clip_pixels)}  # for the container and its decoders
_PLAYS = "Give a video that plays from its first to its last frame."
_DAMAGED = "It was changed or damaged: copy or send it again."
_WHOLE = "Give it whole: copy or send it again. What was made here can be made anew."


@dataclass(frozen=True)
class Coded:
    """A frame as the encoder left it. Times are counted in frames."""

    units: list[bytes]
    shown: int
    decoded: int
    is_key: bool


class Mp4Writer:
    """Takes frames (H, W, 3) uint8 one by one; use `writing()` for one. The sound goes along with them: it begins at 0
    as they do, and ends with the last. `sound` is asked for when the first frame comes.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        fps: Fraction,
        comment: str,
        sound: Callable[[], Track | None],
        coding: dict[str, str],
    ):
        self.count, self._fps = 0, fps
        self._box = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"})
        if comment:
            self._box.metadata["comment"] = comment
        self._stream = self._box.add_stream("libx264", rate=fps, options=coding)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        context = self._stream.codec_context
        context.thread_count = 1
        context.flags |= av.codec.context.Flags.bitexact
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        self._ask_sound = sound
        self._sound: SoundWriter | None = None
        self._reformatter = VideoReformatter()  # one for all frames: it keeps the tables that it scales colours with

    def write(self, frame: Frame) -> None:
        self._hear()
        picture = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24"),
            format="yuv420p",
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=SCALING,
        )
        picture.pts = self.count
        self.count += 1
        self._box.mux(encode(self._stream, picture))
        if self._sound:
            self._sound.write_until(self.count / self._fps)

    def _hear(self) -> None:
        """Before the first frame: no track can be added to a file that has begun."""
        if not self.count and (sound := self._ask_sound()):
            self._sound = SoundWriter(self._box, sound)

    def copy(self, frames: Iterable[Coded]) -> None:
        """Take frames that are encoded already, before the first that is not."""
        self._hear()
        for frame in frames:
            packet = av.Packet(b"".join(b"\0\0\0\1" + unit for unit in frame.units))
            packet.stream, packet.time_base = self._stream, 1 / self._fps
            packet.pts, packet.dts, packet.duration, packet.is_keyframe = frame.shown, frame.decoded, 1, frame.is_key
            self._box.mux(packet)
            self.count += 1
            if self._sound:
                self._sound.write_until(self.count / self._fps)

    def finish(self) -> None:
        self._box.mux(encode(self._stream, None))
        if self._sound:
            self._sound.finish()
        self._box.close()

    def abandon(self) -> None:
        """Let go of the file after something went wrong; what was written is of no use."""
        try:
            self._box.close()
        except (FFmpegError, ValueError):
            pass


def _coding(coding: Mapping[str, str]) -> dict[str, str]:
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    if not any(name.startswith(("AVX512", "X86_V4")) for name in found):
        return dict(coding)
    return {**coding, "x264-params": coding["x264-params"] + _WITHOUT_AVX512}


@contextmanager
def writing(
    path: Path,
    width: int,
    height: int,
    *,
    fps: Fraction | int,
    recipe: Recipe | None = None,
    comment: str = "",
    sound: Track | Callable[[], Track | None] | None = None,
    proxy: bool = False,
    first: bool = False,
    sign: Callable[[Path], None] | None = None,
) -> Iterator[Mp4Writer]:
    """A writer whose file appears at `path` only when the block ends well, with the recipe inside. `comment`: what it
    says instead where there is no recipe; `proxy`: a small copy, whose loss may be seen; `first`: encoded
    as 0.1.0 did; `sign`: what is done to the finished file before it appears.
    """
    with written_aside(path) as aside:
        text = recipes.to_text(recipe) if recipe else comment
        asked = sound if callable(sound) else lambda: sound
        coding = _coding(_PROXY if proxy else _FIRST if first else _CLIP)
        writer = Mp4Writer(aside, width, height, Fraction(fps), text, asked, coding)
        try:
            yield writer
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
        if recipe:
            recipes.append_xmp(aside, text)
        if sign:
            sign(aside)


@dataclass(frozen=True)
class VideoInfo:
    """What was found in a clip by reading all of it. `width` and `height` are as it is shown."""

    width: int
    height: int
    fps: float
    frames: int
    steady: bool = True  # all frames are shown for the same time
    channels: int = 0  # of its sound; 0: it has none
    notes: tuple[str, ...] = ()  # what has to be changed to show it as it should look

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    @property
    def sound(self) -> bool:
        return self.channels > 0


def probe(source: Path | bytes, *, name: str = "", limits: Limits = LOCAL) -> VideoInfo:
    """Decodes the whole clip, because lengths and rates that a file claims prove nothing. `name`: what to call it in
    errors, that of the file if not given.
    """
    times: list[float] = []
    display = size = None
    with _opened(source, name) as opened:
        for picture, time in _decoded(opened, limits):
            if display is None:
                display = _display(opened, picture)
                size = display.size(picture.width, picture.height)
            times.append(time)
        if display is None or size is None:
            raise BadClip(f"{opened.name} holds no frames that can be read.", hint=_PLAYS)
        seconds = max(times[-1] - times[0], 0.0)
        fps = (len(times) - 1) / seconds if seconds else float(opened.stream.average_rate or 1)
        if not 0.5 <= fps <= 1000:
            raise BadClip(f"{opened.name} has {fps:.3g} frames a second.", hint="0.5 to 1000 are read.")
        steady = all(abs(time - times[0] - number / fps) < 0.25 / fps for number, time in enumerate(times))
        audio = opened.box.streams.audio
        channels = (int(audio[0].codec_context.channels) if audio[0].codec_context else 1) if audio else 0
        return VideoInfo(*size, fps, len(times), steady, channels, display.notes)


def read_frames(
    source: Path | bytes, *, name: str = "", frames: int | None = None, limits: Limits = LOCAL
) -> Iterator[Frame]:
    """The frames in order as they are shown, (H, W, 3) uint8. With `frames`, exactly so many must be there."""
    for frame, _ in timed_frames(source, name=name, frames=frames, limits=limits):
        yield frame()


def timed_frames(
    source: Path | bytes,
    *,
    name: str = "",
    frames: int | None = None,
    size: Size | Callable[[Size], Size] | None = None,
    limits: Limits = LOCAL,
) -> Iterator[tuple[Callable[[], Frame], float]]:
    """For each frame what draws it, of its own or of this size, and when it is shown, in seconds from the first.
    `size` may also be chosen when the clip's own is known.
    """
    count, display, drawn = 0, None, None
    with _opened(source, name) as opened:
        for picture, time in _decoded(opened, limits):
            count += 1
            if frames is not None and count > frames:
                raise BadClip(f"{opened.name} has more than the {frames} frames it should have.", hint=_DAMAGED)
            if display is None:
                display = _display(opened, picture)
                drawn = size(display.size(picture.width, picture.height)) if callable(size) else size
            yield functools.partial(display.show, picture, drawn), time
        if frames is not None and count < frames:
            raise BadClip(f"{opened.name} has {count} of the {frames} frames it should have.", hint=_DAMAGED)


def packets(source: Path | bytes, *, name: str = "") -> Iterator[av.Packet]:
    """The frames as they were encoded, in the order in which they are decoded."""
    with _opened(source, name) as opened:
        try:
            yield from (packet for packet in opened.box.demux(opened.stream) if packet.size)
        except (FFmpegError, OSError, ValueError) as error:
            raise BadClip(f"{opened.name} cannot be read.", hint=_PLAYS) from error


def display(source: Path | bytes, *, name: str = "") -> Display:
    """How the frames are shown."""
    with _opened(source, name) as opened:
        for picture, _ in _decoded(opened, LOCAL):
            return _display(opened, picture)
        raise BadClip(f"{opened.name} holds no frames that can be read.", hint=_PLAYS)


def read_sound(source: Path | bytes, *, name: str = "", seconds: float = LOCAL.clip_seconds) -> Sound | None:
    """At most so much of the clip's sound, which begins with its first frame; None when it has none. Raises
    UnreadableSound.
    """
    start = begins(source, name=name)
    with _opened(source, name) as opened:
        return sounds.read(opened.box, seconds=seconds, start=start)


def begins(source: Path | bytes, *, name: str = "") -> float:
    """When the file's clock shows the first frame, in seconds."""
    with _opened(source, name) as opened:
        first, _ = next(_decoded(opened, LOCAL), (None, 0.0))
        return first.time if first and first.time else 0.0


def has_sound(path: Path, *, name: str = "") -> bool:
    """Whether there is a sound in this clip, by what its container says."""
    with _opened(path, name) as opened:
        return bool(opened.box.streams.audio)


def tail(path: Path | str, count: int, *, name: str = "The clip", frames: int | None = None) -> Frames:
    """The last `count` frames (fewer if the clip is shorter), (count, H, W, 3) uint8. `frames`: as in `read_frames`."""
    drawn = deque((draw for draw, _ in timed_frames(Path(path), name=name, frames=frames)), maxlen=count)
    if not drawn:
        raise BadClip(f"{name} holds no frames that can be read.", hint=_PLAYS)
    return np.stack([draw() for draw in drawn])


@dataclass(frozen=True)
class _Open:
    box: av.container.InputContainer
    stream: av.VideoStream
    name: str


@contextmanager
def _opened(source: Path | bytes, name: str) -> Iterator[_Open]:
    """The clip in this file. Only as the kind that its first bytes show, and no other file is opened for it."""
    name = name or ("The clip" if isinstance(source, bytes) else source.name)
    try:
        kind = kind_of(source[:HEAD_BYTES] if isinstance(source, bytes) else _head(source))
    except OSError as error:
        what = "does not exist" if error.errno == errno.ENOENT else "cannot be read"
        raise BadClip(f"{name} {what}.", hint="Check the path; give a video that plays.") from error
    if not kind or kind.what != "clip":
        what = f"is a {kind.what}, not a video" if kind else "cannot be read as a video: its kind is not known here"
        raise BadClip(f"{name} {what}.", hint="Give an mp4, MOV, WebM, MKV or AVI file.")
    if kind.format == "mov":
        _check_whole(source, name)
    try:
        file: Any = io.BytesIO(source) if isinstance(source, bytes) else f"file:{source.absolute()}"
        box = av.open(file, format=kind.format, options=_SAFE, metadata_errors="replace")
    except (FFmpegError, OSError, ValueError) as error:
        raise BadClip(f"{name} cannot be read as a video.", hint=_PLAYS) from error
    with box:
        stream = next((one for one in box.streams.video if not one.disposition & Disposition.attached_pic), None)
        if stream is None:
            raise BadClip(f"{name} has no pictures in it.", hint="Give a video.")
        if stream.codec_context is None:
            raise BadClip(f"{name} is coded in a way that is not read here.", hint="Convert it to an ordinary mp4.")
        stream.thread_type = "AUTO"
        yield _Open(box, stream, name)


def _check_whole(source: Path | bytes, name: str) -> None:
    """An mp4 says how long each of its parts is; FFmpeg would silently take what is there."""
    with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
        size = file.seek(0, io.SEEK_END)
        place = 0
        while place + 8 <= size:
            file.seek(place)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:  # 0: to the end of the file; less makes no sense, which its reader will say
                return
            place += length
            if place > size and head[4:8] in (b"mdat", b"moov", b"moof"):
                raise BadClip(f"{name} is cut off: {place - size:,} bytes are missing.", hint=_WHOLE)


def _head(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(HEAD_BYTES)


def _decoded(opened: _Open, limits: Limits) -> Iterator[tuple[av.VideoFrame, float]]:
    """Each frame and when it is shown, in seconds from the first; nothing that the file claims is believed."""
    name, stream = opened.name, opened.stream
    first = last = 0.0
    size = (stream.codec_context.width, stream.codec_context.height)
    _check_size(name, size, limits)
    frames = iter(opened.box.decode(stream))
    for count in itertools.count(1):
        try:
            frame = next(frames, None)
        except (FFmpegError, OSError, ValueError) as error:
            raise BadClip(f"{name} cannot be read after frame {count - 1}.", hint=_PLAYS) from error
        if frame is None:
            return
        if (frame.width, frame.height) != size:
            if count > 1:
                raise BadClip(f"{name} changes its size at frame {count}.", hint="Give a video of one size.")
            size = (frame.width, frame.height)
            _check_size(name, size, limits)
        if count > limits.clip_frames:
            raise BadClip(f"{name} has more than {limits.clip_frames:,} frames.", hint="Give a shorter video.")
        if count * size[0] * size[1] > limits.clip_work:
            raise BadClip(
                f"{name} has more than {count - 1:,} frames of {size[0]}x{size[1]}.",
                hint="Give a shorter or a smaller video.",
            )
        time = last if frame.time is None else frame.time
        first = time if count == 1 else first
        last = max(last, time) if count > 1 else time
        if last - first > limits.clip_seconds:
            raise BadClip(f"{name} is longer than {limits.clip_seconds:g} seconds.", hint="Cut it first.")
        yield frame, last - first


def _check_size(name: str, size: Size, limits: Limits) -> None:
    width, height = size
    if max(size) > limits.clip_side or width * height > limits.clip_pixels:
        raise BadClip(
            f"{name} is {width}x{height}.",
            hint=f"At most {limits.clip_pixels / 1e6:.0f} million pixels, each side at most {limits.clip_side:,}.",
        )


def _display(opened: _Open, frame: av.VideoFrame) -> Display:
    try:
        return Display.of(frame, opened.stream.sample_aspect_ratio)
    except UnreadableColours as error:
        raise BadClip(f"{opened.name} cannot be shown: {error}.", hint="Convert it to an ordinary mp4.") from error
