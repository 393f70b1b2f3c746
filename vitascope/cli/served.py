"""What `vitascope models` says of who serves a model, where there is a service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vitascope.config import settings
from vitascope.errors import VitascopeError

if TYPE_CHECKING:
    from vitascope.store.serving import Served


@dataclass(frozen=True)
class State:
    """`line`: who serves it, or why nobody does; empty: not known."""

    ready: bool
    line: str


def states(names: list[str]) -> dict[str, State]:
    """Of each model; nothing where no service runs, or its database does not answer."""
    from vitascope.store import serving
    from vitascope.store.database import Store

    store = Store(settings().database)
    try:
        if store.is_sqlite and not Path(str(store.url.database)).is_file():
            return {}
        with store.read() as tx:
            served = serving.read(tx, store.clock())
    except VitascopeError:
        return {}
    finally:
        store.close()
    if not served:  # the command line makes clips by itself
        return {}
    return {name: State(name in served and served[name].is_served, _line(served.get(name))) for name in names}


def _line(served: Served | None) -> str:
    if served and served.workers:
        return f"loaded by {served.workers} worker{'s' if served.workers > 1 else ''}"
    if served and served.paused:
        return f"orders are paused: {served.paused}"
    if served and served.on_demand:
        return "loaded when a job asks for it"
    return f"no worker serves it now{''.join(f'; {why}' for why in (served.faults if served else ()))}"
