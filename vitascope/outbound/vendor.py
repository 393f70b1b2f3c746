"""Requests to a server that the operator has configured, with the operator's key. Its origin may lie on a private
network; any other address that it sends us to must be public, and gets no header of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2

from vitascope.errors import NotAllowed, TooLarge, Unavailable, VitascopeError
from vitascope.outbound import addresses
from vitascope.outbound.calling import T, begin, called, reason
from vitascope.outbound.listen import listen as listen

MAX_SAID = 8 * 2**20  # bytes of an answer
MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


class NotReached(Unavailable):
    """No connection was made, so nothing was sent."""


class CutOff(Unavailable):
    """A connection was made, and no whole answer came."""


def origin(url: str) -> tuple[str, str, int]:
    """Raises BadSpec when it is no URL that can be called."""
    place = addresses.place_of(url)
    return place.scheme, place.host, place.port


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    limit_seconds: float,
    most_bytes: int = MAX_SAID,
    allowed: Iterable[str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body) of the answer. Nothing is redirected. `allowed`: what may be called although it is not
    public; when it is left out, the server itself, because the operator has configured it. Raises NotReached, CutOff,
    NotAllowed.
    """

    async def exchange() -> tuple[int, dict[str, str], bytes]:
        said = bytearray()
        opened = (addresses.place_of(url).host,) if allowed is None else allowed
        async with _answer(method, url, headers, body, allowed=opened) as answer:
            async for piece in answer.aiter_raw():
                said += piece
                if len(said) > most_bytes:
                    raise CutOff(
                        f"{_host(url)} answers with more than {most_bytes >> 20} MiB.", hint="Is it the right address?"
                    )
            return answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, bytes(said)

    return begin(_in_time(exchange(), url, limit_seconds)).result()


def download(
    url: str, path: Path, *, home: str, headers: Mapping[str, str], max_bytes: int, limit_seconds: float
) -> tuple[int, dict[str, str]]:
    """(status, headers) of the answer; when it is good, its body is at this path. `headers` are sent to the origin of
    `home` alone. Raises NotReached, CutOff, NotAllowed, TooLarge.
    """

    async def one(at: str) -> tuple[int, dict[str, str]]:
        ours = origin(at) == origin(home)
        host = (addresses.place_of(at).host,) if ours else ()
        async with _answer("GET", at, headers if ours else {}, None, allowed=host) as answer:
            told = {name.lower(): value for name, value in answer.headers.items()}
            if answer.status_code == 200:
                length = told.get("content-length", "")
                if length.isdigit() and int(length[:20]) > max_bytes:
                    raise _too_large(url, max_bytes)
                count = 0
                with open(path, "wb") as file:
                    async for piece in answer.aiter_raw():
                        count += len(piece)
                        if count > max_bytes:
                            raise _too_large(url, max_bytes)
                        file.write(piece)
                if length.isdigit() and count != int(length):
                    raise CutOff(f"{_host(at)} sent {count:,} of {int(length):,} bytes.", hint="Try again.")
            return answer.status_code, told

    async def all_of_it() -> tuple[int, dict[str, str]]:
        at = url
        for _ in range(MAX_REDIRECTS + 1):
            status, told = await one(at)
            if status not in _REDIRECTS or not told.get("location"):
                return status, told
            at = urljoin(at, told["location"])
            if urlsplit(url).scheme == "https" and urlsplit(at).scheme != "https":
                raise NotAllowed(
                    f"{_host(url)} leads from https to http.", hint="Its results cannot be fetched safely."
                )
        raise CutOff(f"{_host(url)} redirects more than {MAX_REDIRECTS} times.", hint="Is it the right address?")

    return begin(_in_time(all_of_it(), url, limit_seconds)).result()


def _answer(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, allowed: Iterable[str]
) -> AbstractAsyncContextManager[httpx2.Response]:
    return called(method, url, headers={"user-agent": "vitascope", **headers}, body=body, allowed=allowed)


async def _in_time(work: Awaitable[T], url: str, limit_seconds: float) -> T:
    host = _host(url)
    try:
        async with asyncio.timeout(limit_seconds):
            return await work
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise NotReached(f"{host} cannot be reached: {reason(error)}.", hint="Is it running?") from error
    except (TooLarge, NotAllowed, NotReached, CutOff):
        raise
    except VitascopeError as error:  # no such host, or one that may not be called: before any connection
        raise NotReached(f"{host} cannot be reached: {error.message}", hint=error.hint) from error
    except TimeoutError as error:
        raise CutOff(f"{host} did not answer within {limit_seconds:g} s.", hint="Is it running?") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise CutOff(f"{host} broke off: {reason(error)}.", hint="Is it running?") from error


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2][:120]


def _too_large(url: str, max_bytes: int) -> TooLarge:
    return TooLarge(f"The result of {_host(url)} is larger than {max_bytes >> 20} MiB.", hint="Ask for a shorter clip.")
