"""The files into which the processes of one server count together, with their room taken at once. The package maps them
into memory with holes, and a hole that a full disk cannot fill ends the process by a signal; where there is no room,
one process counts for itself.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from typing import Any

from prometheus_client import mmap_dict, values


class Roomy(mmap_dict.MmapedDict):
    """The package's dict, whose file never has a hole."""

    def __init__(self, filename: Any, read_mode: bool = False):
        if not read_mode and not _taken(filename, mmap_dict._INITIAL_MMAP_SIZE):
            filename = _nowhere()
        super().__init__(filename, read_mode)

    def _init_value(self, key: str) -> None:
        if self._used + len(key.encode()) + 64 > self._capacity:
            self._grow()
        super()._init_value(key)

    def _grow(self) -> None:
        size = self._capacity
        while size < self._used + 4096 or size == self._capacity:
            size *= 2
        if _taken(self._f.name, size):
            self._m = mmap.mmap(self._f.fileno(), size)
        else:
            alone = mmap.mmap(-1, size)
            alone[: self._capacity] = self._m[: self._capacity]
            self._m = alone
        self._capacity = size


def _taken(filename: Any, size: int) -> bool:
    """Whether the file has that much room now, on the disk."""
    new = not os.path.exists(filename)
    try:
        with open(filename, "ab") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            return True
    except OSError:
        if new:  # an empty file would be read as a damaged one
            with contextlib.suppress(OSError):
                os.unlink(filename)
        return False


def _nowhere() -> str:
    """A file in memory that no other process reads."""
    return f"/proc/self/fd/{os.memfd_create('metrics')}"


def install() -> None:
    """Before anything is counted."""
    values.MmapedDict = Roomy  # type: ignore[misc]
