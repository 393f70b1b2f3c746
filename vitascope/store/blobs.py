"""Where files are kept: a folder, or an S3 bucket. It knows keys and bytes, and nothing of clips or accounts.

A blob is whole or not there, in both. Keys are checked before anything is touched, so that none leads outside.
Reading starts and ends where it is told, as a slice does: beyond the end there is nothing, and no error.

Inside each lies a second, hidden store for what belongs to the storage itself: whose it is (`identity.py`) and what was
swept and is kept for some days (`orphans.py`).
"""

from __future__ import annotations

import copy
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from vitascope.config import settings
from vitascope.errors import BadSettings, BadSpec, MissingExtra, NotFound, OutputFailed, Unavailable

if TYPE_CHECKING:
    from obstore.store import S3Store

_KEY = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,119}/){0,7}[A-Za-z0-9_][A-Za-z0-9._-]{0,119}")
_CHUNK = 1 << 20  # bytes in one piece of a read
_ASIDE, _HIDDEN = ".aside", ".vitascope"  # no key begins with a dot
_STALE_SECONDS = 86_400.0


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


def checked(key: str) -> str:
    """The key, if it is one: up to eight names of letters, digits, dots, dashes, none beginning with a dot."""
    if not _KEY.fullmatch(key):
        raise BadSpec(f"{key[:80]!r} is no key of a blob.", hint="Letters, digits, dots and dashes between slashes.")
    return key


def content(blobs: Blobs, key: str, *, limit_bytes: int = 64 << 20) -> bytes:
    """All of a small blob."""
    size = blobs.size(key)
    if size > limit_bytes:
        raise Unavailable(f"{key} has {size:,} bytes.", hint=f"At most {limit_bytes:,} are read at once.")
    return b"".join(blobs.read(key))


class FolderBlobs:
    """Files below one folder of this machine."""

    def __init__(self, root: Path):
        self.root = root
        self._aside = root / _ASIDE
        self._sweep()

    def put(self, key: str, data: bytes | Path, content_type: str = "application/octet-stream") -> None:
        target = self.root / checked(key)
        aside = self._aside / uuid4().hex
        try:
            self._aside.mkdir(parents=True, exist_ok=True)
            with open(aside, "wb") as file:
                if isinstance(data, Path):
                    with open(data, "rb") as source:
                        while piece := source.read(_CHUNK):
                            file.write(piece)
                else:
                    file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._move(aside, target)
        except OSError as error:
            what = error.strerror or str(error)
            raise OutputFailed(
                f"Cannot keep {key}: {what}.", hint="Is there room, and may the storage be written?", why=what
            ) from error
        finally:
            with suppress(OSError):
                aside.unlink()

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        size = self.size(key)
        return self._pieces(key, start, size if end is None else min(end, size))

    def size(self, key: str) -> int:
        path = self.root / checked(key)
        try:
            if path.is_file():
                return path.stat().st_size
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                raise Unavailable(f"{key} cannot be read: {error.strerror}.", hint=f"Check {self.root}.") from error
        raise _missing(key)

    def exists(self, key: str) -> bool:
        return (self.root / checked(key)).is_file()

    def delete(self, key: str) -> None:
        path = self.root / checked(key)
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
            path.unlink()
        self._clear_folders(path)

    def keys(self, prefix: str = "") -> Iterator[str]:
        top = self.root / checked(prefix.rstrip("/")) if prefix else self.root
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in files:
                if not name.startswith("."):
                    yield (Path(folder) / name).relative_to(self.root).as_posix()

    def url(self, key: str, seconds: float) -> str | None:
        checked(key)
        return None

    @property
    def hidden(self) -> FolderBlobs:
        return FolderBlobs(self.root / _HIDDEN)

    def hide(self, key: str, new: str) -> None:
        self._rename(self, key, self.hidden, new)

    def unhide(self, hidden: str, key: str) -> None:
        self._rename(self.hidden, hidden, self, key)

    @staticmethod
    def _rename(here: FolderBlobs, key: str, there: FolderBlobs, new: str) -> None:
        source = here.root / checked(key)
        here.size(key)
        try:
            here._move(source, there.root / checked(new))
        except FileNotFoundError as error:
            raise _missing(key) from error
        except OSError as error:
            raise OutputFailed(f"Cannot move {key}: {error.strerror or error}.", hint="May it be written?") from error
        here._clear_folders(source)

    def _clear_folders(self, path: Path) -> None:
        """Those above it that are empty now."""
        for parent in path.relative_to(self.root).parents[:-1]:
            try:
                (self.root / parent).rmdir()
            except OSError:
                break

    def _pieces(self, key: str, start: int, end: int) -> Iterator[bytes]:
        try:
            with open(self.root / key, "rb") as file:
                file.seek(start)
                left = end - start
                while left > 0 and (piece := file.read(min(_CHUNK, left))):
                    left -= len(piece)
                    yield piece
        except FileNotFoundError as error:
            raise _missing(key) from error

    def _move(self, aside: Path, target: Path) -> None:
        for attempt in range(10):  # a folder may be cleared away by a delete at the very moment
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(aside, target)
                break
            except (FileNotFoundError, FileExistsError):
                if attempt == 9 or target.parent.is_file():
                    raise
        with suppress(FileNotFoundError):  # deleted again since
            handle = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(handle)  # the name, too, is to be there after a power cut
            finally:
                os.close(handle)

    def _sweep(self) -> None:
        """What a killed process left half-written, a day ago or more, so that nobody writes it still."""
        with suppress(OSError):
            for path in self._aside.iterdir():
                with suppress(OSError):
                    if path.stat().st_mtime < time.time() - _STALE_SECONDS:
                        path.unlink()


class S3Blobs:
    """Objects in a bucket of any storage that speaks S3. The key pair comes from where S3 tools look for it
    (AWS_ACCESS_KEY_ID and its like, or the machine's role).
    """

    def __init__(self, url: str):
        self._store, self._errors = _s3(url)
        self._inside = ""  # before every key
        import obstore

        self._s3: Any = obstore

    def put(self, key: str, data: bytes | Path, content_type: str = "application/octet-stream") -> None:
        with self._told(""):
            self._s3.put(self._store, self._at(key), data, attributes={"Content-Type": content_type})

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        options: dict[str, Any] = {}
        if start or end is not None:
            size = self.size(key)
            start, end = min(start, size), size if end is None else min(end, size)
            if start >= end:
                return iter(())
            options = {"range": (start, end)}
        with self._told(key):
            answer = self._s3.get(self._store, self._at(key), options=options)
        return self._pieces(key, answer)

    def size(self, key: str) -> int:
        with self._told(key):
            return int(self._s3.head(self._store, self._at(key))["size"])

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except NotFound:
            return False
        return True

    def delete(self, key: str) -> None:
        with suppress(NotFound), self._told(key):
            self._s3.delete(self._store, self._at(key))

    def keys(self, prefix: str = "") -> Iterator[str]:
        top = self._at(prefix.rstrip("/")) if prefix else self._inside.rstrip("/")
        with self._told(prefix):
            for page in self._s3.list(self._store, prefix=top or None):
                paths = (str(item["path"]).removeprefix(self._inside) for item in page)
                yield from (path for path in paths if not path.startswith("."))

    def url(self, key: str, seconds: float) -> str | None:
        with self._told(key):
            return str(self._s3.sign(self._store, "GET", self._at(key), timedelta(seconds=seconds)))

    @property
    def hidden(self) -> S3Blobs:
        inside = copy.copy(self)
        inside._inside = f"{_HIDDEN}/"
        return inside

    def hide(self, key: str, new: str) -> None:
        self._rename(self, key, self.hidden, new)

    def unhide(self, hidden: str, key: str) -> None:
        self._rename(self.hidden, hidden, self, key)

    @staticmethod
    def _rename(here: S3Blobs, key: str, there: S3Blobs, new: str) -> None:
        with here._told(key):
            here._s3.copy(here._store, here._at(key), there._at(new))
        here.delete(key)

    def _at(self, key: str) -> str:
        return self._inside + checked(key)

    def _pieces(self, key: str, answer: Any) -> Iterator[bytes]:
        with self._told(key):
            for piece in answer.stream(min_chunk_size=_CHUNK):
                yield bytes(piece)

    def _told(self, key: str) -> _Told:
        return _Told(key, self._errors)


class _Told:
    """Turns the storage's errors into ours. Without a key nothing is looked for, so what is missing is the bucket."""

    def __init__(self, key: str, errors: Any):
        self._key, self._errors = key, errors

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if self._key and isinstance(error, FileNotFoundError | self._errors.NotFoundError):
            raise _missing(self._key) from error
        if isinstance(error, self._errors.BaseError | OSError):
            what = str(error).strip().splitlines()[0][:200]
            raise Unavailable(f"The storage does not answer: {what}", hint="Check storage_url and its keys.") from error


def _s3(url: str) -> tuple[S3Store, Any]:
    try:
        from obstore import exceptions
        from obstore.store import S3Store
    except ImportError as error:
        raise MissingExtra("Storage on S3", "s3") from error
    parts = urlsplit(url)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    unknown = sorted(set(asked) - {"endpoint", "region"})
    if not parts.netloc or unknown or "@" in parts.netloc:
        raise BadSettings(
            f"storage_url names {f'an unknown {unknown[0]}' if unknown else 'no bucket, or a key pair'}.",
            hint="s3://bucket/prefix?endpoint=http://host:port&region=name; the key pair goes into AWS_ACCESS_KEY_ID.",
        )
    config: Any = {"region": asked.get("region", "us-east-1")}
    if endpoint := asked.get("endpoint"):
        config["endpoint"] = endpoint
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=config,
        client_options={"allow_http": True, "connect_timeout": "5s", "timeout": "600s"},
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=60)},
    )
    return store, exceptions


def _missing(key: str) -> NotFound:
    return NotFound(f"There is no blob {key}.", hint="It may have been deleted.")
