"""What a client of another server is: pure generators that yield requests and are sent their answers. Who carries them
there is the session (`engines/remote`); the clock and names that come by chance are in the order. Exactly one request
of a submission is marked as the paid one.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from vitascope.clip import ClipSpec, Shape

T = TypeVar("T")
State = Literal["queued", "running", "done", "failed", "cancelled", "gone", "unknown"]
Reason = Literal["input", "moderation", "auth", "money", "limit", "fault"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request to the server. `path` is what follows the configured address; in a download it may be a whole URL.
    `form`: sent as multipart fields; a value is a text, or a file as (name, bytes, media type).
    """

    method: str
    path: str
    json: Mapping[str, Any] | None = None
    form: Mapping[str, str | tuple[str, bytes, str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    paid: bool = False
    download: bool = False  # the body goes to a file, and redirects are followed
    listen: float = 0.0  # seconds on its WebSocket; the answer is a list of the messages, empty when there is none
    large: bool = False  # its answer may hold a whole clip
    part: int = 0  # of a result of several files: each has one of its own


@dataclass(frozen=True)
class Answer:
    """What the server said. Header names in lower case; `body` is empty after a download."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """None when it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def seconds(self, *names: str) -> float:
        """How long it asks to wait, from a header in seconds or in milliseconds ("...-ms"); 0: it does not say."""
        for name in names:
            text = self.headers.get(name, "")
            if text.isascii() and text.isdigit() and len(text) < 8:
                return float(text) / (1000 if name.endswith("-ms") else 1)
        return 0.0


@dataclass(frozen=True, kw_only=True)
class TaskOrder:
    """What is ordered: the spec and what it came to, under our own name for it, at this moment (unix seconds).
    `call`: where the server may call when something has changed; empty: nowhere.
    """

    name: str
    spec: ClipSpec
    shape: Shape
    at: float
    call: str = ""


@dataclass(frozen=True)
class Ticket:
    """What the server gave for an order: its id, and what else is needed to ask for it."""

    handle: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How a task is. `gone`: the server does not know it; `unknown`: its word for the state is not known here, so it
    is taken for running. `cost`: micro-dollars, None: it does not say.
    """

    state: State
    progress: float = 0.0  # 0 to 1
    wait: float = 0.0  # seconds that the server asks to wait until the next look
    message: str = ""
    reason: Reason = "fault"  # of a failure
    cost: int | None = None
    billed: Literal["yes", "no", "unknown"] = "unknown"
    model: str = ""  # as the server calls it


@dataclass(frozen=True)
class Credit:
    """What an account has left at a vendor: so many US dollars, credits or units."""

    amount: float
    unit: Literal["USD", "credits", "units"]


class Refused(Exception):
    """The server says that it will not do this, so nothing was bought. `wait`: after so many seconds it may."""

    def __init__(self, reason: Reason, message: str, *, wait: float = 0.0):
        super().__init__(message)
        self.reason, self.message, self.wait = reason, message, wait


class Unclear(Exception):
    """Nobody knows what came of it: no answer, or one that does not say. `wait`: seconds that the server asks for."""

    def __init__(self, message: str, *, wait: float = 0.0):
        super().__init__(message)
        self.wait = wait


Steps = Generator[Request, Answer, T]


class Client(Protocol):
    def submit(self, order: TaskOrder) -> Steps[Ticket]:
        """Raises Refused, also for what it cannot say exactly; Unclear."""

    def poll(self, tickets: Sequence[Ticket]) -> Steps[list[Seen]]:
        """One for each. Raises Unclear."""

    def fetch(self, ticket: Ticket) -> Steps[bytes | None]:
        """Its last request is the download; or the file, where that came inside an answer. Raises Refused when it is
        gone, Unclear.
        """

    def cancel(self, ticket: Ticket) -> Steps[bool]:
        """Whether the server takes it on; a later look tells whether it did. Raises Unclear."""

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        """The task of this order, whose answer was lost; None when it is not there or not certain. `taken`: handles
        that belong to other orders. Raises Unclear.
        """
