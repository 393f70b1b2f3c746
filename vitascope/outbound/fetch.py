"""Fetching a picture from an address that a stranger gave, without being made to knock at doors inside: each redirect
is followed by hand and checked again, see `calling`. The size is bounded, and so is the time of all of it together,
whatever the other side does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from urllib.parse import urljoin

import httpx2

from vitascope.errors import BadSpec, TooLarge
from vitascope.outbound.calling import begin, called, reason

MAX_REDIRECTS = 3
LIMIT_SECONDS = 20.0
_MAX_PIECES = 20_000  # of a body; each costs the same work, however small it is
_HEADERS = {"user-agent": "vitascope", "accept": "*/*"}


def fetch(
    url: str, *, max_bytes: int, allowed: Iterable[str] = (), limit_seconds: float = LIMIT_SECONDS
) -> tuple[bytes, str]:
    """As `fetched`, for who has a thread to wait in."""
    return begin(fetched(url, max_bytes=max_bytes, allowed=allowed, limit_seconds=limit_seconds)).result()


async def fetched(
    url: str, *, max_bytes: int, allowed: Iterable[str] = (), limit_seconds: float = LIMIT_SECONDS
) -> tuple[bytes, str]:
    """(body, content type) at this http(s) address. `allowed`: hosts and networks open although not public.

    Raises NotAllowed when it may not be called, BadSpec when it does not answer in time, TooLarge over `max_bytes`.
    """
    opened = tuple(allowed)
    try:
        async with asyncio.timeout(limit_seconds):  # names, redirects, headers, body: everything
            for _ in range(MAX_REDIRECTS + 1):
                answer = await _ask(url, max_bytes=max_bytes, allowed=opened)
                if isinstance(answer, tuple):
                    return answer
                url = urljoin(url, answer)
    except TimeoutError as error:
        raise _failed(url, f"it is too slow; {limit_seconds:g} s is the limit") from error
    raise _failed(url, f"it was redirected more than {MAX_REDIRECTS} times")


async def _ask(url: str, *, max_bytes: int, allowed: tuple[str, ...]) -> tuple[bytes, str] | str:
    """(body, content type), or where it was redirected to."""
    try:
        async with called("GET", url, headers=_HEADERS, allowed=allowed) as answer:
            if answer.status_code in (301, 302, 303, 307, 308) and answer.headers.get("location"):
                return str(answer.headers["location"])
            if answer.status_code != 200:
                raise _failed(url, f"it answered {answer.status_code}")
            return await _body(answer, url, max_bytes=max_bytes), answer.headers.get("content-type", "")
    except TimeoutError:
        raise
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        raise _failed(url, f"it does not answer ({reason(error)})") from error


async def _body(answer: httpx2.Response, url: str, *, max_bytes: int) -> bytes:
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise _failed(url, "it sends a packed body")  # which could unpack to anything
    length = answer.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > max_bytes:
        raise _too_large(url, max_bytes)
    body, pieces = bytearray(), 0
    async for piece in answer.aiter_raw():
        body += piece
        pieces += 1
        if len(body) > max_bytes:
            raise _too_large(url, max_bytes)
        if pieces > _MAX_PIECES:
            raise _failed(url, f"it sends more than {_MAX_PIECES:,} pieces")
    return bytes(body)


def _too_large(url: str, max_bytes: int) -> TooLarge:
    return TooLarge(f"{url[:120]} is larger than {max_bytes / 2**20:g} MB.", hint="Make it smaller.")


def _failed(url: str, why: str) -> BadSpec:
    return BadSpec(f"{url[:120]} cannot be fetched: {why}.", hint="Give a public http(s) address, or send the file.")
