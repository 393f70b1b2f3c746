"""Frames are drawn ahead of who writes them: in order, a few at most, and no further than they are wanted."""

import threading

import pytest

from vitascope.engines import render


def test_all_come_in_order():
    assert list(render._ahead(iter(range(50)), count=4)) == list(range(50))


def test_they_are_drawn_in_a_thread_of_their_own_and_at_most_so_many_wait():
    drawn, threads = [], set()

    def frames():
        for number in range(50):
            threads.add(threading.current_thread())
            drawn.append(number)
            yield number

    for number in render._ahead(frames(), count=4):
        assert len(drawn) - number <= 1 + 4
    assert threads.isdisjoint({threading.current_thread()})


def test_what_goes_wrong_while_drawing_is_raised_where_frames_are_taken():
    def frames():
        yield 0
        raise ValueError("no more")

    taken = []
    with pytest.raises(ValueError, match="no more"):
        taken += render._ahead(frames(), count=4)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPool")]


def test_who_stops_taking_stops_the_drawing():
    drawn = []

    def frames():
        for number in range(10_000):
            drawn.append(number)
            yield number

    ahead = render._ahead(frames(), count=4)
    assert next(ahead) == 0
    ahead.close()
    assert len(drawn) < 20
