"""Where a process of the service puts what it needs for a moment: a folder of its own in the home, for its own files
and for those of every package that asks `tempfile` or SQLite for a place. It goes with the process; what a killed one
left is cleared away when the next begins.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from vitascope import config, logs
from vitascope.errors import OutputFailed, of_machine

_FOLDER, _LOCK = "scratch", "in-use"
_STALE_SECONDS = 86_400.0

_log = logs.get(__name__)


@contextlib.contextmanager
def settled(home: Path) -> Iterator[Path]:
    """Everything temporary of this process lies in the folder that is yielded, until the block ends."""
    top, before = home / _FOLDER, tempfile.tempdir
    try:
        top.mkdir(mode=0o700, parents=True, exist_ok=True)
        if gone := _clear(top):
            _log.info("cleared away what ended processes had left", folders=gone)
        mine = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=top))
        lock = _locked(mine)
    except OSError as error:
        why = error.strerror or str(error)
        known = of_machine(error) or OutputFailed(
            f"The home folder cannot be written: {why}.", hint="See `vitascope doctor`."
        )
        raise known from error
    with contextlib.closing(lock):
        tempfile.tempdir = str(mine)
        config.silence(SQLITE_TMPDIR=str(mine))
        try:
            yield mine
        finally:
            tempfile.tempdir = before
            shutil.rmtree(mine, ignore_errors=True)


def usage(home: Path) -> tuple[int, int]:
    """(files, bytes) that lie there now, of all processes."""
    files = size = 0
    for folder, _, names in os.walk(home / _FOLDER):
        for name in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(folder, name)).st_size
                files += name != _LOCK
    return files, size


def _clear(top: Path) -> int:
    """Remove the folders of processes that are gone. How many."""
    gone = 0
    for folder in top.iterdir():
        if folder.is_dir() and _is_over(folder):
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


def _is_over(folder: Path) -> bool:
    try:
        if (folder / _LOCK).exists() and sys.platform != "win32":
            with open(folder / _LOCK, "rb") as lock:
                return _hold(lock)
        return folder.stat().st_mtime < time.time() - _STALE_SECONDS
    except OSError:
        return False


def _locked(mine: Path) -> IO[bytes]:
    """The file whose lock says that this process lives. It gets its name when it has the lock, so that no one finds it
    free before.
    """
    lock = open(mine / "new", "wb")  # noqa: SIM115  held until the end
    _hold(lock)
    os.replace(mine / "new", mine / _LOCK)
    return lock


def _hold(lock: IO[bytes]) -> bool:
    """Take the lock, as long as the file is open; False when a living process has it, or where there are no locks: a
    folder is left alone for a day then.
    """
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
