"""Given pictures: opened with limits (bytes, pixels), seen as they are meant, fitted to the clip's size, and kept as
PNG bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import warnings
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from vitascope.clip import Picture
from vitascope.errors import BadPicture
from vitascope.frames import Frame
from vitascope.media.atomic_write import written_aside
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.limits import LOCAL, Limits
from vitascope.media.upright import Seen, seen

Fit = Literal["crop", "pad"]
_BARS = (0, 0, 0)  # around a picture that is padded
_COPY_SIDE, _COPY_QUALITY = 256, 75  # of a small copy for the eye: about 10 kB
_NAMES = {"WEBP": "WebP", "HEIF": "HEIC", "PPM": "PNM"}


def read(path: Path, *, limits: Limits = LOCAL) -> Image.Image:
    """The picture in this file as it is meant to be seen, RGB."""
    return decode(file_bytes(path, limits=limits), name=str(path), limits=limits)


def file_bytes(path: Path, *, limits: Limits = LOCAL) -> bytes:
    """What is in this file, if it is no more than a picture may have."""
    try:
        with open(path, "rb") as file:
            data = file.read(limits.picture_bytes + 1)  # a pipe or a device does not say how large it is
    except OSError as error:
        raise BadPicture(f"Cannot read {path}: {error.strerror or error}.", hint="Check the path.") from error
    if len(data) > limits.picture_bytes:
        raise BadPicture(f"{path} is larger than {limits.picture_bytes >> 20} MB.", hint="Make it smaller.")
    return data


def decode(data: bytes, *, name: str, limits: Limits = LOCAL) -> Image.Image:
    """The picture in this data as it is meant to be seen, RGB."""
    return opened(data, name=name, limits=limits).image


def opened(data: bytes, *, name: str, limits: Limits = LOCAL) -> Seen:
    """The same, with what was changed for it. All limits are checked before any pixel is unpacked."""
    kind = kind_of(data[:HEAD_BYTES])
    if not kind or kind.what != "picture" or kind.format not in limits.picture_formats:
        known = ", ".join(_NAMES.get(one, one) for one in limits.picture_formats)
        message = f"{name} cannot be read as a picture: its kind is not known here."
        raise BadPicture(message, hint=f"Give one of {known}.")
    if kind.format == "HEIF":
        _prepare_heif(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; the limits are ours
            picture = Image.open(io.BytesIO(data), formats=(kind.format,))
            _check_size(picture.size, name, limits)
            picture.draft("RGB", (2048, 2048))  # a large JPEG is unpacked at a fraction of its size
            digest = hashlib.sha256(data).hexdigest()
            return dataclasses.replace(seen(picture), sha256=digest, data=data)
    except BadPicture:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many(name, f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6} million", limits) from error
    except Exception as error:  # Pillow's many decoders raise many kinds on damaged files
        hint = "It is damaged, or of a rare kind; give a PNG, JPEG or WebP file."
        raise BadPicture(f"{name} cannot be read as a picture.", hint=hint) from error


def _prepare_heif(name: str) -> None:
    try:
        from pillow_heif import register_heif_opener  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        message = f"{name} is a HEIC picture, which cannot be read here."
        raise BadPicture(message, hint="Give it as a JPEG; or install pillow-heif where Vitascope runs.") from error
    register_heif_opener()


def _check_size(size: tuple[int, int], name: str, limits: Limits) -> None:
    if size[0] * size[1] > limits.picture_pixels or max(size) > limits.picture_side:
        raise _too_many(name, f"{size[0]}x{size[1]}", limits)


def _too_many(name: str, count: str, limits: Limits) -> BadPicture:
    most = f"At most {limits.picture_pixels // 10**6} million, each side at most {limits.picture_side:,}"
    return BadPicture(f"{name} has {count} pixels.", hint=f"{most}; make it smaller.")


def fit(picture: Image.Image, width: int, height: int, how: Fit = "crop") -> Picture:
    """Scaled to width x height: the largest middle part of this shape, or all of it between black bars."""
    way = Image.Resampling.LANCZOS
    if how == "crop":
        return from_pixels(np.asarray(ImageOps.fit(picture, (width, height), method=way)))
    return from_pixels(np.asarray(ImageOps.pad(picture, (width, height), method=way, color=_BARS)))


def given(seen: Seen, width: int, height: int, how: Fit = "crop") -> Picture:
    """The same of a given picture, with the file that it is from."""
    colour = "#{:02x}{:02x}{:02x}".format(*_BARS) if how == "pad" else ""
    fitted = fit(seen.image, width, height, how)
    return dataclasses.replace(fitted, sha256=seen.sha256, name=seen.name, fit=how, colour=colour)


def copied(picture: Picture) -> Picture:
    """What a recipe keeps of a picture that is kept elsewhere: its hashes, and a small copy for the eye."""
    if not picture.png:
        return picture
    image = decode(picture.png, name="The given picture")
    digest = hashlib.sha256(picture.png).hexdigest()
    return dataclasses.replace(picture, png=b"", fitted=digest, small=small(image))


def small(picture: Image.Image) -> bytes:
    """A JPEG for the eye, no side longer than 256 pixels."""
    picture, file = picture.copy(), io.BytesIO()
    picture.thumbnail((_COPY_SIDE, _COPY_SIDE))
    picture.save(file, "JPEG", quality=_COPY_QUALITY)
    return file.getvalue()


def fit_note(size: tuple[int, int], to: tuple[int, int], how: Fit) -> str:
    """What `fit` takes off or puts on; empty where the shapes are the same to within two per cent."""
    wide = size[0] * to[1] / (size[1] * to[0])  # how much wider than what is wanted
    if abs(wide - 1) < 0.02:
        return ""
    from_to = f"{size[0]}x{size[1]} to the shape of {to[0]}x{to[1]}"
    if how == "pad":
        return f"it was padded from {from_to}, with bars {'above and below' if wide > 1 else 'left and right'}"
    lost = round(100 * (1 - min(wide, 1 / wide)))
    return f"it was cut from {from_to}: {lost} % of it is lost {'left and right' if wide > 1 else 'above and below'}"


def from_pixels(frame: Frame) -> Picture:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(frame)).save(file, "PNG", optimize=False, compress_level=9)
    return Picture(file.getvalue(), frame.shape[1], frame.shape[0])


def pixels(picture: Picture) -> Frame:
    """(H, W, 3) uint8. Raises BadPicture when its bytes are not here."""
    if not picture.png:
        raise BadPicture("A given picture is not here.", hint="Give it again.")
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
