"""Looks at clips in one picture: the poster of one, the contact sheet of many."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vitascope.frames import Frame, Frames


def poster(frames: Frames) -> Frame:
    """The middle frame, which says more of a clip than its first."""
    return frames[len(frames) // 2]


def strip(frames: Frames, count: int = 6, gap: int = 2) -> Frame:
    """`count` moments of a clip side by side, its first and last among them."""
    moments = np.linspace(0, len(frames) - 1, count).round().astype(int)
    return _joined([frames[moment] for moment in moments], axis=1, gap=gap)


def contact_sheet(clips: Iterable[Frames], count: int = 6, gap: int = 2) -> Frame:
    """One strip for each clip, from top to bottom. All clips have one size."""
    return _joined([strip(frames, count, gap) for frames in clips], axis=0, gap=gap)


def _joined(parts: list[Frame], *, axis: int, gap: int) -> Frame:
    shape = list(parts[0].shape)
    shape[axis] = gap
    space = np.full(shape, 255, np.uint8)
    pieces = [piece for part in parts for piece in (space, part)][1:]
    return np.concatenate(pieces, axis=axis)
