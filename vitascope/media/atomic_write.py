"""Writing a file so that it is whole or not there: written aside, in the same folder, and renamed when it is done.

What goes wrong with folders, rights and full disks becomes one `OutputFailed` here, with a hint, for every kind of
file.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vitascope.errors import NoMemory, OutputFailed, is_memory

UNFINISHED = ".vitascope-"  # how the names of files begin that are not whole yet
_HINTS = {
    errno.ENOSPC: ("the disk is full", "Free some room, or write to another disk."),
    errno.EDQUOT: ("the disk quota is used up", "Free some room, or write to another disk."),
    errno.EFBIG: ("the file grows larger than is allowed there", "Write to another disk, or ask for a shorter clip."),
    errno.ENOENT: ("the folder does not exist", "Make the folder first, or choose another."),
    errno.ENOTDIR: ("part of the path is not a folder", "Choose another path."),
    errno.EISDIR: ("it is a folder", "Give the name of a file."),
    errno.EACCES: ("you may not write there", "Choose a folder that is yours."),
    errno.EPERM: ("you may not write there", "Choose a folder that is yours."),
    errno.EROFS: ("the disk is read-only", "Choose another disk."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter one."),
}


@contextmanager
def written_aside(target: Path, *, private: bool = False) -> Iterator[Path]:
    """Yields the path of a new empty file beside `target`; it becomes `target` if the block ends well, and vanishes
    if not. `private`: nobody else may read it, at any moment.

    An interrupt counts as not ending well. Any error of the system inside the block is taken for one of writing.
    """
    aside: Path | None = None
    try:
        target = Path(os.path.realpath(target))  # a link keeps pointing where it did
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if target.exists() and not target.is_file():
            raise OSError(errno.EINVAL, "it is not an ordinary file")
        handle, name = tempfile.mkstemp(prefix=UNFINISHED, suffix=f".part{target.suffix}", dir=target.parent)
        aside = Path(name)
        os.close(handle)
        yield aside
        with open(aside, "rb") as file:
            os.fsync(file.fileno())  # a full disk may only show here
        aside.chmod(0o600 if private else 0o666 & ~_umask())
        os.replace(aside, target)
        aside = None
    except OSError as error:
        if is_memory(error):  # an encoder that cannot start its thread says so in the system's words
            raise NoMemory from error
        what, hint = _HINTS.get(error.errno or 0, (error.strerror or str(error), "Choose another place."))
        raise OutputFailed(f"Cannot write {target}: {what}.", hint=hint, why=what) from error
    finally:
        if aside:
            with suppress(OSError):
                aside.unlink()


def check_place(target: Path) -> None:
    """Raises what `written_aside` would if nothing can be written there: to be asked before long work."""
    with suppress(_Enough), written_aside(target):
        raise _Enough


class _Enough(Exception):
    pass


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
