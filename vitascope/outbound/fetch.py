"""Fetching a picture from an address that a stranger gave, without being made to knock at doors inside.

What may be called is said in `addresses`; here the name is resolved once, and the connection goes to exactly the
address that was checked (a second look-up could answer differently). Redirects are followed by hand and checked
again. Size and time are bounded.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from urllib.parse import urljoin

import httpx2

from vitascope.errors import BadSpec, NotAllowed, TooLarge
from vitascope.outbound import addresses

MAX_REDIRECTS = 3
LIMIT_SECONDS = 20.0
CONNECT_SECONDS = 5.0
_WELL_KNOWN_PORTS = (80, 443)  # others below 1024 belong to services that speak something else


def fetch(
    url: str, *, max_bytes: int, allowed: Iterable[str] = (), limit_seconds: float = LIMIT_SECONDS
) -> tuple[bytes, str]:
    """(body, content type) at this http(s) address. `allowed`: hosts and networks open although not public.

    Raises NotAllowed when it may not be called, BadSpec when it does not answer, TooLarge over `max_bytes`.
    """
    until, opened = time.monotonic() + limit_seconds, tuple(allowed)
    with httpx2.Client(trust_env=False, follow_redirects=False, timeout=CONNECT_SECONDS) as client:
        for _ in range(MAX_REDIRECTS + 1):
            answer = _ask(client, url, max_bytes=max_bytes, allowed=opened, until=until)
            if isinstance(answer, tuple):
                return answer
            url = urljoin(url, answer)
    raise _failed(url, f"it was redirected more than {MAX_REDIRECTS} times")


def resolved(place: addresses.Place, allowed: Iterable[str] = ()) -> str:
    """The one address to connect to. All that the name has must be ones that may be called."""
    if place.port < 1024 and place.port not in _WELL_KNOWN_PORTS:
        raise NotAllowed(f"Port {place.port} is not called.", hint="Use port 80 or 443, or one above 1023.")
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise _failed(place.host, "there is no such host") from error
    return addresses.check(place, found, allowed=allowed)[0]


def _ask(
    client: httpx2.Client, url: str, *, max_bytes: int, allowed: tuple[str, ...], until: float
) -> tuple[bytes, str] | str:
    """(body, content type), or where it was redirected to."""
    place = addresses.place_of(url)
    address = resolved(place, allowed)
    shown = f"[{address}]" if ":" in address else address
    headers = {"host": place.authority, "user-agent": "vitascope", "accept": "*/*", "accept-encoding": "identity"}
    try:
        with client.stream(
            "GET",
            f"{place.scheme}://{shown}:{place.port}{place.target}",
            headers=headers,
            extensions={"sni_hostname": place.host},  # the certificate must be the name's, not the address's
        ) as answer:
            if answer.status_code in (301, 302, 303, 307, 308) and answer.headers.get("location"):
                return str(answer.headers["location"])
            if answer.status_code != 200:
                raise _failed(url, f"it answered {answer.status_code}")
            return _body(answer, url, max_bytes=max_bytes, until=until), answer.headers.get("content-type", "")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        raise _failed(url, f"it does not answer ({type(error).__name__})") from error


def _body(answer: httpx2.Response, url: str, *, max_bytes: int, until: float) -> bytes:
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise _failed(url, "it sends a packed body")  # which could unpack to anything
    length = answer.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > max_bytes:
        raise _too_large(url, max_bytes)
    body = bytearray()
    for piece in answer.iter_raw():
        body += piece
        if len(body) > max_bytes:
            raise _too_large(url, max_bytes)
        if time.monotonic() > until:
            raise _failed(url, "it is too slow")
    return bytes(body)


def _too_large(url: str, max_bytes: int) -> TooLarge:
    return TooLarge(f"{url[:120]} is larger than {max_bytes / 2**20:g} MB.", hint="Make it smaller.")


def _failed(url: str, why: str) -> BadSpec:
    return BadSpec(f"{url[:120]} cannot be fetched: {why}.", hint="Give a public http(s) address, or send the file.")
