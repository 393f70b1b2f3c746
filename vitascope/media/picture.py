"""Given pictures: opened with limits (bytes, pixels), turned upright, fitted to the clip's size, and kept as PNG
bytes.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from vitascope.clip import Picture
from vitascope.engines.protocol import Frame
from vitascope.errors import BadPicture
from vitascope.media.atomic_write import written_aside

MAX_BYTES = 50 * 2**20
MAX_PIXELS = 50_000_000  # about 200 MB while open
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")


def read(path: Path) -> Image.Image:
    """The picture in this file, upright, RGB. Both limits are checked before any pixel is unpacked."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)  # a pipe or a device does not say how large it is, and may never end
    except OSError as error:
        raise BadPicture(f"Cannot read {path}: {error.strerror or error}.", hint="Check the path.") from error
    if len(data) > MAX_BYTES:
        raise BadPicture(f"{path} is larger than {MAX_BYTES >> 20} MB.", hint="Make it smaller.")
    return decode(data, name=str(path))


def decode(data: bytes, *, name: str) -> Image.Image:
    """RGB, turned as its EXIF says, on white where it is clear."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; the limits are ours
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise _too_many(name, f"{picture.width}x{picture.height}")
            picture.draft("RGB", (2048, 2048))  # a large JPEG is unpacked at a fraction of its size
            upright = ImageOps.exif_transpose(picture)
            if not upright.has_transparency_data:
                return upright.convert("RGB")
            ground = Image.new("RGBA", upright.size, "white")
            return Image.alpha_composite(ground, upright.convert("RGBA")).convert("RGB")
    except BadPicture:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many(name, f"more than {2 * (Image.MAX_IMAGE_PIXELS or MAX_PIXELS) // 1_000_000} million") from error
    except Exception as error:  # Pillow's many decoders raise many kinds on damaged files
        raise BadPicture(f"{name} cannot be read as a picture.", hint="Give a PNG, JPEG or WebP file.") from error


def _too_many(name: str, count: str) -> BadPicture:
    return BadPicture(f"{name} has {count} pixels.", hint=f"At most {MAX_PIXELS // 10**6} million; make it smaller.")


def fit(picture: Image.Image, width: int, height: int) -> Picture:
    """The largest middle part of this shape, scaled to width x height."""
    return from_pixels(np.asarray(ImageOps.fit(picture, (width, height), method=Image.Resampling.LANCZOS)))


def from_pixels(frame: Frame) -> Picture:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(frame)).save(file, "PNG", optimize=False, compress_level=9)
    return Picture(file.getvalue(), frame.shape[1], frame.shape[0])


def pixels(picture: Picture) -> Frame:
    """(H, W, 3) uint8."""
    array = np.asarray(decode(picture.png, name="The given picture"))
    if array.shape != (picture.height, picture.width, 3):
        raise BadPicture("The given picture is not of the size it claims.", hint="Its recipe was changed.")
    return array


def write_png(path: Path, frame: Frame, *, comment: str = "") -> None:
    info = PngInfo()
    if comment:
        info.add_text("Comment", comment)
    Image.fromarray(np.ascontiguousarray(frame)).save(path, "PNG", pnginfo=info)


def save(path: Path, frame: Frame) -> None:
    """A PNG at `path`, whole or not at all."""
    with written_aside(path) as aside:
        write_png(aside, frame)


def comment(path: Path) -> str:
    """The comment inside a PNG; empty when there is none."""
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            return str(picture.info.get("Comment", ""))
    except Exception as error:  # as in `decode`
        raise BadPicture(f"{path} cannot be read as a picture.", hint="Give a PNG file.") from error
