"""What strangers send: pictures and clips, however they come (a file, a data URL, bare base64, an address, the id of
a clip), looked at cheaply before anything is unpacked. Nothing here keeps a file; what comes out is pixels, or a path
in a temporary folder that its caller removes.

A file is what its first bytes say it is. Pictures are decoded with limits and drawn anew, so nothing hidden in or
behind one is kept.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from starlette.datastructures import UploadFile

from vitascope.errors import BadPicture, TooLarge, TooMany
from vitascope.media import incoming
from vitascope.media.incoming import Footage
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.limits import SENT
from vitascope.media.upright import Seen
from vitascope.outbound import fetch as fetching

MAX_CLIP_BYTES = SENT.clip_bytes
_FORMS = "Send a file, a URL, base64, or a clip's id."
ADDRESSES = ("image_url", "video_url", "audio_url", "url", "data", "b64_json")
_SLICE = 2**20  # a multiple of four
_SPACES = b" \t\n\r\x0b\x0c"
_LETTERS = (string.ascii_letters + string.digits + "+/").encode()
_STANDARD = bytes.maketrans(b"-_", b"+/")  # from the letters of addresses
_few = threading.BoundedSemaphore(2)  # an open picture takes up to 200 MB
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.+-]+=[^;,]*)*)(;base64)?,", re.ASCII | re.IGNORECASE)


Fetch = Callable[..., tuple[bytes, str]]  # as `fetching.fetch`: (url, *, max_bytes)


class _Turns:
    """Reading a clip takes a core for up to fifteen seconds, so few are read at once, and few wait: nobody's clips keep
    the threads from all others. Who sends too many at once is told to come again.
    """

    def __init__(self, at_once: int = 2, waiting: int = 6, each: int = 2):
        self._reading, self._lock = threading.BoundedSemaphore(at_once), threading.Lock()
        self._most, self._each = at_once + waiting, each
        self._here: list[str] = []

    @contextmanager
    def of(self, account_id: str) -> Iterator[None]:
        """A turn of this account. Raises TooMany."""
        with self._lock:
            if len(self._here) >= self._most or self._here.count(account_id) >= self._each:
                raise TooMany("Other clips are being read just now.", hint="Send it again in a moment.", retry_after=5)
            self._here.append(account_id)
        try:
            with self._reading:
                yield
        finally:
            with self._lock:
                self._here.remove(account_id)


turns = _Turns()


def opened(given: Any, *, name: str, account_id: str, moment: str = "first", fetch: Fetch = fetching.fetch) -> Seen:
    """The picture behind what was sent, as it is meant to be seen; of a clip its first or last frame. `fetch`: what
    brings it from an address.
    """
    most = SENT.clip_bytes if isinstance(given, UploadFile) and is_clip(given) else SENT.picture_bytes
    data = contents(given, name=name, max_bytes=most, fetch=fetch)
    return decoded(data, name=name, account_id=account_id, moment=moment)


def decoded(data: bytes, *, name: str, account_id: str = "", moment: str = "first") -> Seen:
    """Raises BadPicture when it is none of the kinds taken, or has too many pixels; TooMany."""
    kind = kind_of(data[:HEAD_BYTES])
    with turns.of(account_id) if kind and kind.what == "clip" else _few:
        return incoming.picture(data, name=name, moment=moment, limits=SENT)


def contents(given: Any, *, name: str, max_bytes: int, fetch: Fetch = fetching.fetch) -> bytes:
    """The bytes behind a file, a data URL, an address or bare base64. Raises TooLarge before they are unpacked."""
    if isinstance(given, bytes):
        return given
    if isinstance(given, UploadFile):
        return _read(given.file, name=name, max_bytes=max_bytes)
    if isinstance(given, Mapping):
        inner = next((given[key] for key in ADDRESSES if given.get(key)), None)
        if isinstance(inner, Mapping):
            inner = inner.get("url")
        given = inner
    if not isinstance(given, str) or not given.strip():
        raise BadPicture(f"{name} is neither a file nor an address.", hint=_FORMS)
    given = given.strip()
    if re.match(r"https?://", given, re.IGNORECASE):
        return fetch(given, max_bytes=max_bytes)[0]
    return _unpacked(given, name=name, max_bytes=max_bytes)


def clip(data: bytes | UploadFile, folder: Path, *, name: str = "The clip") -> Footage:
    """The clip that was sent, as a file in `folder`, read to its end; to be called in a turn. Raises BadClip and
    TooLarge.
    """
    if isinstance(data, UploadFile):
        data = _read(data.file, name=name, max_bytes=SENT.clip_bytes)
    if len(data) > SENT.clip_bytes:
        raise _too_large(name, SENT.clip_bytes)
    path = folder / "sent.mp4"
    path.write_bytes(data)
    return incoming.clip(path, name=name, limits=SENT)


def is_clip(file: UploadFile) -> bool:
    """By its first bytes."""
    file.file.seek(0)
    kind = kind_of(file.file.read(HEAD_BYTES))
    return bool(kind and kind.what == "clip")


def _read(file: BinaryIO, *, name: str, max_bytes: int) -> bytes:
    file.seek(0)
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise _too_large(name, max_bytes)
    if not data:
        raise BadPicture(f"{name} is empty.", hint="Send a file with something in it.")
    return data


def _unpacked(text: str, *, name: str, max_bytes: int) -> bytes:
    head = _DATA_URL.match(text)
    if text[:5].lower() == "data:" and not (head and head[3]):
        raise BadPicture(f"{name} is a data URL without base64.", hint="data:image/png;base64,...")
    body = text[head.end() :] if head else text
    if len(body) > max_bytes * 4 // 3 + 1024:
        raise _too_large(name, max_bytes)
    plain = _plain(body)
    if not plain:
        raise BadPicture(
            f"{name} is neither an address nor base64: {text[:40]!r}.",
            hint=_FORMS,
        )
    data = bytearray()
    try:
        for start in range(0, len(plain), _SLICE):
            part = plain[start : start + _SLICE]
            data += base64.b64decode(part + b"=" * (-len(part) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPicture(f"{name} is not valid base64.", hint="It was cut off or changed on the way.") from error
    return bytes(data)


def _plain(text: str) -> bytes:
    """Base64 in the standard letters alone, without spaces and marks of the end; empty for what is none. It goes by
    slices, for each is one step that nothing else can run beside.
    """
    plain = bytearray()
    for start in range(0, len(text), _SLICE):
        try:
            plain += text[start : start + _SLICE].encode("ascii").translate(_STANDARD, _SPACES)
        except UnicodeEncodeError:
            return b""
    ending = len(plain) - len(plain.rstrip(b"="))
    del plain[len(plain) - ending :]
    for start in range(0, len(plain), _SLICE):
        if plain[start : start + _SLICE].translate(None, _LETTERS):
            return b""
    return bytes(plain) if ending <= 2 else b""


def _too_large(name: str, max_bytes: int) -> TooLarge:
    return TooLarge(f"{name} is larger than {max_bytes >> 20} MB.", hint="Make it smaller.")
