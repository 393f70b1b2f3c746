"""The frames of a given clip as a model takes them: at its rate, cut to the size that is asked, as many as are made."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from PIL import Image, ImageOps

from vitascope.clip import Reference, Size
from vitascope.errors import BadSpec
from vitascope.media import video

_SAME = 1e-4  # seconds: times of frames are rounded by containers


def frames(given: Reference, size: Size, count: int, fps: Fraction) -> tuple[Image.Image, ...]:
    """`count` frames; at each moment the one that the clip shows then. Raises BadSpec where the clip is shorter."""
    made: list[Image.Image] = []
    shown: Image.Image | None = None
    begun = every = 0.0

    def until(end: float) -> None:
        while shown and len(made) < count and len(made) / fps < end - _SAME:
            made.append(shown)

    for draw, time in video.timed_frames(Path(given.path), name=given.file or "The given clip"):
        until(time)
        if len(made) == count:
            break
        every, begun = time - begun, time
        shown = ImageOps.fit(Image.fromarray(draw()), size, method=Image.Resampling.LANCZOS)
    until(begun + max(every, float(1 / fps)))
    if len(made) < count:
        raise BadSpec(
            f"The given clip has {len(made)} frames at {float(fps):g} a second; {count} are asked.",
            hint=f"Ask for at most {float(max(len(made) - 1, 0) / fps):.2f} seconds, or give a longer clip.",
            field="references",
        )
    return tuple(made)
