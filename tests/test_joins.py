"""How smoothly one clip goes on from another."""

import numpy as np

from vitascope.media import joins


def moving(start, count, step=3):
    """Frames of a bar that moves by so many columns."""
    frames = []
    for number in range(start, start + count):
        frame = np.zeros((32, 96, 3), np.uint8)
        frame[:, (number * step) % 90 : (number * step) % 90 + 6] = 255
        frames.append(frame)
    return frames


def test_a_motion_that_goes_on_is_smooth_and_a_jump_is_not():
    assert joins.ratio(moving(0, 9), moving(9, 9)) == 1.0
    assert joins.ratio(moving(0, 9), [255 - frame for frame in moving(9, 9)]) > 5
    assert joins.ratio(moving(0, 9), moving(8, 9)) == 0.0, "the same frame twice"


def test_what_cannot_be_compared_is_not_measured():
    assert joins.ratio([], moving(0, 3)) is None
    assert joins.ratio(moving(0, 9), [np.zeros((16, 16, 3), np.uint8)] * 9) is None
    assert joins.ratio(moving(0, 1), moving(1, 1)) is None
