"""Carries the requests of a client to its server: with the operator's key, to the configured address alone, and with a
limit of time for each. What the server says is passed on without the key, whatever it repeats of it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from vitascope import config
from vitascope.engines.remote.protocol import NotSent, Refused, Unclear
from vitascope.errors import BadSettings, NotAllowed, TooLarge, Unavailable
from vitascope.outbound import vendor
from vitascope.vendors.client import Answer, Request, Steps, T

ASK_SECONDS, PAID_SECONDS, FETCH_SECONDS = 30.0, 120.0, 900.0
MAX_BYTES, MAX_INLINE = 512 * 2**20, 128 * 2**20  # of a result; of one inside an answer
_LONGEST = 300  # characters of what a server says


class Carrier(Protocol):
    """What takes a request to another machine. Tests put a server in the same process here."""

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, limit_seconds: float
    ) -> tuple[int, dict[str, str], bytes]: ...

    def download(
        self, url: str, path: Path, *, home: str, headers: Mapping[str, str], max_bytes: int, limit_seconds: float
    ) -> tuple[int, dict[str, str]]: ...

    def listen(self, url: str, *, headers: Mapping[str, str], seconds: float) -> list[str]: ...


@dataclass(frozen=True)
class Outgoing:
    """A request as it will leave, for vendors that want it signed."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    download: bool = False


Authorize = Callable[[str, Outgoing], Mapping[str, str]]


def bearer(key: str, _request: Outgoing) -> Mapping[str, str]:
    """The header that most servers want."""
    return {"authorization": f"Bearer {key}"}


class Session:
    """`key` gives the key when it is needed; it raises BadSettings when there is none. `authorize` makes the headers
    of it by which the server knows whose request it is.
    """

    def __init__(
        self,
        address: str,
        key: Callable[[], str],
        *,
        authorize: Authorize = bearer,
        carrier: Carrier | Any = vendor,
    ):
        self.address, self._key = address.rstrip("/"), key
        self._authorize, self._carrier = authorize, carrier
        self._shown: set[str] = set()  # what stood for the key in the last request

    def run(self, steps: Steps[T], *, to: Path | None = None) -> T:
        """The client's result. Raises what the client raises, its words without the key; NotSent when no connection
        was made before anything was paid; Unclear when the paid request has no clear answer; else Unavailable.
        """
        paid = False
        try:
            try:
                request = next(steps)
                while True:
                    paid = paid or request.paid
                    request = steps.send(self._carry(request, to))
            except StopIteration as done:
                result: T = done.value
                return result
        except vendor.NotReached as error:
            if not paid or request.paid:
                raise NotSent(self.clean(error.message), hint=error.hint) from error
            raise Unclear(self.clean(error.message)) from error
        except Refused as error:
            raise Refused(error.reason, self.clean(error.message), wait=error.wait) from None
        except Unclear as error:
            raise Unclear(self.clean(str(error)), wait=error.wait) from None
        except Unavailable as error:
            if paid:
                raise Unclear(self.clean(error.message)) from error
            raise
        except (BadSettings, TooLarge, NotAllowed):
            raise
        except Exception as error:  # a fault of the client; what is paid may be bought
            if paid:
                raise Unclear(f"a fault of ours: {type(error).__name__}") from error
            raise
        finally:
            steps.close()

    def clean(self, text: str) -> str:
        """What a server said, short, on one line, without the key."""
        text = " ".join(text.split())
        try:
            key = self._key()
        except BadSettings:
            key = ""
        for part in {*_parts(key), *self._shown}:
            if len(part) >= 8:
                text = text.replace(part, "***")
        return text[:_LONGEST]

    def _carry(self, request: Request, to: Path | None) -> Answer:
        url = request.path if request.download and "://" in request.path else self.address + request.path
        headers = {"accept": "*/*" if request.download else "application/json", **request.headers}
        body, kind = (None, "") if request.download or request.listen else _body(request)
        if kind:
            headers["content-type"] = kind
        if key := self._key():
            try:
                shown = self._authorize(key, Outgoing(request.method, url, headers, body or b"", request.download))
            except Refused as error:  # it did not leave: to the client this is as if its server refused the key
                return Answer(401, {}, json.dumps({"error": {"message": error.message}}).encode())
            self._shown = {value.rpartition(" ")[2] for value in shown.values()}
            headers |= shown
        if request.download:
            assert to, "a download has a place"
            to = to.with_name(f"{to.name}.{request.part}") if request.part else to
            status, told = self._carrier.download(
                url, to, home=self.address, headers=headers, max_bytes=MAX_BYTES, limit_seconds=FETCH_SECONDS
            )
            return Answer(status, told)
        if request.listen:
            return Answer(
                200, {}, json.dumps(self._carrier.listen(url, headers=headers, seconds=request.listen)).encode()
            )
        limit = PAID_SECONDS if request.paid or request.large else ASK_SECONDS
        more = {"most_bytes": MAX_INLINE} if request.large else {}
        return Answer(*self._carrier.ask(request.method, url, headers=headers, body=body, limit_seconds=limit, **more))


def _parts(key: str) -> set[str]:
    """What of a key nobody may see: both of a pair, each line of a private key in a JSON file."""
    if not key.startswith("{"):
        return {key, *re.split(r"[:.]", key)}
    try:
        return {key, *str(json.loads(key)["private_key"]).splitlines()}
    except (ValueError, LookupError, TypeError, RecursionError):
        return {key}


def key_of(source: Mapping[str, Any], name: str) -> Callable[[], str]:
    """What reads the key that a model file names: `env:NAME`, or the name of a file in the home folder's `keys`. A
    file without `key` needs none. Raises BadSettings when there is no such file.
    """
    named = str(source.get("key", ""))

    def read() -> str:
        return config.secret(named, f"The key of {name}") if named else ""

    if not named.startswith("env:"):
        read()  # a key itself, written where its name belongs, is refused before it is kept anywhere
    return read


def checked_address(given: Any, name: str) -> str:
    """Raises BadSettings when it is no address of a server."""
    address = str(given or "")
    parts = urlsplit(address)
    try:
        vendor.origin(address)
        good = not parts.query and not parts.fragment
    except Exception:
        good = False
    if not good:
        raise BadSettings(
            f"{name} has no address that can be called.", hint='[source] address = "https://gpu.example.org/v1"'
        )
    return address.rstrip("/")


def _body(request: Request) -> tuple[bytes | None, str]:
    """(body, content type)"""
    if request.json is not None:
        return json.dumps(request.json, ensure_ascii=False).encode(), "application/json"
    if request.form is None:
        return None, ""
    mark = secrets.token_hex(16)
    pieces: list[bytes] = []
    for name, value in request.form.items():
        file = "" if isinstance(value, str) else f'; filename="{value[0]}"'
        kind = "" if isinstance(value, str) else f"content-type: {value[2]}\r\n"
        head = f'--{mark}\r\ncontent-disposition: form-data; name="{name}"{file}\r\n{kind}\r\n'
        pieces += [head.encode(), value.encode() if isinstance(value, str) else value[1], b"\r\n"]
    return b"".join([*pieces, f"--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"
