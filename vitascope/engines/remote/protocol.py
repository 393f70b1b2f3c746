"""What a task engine is: it orders a finished file from another server. It has no steps and no frames; the file's bytes
are kept as they came.

Whether and when something is bought is not decided here. `submit` makes at most one paid request and never repeats it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from vitascope.errors import Unavailable
from vitascope.vendors.client import Refused, Seen, TaskOrder, Ticket, Unclear

__all__ = ["Facts", "NotSent", "Refused", "Seen", "TaskEngine", "TaskOrder", "Ticket", "Unclear"]


class NotSent(Unavailable):
    """The request did not leave this machine, so nothing was bought."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """How a server handles its tasks. `names`: it makes at most one task under one name of ours, so that an order may
    be sent again under its name; `unique_seconds`: for so long. Times in seconds.
    """

    cancels: Literal["never", "queued", "always"] = "never"
    names: bool = False
    unique_seconds: float = 86_400.0
    keeps_seconds: float = 86_400.0  # for which a task and its result can be asked for
    poll_seconds: float = 5.0
    usual_seconds: float = 0.0  # that a clip takes; 0: unknown
    late_seconds: float = 3600.0  # after which it is looked at every hour only
    parallel: int = 4  # orders under way at once


class TaskEngine(Protocol):
    """`address` is where it asks, without a key."""

    @property
    def facts(self) -> Facts: ...

    @property
    def address(self) -> str: ...

    def submit(self, order: TaskOrder) -> Ticket:
        """Raises Refused or NotSent: nothing was bought. Raises Unclear: nobody knows. BadSettings: no key here."""

    def poll(self, tickets: Sequence[Ticket]) -> list[Seen]:
        """How each of them is. Raises Unavailable or Unclear when the server does not say."""

    def fetch(self, ticket: Ticket, path: Path) -> None:
        """The finished file, whole, at this path. Raises Refused when the server has it no longer, TooLarge, and
        Unavailable or Unclear when it may be tried again.
        """

    def cancel(self, ticket: Ticket) -> bool:
        """Whether the server takes it on; a later look tells what came of it. Raises Unavailable or Unclear."""

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Ticket | None:
        """The task of an order whose answer was lost. None: it is not there, or it is not certain which it is."""
