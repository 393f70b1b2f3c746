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

from vitascope.clip import ClipSpec, ModelCard
from vitascope.config import Settings
from vitascope.errors import UnknownModel
from vitascope.server import local
from vitascope.server.outside import Outside
from vitascope.server.places import Places
from vitascope.store import accounts, jobs, progress, webhooks
from vitascope.store import eta as pace
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.fairness import Line
from vitascope.vendors.api import Secrets

if TYPE_CHECKING:
    from vitascope.plans import Plan, Plans
    from vitascope.policy import Rules
    from vitascope.pricing import Prices

LINE_SECONDS = 1.0
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
    cards: tuple[ModelCard, ...]
    loopback_only: bool = True  # the server listens on this machine alone
    stopping: threading.Event = field(default_factory=threading.Event)  # set it to end the streams of events
    _line: list[tuple[float, Line]] = field(default_factory=list, init=False, repr=False)
    _pace: list[tuple[float, pace.Pace]] = field(default_factory=list, init=False, repr=False)
    _said: dict[tuple[str, int], progress.Progress] = field(default_factory=dict, init=False, repr=False)

    @property
    def prices(self) -> Prices:
        return self.plans.prices

    def now(self) -> float:
        return self.store.clock()

    def line(self, tx: Connection) -> Line:
        """All that wait, as of a second ago at most, so that thousands may ask for their place."""
        at, line = self._line[0] if self._line else (0.0, None)
        if line is None or time.monotonic() - at > LINE_SECONDS:
            line = jobs.line(tx, self.now())
            self._line[:] = [(time.monotonic(), line)]
        return line

    def pace(self, tx: Connection) -> pace.Pace:
        """How long clips take here, as measured a moment ago."""
        at, measured = self._pace[0] if self._pace else (0.0, None)
        if measured is None or time.monotonic() - at > PACE_SECONDS:
            measured = pace.measured(tx, self.now())
            self._pace[:] = [(time.monotonic(), measured)]
        return measured

    def progress(self, tx: Connection, job: jobs.Job, spec: ClipSpec) -> progress.Progress:
        """How far this running job is: never less, and never longer, than was said of this attempt before."""
        key = (job.id, job.attempts)
        new = progress.steadily(self.pace(tx).progress(job, spec), self._said.get(key))
        self._said[key] = new
        while len(self._said) > MOST_SAID:
            self._said.pop(next(iter(self._said)), None)
        return new

    def card(self, model: str) -> ModelCard:
        for card in self.cards:
            if card.name == model:
                return card
        raise UnknownModel(model, [card.name for card in self.cards])

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
        with self.store.begin() as tx:
            master = accounts.master_secret(tx, self.now())
        return hmac.new(master, b"links", sha256).digest()

    @cached_property
    def local_secret(self) -> bytes:
        """What the tickets and tokens of this machine's owner are signed with."""
        with self.store.begin() as tx:
            master = accounts.master_secret(tx, self.now())
        return local.secret_of(master)

    def secrets(self, account_id: str) -> Secrets:
        """What this account's callbacks are signed with."""
        mine = hmac.new(self.link_key, f"callbacks\n{account_id}".encode(), sha256).digest()
        seed = hmac.new(self.link_key, b"ed25519", sha256).digest()
        return Secrets(webhooks.secret_of(mine), mine.hex(), seed, account=sha256(b"account" + mine).hexdigest()[:24])

    def base_url(self, request: Any) -> str:
        """How the caller reaches this server, without a slash at the end: as the operator says, or as it was called."""
        return self.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
