"""Sizes as vendors say them: a tier ("720p"), a shape ("16:9"), or pixels in any of their spellings. Pure; which size a
model really makes is decided in `shapes`, and said in the job.
"""

from __future__ import annotations

import re

from vitascope.clip import Size, ratio
from vitascope.errors import BadSpec
from vitascope.vendors.fields import bad

#: The shorter side of each tier.
SHORT_SIDES = {
    "240p": 240, "360p": 360, "384p": 384, "480p": 480, "512p": 512, "540p": 540, "576p": 576, "580p": 580,
    "720p": 720, "768p": 768, "1k": 1024, "1080p": 1080, "1440p": 1440, "2k": 1440, "2160p": 2160, "4k": 2160,
}  # fmt: skip
_FREE = ("", "auto", "adaptive", "default", "original", "match_input_image", "keep_ratio")


def read(
    resolution: str, aspect: str, *, default: str = "16:9", pictured: bool = False
) -> tuple[Size | None, str, tuple[str, ...]]:
    """(size, aspect, notes) as `Asked` takes them. `default`: the shape of this vendor when none is said and no picture
    is given; with a picture, its own shape counts.
    """
    shape, tier = aspect.strip().lower().replace("/", ":"), resolution.strip().lower()
    shape = "" if shape in _FREE else shape
    if pixels := size(tier):
        return pixels, "", ()
    if tier in _FREE:
        return None, shape or ("" if pictured else default), ()
    if tier not in SHORT_SIDES:
        raise bad("resolution", f'Unknown resolution "{resolution[:40]}".', f"One of {', '.join(SHORT_SIDES)}.")
    if not shape and pictured:
        return None, "", (f"{resolution} was asked; the shape is the picture's, in a size that the model makes.",)
    wide = _ratio(shape or default)
    short = SHORT_SIDES[tier]
    longer = round(short * max(wide, 1 / wide) / 2) * 2
    return ((longer, short) if wide >= 1 else (short, longer)), "", ()


def _ratio(aspect: str) -> float:
    try:
        return float(ratio(aspect))
    except BadSpec as error:
        raise bad("aspect", error.message, error.hint) from error


def size(text: str) -> Size | None:
    """(width, height) of "1280x720", "1280*720" or "1280:720"; None for other words."""
    found = re.fullmatch(r"(\d{2,5})\s*[x*×:]\s*(\d{2,5})", text.strip().lower(), re.ASCII)
    if not found or not (int(found[1]) and int(found[2])):
        return None
    return int(found[1]), int(found[2])
