"""The process that pulls: `python -m vitascope.engines.openweights.pull_child`. It reads one request as JSON and writes
lines of JSON.

    {"do": "list", "from": "hub", "repository": "owner/name", "folders": [...]}
                                                -> {"files": [...], "commit": ..., "gated": ...}
    {"do": "fetch", "from": ..., "repository": ..., "commit": ..., "files": [...], "to": folder, "lock": file}
                                                -> {"bytes": n} ..., {"hashes": {...}}

Where the files come from (`hub.py`, `modelscope.py`) says what there is and brings one of them. Here is what holds for
each: files, never snapshots; two pulls wait for each other; what broke off is gone on with; each file is hashed, and
thrown away when the hash is another.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from vitascope.engines.openweights import hub, modelscope
from vitascope.errors import BadSettings, BadWeights, OutputFailed, Unavailable, VitascopeError

_BLOCK = 2**22
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Source(Protocol):
    """`NAME`: as people call it. `SETTINGS`: the variables with its address and with a token."""

    NAME: str
    SETTINGS: tuple[str, str]

    def host(self) -> str:
        """Which machine is called; empty where its address is none."""

    def listing(self, repository: str, folders: list[str]) -> dict[str, Any]: ...

    def at_hand(self, repository: str, commit: str, path: str) -> str | None:
        """A copy of this file that the source's own programs keep on this machine."""

    def download(self, repository: str, commit: str, told: Mapping[str, Any], part: Path) -> None:
        """Goes on with the file of which `part` holds the beginning, until it is whole."""

    def explained(self, error: Exception, repository: str) -> VitascopeError | None: ...


SOURCES: Mapping[str, Source] = {"hub": hub, "modelscope": modelscope}


def fetch(source: Source, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Brings the files into a folder; two fetches wait for each other. Returns their hashes. Raises OutputFailed when
    there is no room, BadWeights when a file is not what was announced.
    """
    from filelock import FileLock, Timeout

    to, files = Path(asked["to"]), asked["files"]
    to.mkdir(parents=True, exist_ok=True)
    held = FileLock(asked["lock"])
    try:
        held.acquire(timeout=0)
    except Timeout:
        _tell(waiting=True)
        held.acquire()
    try:
        _check_room(to, files)
        done, hashes = 0, {}
        for one in files:
            hashes[one["path"]] = _one(source, asked["repository"], asked["commit"], one, to, done)
            done += int(one["size"])
            _tell(bytes=done)
        return {"hashes": hashes}
    finally:
        held.release()


def _check_room(to: Path, files: list[Mapping[str, Any]]) -> None:
    absent = [one for one in files if not (to / one["path"]).is_file()]
    begun = [part for one in absent if (part := _part(to / one["path"], one)).is_file()]
    needed = sum(int(one["size"]) for one in absent) - sum(part.stat().st_size for part in begun)
    free = shutil.disk_usage(to).free
    if needed > free:
        raise OutputFailed(
            f"{needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free.",
            hint="Make room, or set VITASCOPE_HOME to a folder on another disk.",
        )


def _one(source: Source, repository: str, commit: str, told: Mapping[str, Any], to: Path, before: int) -> str:
    path = to / told["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = source.at_hand(repository, commit, told["path"])
    if kept and not path.exists():  # it is here already: the same bytes under a second name
        with suppress(OSError):  # another disk
            os.link(os.path.realpath(kept), path)
    announced, came = told["sha256"] or told["blob"], path.is_file()
    if not came:
        _download(source, repository, commit, told, path, before)
    found = _hash(path, told)
    if came and found != announced and announced:  # of an earlier version
        _download(source, repository, commit, told, path, before)
        found = _hash(path, told)
    if found != announced and announced:
        path.unlink()
        raise BadWeights(
            f"{told['path']} is not the file that {source.NAME} announced: its hash is {found[:16]}, not "
            f"{announced[:16]}. It was thrown away.",
            hint="Pull again; if it stays so, the file there (or on the mirror that you set) is damaged.",
        )
    return _sha256(path) if not told["sha256"] else found


def _download(source: Source, repository: str, commit: str, told: Mapping[str, Any], path: Path, before: int) -> None:
    part, stop = _part(path, told), threading.Event()
    watcher = threading.Thread(target=_watch, args=(part, before, stop), daemon=True)
    watcher.start()
    try:
        source.download(repository, commit, told, part)
    finally:
        stop.set()
        watcher.join()
    os.replace(part, path)


def _part(path: Path, told: Mapping[str, Any]) -> Path:
    """Where a file lies until it is whole; of another version it is another."""
    return path.with_name(f"{path.name}.{(told['sha256'] or told['blob'])[:16]}.part")


def _watch(part: Path, before: int, stop: threading.Event) -> None:
    """Tells every second how much has come."""
    while not stop.wait(1.0):
        with suppress(OSError):
            _tell(bytes=before + part.stat().st_size)


def _hash(path: Path, told: Mapping[str, Any]) -> str:
    """SHA-256 of a large file; of a small one what git calls it, where that is what was told."""
    if told["sha256"]:
        return _sha256(path)
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _tell(**told: Any) -> None:
    print(json.dumps(told), flush=True)


def explained(source: Source, error: Exception, repository: str) -> VitascopeError:
    """What was raised, in words that a person can act on."""
    if isinstance(error, VitascopeError):
        return error
    if isinstance(error, OSError) and error.errno in _FULL:
        return OutputFailed("The disk is full.", hint="Make room and pull again: what has come is kept and resumed.")
    if told := source.explained(error, repository):
        return told
    address, token = source.SETTINGS
    name, kind = source.NAME[0].upper() + source.NAME[1:], type(error).__name__
    if kind in ("UnsupportedProtocol", "InvalidURL") or not source.host():
        return BadSettings(f"{name} cannot be asked: {address} is no address.", hint="It begins with https://")
    if isinstance(error, UnicodeEncodeError) or kind == "LocalProtocolError":  # a header that cannot be written
        return BadSettings(f"{name} cannot be asked: {token} has letters that no token has.", hint=f"Set {token} anew.")
    return Unavailable(
        f"{name} ({source.host()}) cannot be reached, or broke off ({kind}: {str(error)[:200]}).",
        hint=f"Pull again: what has come is kept and resumed. If it stays so, is {address} right?",
    )


def main() -> int:
    asked = json.loads(sys.stdin.read())
    source = SOURCES[asked["from"]]
    try:
        if asked["do"] == "list":
            _tell(**source.listing(asked["repository"], asked["folders"]))
        else:
            _tell(**fetch(source, asked))
        return 0
    except Exception as error:
        told = explained(source, error, asked["repository"])
        _tell(error=told.message, hint=told.hint, code=told.code)
        return 1


if __name__ == "__main__":
    sys.exit(main())
