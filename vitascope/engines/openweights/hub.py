"""The hub of Hugging Face, spoken to by huggingface_hub in a process of its own: `python -m
vitascope.engines.openweights.hub`. It reads one request as JSON and writes lines of JSON. Nothing else here opens a
connection.

    {"do": "list", "hub": "owner/name", "folders": [...]}                -> {"files": [...], "commit": ...}
    {"do": "fetch", "hub": ..., "commit": ..., "files": [...], "to": folder, "lock": file}
                                                                         -> {"bytes": n} ..., {"hashes": {...}}

`HF_ENDPOINT`, `HF_TOKEN` and `HF_HOME` are the library's own, so a mirror, a token and files in its cache are used.
Files, never snapshots; each is hashed, and thrown away when the hash is another. The library's `hf_hub_download` begins
a file anew when it broke off, so here its `http_get` writes to a file that stays and is gone on with.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vitascope.errors import BadWeights, NotAllowed, NotFound, OutputFailed, Unavailable, VitascopeError

#: What is fetched of a part's folder. Pickles, pictures and variants in other precisions are not.
KINDS = (".json", ".safetensors", ".model", ".txt", ".jinja")
_VARIANTS = ("fp16", "bf16", "fp32", "non_ema", "ema")
_BLOCK = 2**22
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def wanted(path: str, folders: Iterable[str]) -> bool:
    """Whether a file of the repository belongs to one of these parts."""
    folder, _, name = path.partition("/")
    if path == "model_index.json":
        return True
    variant = any(f".{word}." in name or f".{word}-" in name for word in _VARIANTS)
    return folder in folders and "/" not in name and name.endswith(KINDS) and not variant


def listing(hub: str, folders: Iterable[str]) -> dict[str, Any]:
    from huggingface_hub import HfApi

    info = HfApi().model_info(hub, files_metadata=True)
    files = [
        {
            "path": one.rfilename,
            "size": one.size or 0,
            "sha256": one.lfs.sha256 if one.lfs else "",
            "blob": one.blob_id or "",
        }
        for one in info.siblings or ()
        if wanted(one.rfilename, folders)
    ]
    return {"files": files, "commit": info.sha, "gated": bool(info.gated)}


def fetch(hub: str, commit: str, files: list[Mapping[str, Any]], to: Path, lock: Path) -> dict[str, Any]:
    """Brings the files into a folder; two fetches wait for each other. Returns their hashes. Raises OutputFailed when
    there is no room, BadWeights when a file is not what the hub said.
    """
    from filelock import FileLock, Timeout

    to.mkdir(parents=True, exist_ok=True)
    held = FileLock(lock)
    try:
        held.acquire(timeout=0)
    except Timeout:
        _tell(waiting=True)
        held.acquire()
    try:
        _check_room(to, files)
        done, hashes = 0, {}
        for one in files:
            hashes[one["path"]] = _one(hub, commit, one, to, done)
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


def _one(hub: str, commit: str, told: Mapping[str, Any], to: Path, before: int) -> str:
    from huggingface_hub import try_to_load_from_cache

    path = to / told["path"]
    cached = try_to_load_from_cache(hub, told["path"], revision=commit)
    if isinstance(cached, str) and not path.exists():  # it is here already: the same bytes under a second name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(os.path.realpath(cached), path)
        except OSError:  # another disk
            pass
    if not path.is_file():
        _download(hub, commit, told, path, before)
    found = _hash(path, told)
    if found != (told["sha256"] or told["blob"]) and (told["sha256"] or told["blob"]):
        path.unlink()
        raise BadWeights(
            f"{told['path']} is not the file that the hub announced: its hash is {found[:16]}, not "
            f"{(told['sha256'] or told['blob'])[:16]}. It was thrown away.",
            hint="Pull again; if it stays so, the mirror (HF_ENDPOINT) has a damaged file.",
        )
    return _sha256(path) if not told["sha256"] else found


def _download(hub: str, commit: str, told: Mapping[str, Any], path: Path, before: int) -> None:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url, headers = hf_hub_url(hub, told["path"], revision=commit), build_hf_headers()
    about = get_hf_file_metadata(url)
    place = url if about.xet_file_data else about.location
    if urlsplit(place).netloc != urlsplit(url).netloc:  # a token is for the hub alone
        headers.pop("authorization", None)
    path.parent.mkdir(parents=True, exist_ok=True)
    part, stop = _part(path, told), threading.Event()
    watcher = threading.Thread(target=_watch, args=(part, before, stop), daemon=True)
    watcher.start()
    try:
        with open(part, "ab") as file:
            http_get(place, file, resume_size=file.tell(), headers=headers, expected_size=int(told["size"]) or None)
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
    """SHA-256 of a large file; of a small one what git calls it."""
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


def explained(error: Exception, hub: str) -> VitascopeError:
    """What the library raised, in words that a person can act on."""
    from huggingface_hub import errors

    if isinstance(error, VitascopeError):
        return error
    if isinstance(error, errors.GatedRepoError):
        return NotAllowed(
            f"{hub} is gated: its authors want its terms accepted first.",
            hint="Accept them on the model's page with your account, make a token there, and set HF_TOKEN to it.",
        )
    if isinstance(error, errors.RepositoryNotFoundError | errors.RevisionNotFoundError):
        return NotFound(
            f"The hub has no {hub}, or does not show it to you.", hint="Is HF_TOKEN right, if it is private?"
        )
    if isinstance(error, errors.EntryNotFoundError):
        return NotFound(f"A file of {hub} is gone from the hub.", hint="Pull again, for the newest list of files.")
    if isinstance(error, OSError) and error.errno in _FULL:
        return OutputFailed("The disk is full.", hint="Make room and pull again: what has come is kept and resumed.")
    if isinstance(error, errors.HfHubHTTPError) and error.response is not None:
        return Unavailable(f"The hub answered {error.response.status_code}.", hint="Try again later.")
    what = f"{type(error).__name__}: {str(error)[:200]}"
    return Unavailable(
        f"The hub cannot be reached, or broke off ({what}).", hint="Pull again: what has come is kept and resumed."
    )


def main() -> int:
    import huggingface_hub
    from huggingface_hub.utils import disable_progress_bars

    huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY = True  # else it tells what else is installed, and who calls
    huggingface_hub.logging.set_verbosity_error()
    disable_progress_bars()
    asked = json.loads(sys.stdin.read())
    try:
        if asked["do"] == "list":
            _tell(**listing(asked["hub"], asked["folders"]))
        else:
            _tell(**fetch(asked["hub"], asked["commit"], asked["files"], Path(asked["to"]), Path(asked["lock"])))
        return 0
    except Exception as error:
        told = explained(error, asked["hub"])
        _tell(error=told.message, hint=told.hint, code=told.code)
        return 1


if __name__ == "__main__":
    sys.exit(main())
