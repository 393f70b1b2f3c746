"""The visible label: tall enough, readable on any ground, and only where it is asked."""

import numpy as np
import pytest

from vitascope.media import label


@pytest.mark.parametrize("text", ["AI", "AI生成"])
@pytest.mark.parametrize("size", [(256, 256), (352, 192), (192, 352), (1280, 720)])
def test_the_label_stands_in_a_corner_and_its_letters_are_tall_enough(size, text):
    black = np.zeros((2, size[1], size[0], 3), np.uint8)
    first, second = label.labelled(black, text)
    assert np.array_equal(first, second)
    rows, columns = np.nonzero(first[..., 0] > 128)
    tall = rows.max() - rows.min() + 1
    assert tall >= 0.05 * min(size)
    assert tall == pytest.approx(label.height_pixels(size[1], size[0]), abs=2)
    assert rows.min() > 0.8 * size[1]
    assert columns.min() > 0.5 * size[0]
    assert columns.max() < size[0] - 2
    assert not black.any(), "the given frames are not changed"


def test_it_can_be_read_on_white_and_on_black():
    for level in (0, 255):
        frame = np.full((256, 256, 3), level, np.uint8)
        (shown,) = label.labelled([frame])
        corner = shown[-30:, -70:, 0]
        assert corner.max() == 255
        assert corner.min() < 130


def test_it_may_stand_on_the_first_frames_alone():
    frames = np.zeros((5, 128, 128, 3), np.uint8)
    shown = list(label.labelled(frames, limit_frames=2))
    assert [bool(frame.any()) for frame in shown] == [True, True, False, False, False]


def test_a_frame_smaller_than_the_label_is_no_trouble():
    (shown,) = label.labelled([np.zeros((16, 16, 3), np.uint8)])
    assert shown.shape == (16, 16, 3)
