"""What another program has made, as an mp4: a clip, an animated picture, or a row of single pictures."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from PIL import Image

from vitascope.errors import BadClip, BadPicture
from vitascope.frames import Frame
from vitascope.media import incoming, video
from vitascope.media import picture as pictures
from vitascope.media.atomic_write import written_aside
from vitascope.media.limits import LOCAL, Limits

_PLAYS = "It was changed or damaged, or is coded in a way that an mp4 cannot hold."


def bring(files: Sequence[Path], target: Path, *, fps: Fraction, limits: Limits = LOCAL) -> None:
    """An mp4 of these files: of one clip, or of pictures, shown `fps` a second; an animated picture keeps its own
    times. An mp4's streams are copied as they are; the words in it (ComfyUI writes the whole workflow there) are left
    out. Other clips are encoded anew, their sound with them. Raises BadClip.
    """
    kind = incoming.kind(files[0]) if files else None
    if not kind or kind.what == "sound":
        raise BadClip("The result is neither a clip nor a picture.", hint="Its workflow must save one.")
    if kind.what == "picture":
        return _drawn(files, kind.format, target, fps, limits)
    if kind.format == "mov":
        return _without_words(files[0], target)
    footage = incoming.clip(files[0], name="The result", limits=limits)
    size = (footage.info.width // 2 * 2, footage.info.height // 2 * 2)
    incoming.conform(footage, target, size=size, fps=Fraction(footage.info.fps).limit_denominator(1001))


def _without_words(source: Path, target: Path) -> None:
    """The same packets with the same times, and no metadata."""
    incoming.clip(source, name="The result")  # it must play; nothing else is opened for it
    try:
        with (
            written_aside(target) as aside,
            _only(source) as box,
            av.open(str(aside), "w", format="mp4", options={"movflags": "+faststart"}) as copy,
        ):
            streams = (*box.streams.video[:1], *box.streams.audio[:1])
            kept = {stream.index: copy.add_stream_from_template(stream) for stream in streams}
            for stream in kept.values():
                stream.metadata.clear()
            for packet in box.demux(list(streams)):
                if packet.dts is not None:
                    packet.stream = kept[packet.stream.index]
                    copy.mux(packet)
    except (FFmpegError, OSError, ValueError) as error:
        raise BadClip("The result cannot be copied.", hint=_PLAYS) from error


def _only(source: Path) -> av.container.InputContainer:
    """No other file is opened, whatever this one names."""
    return av.open(f"file:{source.absolute()}", format="mov", options={"protocol_whitelist": "file"})


def _drawn(files: Sequence[Path], format: str, target: Path, fps: Fraction, limits: Limits) -> None:
    try:
        frames, rate = _animated(files[0], format, limits) if len(files) == 1 else (_single(files, limits), fps)
        first = next(frames)
        high, wide = first.shape[0] // 2 * 2, first.shape[1] // 2 * 2
        with video.writing(target, wide, high, fps=rate) as writer:
            for frame in itertools.chain([first], frames):
                if frame.shape != first.shape:
                    raise BadClip("The pictures of the result differ in size.", hint="Its workflow must keep the size.")
                writer.write(frame[:high, :wide])
    except (BadPicture, StopIteration, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadClip("The pictures of the result cannot be read.", hint=_PLAYS) from error


def _single(files: Sequence[Path], limits: Limits) -> Iterator[Frame]:
    for file in files:
        seen = pictures.opened(file.read_bytes(), name="A picture of the result", limits=limits)
        yield np.asarray(seen.image.convert("RGB"))


def _animated(file: Path, format: str, limits: Limits) -> tuple[Iterator[Frame], Fraction]:
    """Its frames, and how many there are a second; 1 of a picture that stands still."""
    with Image.open(file, formats=(format,)) as image:
        count = getattr(image, "n_frames", 1)
        if image.width * image.height > limits.clip_pixels or count > limits.clip_frames:
            told = f"The result has {count:,} frames of {image.width}x{image.height}."
            raise BadClip(told, hint="Its workflow must make fewer or smaller ones.")
        image.seek(count - 1)
        image.load()
        spent = image.info.get("duration", 0)
    rate = Fraction(1000, round(spent)) if count > 1 and spent else Fraction(1)

    def frames() -> Iterator[Frame]:
        with Image.open(file, formats=(format,)) as image:
            for number in range(count):
                image.seek(number)
                yield np.asarray(image.convert("RGB"))

    return frames(), rate
