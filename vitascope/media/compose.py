"""The parts of a composed picture: a clip's frames by time, fitted to a size; one frame that dissolves into another;
something laid on a frame. It knows nothing of films.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from vitascope.errors import BadPicture
from vitascope.frames import Frame
from vitascope.media import incoming, video
from vitascope.media import picture as pictures
from vitascope.media.limits import LOCAL, Limits
from vitascope.media.picture import Fit

Size = tuple[int, int]  # (width, height)
#: So much of a picture may be cut away when it fills a frame of another shape; if more would go, it gets bars.
MOST_CUT = Fraction(2, 5)
PROXY_LINES = 720  # clips whose short side is longer are played as a smaller copy


def fit_for(size: Size, to: Size) -> Fit:
    """How a picture of this size comes into a frame: it fills it, unless too much would be cut away."""
    wide = Fraction(size[0] * to[1], size[1] * to[0])
    return "crop" if 1 - min(wide, 1 / wide) <= MOST_CUT else "pad"


class Shown:
    """A clip's frames by time, asked for in rising order. At any time two of them are held; those in between are
    decoded and never drawn. Closing it closes the file.
    """

    def __init__(self, path: Path, size: Size, *, name: str = "", limits: Limits = LOCAL):
        self.note = ""  # how it was fitted
        self._size = size
        self._frames = video.timed_frames(path, name=name, size=self._fitted, limits=limits)
        first = next(self._frames, None)
        if first is None:
            video.probe(path, name=name, limits=limits)  # says what is wrong with it
        self._now = self._next = first
        self._step = 0.0  # seconds between the last two frames
        self._drawn: Frame | None = None

    def _fitted(self, own: Size) -> Size:
        fit = fit_for(own, self._size)
        self.note = pictures.fit_note(own, self._size, fit)
        return incoming.scaled(own, self._size, fit)

    def at(self, seconds: Fraction) -> Frame:
        """The frame that is shown so long after the first one: the first before that, the last after the end. Not to
        be written to.
        """
        until = float(seconds) + incoming.ROUNDED
        while self._next is not None and self._next[1] <= until:
            if self._now is not None and self._next is not self._now:
                self._step = self._next[1] - self._now[1]
                self._drawn = None
            self._now, self._next = self._next, next(self._frames, None)
        if self._drawn is None and self._now is not None:
            self._drawn = incoming.placed(self._now[0](), self._size)
        assert self._drawn is not None  # a clip without frames is refused when it is opened
        return self._drawn

    @property
    def ended(self) -> float | None:
        """When its last frame ends, in seconds; None while there are more."""
        return None if self._next is not None or self._now is None else self._now[1] + self._step

    def close(self) -> None:
        self._frames.close()  # type: ignore[attr-defined]  # it is a generator
        self._now = self._next = self._drawn = None


def dissolved(first: Frame, second: Frame, share: Fraction) -> Frame:
    """`share` of the second, 0 to 1; mixed as editors and players do, by the values of the pixels."""
    weight = np.uint16(round(256 * share))
    mixed = first * (np.uint16(256) - weight)
    mixed += second * weight
    mixed += np.uint16(128)
    mixed >>= np.uint16(8)
    return mixed.astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Cover:
    """Something to be laid on a frame. `colour`: (h, w, 3) and `alpha`: (h, w, 1), both uint8; its corner may lie
    outside the frame.
    """

    colour: npt.NDArray[np.uint8]
    alpha: npt.NDArray[np.uint8]
    left: int
    top: int

    @classmethod
    def of(cls, image: Image.Image, left: int, top: int) -> Cover:
        """Of an RGBA picture, without its clear border."""
        box = image.getchannel("A").getbbox() or (0, 0, 1, 1)
        pixels = np.asarray(image.crop(box))
        return cls(pixels[..., :3], pixels[..., 3:], left + box[0], top + box[1])

    def alone(self, size: Size) -> Image.Image:
        """RGBA, of the size of the frames that it is laid on, clear elsewhere."""
        whole = Image.new("RGBA", size)
        whole.paste(Image.fromarray(np.concatenate((self.colour, self.alpha), axis=2)), (self.left, self.top))
        return whole

    def laid_on(self, frame: Frame) -> Frame:
        """A new frame."""
        made = frame.copy()
        height, width = frame.shape[:2]
        top, left = max(self.top, 0), max(self.left, 0)
        bottom = min(self.top + self.alpha.shape[0], height)
        right = min(self.left + self.alpha.shape[1], width)
        if bottom <= top or right <= left:
            return made
        part = (slice(top - self.top, bottom - self.top), slice(left - self.left, right - self.left))
        alpha = self.alpha[part].astype(np.uint16)
        under = made[top:bottom, left:right]
        under[:] = ((under * (255 - alpha) + self.colour[part] * alpha + np.uint16(127)) // 255).astype(np.uint8)
        return made


def still(path: Path, size: Size, *, name: str, limits: Limits = LOCAL) -> tuple[Image.Image, str]:
    """A picture fitted to a frame, and how it was fitted."""
    image = incoming.picture(_bytes(path, name, limits), name=name, limits=limits).image
    fit = fit_for(image.size, size)
    if fit == "crop":
        made = ImageOps.fit(image, size, method=Image.Resampling.LANCZOS)
    else:
        made = ImageOps.pad(image, size, method=Image.Resampling.LANCZOS)
    return made, pictures.fit_note(image.size, size, fit)


def clear_picture(path: Path, *, name: str, limits: Limits = LOCAL) -> Image.Image:
    """A picture with its clear parts, RGBA, such as a logo."""
    data = _bytes(path, name, limits)
    checked = pictures.opened(data, name=name, limits=limits)
    with Image.open(io.BytesIO(data)) as image:
        if not image.has_transparency_data:
            return checked.image.convert("RGBA")
        return ImageOps.exif_transpose(image).convert("RGBA")


def _bytes(path: Path, name: str, limits: Limits) -> bytes:
    """Where it lies is not told."""
    try:
        return pictures.file_bytes(path, limits=limits)
    except BadPicture as error:
        why = error.__cause__.strerror if isinstance(error.__cause__, OSError) else "it is too large"
        raise BadPicture(f"{name} cannot be read: {why}.", hint=error.hint) from error


def pushed_in(image: Image.Image, share: Fraction, most: Fraction = Fraction(1, 14)) -> Frame:
    """The picture as a slow camera sees it that moves towards its middle; `share`: of the way, 0 to 1."""
    width, height = image.size
    cut = float(share * most / 2)
    box = (width * cut, height * cut, width * (1 - cut), height * (1 - cut))
    return np.asarray(image.resize(image.size, Image.Resampling.BICUBIC, box=box))


def write_proxy(source: Path, target: Path, *, name: str = "", limits: Limits = LOCAL) -> Size:
    """A smaller copy of a clip for players: its short side of at most PROXY_LINES, its own times, its sound. Its size.
    Raises BadClip.
    """
    footage = incoming.clip(source, name=name, limits=limits)
    width, height = footage.info.width, footage.info.height
    scale = min(Fraction(1), Fraction(PROXY_LINES, min(width, height)))
    size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
    rate = Fraction(footage.info.fps).limit_denominator(1001)
    incoming.conform(footage, target, size=size, fps=rate, proxy=True)
    return size
