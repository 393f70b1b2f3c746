"""How a dialect tells a job's way and end to the address that came with it: what is written, with what it is signed,
and what counts as taken. Pure; `server.dialects.callbacks` sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vitascope.vendors.view import View


@dataclass(frozen=True)
class Secrets:
    """What an account's callbacks are signed with; worked out, kept nowhere. A receiver gets them by a route that does
    "secret".
    """

    webhook: str  # whsec_..., as Standard Webhooks write it
    plain: str  # 64 hex digits, for plain HMACs
    seed: bytes  # 32 bytes, an ED25519 key of the whole server
    account: str = ""  # an opaque name of the account
    url: str = ""  # where the message goes


@dataclass(frozen=True)
class Message:
    """A callback's headers and body; the content type is JSON unless it says otherwise."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Callback:
    """How a dialect tells a job's end (and way) to the URL that came with it. `write(view, state, secrets, id, now)`:
    `id` names the message, the same at each attempt; None: nothing is said of this state.
    """

    write: Callable[[View, str, Secrets, str, float], Message | None]
    states: tuple[str, ...] = ("running", "succeeded", "failed", "cancelled")
    attempts: int = 5
    accepts: Callable[[int, bytes], bool] = lambda status, body: 200 <= status < 300
    challenge: Callable[[str], Message] | None = None  # before the first message; to be echoed
