"""A contact sheet: beginning, middle and end of some clips, so that a person can check the judge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from vitascope.frames import Frames
from vitascope.media.atomic_write import written_aside

ACROSS = 4  # clips in a row
SIDE = 128  # pixels of a picture's shorter side


def save_contact(path: Path, clips: Sequence[Frames]) -> None:
    """Three pictures for each clip, clips side by side, as one PNG."""
    strips = [_strip(frames) for frames in clips]
    strips += [np.zeros_like(strips[0])] * (-len(strips) % ACROSS)
    rows = [np.concatenate(strips[i : i + ACROSS], axis=1) for i in range(0, len(strips), ACROSS)]
    with written_aside(path) as aside:
        Image.fromarray(np.concatenate(rows)).save(aside, format="PNG")


def _strip(frames: Frames) -> Frames:
    """(F, H, W, 3) -> first, middle and last picture beside each other, small, with a dark edge."""
    some = frames[[0, len(frames) // 2, -1]]
    scale = SIDE / min(some.shape[1:3])
    size = (round(some.shape[2] * scale), round(some.shape[1] * scale))
    small = np.concatenate([np.asarray(Image.fromarray(frame).resize(size)) for frame in some], axis=1)
    return np.pad(small, ((0, 4), (0, 4), (0, 0)))
