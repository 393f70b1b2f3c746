"""Where files are kept: a folder, or an S3 bucket. It knows keys and bytes, and nothing of clips or accounts.

A blob is whole or not there, in both. Keys are checked before anything is touched, so that none leads outside.
Reading starts and ends where it is told, as a slice does: beyond the end there is nothing, and no error.

Inside each lies a second, hidden store for what belongs to the storage itself: whose it is (`identity.py`) and what was
swept and is kept for some days (`orphans.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from vitascope.config import settings
from vitascope.errors import BadSettings, Unavailable
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.store.s3_blobs import S3Blobs


class Blobs(Protocol):
    def put(self, key: str, data: bytes | Path, content_type: str = "application/octet-stream") -> None:
        """Keep these bytes, or this file's, in the place of what was there."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, in pieces. Raises NotFound at once."""

    def size(self, key: str) -> int:
        """In bytes. Raises NotFound."""

    def exists(self, key: str) -> bool: ...

    def delete(self, key: str) -> None:
        """Nothing happens when there is none."""

    def keys(self, prefix: str = "") -> Iterator[str]:
        """All keys in this folder of keys ("clips", "clips/clip_1"), in no order."""

    def url(self, key: str, seconds: float) -> str | None:
        """An address at which anybody can read it for that long; None when only this server can hand it out."""

    @property
    def hidden(self) -> Blobs:
        """The store inside this one of which `keys` tells nothing."""

    def hide(self, key: str, new: str) -> None:
        """Make it the blob `new` of the hidden store. Raises NotFound."""

    def unhide(self, hidden: str, key: str) -> None:
        """The way back."""


def blobs(url: str = "", *, folder: Path | None = None) -> Blobs:
    """The store of this `storage_url`: empty for `folder` (the home's, if none is given), a path or file:// URL, or
    s3://bucket/prefix?endpoint=http://...&region=...
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return S3Blobs(url)
    if parts.scheme in ("", "file"):
        return FolderBlobs(Path(parts.path).expanduser() if url else folder or settings().home / "blobs")
    raise BadSettings(
        f'storage_url is "{url}".', hint="Empty, the path of a folder, or s3://bucket/prefix?endpoint=...&region=..."
    )


def content(blobs: Blobs, key: str, *, limit_bytes: int = 64 << 20) -> bytes:
    """All of a small blob."""
    size = blobs.size(key)
    if size > limit_bytes:
        raise Unavailable(f"{key} has {size:,} bytes.", hint=f"At most {limit_bytes:,} are read at once.")
    return b"".join(blobs.read(key))
