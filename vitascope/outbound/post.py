"""Posting a message to an address that an account gave: only to where `addresses` allows, to the very address that was
checked, without following redirects, and never for longer than it may take.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException
from ssl import SSLContext, create_default_context

from vitascope.errors import Unavailable, VitascopeError
from vitascope.outbound import addresses
from vitascope.outbound.fetch import resolved
from vitascope.store.webhooks import Answer, Outgoing

LIMIT_SECONDS = 15.0
_SAID_BYTES = 4096  # of an answer that are looked at


class Sender:
    """Calls as `webhooks.deliver_due` wants it. `allowed`: hosts and networks open although they are not public."""

    def __init__(self, allowed: Iterable[str] = (), *, limit_seconds: float = LIMIT_SECONDS):
        self._allowed = tuple(allowed)
        self._limit_seconds = limit_seconds
        self._tls: SSLContext | None = None

    def check(self, url: str) -> None:
        """Raise BadSpec or NotAllowed when nothing would be sent there."""
        resolved(addresses.place_of(url), self._allowed)

    def __call__(self, message: Outgoing) -> Answer:
        """Raises a VitascopeError when it may not be called or does not answer."""
        place = addresses.place_of(message.url)
        address = resolved(place, self._allowed)
        # One more of the socket's own limits would start anew with every byte that trickles in.
        connection: HTTPConnection | None = None
        try:
            opened = socket.create_connection((address, place.port), timeout=self._limit_seconds)
            with opened as bare, _Deadline(bare, self._limit_seconds) as deadline:
                connection = HTTPConnection(place.host, place.port, timeout=self._limit_seconds)
                connection.sock = self._secured(bare, place)
                deadline.watch(connection.sock)
                headers = {**message.headers, "host": place.authority, "connection": "close"}
                connection.request("POST", place.target, body=message.body, headers=headers)
                answer = connection.getresponse()
                said = answer.read(_SAID_BYTES)
                if deadline.is_over:  # the end of what it said was ours
                    raise TimeoutError
                return Answer(answer.status, _seconds(answer.headers.get("retry-after", "")), said)
        except VitascopeError:
            raise
        except (OSError, HTTPException, ValueError) as error:
            why = "it is too slow" if isinstance(error, TimeoutError) else type(error).__name__
            raise Unavailable(f"{place.authority} does not answer: {why}.", hint="Is the receiver running?") from error
        finally:
            if connection:
                connection.close()

    def _secured(self, bare: socket.socket, place: addresses.Place) -> socket.socket:
        if place.scheme == "http":
            return bare
        self._tls = self._tls or create_default_context()
        return self._tls.wrap_socket(bare, server_hostname=place.host)


class _Deadline:
    """Shuts a connection when its time is over, whatever it is doing."""

    def __init__(self, connection: socket.socket, seconds: float):
        self._connection = connection
        self._timer = threading.Timer(seconds, self._shut)
        self.is_over = False

    def watch(self, connection: socket.socket) -> None:
        self._connection = connection

    def __enter__(self) -> _Deadline:
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _shut(self) -> None:
        self.is_over = True
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0.0
