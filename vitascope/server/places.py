"""So many at once: requests of an account that are held open, and of all accounts together. It knows nothing of what is
held; who takes a place leaves it.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

from starlette.responses import ContentStream, StreamingResponse
from starlette.types import Receive, Scope, Send

from vitascope.errors import TooMany


class Places:
    """`each`: of one account; `of_all`: of all; `what`: what they are, for the message ("streams of events")."""

    def __init__(self, what: str, *, each: int, of_all: int, hint: str):
        self._what, self._each, self._of_all, self._hint = what, each, of_all, hint
        self._lock, self._taken = threading.Lock(), Counter[str]()

    def take(self, account_id: str) -> None:
        """Raises TooMany."""
        with self._lock:
            mine, all = self._taken[account_id], self._taken.total()
            if mine >= self._each:
                raise TooMany(f"Your account has {mine} {self._what} already.", hint=self._hint)
            if all >= self._of_all:
                raise TooMany(f"The server has {all} {self._what} already.", hint=self._hint)
            self._taken[account_id] += 1

    def leave(self, account_id: str) -> None:
        with self._lock:
            self._taken[account_id] -= 1
            self._taken += Counter()  # without those that have none

    @contextlib.contextmanager
    def place(self, account_id: str) -> Iterator[None]:
        self.take(account_id)
        try:
            yield
        finally:
            self.leave(account_id)

    @property
    def taken(self) -> int:
        return self._taken.total()


class Stream(StreamingResponse):
    """A stream that has a place of this account, from when it is made until its end, whether or not it is read."""

    def __init__(self, content: ContentStream, places: Places, account_id: str, **more: object):
        super().__init__(content, media_type="text/event-stream", **more)  # type: ignore[arg-type]
        self._places, self._account_id = places, account_id
        places.take(account_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._places.leave(self._account_id)
