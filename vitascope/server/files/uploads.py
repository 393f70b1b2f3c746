"""What strangers send: pictures and clips, however they come (a file, a data URL, bare base64, an address, the id of
a clip), looked at cheaply before anything is unpacked. Nothing here keeps a file; what comes out is pixels, or a path
in a temporary folder that its caller removes.

A file is what its first bytes say it is. Pictures are decoded with limits and drawn anew, so nothing hidden in or
behind one is kept.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image
from starlette.datastructures import UploadFile

from vitascope.clip import MAX_FRAMES
from vitascope.errors import BadClip, BadPicture, TooLarge
from vitascope.media import picture, video
from vitascope.media.limits import SENT
from vitascope.outbound import fetch

MAX_PICTURE_BYTES = 20 * 2**20
MAX_PIXELS = 24_000_000
MAX_SIDE = 16_384
MAX_CLIP_BYTES = 64 * 2**20
_KINDS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
}
_FORMS = "Send a file, a URL, base64, or a clip's id."
_DATA = ("image_url", "video_url", "url", "data", "b64_json")
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]+={0,2}\s*")
_few = threading.BoundedSemaphore(2)  # an open picture takes up to 200 MB
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.+-]+=[^;,]*)*)(;base64)?,", re.ASCII | re.IGNORECASE)


def opened(given: Any, *, name: str, allowed: tuple[str, ...] = ()) -> Image.Image:
    """The picture behind what was sent, RGB and upright. `allowed`: as in `fetching.fetch`."""
    return decoded(contents(given, name=name, max_bytes=MAX_PICTURE_BYTES, allowed=allowed), name=name)


def decoded(data: bytes, *, name: str) -> Image.Image:
    """Raises BadPicture when it is none of the kinds taken, or has too many pixels."""
    kind = _picture_kind(data)
    if not kind:
        raise BadPicture(f"{name} is no picture of a kind taken here.", hint="Send PNG, JPEG, WebP, GIF or BMP.")
    width, height = _dimensions(data, kind)
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise BadPicture(
            f"{name} has {width}x{height} pixels.",
            hint=f"At most {MAX_PIXELS // 10**6} million, each side at most {MAX_SIDE:,}; make it smaller.",
        )
    with _few:
        return picture.decode(data, name=name)


def contents(given: Any, *, name: str, max_bytes: int, allowed: tuple[str, ...] = ()) -> bytes:
    """The bytes behind a file, a data URL, an address or bare base64. Raises TooLarge before they are unpacked."""
    if isinstance(given, bytes):
        return given
    if isinstance(given, UploadFile):
        return _read(given.file, name=name, max_bytes=max_bytes)
    if isinstance(given, Mapping):
        inner = next((given[key] for key in _DATA if given.get(key)), None)
        if isinstance(inner, Mapping):
            inner = inner.get("url")
        given = inner
    if not isinstance(given, str) or not given.strip():
        raise BadPicture(f"{name} is neither a file nor an address.", hint=_FORMS)
    given = given.strip()
    if re.match(r"https?://", given, re.IGNORECASE):
        return fetch.fetch(given, max_bytes=max_bytes, allowed=allowed)[0]
    return _unpacked(given, name=name, max_bytes=max_bytes)


def clip_file(data: bytes | UploadFile, folder: Path, *, name: str = "The clip") -> Path:
    """An mp4 in `folder` that was looked at: its size, its kind, its sides and its length. Raises BadClip."""
    path = folder / "sent.mp4"
    if isinstance(data, UploadFile):
        data = _read(data.file, name=name, max_bytes=MAX_CLIP_BYTES)
    if len(data) > MAX_CLIP_BYTES:
        raise _too_large(name, MAX_CLIP_BYTES)
    if data[4:8] != b"ftyp":  # a playlist or script with the ending .mp4 would make a decoder open other files
        raise BadClip(f"{name} is no mp4 file.", hint="Send an mp4 video.")
    path.write_bytes(data)
    info = video.probe(path, name=name, limits=SENT)
    if info.frames > MAX_FRAMES:
        raise BadClip(f"{name} has {info.frames:,} frames.", hint=f"At most {MAX_FRAMES:,}.")
    return path


def _picture_kind(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for start, kind in _KINDS.items() if data.startswith(start)), "")


def _dimensions(data: bytes, kind: str) -> tuple[int, int]:
    """(width, height) as the file claims, no pixel unpacked; (0, 0) for one that the decoder will refuse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[kind]) as lazy:
                return lazy.size
    except Image.DecompressionBombError:
        return MAX_PIXELS, 2
    except Exception:  # Pillow's decoders raise many kinds
        return 0, 0


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
    if not _BASE64.fullmatch(body):
        raise BadPicture(
            f"{name} is neither an address nor base64: {text[:40]!r}.",
            hint=_FORMS,
        )
    plain = re.sub(r"\s", "", body).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPicture(f"{name} is no base64.", hint="It was cut off or changed on the way.") from error


def _too_large(name: str, max_bytes: int) -> TooLarge:
    return TooLarge(f"{name} is larger than {max_bytes >> 20} MB.", hint="Make it smaller.")
