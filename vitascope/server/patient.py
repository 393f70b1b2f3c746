"""HTTP as uvicorn and h11 speak it, and no longer patience with requests that do not come: a head has so many seconds,
a body must keep a pace. uvicorn itself waits for ever for the second half of a request. It always speaks by h11, also
where httptools are installed, which are laxer about what a request may look like.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 20.0  # from the first byte, or from the connection, to the end of the headers
BODY_SECONDS = 30.0  # before a body's pace is looked at
BODY_PACE = 1024  # bytes a second, on average
LOOK_SECONDS = 1.0
_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Patient(H11Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since: float | None = self.loop.time()  # when what is awaited began; None: nothing is owed to us
        self._state: Any = h11.IDLE
        self._received = 0
        self._look_again = self.loop.call_later(LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look_again.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        self._notice(came=True)

    def _notice(self, *, came: bool = False) -> None:
        """Start the clock anew when another part of a request is awaited."""
        now, state = self.loop.time(), self.conn.their_state
        if state is not self._state:
            self._state, self._since, self._received = state, None, 0
        if state is h11.IDLE and self._since is None and (came or self.conn.trailing_data[0]):
            self._since = now
        elif state is h11.SEND_BODY and (self._since is None or self._is_ours()):
            self._since, self._received = now, 0

    def _is_ours(self) -> bool:
        """Whether the body does not come because it is not being read here yet."""
        return self.flow.read_paused or bool(self.cycle and self.cycle.waiting_for_100_continue)

    def _look(self) -> None:
        self._look_again = self.loop.call_later(LOOK_SECONDS, self._look)
        self._notice()
        if self._since is None or self.transport.is_closing():
            return
        waited = self.loop.time() - self._since
        if self._state is h11.IDLE and waited > HEAD_SECONDS:
            if self.conn.trailing_data[0]:  # else it would look like the answer to what is sent just now
                self.transport.write(_LATE)
            self.transport.close()
        elif self._state is h11.SEND_BODY and self._received < (waited - BODY_SECONDS) * BODY_PACE:
            self.transport.close()  # the reader of the body is told that the client is gone
