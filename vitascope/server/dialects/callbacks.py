"""Sends the callbacks that are due: each in the words of the dialect that its job was ordered in, to the URL that came
with the order. A worker's loop does so; see `store.callbacks` for when and how often.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from vitascope.engines.registry import Registry
from vitascope.errors import NotFound
from vitascope.outbound.message import Answer, Outgoing
from vitascope.runtime import House
from vitascope.server.context import Context
from vitascope.server.dialects.job_views import Looker
from vitascope.store import accounts, callbacks, jobs
from vitascope.store.callbacks import Due, Outcome
from vitascope.store.jobs import Job
from vitascope.vendors import DIALECTS
from vitascope.vendors.api import Dialect
from vitascope.vendors.callback import Callback, Message
from vitascope.vendors.view import DONE, View

Send = Callable[[Outgoing], Answer]


@dataclass(frozen=True)
class Teller:
    """Tries one callback; `callbacks.deliver` calls it with each that is due."""

    context: Context
    send: Send

    def __call__(self, due: Due) -> Outcome:
        try:
            told = self._message(due)
        except NotFound:
            return Outcome(over=True, error="The task was deleted.")
        if not told:
            return Outcome(over=True)
        callback, url, message = told
        if callback.challenge and not self._is_met(callback, url, due):
            return Outcome(error="It did not echo the challenge.", over=due.attempts >= callback.attempts)
        answer = self.send(_outgoing(url, message))
        good = callback.accepts(answer.status, answer.body)
        error = "" if good else f"It answered {answer.status}."
        return Outcome(answer.status, error, over=due.attempts >= callback.attempts)

    def _message(self, due: Due) -> tuple[Callback, str, Message] | None:
        """What is to be said and where; None when it is no longer worth saying."""
        with self.context.store.read() as tx:
            job = jobs.get(tx, due.account_id, due.job_id)
            dialect = _dialect_of(job)
            wanted = (job.request or {}).get(callbacks.KEY) or {}
            if not dialect or not dialect.callback or not wanted:
                return None
            account = accounts.by_id(tx, due.account_id)
            days = self.context.plan(account).retention_days or self.context.settings.retention_days
            views = Looker(self.context, wanted.get("base") or "", dialect.skin, days).views(tx, [job])
            secrets = self.context.secrets(due.account_id)
        if not views:
            raise NotFound("It was deleted.")
        if due.state not in DONE and due.attempts > 1 and views[0].state != due.state:
            return None  # it came late, and the next one tells more
        view, url = _as_it_was(views[0], due), str(wanted["url"])
        message = dialect.callback.write(view, due.state, replace(secrets, url=url), due.id, self.context.now())
        return (dialect.callback, url, message) if message else None

    def _is_met(self, callback: Callback, url: str, due: Due) -> bool:
        """Whether the receiver echoes the word that is sent, as it must before anything is told."""
        assert callback.challenge
        word = secrets.token_hex(16)
        answer = self.send(_outgoing(url, callback.challenge(word)))
        try:
            return 200 <= answer.status < 300 and word in json.loads(answer.body).values()
        except (ValueError, AttributeError):
            return False


def context_of(house: House) -> Context:
    """The context of a worker, which only tells."""
    return Context(
        store=house.store,
        blobs=house.blobs,
        settings=house.settings,
        plans=house.plans,
        rules=house.rules,
        models=Registry(()),
    )


def _dialect_of(job: Job) -> Dialect | None:
    name = (job.request or {}).get("dialect")
    return next((dialect for dialect in DIALECTS if dialect.name == name), None)


def _as_it_was(view: View, due: Due) -> View:
    """The view in the state that is told: what came after it is not said yet."""
    if view.state == due.state or due.state in DONE:
        return view
    empty: dict[str, Any] = {"finished": None, "url": None, "poster_url": None, "image_url": None, "bytes": None}
    state: Any = due.state
    then = replace(view, state=state, error=None, last_frame_url=None, progress=0.0, updated=due.created_at, **empty)
    return replace(then, takes=(then,))


def _outgoing(url: str, message: Message) -> Outgoing:
    usual = {"content-type": "application/json", "user-agent": "vitascope-callbacks"}
    return Outgoing(url, {**usual, **message.headers}, message.body)
