"""Blobs as files below one folder of this machine. What a blob is, `blobs` says."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from vitascope.errors import OutputFailed, Unavailable
from vitascope.store.blob_keys import CHUNK, HIDDEN, checked, missing

_ASIDE = ".aside"  # no key begins with a dot
_STALE_SECONDS = 86_400.0


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
                        while piece := source.read(CHUNK):
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
        raise missing(key)

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
        return FolderBlobs(self.root / HIDDEN)

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
            raise missing(key) from error
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
                while left > 0 and (piece := file.read(min(CHUNK, left))):
                    left -= len(piece)
                    yield piece
        except FileNotFoundError as error:
            raise missing(key) from error

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
        """What a killed process left half-written, a day ago or more, so that it is not being written still."""
        with suppress(OSError):
            for path in self._aside.iterdir():
                with suppress(OSError):
                    if path.stat().st_mtime < time.time() - _STALE_SECONDS:
                        path.unlink()
