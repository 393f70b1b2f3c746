"""A job as a dialect sees it: data alone, ready to be told in the vendor's words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Category = Literal["input", "auth", "quota", "safety_input", "safety_output", "internal"]
Bytes = bytes  # where a field of this name hides it
DONE = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Fault:
    """Why a job failed."""

    category: Category
    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class View:
    """A job as data. When one request asked for several takes, `state` and `progress` are those of all together, and
    `takes` has them all, this one included; it always has at least one. Times are unix seconds. Links are absolute,
    signed, and open without a key.
    """

    id: str  # 24 hex digits
    handle: str  # the id in the dialect's own form
    state: State
    model: str
    asked_model: str = ""
    operation: str = ""  # what `Asked.operation` was
    progress: float = 0.0  # 0 to 1
    queue_position: int | None = None  # 1 = next
    created: float = 0.0
    started: float | None = None
    finished: float | None = None
    updated: float = 0.0
    expires: float | None = None
    prompt: str = ""
    negative_prompt: str = ""
    seconds: float = 0.0  # the true length
    asked_seconds: float | None = None
    width: int = 0
    height: int = 0
    fps: float = 16
    frames: int = 0
    seed: int | None = None
    steps: int = 0
    aspect: str = ""
    is_still: bool = False
    sound: bool = False
    url: str | None = None  # the mp4; a still has one too, of one frame
    poster_url: str | None = None
    image_url: str | None = None  # a still's picture, whole
    last_frame_url: str | None = None
    preview_url: str | None = None
    bytes: int | None = None
    content: Callable[[], Bytes] = field(default=lambda: b"", compare=False)  # the mp4, for forms that inline it
    image: Callable[[], Bytes] = field(default=lambda: b"", compare=False)  # a still as PNG, for forms that inline it
    error: Fault | None = None
    credits: float = 0.0
    usage_seconds: float = 0.0
    external_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)  # goes back as it came
    echo: Mapping[str, Any] = field(default_factory=dict)  # the small plain fields as they were sent
    notes: tuple[str, ...] = ()
    parent: str = ""  # handle of the job that it was made from
    takes: tuple[View, ...] = ()
    origin: str = ""  # this server as the caller reached it, without any prefix: for callbacks, which have no `Call`

    @property
    def done(self) -> bool:
        return self.state in DONE


def alone(view: View) -> View:
    """The view as the only take of itself."""
    return replace(view, takes=(replace(view, takes=()),))
