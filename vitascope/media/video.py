"""Frames to H.264 mp4 and back, one frame at a time, so that memory stays flat in length.

The same frames and recipe give the same bytes: one encoder thread, bit-exact scaling, no times and no version strings.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation

from vitascope.clip import FPS, Recipe
from vitascope.engines.protocol import Frame, Frames
from vitascope.errors import BadClip
from vitascope.media import recipe as recipes
from vitascope.media.atomic_write import written_aside

# Loss that cannot be seen, also after a clip was continued several times; a 5 s clip of 256x256 stays near 300 kB.
_X264 = {"crf": "14", "preset": "medium", "x264-params": "threads=1:lookahead-threads=1:keyint=48"}
_SCALING = Interpolation.LANCZOS | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
_SCALING |= Interpolation.ACCURATE_RND | Interpolation.BITEXACT
_MAX_SIDE = 8192


class Mp4Writer:
    """Takes frames (H, W, 3) uint8 one by one; use `writing()` for one."""

    def __init__(self, path: Path, width: int, height: int, fps: int, comment: str):
        self.count = 0
        self._box = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"})
        if comment:
            self._box.metadata["comment"] = comment
        self._stream = self._box.add_stream("libx264", rate=fps, options=dict(_X264))
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        context = self._stream.codec_context
        context.thread_count = 1
        context.flags |= av.codec.context.Flags.bitexact
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709

    def write(self, frame: Frame) -> None:
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24").reformat(
            format="yuv420p",
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=_SCALING,
        )
        picture.pts = self.count
        self.count += 1
        self._box.mux(self._stream.encode(picture))

    def finish(self) -> None:
        self._box.mux(self._stream.encode(None))
        self._box.close()

    def abandon(self) -> None:
        """Let go of the file after something went wrong; what was written is of no use."""
        try:
            self._box.close()
        except (FFmpegError, ValueError):
            pass


@contextmanager
def writing(
    path: Path, width: int, height: int, *, fps: int = FPS, recipe: Recipe | None = None
) -> Iterator[Mp4Writer]:
    """A writer whose file appears at `path` only when the block ends well, with the recipe inside."""
    with written_aside(path) as aside:
        text = recipes.to_text(recipe) if recipe else ""
        writer = Mp4Writer(aside, width, height, fps, text)
        try:
            yield writer
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
        if recipe:
            recipes.append_xmp(aside, text)


@dataclass(frozen=True)
class VideoInfo:
    width: int
    height: int
    fps: float
    frames: int

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


def probe(path: Path) -> VideoInfo:
    with _opened(path) as (box, stream):
        frames = stream.frames or sum(1 for packet in box.demux(stream) if packet.size)
        width, height = stream.codec_context.width, stream.codec_context.height
        if not frames or not width or not stream.average_rate or max(width, height) > _MAX_SIDE:
            raise BadClip(f"{path} holds no frames that can be read.", hint="Give an mp4 that plays.")
        return VideoInfo(width, height, float(stream.average_rate), frames)


def read_frames(path: Path) -> Iterator[Frame]:
    """The frames in order, (H, W, 3) uint8."""
    with _opened(path) as (box, stream):
        for picture in box.decode(stream):
            rgb = picture.reformat(
                format="rgb24",
                src_colorspace=Colorspace.ITU709,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.MPEG,
                dst_color_range=ColorRange.JPEG,
                interpolation=_SCALING,
            )
            yield rgb.to_ndarray().astype(np.uint8, copy=False)


def tail(path: Path | str, count: int) -> Frames:
    """The last `count` frames (fewer if the clip is shorter), (count, H, W, 3) uint8."""
    return np.stack(deque(read_frames(Path(path)), maxlen=count))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    try:
        with av.open(str(path)) as box:
            if not box.streams.video:
                raise BadClip(f"{path} has no pictures in it.", hint="Give an mp4 video.")
            yield box, box.streams.video[0]
    except (FFmpegError, OSError) as error:
        missing = getattr(error, "errno", None) == errno.ENOENT
        what = "does not exist" if missing else "cannot be read as a video"
        raise BadClip(f"{path} {what}.", hint="Check the path; give an mp4 that plays.") from error
