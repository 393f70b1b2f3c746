"""Requests of this server that have to wait for a host of a stranger: the picture behind an address, the name in a
webhook's URL. The wait ends at its deadline, when the caller goes away and when the server stops; an account has only
so many of them at once; and a thread that waits does not count among those that answer everybody.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from contextvars import ContextVar
from typing import Any, TypeVar

from anyio import from_thread, to_thread
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from vitascope.errors import BadSpec, Unavailable
from vitascope.outbound import addresses, calling
from vitascope.outbound import fetch as fetching
from vitascope.server.places import Places

T = TypeVar("T")
_Work = Callable[[], Coroutine[Any, Any, T]]
AT_ONCE = 4  # of one account
AT_ONCE_ALL = 200  # of all; each holds a thread
LOOK_SECONDS = 10.0  # for a name
_POLL_SECONDS = 0.2

#: What the request that is being answered receives from its client; set by the gate, used here to see it leave.
client: ContextVar[Receive | None] = ContextVar("client", default=None)


class Outside:
    """The waits of one server. `allowed`: hosts and networks open although not public."""

    def __init__(self, allowed: Iterable[str], stopping: threading.Event):
        self._allowed, self._stopping = tuple(allowed), stopping
        hint = "Try again in a moment, or send the files themselves."
        self.places = Places("requests that wait for other hosts", each=AT_ONCE, of_all=AT_ONCE_ALL, hint=hint)

    def fetch(self, account_id: str, url: str, *, max_bytes: int) -> tuple[bytes, str]:
        """As `fetching.fetch`. Raises TooMany; Unavailable when the server ends, ClientDisconnect without a caller."""
        return self._wait(account_id, lambda: fetching.fetched(url, max_bytes=max_bytes, allowed=self._allowed))

    def check(self, account_id: str, url: str) -> None:
        """Raise NotAllowed or BadSpec unless this URL may be called, as far as can be said today."""
        self._wait(account_id, lambda: self._checked(url))

    async def _checked(self, url: str) -> None:
        place = addresses.place_of(url)
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await calling.resolved(place, self._allowed)
        except TimeoutError as error:
            raise BadSpec(
                f"The name {place.host[:120]} was not found in {LOOK_SECONDS:g} s.", hint="Try again, or another one."
            ) from error

    def _wait(self, account_id: str, work: _Work[T]) -> T:
        with self.places.place(account_id):
            return from_thread.run(self._watched, work)

    async def _watched(self, work: _Work[T]) -> T:
        """On the server's loop: the call runs on its own one, and this sees whether it is still wanted."""
        limiter = to_thread.current_default_thread_limiter()
        limiter.total_tokens += 1  # in place of the thread that waits for this
        call = asyncio.wrap_future(calling.begin(work()))
        gone, stop = asyncio.ensure_future(_gone(client.get())), asyncio.ensure_future(self._stopped())
        try:
            await asyncio.wait((call, gone, stop), return_when=asyncio.FIRST_COMPLETED)
            if call.done():
                return call.result()
            if stop.done():
                raise Unavailable("The server is about to end.", hint="Ask again in a moment.")
            raise ClientDisconnect
        finally:
            for task in (call, gone, stop):
                task.cancel()
            limiter.total_tokens -= 1

    async def _stopped(self) -> None:
        while not self._stopping.is_set():
            await asyncio.sleep(_POLL_SECONDS)


async def _gone(receive: Receive | None) -> None:
    """When the client has left. Its body was read before anything is fetched, so nothing else can come."""
    while receive:
        if (await receive())["type"] == "http.disconnect":
            return
    await asyncio.Event().wait()
