"""One HTTP request to an address that a stranger gave. What may be called is said in `addresses`; here the name is
resolved once, and the connection goes to exactly the address that was checked (a second look-up could answer
differently). Nothing is redirected or unpacked.

All of it runs on an event loop in a thread of its own. A host that is slow, or that sends a million crumbs, takes
neither the server's loop nor its threads, and the caller may give up at any moment. The deadline is the caller's.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

import httpx2

from vitascope.errors import BadSpec, NotAllowed, TooMany
from vitascope.outbound import addresses

T = TypeVar("T")
CONNECT_SECONDS = 5.0
_WELL_KNOWN_PORTS = (80, 443)  # others below 1024 belong to services that speak something else
_looks = threading.BoundedSemaphore(200)  # threads that ask name servers, which cannot be interrupted


def begin(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Start this on the loop of calls. Cancelling the future ends the call and closes its connection."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


@contextlib.asynccontextmanager
async def called(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, allowed: Iterable[str] = ()
) -> AsyncIterator[httpx2.Response]:
    """The answer, whose body is still to be read. `allowed`: hosts and networks open although not public. Raises
    NotAllowed when it may not be called; otherwise what httpx raises, and OSError.
    """
    place = addresses.place_of(url)
    address = await resolved(place, allowed)
    shown = f"[{address}]" if ":" in address else address
    timeout = httpx2.Timeout(None, connect=CONNECT_SECONDS)
    async with (
        httpx2.AsyncClient(verify=tls(), trust_env=False, follow_redirects=False, timeout=timeout) as client,
        client.stream(
            method,
            f"{place.scheme}://{shown}:{place.port}{place.target}",
            headers={"accept-encoding": "identity", "connection": "close", **headers, "host": place.authority},
            content=body,
            extensions={"sni_hostname": place.host},  # the certificate must be the name's, not the address's
        ) as answer,
    ):
        yield answer


async def resolved(place: addresses.Place, allowed: Iterable[str] = ()) -> str:
    """The one address to connect to. All that the name has must be ones that may be called."""
    if place.port < 1024 and place.port not in _WELL_KNOWN_PORTS:
        raise NotAllowed(f"Port {place.port} is not called.", hint="Use port 80 or 443, or one above 1023.")
    try:
        found = await _looked_up(place)
    except (OSError, UnicodeError) as error:
        raise BadSpec(f"There is no host {place.host[:120]}.", hint="Give a public http or https address.") from error
    return addresses.check(place, found, allowed=allowed)[0]


def reason(error: BaseException) -> str:
    """The kind of what went wrong at the bottom of it: "ConnectionRefusedError"."""
    while isinstance(inner := error.__cause__ or error.__context__, Exception):
        error = inner
    return type(error).__name__


async def _looked_up(place: addresses.Place) -> list[str]:
    """In a thread that need not be waited for: a name server may take half a minute to say nothing."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def tell(found: list[str] | None, error: Exception | None) -> None:
        if answer.done():
            return  # it is not waited for any more
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(found or [])

    def look() -> None:
        found, failed = None, None
        try:
            entries = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
            found = [str(entry[4][0]) for entry in entries]
        except Exception as error:
            failed = error
        finally:
            _looks.release()
        loop.call_soon_threadsafe(tell, found, failed)

    if not _looks.acquire(blocking=False):
        raise TooMany("Too many names are being looked up.", hint="Try again in a moment.", retry_after=5.0)
    threading.Thread(target=look, name="look-up", daemon=True).start()
    return await answer


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="calls", daemon=True).start()
    return loop


@cache
def tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)
