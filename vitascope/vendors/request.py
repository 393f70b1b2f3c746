"""What a caller asks for, in any dialect: the one form that every dialect's `parse` fills. Pure. Pictures and
clips are still references here (an uploaded file, a data URL, an address, an id); `making` opens them and decides on
the spec.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from vitascope.clip import CameraPath, Lora, Option, Size

DEFAULT_SECONDS = 4.0


@dataclass(frozen=True)
class AskedReference:
    """A reference as it was sent: `given` is a file, an address, base64 or an id; `kind` is empty when it was not said,
    and then that of the file.
    """

    given: Any
    kind: str = ""
    name: str = ""


@dataclass(frozen=True)
class SoundFlag:
    """A vendor's own field that asks for sound, or for none. The chosen model decides what comes of it: one that can
    make sound does; for one that cannot, the field is left out and that is said, or refused where it is `needed`.
    """

    field: str
    on: bool
    needed: bool = False


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
    sound: bool | None = None
    sound_flag: SoundFlag | None = None
    tier: str = ""
    preset: str = ""
    loras: tuple[Lora, ...] = ()
    options: tuple[tuple[str, Option], ...] = ()
    references: tuple[AskedReference, ...] = ()
    max_units: int | None = None  # more than this it may not cost
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
