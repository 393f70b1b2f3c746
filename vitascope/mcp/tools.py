"""The tools: what each does. A clip's price is told before it is spent, and no clip is ordered without a limit. Answers
hold links and a small picture, never the clip itself.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread
from pydantic import BaseModel

from vitascope.errors import BadSpec, NotAllowed, TooLarge
from vitascope.mcp.api import Api
from vitascope.mcp.shapes import (
    Asked,
    Clip,
    ClipAsked,
    ClipAwaited,
    ClipMeant,
    ClipOrdered,
    Clips,
    ClipsSought,
    FileSent,
    Model,
    Models,
    Nothing,
    Ordered,
    Quote,
    Sent,
)
from vitascope.media.kinds import HEAD_BYTES, kind_of

INSTRUCTIONS = (
    "Vitascope makes video clips from words and pictures. A clip costs credits: ask `quote`, or `make_clip` without "
    "`max_credits`, to learn the price, and order with `max_credits`. An order is answered at once; call `wait` until "
    "the clip is done, which takes seconds to minutes. Do not look sooner than `check_after_seconds` says. A finished "
    "clip comes with a picture of it and a link to its file, which opens without a key for a day."
)
FILE_BYTES = 64 * 2**20  # read from this machine; what a server takes at most
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 2.0  # seconds between two looks
_DONE = ("succeeded", "failed", "cancelled")
_SAME = (
    "id",
    "prompt",
    "model",
    "size",
    "seconds",
    "seed",
    "sound",
    "url",
    "thumbnail_url",
    "score",
)  # as the API has it
Tell = Callable[[float, str], Awaitable[None]]


@dataclass(frozen=True)
class Given:
    """What a tool gives back; `picture`: the bytes and media type of one to look at."""

    answer: BaseModel
    picture: tuple[bytes, str] | None = None


@dataclass(frozen=True)
class Tool:
    """`reads`: it changes nothing; `ends`: it undoes something."""

    name: str
    description: str
    takes: type[Asked]
    gives: type[BaseModel]
    do: Callable[[Api, Any, Tell], Awaitable[Given]]
    reads: bool = False
    ends: bool = False


async def list_models(api: Api, _: Nothing, __: Tell) -> Given:
    listed = await api.get("/v1/models")
    return Given(Models(models=[_model(one) for one in listed["data"]]))


async def quote(api: Api, asked: ClipAsked, _: Tell) -> Given:
    return Given(await _quoted(api, asked))


async def make_clip(api: Api, asked: ClipOrdered, _: Tell) -> Given:
    if asked.max_credits is None:
        price = await _quoted(api, asked)
        told = f"Nothing was ordered. It costs {price.credits:g} credits: order with max_credits={price.credits:g}."
        return Given(Ordered(ordered=False, quote=price, next=told))
    clip = _of_video(await api.post("/v1/videos", asked.body(), once=asked.name))
    return Given(Ordered(ordered=True, clip=clip, quote=None, next=f'Call wait with id="{clip.id}".'))


async def get_clip(api: Api, asked: ClipMeant, _: Tell) -> Given:
    return await _with_poster(api, await _clip(api, asked.id))


async def wait(api: Api, asked: ClipAwaited, tell: Tell) -> Given:
    until, pause = time.monotonic() + asked.seconds, _FIRST_PAUSE
    while True:
        clip = await _clip(api, asked.id)
        left = until - time.monotonic()
        if clip.state in _DONE or left <= 0:
            return await _with_poster(api, clip)
        place = f"number {clip.queue_position} in the queue" if clip.queue_position else clip.state
        await tell(clip.progress, place)
        await anyio.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


async def cancel_clip(api: Api, asked: ClipMeant, _: Tell) -> Given:
    return Given(_of_video(await api.post(f"/v1/videos/{checked_id(asked.id)}/cancel")))


async def find_clips(api: Api, asked: ClipsSought, _: Tell) -> Given:
    found = await api.get(
        "/v1/library", q=asked.words, model=asked.model, favourite=asked.favourite, limit=asked.limit, after=asked.after
    )
    clips = [_of_library(one) for one in found["data"]]
    return Given(Clips(clips=clips, next=found["last_id"] if found["has_more"] else None))


async def upload(api: Api, asked: FileSent, _: Tell) -> Given:
    if (asked.path is None) == (asked.data is None):
        raise BadSpec("Give either a path or data.", hint="path: a file of this machine; data: the file in base64.")
    if asked.path is not None:
        if not api.local:
            raise NotAllowed(
                "A path means nothing over HTTP: the server reads no files of its machine for an agent.",
                hint="Send the file as `data` in base64, give make_clip an https address, or use `vitascope mcp`.",
            )
        name = asked.name or Path(asked.path).name
        data = await to_thread.run_sync(_read, Path(asked.path))
    else:
        name, data = asked.name or "file", _decoded(asked.data or "")
    kind = kind_of(data[:HEAD_BYTES])
    if not kind:
        raise BadSpec("This is no picture, clip or sound.", hint="PNG, JPEG, WebP, MP4, MOV, WAV and others are taken.")
    kept = await api.send("/replicate/v1/files", name, data)
    return Given(Sent(id=f"upl_{kept['id']}", kind=kind.what, bytes=len(data)))


_PRICE = "Price and feasibility of a clip, before anything is ordered or spent."
_MAKE = (
    "Order a clip. Costs credits, at most max_credits; without max_credits nothing is ordered and the price is told. "
    "Answers at once with the clip's id: call `wait` next."
)
TOOLS = (
    Tool("list_models", "The models of this server: what they take, cost and cannot do.", Nothing, Models, list_models,
         reads=True),
    Tool("quote", _PRICE, ClipAsked, Quote, quote, reads=True),
    Tool("make_clip", _MAKE, ClipOrdered, Ordered, make_clip),
    Tool("get_clip", "How a clip is now; when it is done, with a picture of it and a link to the file.", ClipMeant,
         Clip, get_clip, reads=True),
    Tool("wait", "Wait for a clip, at most 50 seconds; then as get_clip. Call it again while it is not done.",
         ClipAwaited, Clip, wait, reads=True),
    Tool("cancel_clip", "Stop a clip that is not done. Its credits come back.", ClipMeant, Clip, cancel_clip,
         ends=True),
    Tool("find_clips", "Search the library of finished clips, the newest first.", ClipsSought, Clips, find_clips,
         reads=True),
    Tool("upload", "Send a picture, clip or sound, to be used by make_clip.", FileSent, Sent, upload),
)  # fmt: skip


async def _quoted(api: Api, asked: ClipAsked) -> Quote:
    body = {name: value for name, value in asked.body().items() if name != "max_credits"}
    told = await api.post("/v1/quote", body)
    available = (await api.get("/v1/credits"))["available"] if told["credits_on"] else None
    refused = told["refused"]
    return Quote(
        credits=told["credits"],
        available=available,
        model=told["model"],
        size=told["size"],
        seconds=told["seconds"],
        takes=told["n"],
        notes=told["notes"],
        refused=f"{refused['message']} {refused['hint']}".strip() if refused else None,
        wait_seconds=told["wait_seconds"],
        run_seconds=told["run_seconds"],
    )


async def _clip(api: Api, id: str) -> Clip:
    if id.startswith("clip_"):
        return _of_library(await api.get(f"/v1/library/{checked_id(id)}"))
    return _of_video(await api.get(f"/v1/videos/{checked_id(id)}"))


async def _with_poster(api: Api, clip: Clip) -> Given:
    if clip.state != "succeeded":
        return Given(clip)
    kind = "library" if clip.id.startswith("clip_") else "videos"
    return Given(clip, await api.picture(f"/v1/{kind}/{clip.id}/content", variant="thumbnail"))


def checked_id(given: str) -> str:
    """An id, and nothing that leads to another path."""
    if not (given.isascii() and given.replace("_", "").isalnum()):
        raise BadSpec(f'"{given[:60]}" is no id.', hint="find_clips lists clips with their ids.")
    return given


def _of_video(video: dict[str, Any]) -> Clip:
    error = video["error"]
    done = video["state"] in _DONE
    near = video["starts_in"] if video["state"] == "queued" else video["seconds_left"]
    return Clip(
        **{name: video[name] for name in ("id", "state", "progress", "prompt", "model", "size", "seconds", "seed")},
        **{
            name: video[name] for name in ("sound", "url", "thumbnail_url", "queue_position", "notes", "score", "takes")
        },
        credits=video["credits"] if video["charged"] is None else video["charged"],
        check_after_seconds=None if done else round(min(max(near or 2.0, 1.0), 30.0), 1),
        error=f"{error['message']} {error['hint']}".strip() if error else None,
        defects=[_said(defect) for defect in [*video["defects"], *video["warnings"]]],
    )


def _of_library(clip: dict[str, Any]) -> Clip:
    defects = [_said(defect) for defect in [*clip["defects"], *clip["warnings"]]]
    return Clip(**{name: clip[name] for name in (*_SAME, "credits")}, state="succeeded", defects=defects)


def _said(defect: dict[str, str]) -> str:
    return ", ".join(str(value) for value in defect.values() if value)


def _model(model: dict[str, Any]) -> Model:
    same = ("id", "title", "default", "modes", "sizes", "fps", "sound", "references", "presets", "remote", "served")
    form, price = model["format"], model["price"]
    return Model(
        **{name: model[name] for name in (*same, "usual_seconds", "limits", "notes")},
        tiers=[tier["name"] for tier in form["tiers"]],
        **{name: form[name] for name in ("min_seconds", "max_seconds", "lengths")},
        options=[option["name"] for option in model["options"]],
        credits_per_second=price["second"] if price else None,
    )


def _read(path: Path) -> bytes:
    """A file of this machine, if it is not too large."""
    try:
        with open(path.expanduser(), "rb") as file:
            data = file.read(FILE_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or "this is no path"
        raise BadSpec(f'"{path}" cannot be read: {why}.', hint="Give the full path of a file.") from error
    if len(data) > FILE_BYTES:
        raise TooLarge("The file is too large.", hint=f"At most {FILE_BYTES >> 20} MB.")
    return data


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data.partition(",")[2] if data.startswith("data:") else data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSpec("data is no base64.", hint="Send the bytes of the file in base64.") from error
