"""What the tests of the service share: `store`, a migrated database on each of the two kinds with a clock that stands
still, and short words for what most tests begin with. Every test may ask for the fixtures: `conftest.py` has them.
"""

import atexit
import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher

import postgres
from doubles import CARD
from vitascope import plans
from vitascope.clip import ClipSpec
from vitascope.errors import BadClip
from vitascope.orders import submit as orders
from vitascope.orders.order import Order
from vitascope.policy import Rules
from vitascope.store import invariants, jobs, ledger, passwords, schema
from vitascope.store.database import Store, file_url
from vitascope.store.ids import new_id

START = 1_800_000_000.0  # 15 January 2027, 08:00 UTC

TRUE_HASHER = passwords._hasher
#: The same kind of hash for a thousandth of the work: what the tests' accounts keep is nobody's secret.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """Stands still until it is told to go on."""

    now: float = START

    def __call__(self):
        return self.now

    def forward(self, seconds):
        self.now += seconds
        return self.now


@cache
def _template():
    """A migrated, empty SQLite file, made once a run."""
    folder = Path(tempfile.mkdtemp(prefix="vitascope-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = Store(file_url(folder / "empty.db"))
    store.migrate()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return folder / "empty.db"


def sqlite_store(folder, clock=None):
    """A migrated store in a new file in `folder`."""
    file = Path(folder) / f"{os.urandom(6).hex()}.db"
    shutil.copyfile(_template(), file)
    return Store(file_url(file), clock=clock or Clock())


def postgres_store(clock=None):
    """A migrated store in a new database of the shared server. Give it to `postgres.shared().drop(url)` in the end."""
    return Store(postgres.shared().fresh(), clock=clock or Clock())


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path):
    """A migrated Store, once on SQLite and once on a real PostgreSQL; `store.clock.forward(seconds)` moves its time."""
    made = sqlite_store(tmp_path) if request.param == "sqlite" else postgres_store()
    yield made
    made.close()
    if request.param == "postgres":
        postgres.shared().drop(made.url.render_as_string(hide_password=False))


@pytest.fixture
def sqlite_only(tmp_path):
    """The same on SQLite alone, for tests that say nothing about the database."""
    made = sqlite_store(tmp_path)
    yield made
    made.close()


@pytest.fixture
def postgres_only():
    """The same on PostgreSQL alone."""
    made = postgres_store()
    yield made
    made.close()
    postgres.shared().drop(made.url.render_as_string(hide_password=False))


def add_account(store, *, plan="pro", units=0, role="member"):
    """The id of a new account; with units, a gift of them that does not expire."""
    with store.begin() as tx:
        account_id = new_id("acc_", store.clock())
        row = {"id": account_id, "plan": plan, "role": role, "settings": {}, "created_at": store.clock()}
        tx.execute(schema.accounts.insert().values(**row))
        if units:
            ledger.grant(tx, account_id, units, "gift", source=f"test:{account_id}", now=store.clock())
    return account_id


SPEC = ClipSpec(prompt="a red ball bounces", seconds=1.0)
MODELS = (CARD.name,)


def submit(store, account_id, *, n=1, units=0, spec=SPEC, model=CARD.name, **more):
    """`n` jobs of the account, paid for, in one transaction; the jobs. The same order of steps as the pipeline's."""
    with store.begin() as tx:
        now = store.clock()
        batch_id = new_id("bat_", now)
        made = []
        for _ in range(n):
            job = jobs.enqueue(
                tx,
                account_id=account_id,
                spec=spec,
                shape=CARD.resolve(spec),
                model=model,
                units=units,
                batch_id=batch_id,
                now=now,
                **more,
            )
            ledger.hold(tx, account_id, job.id, units, now)
            made.append(job)
        return made


def claim(store, worker="wrk_a", **more):
    """The lease of the next job, or None."""
    with store.begin() as tx:
        return jobs.claim(tx, worker, store.clock(), **{"models": MODELS, "plans": plans.packaged(), **more})


def add_clip(tx, job, clip_id, now):
    """A row of `clips` for this job, without files."""
    row = {"id": clip_id, "account_id": job.account_id, "job_id": job.id, "prompt": "a ball", "model": job.model}
    row.update(width=256, height=256, frames=17, fps="16", seconds=1.0, bytes=1000, sha256="00" * 32)
    row.update(video_key=f"clips/{clip_id}/video.mp4", recipe={}, created_at=now)
    tx.execute(schema.clips.insert().values(**row))


def deliver(store, lease):
    """The job is finished, its clip added and its price posted, in one transaction; the job. The job comes first: who
    lost the lease is told so before anything else is tried.
    """
    with store.begin() as tx:
        now = store.clock()
        clip_id = new_id("clip_", now)
        job = jobs.finish(tx, lease, now, clip_id=clip_id)
        add_clip(tx, job, clip_id, now)
        ledger.post(tx, job.id, now)
        return job


def give_up(store, held, error=None):
    """The job is failed and its hold voided, in one transaction; the job."""
    with store.begin() as tx:
        job = jobs.fail(tx, held, store.clock(), error or BadClip("The clip broke.", hint="Try again."))
        ledger.void(tx, job.id, store.clock())
        return job


@contextlib.contextmanager
def undone(store):
    """A transaction that leaves nothing behind."""
    with contextlib.suppress(_Undo), store.begin() as tx:
        yield tx
        raise _Undo


class _Undo(Exception):
    pass


def broken(store):
    with store.read() as tx:
        return invariants.broken(tx)


def order(store, account, spec, *, card=CARD, prices=None, rules=None, plan=None, credits=True, **more):
    """Order this spec as the server does; `more`: fields of the order, and `idempotency`, `also`, `key_id`."""
    kept = {name: more.pop(name) for name in ("idempotency", "also", "key_id") if name in more}
    taken = Order(spec=spec, card=card, **more)
    packaged = plans.packaged()
    return orders.submit(
        store,
        account,
        taken,
        plan=plan or packaged.of(account.plan),
        prices=prices or packaged.prices,
        rules=rules or Rules(),
        credits=credits,
        **kept,
    )
