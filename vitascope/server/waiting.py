"""Waiting for the end of a job on behalf of callers that will not poll."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import anyio

from vitascope.errors import Conflict
from vitascope.server import body, video_object
from vitascope.server.auth import Actor
from vitascope.server.context import Context

LONGEST_SECONDS = 600.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5


async def done(context: Context, actor: Actor, video_id: str, gone: Callable[[], Awaitable[bool]]) -> bool:
    """True when it is made; False when the time is over or `gone()`. Raises Conflict when it failed."""
    until, pause = time.monotonic() + LONGEST_SECONDS, _FIRST_PAUSE
    while time.monotonic() < until and not await gone():
        job = await body.aside(_look, context, actor, video_id)
        if job.state == "succeeded":
            return True
        if job.done:
            error = Conflict(job.error_message or f"The video is {job.state}.", hint=job.error_hint or "Try again.")
            raise error
        await anyio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return False


def _look(context: Context, actor: Actor, video_id: str) -> video_object.Job:
    with context.store.read() as tx:
        return video_object.job(tx, actor, video_id)
