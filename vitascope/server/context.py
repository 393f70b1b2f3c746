"""What the routes need, in one frozen object that is handed to `create_app`: the store, the blobs, the settings, and
the operator's plans, prices and rules. Nothing here is looked up a second time.
"""

from __future__ import annotations

import hmac
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from vitascope.config import Settings
from vitascope.engines import hooks
from vitascope.engines.card import ModelCard
from vitascope.engines.registry import Registry
from vitascope.orders import admission
from vitascope.outbound import standard_webhooks
from vitascope.server import local
from vitascope.server.outside import Outside
from vitascope.server.places import Places
from vitascope.store import accounts, jobs, progress, vendor_calls
from vitascope.store import eta as pace
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.fairness import QueueView
from vitascope.vendors.callback import Secrets

if TYPE_CHECKING:
    from vitascope.plans import Plan, Plans
    from vitascope.policy import Rules
    from vitascope.pricing import Prices

QUEUE_SECONDS = 1.0
LISTENERS, LISTENERS_OF_ALL = 20, 2_000  # each looks into the database again and again
PACE_SECONDS = 2.0
MOST_SAID = 10_000  # running jobs of which is remembered what was said


@dataclass(frozen=True, kw_only=True)
class Context:
    store: Store
    blobs: Blobs
    settings: Settings
    plans: Plans
    rules: Rules
    models: Registry
    loopback_only: bool = True  # the server listens on this machine alone
    stopping: threading.Event = field(default_factory=threading.Event)  # set it to end the streams of events
    _master: bytes = field(init=False, repr=False)
    _queue: list[tuple[float, QueueView]] = field(default_factory=list, init=False, repr=False)
    _pace: list[tuple[float, pace.Pace]] = field(default_factory=list, init=False, repr=False)
    _said: dict[str, tuple[int, progress.Progress]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        # Read once, here: the first request may be in the middle of a transaction of its own when it needs it.
        with self.store.begin() as tx:
            object.__setattr__(self, "_master", accounts.master_secret(tx, self.now()))

    @property
    def prices(self) -> Prices:
        return self.plans.prices

    def now(self) -> float:
        return self.store.clock()

    def queue_view(self, tx: Connection) -> QueueView:
        """All that wait, as of a second ago at most, so that thousands may ask for their place."""
        at, queue = self._queue[0] if self._queue else (0.0, None)
        if queue is None or time.monotonic() - at > QUEUE_SECONDS:
            queue = jobs.queue_view(tx, self.now())
            self._queue[:] = [(time.monotonic(), queue)]
        return queue

    def pace(self, tx: Connection) -> pace.Pace:
        """How long clips take here, as measured a moment ago."""
        at, measured = self._pace[0] if self._pace else (0.0, None)
        if measured is None or time.monotonic() - at > PACE_SECONDS:
            measured = pace.measured(tx, self.now())
            self._pace[:] = [(time.monotonic(), measured)]
        return measured

    def progress(self, tx: Connection, job: jobs.Job) -> progress.Progress:
        """How far this running job is: never less than was said before, and within one attempt never longer."""
        attempt, said = self._said.get(job.id, (job.attempts, None))
        if said and attempt != job.attempts:
            said = progress.again(said)
        new = progress.steadily(self.pace(tx).progress(job), said)
        self._said[job.id] = (job.attempts, new)
        while len(self._said) > MOST_SAID:
            self._said.pop(next(iter(self._said)), None)
        return new

    def share(self, tx: Connection, job: jobs.Job) -> float:
        """0 to 1, of a job in any state. One that waits to be begun again is as far as was said of it."""
        if job.state == "running":
            return self.progress(tx, job).share
        if job.state == "succeeded":
            return 1.0
        if job.state == "queued":
            return self._said[job.id][1].share if job.id in self._said else 0.0
        return min(0.99, job.step / job.steps) if job.steps else 0.0  # where it stopped

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """Of all models that are here now."""
        return self.models.cards()

    def card(self, model: str | None) -> ModelCard | None:
        """Of the model of this name, if it is here."""
        return next((card for card in self.cards if card.name == model), None)

    def meaning(self, model: str | None, prompt: str) -> tuple[str, ...]:
        """The terms by which a clip of this model is found."""
        return hooks.meaning(self.card(model), prompt)

    @property
    def search_terms(self) -> tuple[hooks.SearchTerms, ...]:
        """By which a library is searched."""
        return hooks.all_search_terms(self.cards)

    def offered(self, account: accounts.Account) -> tuple[ModelCard, ...]:
        """The models that this account may order; of no other is it told."""
        plan = self.plan(account)
        return tuple(card for card in self.cards if admission.may_order(account, plan, card))

    def plan(self, account: accounts.Account) -> Plan:
        return self.plans.of(account.plan)

    @cached_property
    def listening(self) -> Places:
        """Answers that are held open until something happens: streams of events, and waits for a clip."""
        hint = "Close one; a single stream tells of all jobs."
        return Places("open streams", each=LISTENERS, of_all=LISTENERS_OF_ALL, hint=hint)

    @cached_property
    def outside(self) -> Outside:
        """The way to other hosts, for requests that give an address."""
        return Outside(self.settings.allowed_hosts, self.stopping)

    @cached_property
    def link_key(self) -> bytes:
        """What links are signed with; the same in every process on this database."""
        return hmac.new(self._master, b"links", sha256).digest()

    @cached_property
    def vendor_call_secret(self) -> bytes:
        """What the addresses that vendors call are made with."""
        return vendor_calls.secret_of(self._master)

    @cached_property
    def local_secret(self) -> bytes:
        """What the tickets and tokens of this machine's owner are signed with."""
        return local.secret_of(self._master)

    def secrets(self, account_id: str) -> Secrets:
        """What this account's callbacks are signed with."""
        mine = hmac.new(self.link_key, f"callbacks\n{account_id}".encode(), sha256).digest()
        seed = hmac.new(self.link_key, b"ed25519", sha256).digest()
        return Secrets(
            standard_webhooks.secret_of(mine), mine.hex(), seed, account=sha256(b"account" + mine).hexdigest()[:24]
        )

    def base_url(self, request: Any) -> str:
        """How the caller reaches this server, without a slash at the end: as the operator says, or as it was called."""
        return self.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
