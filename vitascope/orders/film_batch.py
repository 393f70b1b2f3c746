"""What is to be made for a film, in an order in which it can be made, with its prices, and what cannot be made and why.
`film_plan.py` finds it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from vitascope.clip import ClipSpec, Shape
from vitascope.engines.card import ModelCard
from vitascope.errors import VitascopeError
from vitascope.film.take import Kind, Take

Mode = Literal["still", "text", "image", "continue", "extend", "voice", "music"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to be made. `ids`: of its takes, in their order."""

    of: str
    kind: Kind
    label: str
    ids: tuple[str, ...]
    digest: str
    mode: Mode
    card: ModelCard | None = None  # of a voice or music none
    spec: ClipSpec | None = None  # without its pictures
    shape: Shape | None = None
    units: int = 0  # for all its takes
    was: str = ""  # the state that it is in before it is made: "missing", "stale" ...
    after: str = ""  # the shot whose clip, or still, it begins from
    waits_for: int | None = None  # the place in the plan of what it waits for
    job: str = ""  # or the job that makes that already
    start: Take | None = None  # or the take that is there
    references: tuple[tuple[str, str], ...] = ()  # (name in the prompt, library clip or SHA-256)
    notes: tuple[str, ...] = ()

    @property
    def joins(self) -> bool:
        """Whether it goes on from the shot before it."""
        return self.mode in ("continue", "extend")

    @property
    def coming(self) -> tuple[str, ...]:
        """Modes of the card whose pictures are still to be put in."""
        first = {"image": ("image",), "continue": ("image",), "extend": ("extend",)}.get(self.mode, ())
        return (*first, *(("references",) if self.references else ()))


Pick = Callable[[str, Sequence[Item], dict[str, str]], tuple[Item, str]]


@dataclass(frozen=True)
class Refused:
    """What cannot be made, and why."""

    of: str
    kind: Kind
    label: str
    error: VitascopeError
    was: str = ""


@dataclass
class Plan:
    items: list[Item] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)  # what leaves this machine, and where it goes
    spoken: dict[str, list[int | None]] = field(default_factory=dict)  # micro-dollars of lines bought

    @property
    def units(self) -> int:
        return sum(item.units for item in self.items)
