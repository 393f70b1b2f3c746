"""A known checkpoint brought from a hub, by `pull_child.py` in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vitascope import errors
from vitascope.engines.openweights.hub import is_licence
from vitascope.engines.openweights.known import Known
from vitascope.errors import BadSettings, MissingExtra, Unavailable, VitascopeError

Told = Callable[[Mapping[str, Any]], None]
_KINDS = {
    kind.code: kind
    for kind in (errors.BadSettings, errors.BadWeights, errors.NotAllowed, errors.NotFound, errors.Unavailable)
}


def repository(checkpoint: Known, source: str) -> str:
    """What it is called there. `source`: "hub" (Hugging Face's) or "modelscope"."""
    return checkpoint.modelscope or checkpoint.hub if source == "modelscope" else checkpoint.hub


def look(checkpoint: Known, parts: tuple[str, ...] = (), *, source: str = "hub") -> dict[str, Any]:
    """What the source has of this checkpoint: `files` with their sizes and hashes, `commit`, `gated`, `repository`,
    `from`. `parts`: weights of these alone; the settings of all others come along, which are small. Raises BadSettings,
    NotFound, NotAllowed, Unavailable.
    """
    every = (*checkpoint.parts, *checkpoint.others)
    unknown = [part for part in parts if part not in every]
    if unknown:
        raise BadSettings(f'{checkpoint.title} has no part "{unknown[0]}".', hint=f"It has {', '.join(every)}.")
    at = {"from": source, "repository": repository(checkpoint, source)}
    told = {**_ask({"do": "list", **at, "folders": every}), **at}
    if parts:
        told["files"] = [
            one
            for one in told["files"]
            if not one["path"].endswith((".safetensors", ".safetensors.index.json"))
            or one["path"].partition("/")[0] in parts
        ]
    if not told["files"]:
        raise Unavailable(f"It lists no files of {at['repository']} that can be used.", hint="Try again later.")
    return told


def fetch(told: Mapping[str, Any], to: Path, progress: Told = lambda told: None) -> dict[str, str]:
    """Brings what `look` told; returns the files' SHA-256 by path. Raises what it does, OutputFailed and BadWeights."""
    to.parent.mkdir(parents=True, exist_ok=True)
    asked = {"do": "fetch", **told, "to": str(to), "lock": str(to.parent / ".pull.lock")}
    hashes: dict[str, str] = _ask(asked, progress)["hashes"]
    return hashes


def licence(told: Mapping[str, Any], to: Path, progress: Told = lambda told: None) -> dict[str, str]:
    """Brings the text of the licence alone, as it is there now; returns what `fetch` does, empty where the repository
    has none. Raises what `fetch` does.
    """
    texts = [one for one in told["files"] if is_licence(one["path"])]
    for one in texts:
        if not (one["sha256"] or one["blob"]):  # an old one cannot be told from it
            (to / one["path"]).unlink(missing_ok=True)
    return fetch({**told, "files": texts}, to, progress) if texts else {}


def _ask(asked: Mapping[str, Any], progress: Told = lambda told: None) -> dict[str, Any]:
    if find_spec("huggingface_hub") is None:
        raise MissingExtra("Pulling a model", "open")
    command = [sys.executable, "-m", "vitascope.engines.openweights.pull_child"]
    last: dict[str, Any] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin
        assert child.stdout
        try:
            child.stdin.write(json.dumps(asked))
            child.stdin.close()
            for line in child.stdout:
                try:
                    last = json.loads(line)
                except ValueError:
                    continue  # what a library printed
                progress(last)
        except BaseException:
            child.terminate()
            raise
    if "error" in last:
        raise _error(last)
    if child.returncode:
        raise Unavailable(f"The process that pulls ended with {child.returncode}.", hint="Pull again.")
    return last


def _error(told: Mapping[str, Any]) -> VitascopeError:
    if told["code"] == errors.OutputFailed.code:
        return errors.OutputFailed(told["error"], hint=told["hint"])
    return _KINDS.get(told["code"], VitascopeError)(told["error"], hint=told["hint"])
