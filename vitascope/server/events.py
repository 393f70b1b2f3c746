"""Server-sent events: everything that happens to an account's jobs and clips, as it happens. The events are rows of the
database, so a client that comes back says the last id it saw and misses nothing, whichever process it comes back to.

The table is read by short polls, each in a thread, so that a thousand listeners hold no thread and no connection while
nothing happens. A preview comes as a link that opens without a key.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
from anyio import to_thread

from vitascope.server.context import Context
from vitascope.server.files import delivery
from vitascope.store import events
from vitascope.store.events import Event
from vitascope.vendors.openai import dialect as openai

POLL_SECONDS = 0.3
SLOW_POLL_SECONDS = 1.0  # when nothing has happened for a while
QUIET_POLLS = 30
KEEP_ALIVE_SECONDS = 15.0  # proxies cut connections on which nothing moves
RETRY_MS = 1_000
PAGE = 200


async def stream(
    context: Context, account_id: str, base: str, *, after: int | None, job_id: str = ""
) -> AsyncIterator[bytes]:
    """Events behind the id `after` (None: from now on), until the server stops or the client leaves."""
    if after is None:
        after = await to_thread.run_sync(_last, context, account_id)
    yield f"retry: {RETRY_MS}\nid: {after}\n: connected\n\n".encode()
    quiet, silent = 0, 0.0
    while not context.stopping.is_set():
        found = await to_thread.run_sync(_since, context, account_id, after, job_id)
        for event in found:
            yield written(event, context, base)
            after = event.id
        quiet, silent = (0, 0.0) if found else (quiet + 1, silent)
        if len(found) == PAGE:
            continue
        pause = POLL_SECONDS if quiet < QUIET_POLLS else SLOW_POLL_SECONDS
        await anyio.sleep(pause)
        silent += pause
        if silent >= KEEP_ALIVE_SECONDS:
            silent = 0.0
            yield b": still here\n\n"


def written(event: Event, context: Context, base: str) -> bytes:
    body = json.dumps(shown(event, context, base), ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.id}\nevent: {event.kind}\ndata: {body}\n\n".encode()


def shown(event: Event, context: Context, base: str) -> dict[str, Any]:
    """The event as it goes out: with the video's id, and a link to its preview where there is one."""
    data = {"id": event.id, "type": event.kind, "at": event.at, **event.data}
    if event.job_id:
        data["video_id"] = openai.video_id(event.job_id)
        if state := event.data.get("state"):
            data["status"] = openai.STATUS.get(state, state)
        if event.data.get("preview_at") and (look := event.data.get("look")) is not None:
            link = delivery.link(context, base, f"previews/{event.job_id}-{look}.webp")
            data["preview_url"] = f"{link}&at={event.data['preview_at']:.3f}"  # another look, another address
    return data


def _last(context: Context, account_id: str) -> int:
    with context.store.read() as tx:
        return events.last_id(tx, account_id)


def _since(context: Context, account_id: str, after: int, job_id: str) -> list[Event]:
    with context.store.read() as tx:
        return events.since(tx, account_id, after, limit=PAGE, job_id=job_id or None)
