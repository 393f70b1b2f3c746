"""What the tests of purchases share: a house with a model of another server, couriers that are driven by hand, one
action after the other, and the comparison of the books in the end.
"""

import contextlib
import os
import random
from fractions import Fraction
from pathlib import Path
from unittest import mock

import sqlalchemy as sa

import postgres
import service
import vendor
from vendor import Killed, Vendor
from vitascope import config, plans
from vitascope.clip import ClipSpec
from vitascope.engines.card import ClipFormat, CostRate, ModelCard, VendorCost
from vitascope.engines.model_file import ModelFile
from vitascope.engines.remote import openai
from vitascope.orders import fulfil
from vitascope.policy import Rules
from vitascope.runtime import House
from vitascope.store import jobs, ledger, purchases, schema
from vitascope.store.blobs import FolderBlobs
from vitascope.store.database import Store
from vitascope.store.purchases import LEASE_SECONDS
from vitascope.workers.courier import Courier

CARD = ModelCard(
    name="vendor/m",
    title="a vendor's model",
    format=ClipFormat(fps=Fraction(16), group=8, sizes=((64, 64),), max_seconds=Fraction(10)),
    modes=("text", "image"),
    needs="remote",
    cost=VendorCost(rates=(CostRate(pixels=64 * 64, second=100_000),)),
)
UNITS, GIVEN = 150, 100_000


class Mortal(Store):
    """A database whose caller may die before or after a commit."""

    around = staticmethod(lambda moment, what: None)

    @contextlib.contextmanager
    def begin(self):
        with super().begin() as tx:
            yield tx
            self.around("before", "commit")
        self.around("after", "commit")


class Models:
    """Stands for the registry: one model file."""

    def __init__(self, source):
        self.file = ModelFile(CARD, "vitascope.engines.remote.openai:engine", source, Path("m.toml"))

    def remote(self):
        return {CARD.name: self.file}


class World:
    """`deadly`, `stalls`: how likely it is, at each moment at which that can be, that a courier dies, or sleeps longer
    than its lease while another goes on.
    """

    def __init__(self, store, folder, *, profile="vitascope", seed=0, faults=None, deadly=0.0, stalls=0.0, **source):
        self.store, self.clock, self.chance = store, store.clock, random.Random(seed)
        self.vendor = Vendor(self.clock, profile=profile, seed=seed, faults=faults, around=self._around)
        self.deadly, self.stalls, self.deaths, self.slept = deadly, stalls, 0, 0
        self.depth = 0
        if isinstance(store, Mortal):
            store.around = lambda moment, what: self._around(moment, what)
        self.blobs = FolderBlobs(folder)
        self.source = {"address": vendor.ADDRESS, "key": "env:TEST_VENDOR_KEY", "model": "m", "profile": profile}
        self.source |= {"parallel": 3, "cost_per_second": 0.1, "cost_per_credit": 0.01, "keeps_seconds": 7200, **source}
        self.house = House(
            store=store, blobs=self.blobs, plans=plans.packaged(), rules=Rules(), settings=config.read({})
        )
        self.account = service.add_account(store, units=GIVEN)
        self.couriers = [self.courier(), self.courier()]
        self.ordered = 0

    def courier(self):
        build = lambda engine, name, source: openai.engine(name, source, carrier=self.vendor)  # noqa: E731
        return Courier(self.house, Models(self.source), build=build, chance=random.Random(self.chance.random()))

    def order(self, prompt="", units=UNITS, **more):
        self.ordered += 1
        prompt = f"{prompt or 'a red ball'} {self.ordered}"
        with mock.patch.object(service, "CARD", CARD):
            (job,) = service.submit(
                self.store,
                self.account,
                units=units,
                model=CARD.name,
                needs="remote",
                spec=ClipSpec(prompt=prompt, seconds=0.5, seed=self.ordered, **more),
            )
        return job.id

    def cancel(self, job_id):
        return fulfil.cancel(self.store, self.account, job_id)

    def once(self, number=0):
        """All that this courier would do now, one after the other; whether it survived."""
        courier = self.couriers[number]
        self.depth += 1
        try:
            for held in courier.turn():
                courier.act(held)
        except Killed:
            self.deaths += 1
            self.couriers[number] = self.courier()
            return False
        finally:
            self.depth -= 1
        return True

    def run(self, seconds, step=5.0):
        end = self.clock() + seconds
        while self.clock() < end:
            self.once()
            self.clock.forward(step)

    def settle(self, most=3000):
        """No more faults: go on until nothing is due any more."""
        self.vendor.faults, self.deadly, self.stalls = {}, 0.0, 0.0
        for _ in range(most):
            self.once()
            with self.store.read() as tx:
                due = tx.scalar(sa.select(sa.func.min(schema.purchases.c.next_at)))
                waiting = jobs.count(tx, states=("queued",))
                leased = tx.scalar(sa.select(sa.func.max(schema.purchases.c.lease_until)))
            if due is None and not waiting:
                return
            self.clock.now = max(self.clock.now + 0.5, due or 0.0)
            if leased and leased > self.clock.now and due and due <= self.clock.now:
                self.clock.now = leased + 1
        raise AssertionError(f"it does not come to an end: {self.states()}")

    def job(self, job_id):
        with self.store.read() as tx:
            return jobs.get(tx, None, job_id)

    def purchase(self, job_id):
        with self.store.read() as tx:
            return purchases.of_job(tx, job_id)

    def states(self):
        with self.store.read() as tx:
            rows = tx.execute(sa.select(schema.purchases).order_by(schema.purchases.c.id)).all()
            return [(row.state, row.note, row.next_at and row.next_at - self.clock(), row.sends) for row in rows]

    def clips(self):
        with self.store.read() as tx:
            return tx.execute(sa.select(schema.clips)).all()

    def check(self):
        """The vendor's book and ours say the same."""
        assert service.broken(self.store) == []
        with self.store.read() as tx:
            rows = tx.execute(sa.select(schema.purchases)).all()
            done = {row.id: row for row in tx.execute(sa.select(schema.jobs))}
            left = ledger.balance(tx, self.account, self.clock())
        tasks = list(self.vendor.tasks.values())
        prompts = [task.prompt for task in tasks]
        assert len(set(prompts)) == len(prompts), f"bought twice: {prompts}"
        assert self.vendor.keys <= {f"Bearer {vendor.KEY}"}
        clips = {clip.prompt: clip for clip in self.clips()}
        assert len(clips) == len(self.clips())
        for task in self.vendor.made():
            assert task.prompt in clips, f"{task} is lost: {self.states()}"
        known = {row.handle for row in rows if row.handle}
        for task in tasks:
            assert task.id in known, f"{task} is unknown to our book"
        for row in rows:
            job = done[row.job_id]
            assert job.state in ("succeeded", "failed", "cancelled")
            assert row.settled_at is not None
            if row.state == "done":
                clip = next(clip for clip in self.clips() if clip.id == row.clip_id)
                assert (clip.job_id == job.id) == (job.state == "succeeded")
                assert self.blobs.size(clip.video_key) == clip.bytes == len(vendor.clip_bytes())
                assert (row.billed, row.cost) == ("yes", 15_000)
        paid = sum(job.units for job in done.values() if job.state == "succeeded")
        assert (left.available, left.held) == (GIVEN - paid, 0)
        assert all(job.attempts - job.released <= 1 for job in done.values())

    def check_nothing_spent(self):
        assert service.broken(self.store) == []
        with self.store.read() as tx:
            left = ledger.balance(tx, self.account, self.clock())
        assert (left.available, left.held) == (GIVEN, 0)

    def _around(self, moment, what):
        if not self.depth or ("commit" in what and self.depth > 1):
            return
        if self.chance.random() < self.deadly:
            raise Killed(f"{moment} {what}")
        if self.depth == 1 and what != "commit" and self.chance.random() < self.stalls:
            self.slept += 1
            self.clock.forward(LEASE_SECONDS + 1)
            self.once(1)


def mortal_sqlite(folder):
    plain = service.sqlite_store(folder)
    plain.close()
    return Mortal(plain.url.render_as_string(hide_password=False), clock=plain.clock)


def mortal_postgres():
    return Mortal(postgres.shared().fresh(), clock=service.Clock())


os.environ["TEST_VENDOR_KEY"] = vendor.KEY
