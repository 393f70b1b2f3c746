"""Doing something again while the database or the storage does not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from vitascope import logs
from vitascope.errors import Unavailable

T = TypeVar("T")
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 5.0
DRAIN_SECONDS = 20.0  # for what is under way, when a worker is asked to end

_log = logs.get(__name__)


def patiently(act: Callable[[], T], *, stopped: threading.Event, what: str) -> T:
    """Do it, and again with growing pauses while it is Unavailable; raises that only when `stopped` is set meanwhile.

    After each failure it may have happened or not, so it must be something that can be done twice.
    """
    wait = FIRST_WAIT_SECONDS
    while True:
        try:
            return act()
        except Unavailable as error:
            if stopped.is_set():
                raise
            _log.warning("waiting", what=what, why=error.message, seconds=wait)
            stopped.wait(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
