"""Blobs as objects in an S3 bucket. What a blob is, `blobs` says."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from vitascope.errors import BadSettings, MissingExtra, NotFound, Unavailable
from vitascope.store.blob_keys import CHUNK, HIDDEN, checked, missing

if TYPE_CHECKING:
    from obstore.store import S3Store


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
        inside._inside = f"{HIDDEN}/"
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
            for piece in answer.stream(min_chunk_size=CHUNK):
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
            raise missing(self._key) from error
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
