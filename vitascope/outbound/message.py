"""One attempt to tell another server something, and what it answered. Pure: who sends is `post`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Outgoing:
    """One attempt: POST `body` to `url` with these headers."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the receiver said. `retry_after`: the seconds it asked for."""

    status: int
    retry_after: float = 0.0
    body: bytes = b""  # its beginning

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


Send = Callable[[Outgoing], Answer]  # raises a VitascopeError when there was no answer
