"""Posting a message to an address that an account gave: only to where `addresses` allows, to the very address that was
checked, without following redirects, and never for longer than it may take.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpx2

from vitascope.errors import Unavailable
from vitascope.outbound import addresses
from vitascope.outbound.calling import begin, called, reason
from vitascope.outbound.message import Answer, Outgoing

LIMIT_SECONDS = 15.0
_SAID_BYTES = 4096  # of an answer that are looked at


class Sender:
    """Sends as `store.deliveries` and `server.dialects.callbacks` want it. `allowed`: hosts and networks open although
    they are not public.
    """

    def __init__(self, allowed: Iterable[str] = (), *, limit_seconds: float = LIMIT_SECONDS):
        self._allowed = tuple(allowed)
        self._limit_seconds = limit_seconds

    def __call__(self, message: Outgoing) -> Answer:
        """Raises a VitascopeError when it may not be called or does not answer."""
        return begin(self._post(message)).result()

    async def _post(self, message: Outgoing) -> Answer:
        host = addresses.place_of(message.url).authority
        call = called("POST", message.url, headers=message.headers, body=message.body, allowed=self._allowed)
        try:
            async with asyncio.timeout(self._limit_seconds), call as answer:
                return Answer(answer.status_code, _seconds(answer.headers.get("retry-after", "")), await _said(answer))
        except TimeoutError as error:
            why = f"it is too slow; {self._limit_seconds:g} s is the limit"
            raise Unavailable(f"{host} does not answer: {why}.", hint="Is the receiver running?") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise Unavailable(f"{host} does not answer: {reason(error)}.", hint="Is the receiver running?") from error


async def _said(answer: httpx2.Response) -> bytes:
    """How the answer begins."""
    said = b""
    async for piece in answer.aiter_raw():
        said += piece
        if len(said) >= _SAID_BYTES:
            break
    return said[:_SAID_BYTES]


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0.0
