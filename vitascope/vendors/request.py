"""What somebody asks for, in whatever dialect: the one form that every dialect's `parse` fills. Pure. Pictures and
clips are still references here (an uploaded file, a data URL, an address, an id); `making` opens them and decides on
the spec.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from vitascope.clip import CameraPath, Size

DEFAULT_SECONDS = 4.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """None or empty: not said. `echo` goes back to the caller as it came; `notes` tell what was taken otherwise."""

    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    seconds: float | None = None
    size: Size | None = None
    aspect: str = ""
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    camera: CameraPath | None = None
    image: Any = None
    last_image: Any = None
    extend: Any = None
    fit: Literal["crop", "pad"] = "crop"  # what is done with a picture or clip of another shape
    n: int = 1
    draft: bool = False
    lane: str = "normal"
    project_id: str = ""
    operation: str = ""  # the vendor's word for it, by which its lists are parted: "text2video"
    still: bool = False  # a picture is wanted, whatever `seconds` says
    external_id: str = ""  # the caller's own name for it, unique in the account
    callback_url: str = ""
    callback_states: tuple[str, ...] = ()  # which states are told there; empty: those that the dialect tells
    metadata: dict[str, Any] = field(default_factory=dict)
    echo: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
