"""A picture as it is meant to be seen: turned as its camera says, in sRGB whatever its colour profile, its 16 bits of
grey brought to 8, on white where it is clear. What was changed is said in notes.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageCms, ImageOps

_MAX_PROFILE = 4 * 2**20  # bytes
_ALIKE = 3  # levels by which a profile may differ from sRGB and still be it
_WHITE = (255, 255, 255)
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Seen:
    """RGB, and what was changed to see it so: "it was turned upright as its EXIF says". `sha256` and `name` are of the
    file that it was read from, `data` that file's bytes where it is a picture; all are empty where there was no file.
    """

    image: Image.Image
    notes: tuple[str, ...] = ()
    sha256: str = ""
    name: str = ""
    data: bytes = field(default=b"", repr=False)


def seen(picture: Image.Image) -> Seen:
    """Whatever Pillow has opened. A picture that was nothing but RGB stays as it is, to the byte."""
    notes = []
    if picture.getexif().get(_ORIENTATION, 1) not in (0, 1):
        notes.append("it was turned upright as its EXIF says")
    profile = picture.info.get("icc_profile") or b""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("I", "F") or upright.mode.startswith("I;16"):
        upright, note = _grey(upright)
        notes += note
    clear = upright.has_transparency_data
    colour, alpha = _parted(upright)
    if profile:
        colour, note = _in_srgb(colour, profile)
        notes += note
    elif colour.mode in ("CMYK", "LAB", "YCbCr", "HSV"):
        notes.append(f"its {colour.mode} colours were converted to RGB without a profile")
    rgb = colour.convert("RGB")
    if clear and alpha is not None and alpha.getextrema() != (255, 255):
        notes.append("its clear parts were laid on white")
        rgb = Image.composite(rgb, Image.new("RGB", rgb.size, _WHITE), alpha)
    return Seen(rgb, tuple(notes))


def _grey(picture: Image.Image) -> tuple[Image.Image, list[str]]:
    """Grey of more than 8 bits, which Pillow itself would cut off at 255."""
    levels = np.asarray(picture).astype(np.float64)
    key = picture.info.get("transparency")
    wide = picture.mode.startswith("I;16") or levels.max(initial=0) > 255
    grey = Image.fromarray(np.clip(levels / 257 if wide else levels, 0, 255).round().astype(np.uint8))
    if isinstance(key, int):  # one level of grey is clear
        grey.putalpha(Image.fromarray(np.where(levels == key, 0, 255).astype(np.uint8)))
    return grey, ["its 16 bits of grey were brought to 8"] if wide else []


def _parted(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Its colours, in which its profile is said, and how much each pixel covers."""
    if not picture.has_transparency_data:
        return (picture.convert("RGB") if picture.mode == "P" else picture), None
    if picture.mode in ("LA", "La"):
        whole = picture.convert("LA")
        return whole.getchannel("L"), whole.getchannel("A")
    whole = picture.convert("RGBA")
    return whole.convert("RGB"), whole.getchannel("A")


def _in_srgb(picture: Image.Image, profile: bytes) -> tuple[Image.Image, list[str]]:
    if len(profile) > _MAX_PROFILE:
        return picture, ["its colour profile was left out: it is too large"]
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        name = " ".join(ImageCms.getProfileDescription(source).split())[:60]
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}[source.profile.xcolor_space.strip()]
        if mode == "L" and picture.mode == "RGB":  # drawn from a palette, or grey with a clear colour
            picture = picture.convert("L")
        if picture.mode != mode:
            return picture, [f"its colour profile ({name}) was left out: it is for {mode} pictures"]
        change = ImageCms.buildTransform(
            source,
            _srgb(),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        if mode in ("RGB", "L") and _changes_nothing(change, mode):
            return picture, []
        changed = ImageCms.applyTransform(picture, change)
    except (ImageCms.PyCMSError, KeyError, OSError, ValueError, TypeError):
        return picture, ["its colour profile was left out: it cannot be read"]
    assert changed is not None
    return changed, [f"its colours were converted from {name or 'its own profile'} to sRGB"]


def _changes_nothing(change: ImageCms.ImageCmsTransform, mode: str) -> bool:
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    if mode == "L":
        patches = Image.fromarray(steps[None])
    else:
        patches = Image.fromarray(np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3))
    before = np.asarray(patches.convert("RGB")).astype(int)
    after = np.asarray(ImageCms.applyTransform(patches, change)).astype(int)
    return bool(np.abs(after - before).max() <= _ALIKE)


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
