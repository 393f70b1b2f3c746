"""ModelScope, by the two addresses of its API that a pull needs (docs/decisions/0057). `MODELSCOPE_ENDPOINT` and
`MODELSCOPE_API_TOKEN` are those of its own programs.

It answers a request for the rest of a file with that rest, and the status of the whole: 200. So what comes is told by
`Content-Range` alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx2

from vitascope import strictjson
from vitascope.config import modelscope
from vitascope.engines.openweights.hub import wanted
from vitascope.errors import BadWeights, NotAllowed, NotFound, Unavailable, VitascopeError

NAME = "ModelScope"
SETTINGS = ("MODELSCOPE_ENDPOINT", "MODELSCOPE_API_TOKEN")
REVISION = "master"  # the list tells no commit; the hashes in it pin the files
TRIES = 5  # without a byte more
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_BLOCK = 2**20
_TIMES = httpx2.Timeout(60, connect=15)


class _Answered(Exception):
    """A status that is no success."""

    def __init__(self, status: int, said: str = ""):
        super().__init__(f"{status} {said}")
        self.status = status


def host() -> str:
    return urlsplit(modelscope()[0]).netloc.rpartition("@")[2][:120]


def listing(repository: str, folders: Iterable[str]) -> dict[str, Any]:
    with _asked(f"{_api(repository)}/repo/files?Revision={REVISION}&Recursive=True") as answer:
        try:
            told = strictjson.loads(answer.read())
            code, found = int(told.get("Code") or 200), (told.get("Data") or {}).get("Files")
        except (ValueError, AttributeError, TypeError, RecursionError) as error:
            raise Unavailable(
                f"{host()} does not answer as ModelScope does.", hint="Check MODELSCOPE_ENDPOINT."
            ) from error
    if code != 200 or not isinstance(found, list):  # it tells in words what is wrong, under the status 200
        raise _Answered(code if 400 <= code < 600 else 404, str(told.get("Message"))[:200])
    files = [_file(one) for one in found if isinstance(one, dict) and wanted(str(one.get("Path")), folders)]
    return {"files": files, "commit": REVISION, "gated": False}


def _file(one: Mapping[str, Any]) -> dict[str, Any]:
    path, size, sha256 = str(one["Path"]), one.get("Size"), str(one.get("Sha256")).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or not isinstance(size, int):
        raise BadWeights(
            f"ModelScope tells no SHA-256 and size of {path}, so it cannot be checked.",
            hint="Pull from the hub of Hugging Face: --from hub.",
        )
    return {"path": path, "size": size, "sha256": sha256, "blob": ""}


def at_hand(repository: str, commit: str, path: str) -> None:
    """What ModelScope's own programs keep is not looked at."""


def download(repository: str, commit: str, told: Mapping[str, Any], part: Path) -> None:
    """Raises BadWeights when more comes than was announced."""
    url = f"{_api(repository)}/repo?Revision={quote(commit, safe='')}&FilePath={quote(told['path'], safe='')}"
    size, tries = int(told["size"]), TRIES
    part.touch()
    while (begun := part.stat().st_size) < size or not size:
        try:
            _more(url, part, begun, size)
            return
        except httpx2.TransportError:
            tries = TRIES if part.stat().st_size > begun else tries - 1
            if not tries:
                raise
            time.sleep(1)


def _more(url: str, part: Path, begun: int, size: int) -> None:
    with _asked(url, {"range": f"bytes={begun}-"} if begun else {}) as answer, open(part, "r+b") as file:
        span = re.match(r"bytes (\d+)-", answer.headers.get("content-range", ""))
        at = int(span[1]) if span else 0
        if at not in (0, begun):
            raise Unavailable(f"{NAME} answered with another piece than was asked for.", hint="Pull again.")
        file.truncate(at)
        file.seek(at)
        for block in answer.iter_raw(_BLOCK):
            if (at := at + len(block)) > size:
                part.unlink()
                raise BadWeights(f"{NAME} sends more than the {size:,} bytes that it announced.", hint="Pull again.")
            file.write(block)
        if at < size:
            raise httpx2.ReadError(f"it ended after {at:,} of {size:,} bytes")


@contextmanager
def _asked(url: str, headers: Mapping[str, str] = {}) -> Iterator[httpx2.Response]:
    """The answer, wherever it leads; the token goes to ModelScope's own origin alone."""
    endpoint, token = modelscope()
    own = {"authorization": f"Bearer {token}", "cookie": f"m_session_id={token}"} if token else {}
    plain = {"user-agent": "vitascope", "accept-encoding": "identity", **headers}
    home = urlsplit(endpoint)
    with httpx2.Client(timeout=_TIMES) as client:  # follows nothing by itself
        for _ in range(_MOST_REDIRECTS + 1):
            there = urlsplit(url)
            if home.scheme == "https" != there.scheme:
                raise NotAllowed(f"{NAME} leads from https to http.", hint="Check MODELSCOPE_ENDPOINT.")
            ours = (there.scheme, there.netloc) == (home.scheme, home.netloc)
            with client.stream("GET", url, headers={**plain, **(own if ours else {})}) as answer:
                if answer.status_code in _REDIRECTS:
                    url = urljoin(url, answer.headers.get("location", ""))
                    continue
                if answer.status_code not in (200, 206):
                    raise _Answered(answer.status_code)
                yield answer
                return
    raise Unavailable(f"{NAME} redirects more than {_MOST_REDIRECTS} times.", hint="Check MODELSCOPE_ENDPOINT.")


def _api(repository: str) -> str:
    return f"{modelscope()[0]}/api/v1/models/{quote(repository)}"


def explained(error: Exception, repository: str) -> VitascopeError | None:
    if isinstance(error, _Answered):
        if error.status in (401, 403):
            return NotAllowed(
                f"ModelScope does not give {repository} to everybody ({error.status}).",
                hint="Accept its terms on its page there, make a token, and set MODELSCOPE_API_TOKEN to it.",
            )
        if error.status == 404:
            return NotFound(
                f"ModelScope has no {repository}, or does not show it to you.",
                hint="Pull from the hub of Hugging Face: --from hub. Is MODELSCOPE_API_TOKEN right, if it is private?",
            )
        said = f"ModelScope ({host()}) answered {error.status}."
        return Unavailable(said, hint="Try again later. If it stays so, is MODELSCOPE_ENDPOINT right?")
    return None
