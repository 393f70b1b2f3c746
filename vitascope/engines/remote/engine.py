"""A client and the session that carries its requests: all that a task engine is. And what every model file of another
server may say of how its tasks are handled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitascope.engines.remote import session as sessions
from vitascope.engines.remote.protocol import Facts, Seen, TaskOrder, Ticket
from vitascope.engines.remote.session import Session
from vitascope.errors import BadSettings
from vitascope.vendors.client import Client

_NUMBERS = ("parallel", "poll_seconds", "usual_seconds", "late_seconds", "keeps_seconds")
KNOWN = ("address", "key", "model", "cost_per_second", "cost_per_credit", *_NUMBERS)


@dataclass(frozen=True)
class RemoteEngine:
    """A client and the session that carries its requests: all that a task engine is."""

    client: Client
    session: Session
    facts: Facts

    @property
    def address(self) -> str:
        return self.session.address

    @property
    def is_mute(self) -> bool:
        """Whether it cannot be told that sound is wanted."""
        return bool(getattr(self.client, "is_mute", False))

    def submit(self, order: TaskOrder) -> Ticket:
        return self.session.run(self.client.submit(order))

    def poll(self, tickets: Sequence[Ticket]) -> list[Seen]:
        return self.session.run(self.client.poll(tickets))

    def fetch(self, ticket: Ticket, path: Path) -> None:
        inline = self.session.run(self.client.fetch(ticket), to=path)
        if inline is not None:
            path.write_bytes(inline)

    def cancel(self, ticket: Ticket) -> bool:
        return self.session.run(self.client.cancel(ticket))

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Ticket | None:
        return self.session.run(self.client.find(order, taken))


def check_lines(source: Mapping[str, Any], name: str, *more: str) -> None:
    """Raises BadSettings when `[source]` has a line that means nothing. `more`: what this kind of server has too."""
    unknown = sorted(set(source) - {*KNOWN, *more})
    if unknown:
        known = ", ".join((*KNOWN, *more))
        raise BadSettings(f'[source] of {name} has an unknown "{unknown[0]}".', hint=f"Known: {known}.")


def facts_of(source: Mapping[str, Any], name: str, **known: Any) -> Facts:
    """`known`: facts of this kind of server, which the file may replace. Raises BadSettings."""
    numbers: dict[str, Any] = {line: _number(source[line], line, name) for line in _NUMBERS if line in source}
    if "parallel" in numbers:
        numbers["parallel"] = int(numbers["parallel"])
    micros(source, "cost_per_second", name)  # the card has it
    return Facts(**{**known, **numbers})


def session_of(
    source: Mapping[str, Any],
    name: str,
    carrier: Any,
    authorize: sessions.Authorize = sessions.bearer,
) -> Session:
    """Raises BadSettings for an address that cannot be called and for a key that is not there."""
    address, key = sessions.checked_address(source.get("address"), name), sessions.key_of(source, name)
    return Session(address, key, authorize=authorize, carrier=carrier)


def _number(value: Any, line: str, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 31 * 86_400:
        raise BadSettings(f"{line} of {name} must be 1 or more, got {str(value)[:40]}.", hint="A number.")
    return float(value)


def micros(source: Mapping[str, Any], line: str, name: str) -> int | None:
    """US dollars of the file as micro-dollars; None: it does not say."""
    value = source.get(line)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10_000:
        raise BadSettings(
            f"{line} of {name} must be 0 or more, got {str(value)[:40]}.", hint="US dollars, such as 0.05."
        )
    return round(value * 1_000_000)
