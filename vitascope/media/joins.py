"""How smoothly one clip goes on from another: the step from the last frame of the one to the first of the other, by the
steps around it. 1: nobody can tell; below 1.5 it is smooth.
"""

from __future__ import annotations

from collections import deque
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from vitascope.frames import Frame
from vitascope.media import video

AROUND = 8  # steps on each side
_LEAST = 0.05  # grey levels; a still picture hardly steps


def ratio(before: list[Frame], after: list[Frame]) -> float | None:
    """Of the last frames of one clip and the first of the next; None where they can't be compared."""
    frames = [*before[-AROUND - 1 :], *after[: AROUND + 1]]
    if not before or not after or len({frame.shape for frame in frames}) != 1 or len(frames) < 4:
        return None
    steps = [
        float(np.abs(first.astype(np.int16) - second.astype(np.int16)).mean()) for first, second in pairwise(frames)
    ]
    seam = len(before[-AROUND - 1 :]) - 1
    around = steps[:seam] + steps[seam + 1 :]
    return round(steps[seam] / max(float(np.median(around)), _LEAST), 3)


def of_files(before: Path, after: Path, skip: int) -> float | None:
    """The same of two files; `skip`: frames of the second that show what the first shows already. Raises BadClip."""
    last = list(deque(video.read_frames(before), maxlen=AROUND + 1))
    return ratio(last, list(islice(video.read_frames(after), skip, skip + AROUND + 1)))
