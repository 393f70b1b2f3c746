"""What each dialect's clients can do here, read from the dialects themselves: for the page in docs/, the studio's page
of keys and `/v1/dialects`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vitascope.vendors import DIALECTS, native
from vitascope.vendors.api import Dialect, Route

ALL: tuple[Dialect, ...] = (native.DIALECT, *sorted(DIALECTS, key=lambda dialect: dialect.title.lower()))
State = Literal["works", "refused"]
KEYS = {"key": "KEY", "access": "ACCESS", "secret": "SECRET"}  # what stands in a snippet for one's own


@dataclass(frozen=True)
class Operation:
    """One thing that a client may ask for. Refused: it is answered in the vendor's own form that no model can do it."""

    name: str
    method: str
    path: str
    state: State
    why: str  # of a refusal
    ignored: tuple[str, ...]


def operations(dialect: Dialect) -> list[Operation]:
    """In the order of its routes; what is only another address for the same is left out."""
    found: dict[tuple[str, str], Operation] = {}
    for route in dialect.routes:
        found.setdefault((route.method, route.name), _operation(route))
    return list(found.values())


def base_urls(dialect: Dialect, origin: str) -> list[str]:
    """All base URLs that a client of this dialect may be given, the usual one first."""
    at_root = [f"{origin}{dialect.base}"] if dialect.root and any(route.root for route in dialect.routes) else []
    tail = "" if dialect.base == dialect.prefix else dialect.base
    return list(dict.fromkeys([*at_root, f"{origin}{dialect.prefix}{tail}"]))


def snippet(dialect: Dialect, origin: str, **keys: str) -> str:
    """Lines to be pasted, with this origin and these keys in them."""
    text = dialect.snippet.replace("{base}", origin)
    for name, value in {**KEYS, **keys}.items():
        text = text.replace(f"{{{name}}}", value)
    return text.strip()


def named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _operation(route: Route) -> Operation:
    refused = route.does == "refuse"
    why = f"no model here can {route.refused}" if refused else ""
    return Operation(route.name, route.method, route.path, "refused" if refused else "works", why, route.ignores)
