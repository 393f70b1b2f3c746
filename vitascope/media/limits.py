"""How much a file from outside may hold. Each limit is checked while the file is read, because what a file claims of
itself costs nothing to write.
"""

from __future__ import annotations

from dataclasses import dataclass

SECONDS = 60  # of a clip from outside


@dataclass(frozen=True)
class Limits:
    """`side` and `pixels` are of one picture or frame; `clip_work` is pixels times frames, which is what decoding
    costs. `picture_formats`: as `kinds` calls them.
    """

    picture_formats: tuple[str, ...] = ("PNG", "JPEG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF", "PPM")
    picture_bytes: int = 50 * 2**20
    picture_pixels: int = 50_000_000  # about 200 MB while open
    picture_side: int = 65_535
    clip_bytes: int = 2 * 2**30
    clip_side: int = 8192
    clip_pixels: int = 8192 * 4320
    clip_frames: int = SECONDS * 240
    clip_seconds: float = SECONDS + 1.0
    clip_work: int = 60_000_000_000  # a minute of 4K at 120 frames a second


LOCAL = Limits()  # the user's own files
SENT = Limits(  # what strangers send to a server
    picture_formats=("PNG", "JPEG", "WEBP", "AVIF", "HEIF", "GIF", "BMP"),
    picture_bytes=20 * 2**20,
    picture_pixels=24_000_000,
    picture_side=16_384,
    clip_bytes=64 * 2**20,
    clip_side=4096,
    clip_pixels=4096 * 2304,
    clip_frames=SECONDS * 120,
    clip_work=8_000_000_000,  # a minute of 1080 lines at 60 frames a second; about fifteen seconds of one core
)
