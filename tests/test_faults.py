"""Processes that die at every point of every step, and answers that are lost after the database has committed. Nothing
may be lost, made twice or paid twice: the invariants are checked after each step, and in the end every job is done.

The steps are the pipeline's, made of the same functions in the same transactions, without pictures and files.
"""

import contextlib
import itertools
import random

import pytest
from sqlalchemy import event

import service
from doubles import CARD
from service import MODELS, SPEC
from vitascope import plans
from vitascope.errors import BadClip, LeaseLost, NotEnoughCredits
from vitascope.store import events, idempotency, invariants, jobs, ledger
from vitascope.store.ids import new_id

PLANS = plans.packaged()
PRICE, GIFT = 40, 1000
SEEDS_SQLITE, SEEDS_POSTGRES, STEPS = 200, 8, 18


class Died(Exception):
    """The process is gone, or its connection is: in both cases it does not know whether it was done."""


class Mortal:
    """A store whose transactions end as they are told to: `at(3)` dies before the third statement, `at("commit")` just
    before the commit, `at("answer")` after it. Counts the statements of the last transaction.
    """

    def __init__(self, store):
        self.store, self.clock, self.read = store, store.clock, store.read
        self.point, self.statements = None, 0

    def at(self, point):
        self.point = point
        return self

    @contextlib.contextmanager
    def begin(self):
        point, self.point, self.statements = self.point, None, 0

        def count(*_):
            self.statements += 1
            if self.statements == point:
                raise Died

        with self.store.begin() as tx:
            event.listen(tx, "before_cursor_execute", count)
            yield tx
            event.remove(tx, "before_cursor_execute", count)
            if point == "commit":
                raise Died
        if point == "answer":
            raise Died


# The steps


def submit(store, account_id, key, n=1, **more):
    """Ids of the jobs made for this key, now or before."""
    with store.begin() as tx:
        now = store.clock()
        answer = idempotency.recall(tx, account_id, key, "fingerprint")
        if answer is not None:
            return answer
        made, batch_id = [], new_id("bat_", now)
        for _ in range(n):
            job = jobs.enqueue(
                tx,
                shape=CARD.resolve(SPEC),
                model=CARD.name,
                account_id=account_id,
                spec=SPEC,
                units=PRICE,
                batch_id=batch_id,
                now=now,
                idempotency=key,
                **more,
            )
            ledger.hold(tx, account_id, job.id, PRICE, now)
            made.append(job.id)
        idempotency.remember(tx, account_id, key, "fingerprint", made, now)
        return made


def beat(store, lease):
    with store.begin() as tx:
        return jobs.beat(tx, lease, store.clock(), step=1, steps=4, compute_ms=10)


def cancel(store, lease):
    with store.begin() as tx:
        jobs.cancelled(tx, lease, store.clock())
        ledger.void(tx, lease.job.id, store.clock())


def ask_cancel(store, account_id, job_id):
    with store.begin() as tx:
        job = jobs.ask_cancel(tx, account_id, job_id, store.clock())
        if job.state == "cancelled":
            ledger.void(tx, job_id, store.clock())
        return job


def release(store, lease):
    with store.begin() as tx:
        return jobs.release(tx, lease, store.clock())


def deliver_with_refund(store, lease):
    with store.begin() as tx:
        now = store.clock()
        clip_id = new_id("clip_", now)
        job = jobs.finish(tx, lease, now, clip_id=clip_id)
        service.add_clip(tx, job, clip_id, now)
        ledger.post(tx, job.id, now)
        ledger.refund(tx, job.id, PRICE // 2, now)
        return job


def sweep(store):
    with store.begin() as tx:
        now = store.clock()
        for job in jobs.exhausted(tx, now):
            if job.cancel_requested:
                jobs.cancelled(tx, job, now)
            else:
                jobs.fail(tx, job, now, LeaseLost("Every worker that had it was lost.", hint="Try again."))
            ledger.void(tx, job.id, now)
        ledger.expire(tx, now)


def settle(store):
    """Healthy workers do everything that is left; leases of the dead run out."""
    for _ in range(200):
        store.clock.forward(31)
        sweep(store)
        while lease := service.claim(store, "wrk_healthy"):
            if beat(store, lease):
                service.deliver(store, lease)
            else:
                cancel(store, lease)
        with store.read() as tx:
            if jobs.count(tx, states=("queued", "running")) == 0:
                return
    raise AssertionError("some jobs are never done")


def check_settled(store, account_id, given):
    """Every job has one end, one clip if it succeeded, one event of its end; and every unit is accounted for."""
    with store.read() as tx:
        assert invariants.broken(tx) == []
        ended = jobs.page(tx, account_id, limit=1000)
        assert all(job.done for job in ended)
        told = [item.job_id for item in events.since(tx, account_id, 0, limit=10_000) if item.kind in END]
        assert sorted(told) == sorted(job.id for job in ended)
        entries = ledger.statement(tx, account_id, limit=100_000)
        moved = {kind: sum(row.moved for row in entries if row.kind == kind) for kind in ("post", "refund", "expire")}
        assert moved["post"] == sum(job.units for job in ended if job.state == "succeeded")
        balance = ledger.balance(tx, account_id, store.clock())
        assert (balance.held, balance.available) == (0, given - moved["post"] + moved["refund"] - moved["expire"])
    return ended


END = {f"job.{state}" for state in jobs.DONE}


# Every point of every step, one after the other


def doing(store, account_id):
    """A job in the hands of a worker."""
    submit(store, account_id, new_id("idem_", store.clock()))
    return service.claim(store, "wrk_first")


def lost_three_times(store, account_id):
    lease = doing(store, account_id)
    for _ in range(jobs.MAX_ATTEMPTS - 1):
        store.clock.forward(31)
        lease = service.claim(store, "wrk_first")
    store.clock.forward(31)
    return lease


TRANSITIONS = {
    # name: (what comes before, the step, what the step leads to when it is done)
    "submit": (lambda store, who: None, lambda store, who, _: submit(store, who, f"key {who}", n=2), "succeeded"),
    "claim": (
        lambda store, who: submit(store, who, f"key {who}"),
        lambda store, who, _: service.claim(store, "wrk_first"),
        "succeeded",
    ),
    "reclaim": (
        lambda store, who: (doing(store, who), store.clock.forward(31)),
        lambda store, who, _: service.claim(store, "wrk_second"),
        "succeeded",
    ),
    "beat": (doing, lambda store, who, lease: beat(store, lease), "succeeded"),
    "deliver": (doing, lambda store, who, lease: service.deliver(store, lease), "succeeded"),
    "deliver a defective clip": (doing, lambda store, who, lease: deliver_with_refund(store, lease), "succeeded"),
    "fail": (doing, lambda store, who, lease: service.give_up(store, lease, BadClip("It broke.")), "failed"),
    "release": (doing, lambda store, who, lease: release(store, lease), "succeeded"),
    "cancel while it waits": (
        lambda store, who: submit(store, who, f"key {who}")[0],
        lambda store, who, job_id: ask_cancel(store, who, job_id),
        "cancelled",
    ),
    "cancel while it runs": (
        doing,
        lambda store, who, lease: ask_cancel(store, who, lease.job.id),
        "cancelled",
    ),
    "stop at a cancel": (
        lambda store, who: (lease := doing(store, who), ask_cancel(store, who, lease.job.id))[0],
        lambda store, who, lease: cancel(store, lease),
        "cancelled",
    ),
    "give up": (lost_three_times, lambda store, who, _: sweep(store), "failed"),
}


@pytest.mark.parametrize("name", TRANSITIONS)
def test_a_process_may_die_at_any_point_of_a_step(store, name):
    before, step, end = TRANSITIONS[name]
    mortal = Mortal(store)
    for number in itertools.count(1):
        account_id = service.add_account(store, units=GIFT)
        state = before(store, account_id)
        with contextlib.suppress(Died):
            step(mortal.at(number), account_id, state)
            break  # it has fewer statements than that
        assert service.broken(store) == []
        settle(store)
        for job in check_settled(store, account_id, GIFT):
            assert job.state in (end, "succeeded")
    assert number > 3
    settle(store)
    for point, again in itertools.product(("commit", "answer"), (False, True)):
        account_id = service.add_account(store, units=GIFT)
        state = before(store, account_id)
        with pytest.raises(Died):
            step(mortal.at(point), account_id, state)
        assert service.broken(store) == []
        if again:  # the process lives and, knowing nothing, does it once more
            with contextlib.suppress(LeaseLost):
                step(store, account_id, state)
            assert service.broken(store) == []
        settle(store)
        ended = check_settled(store, account_id, GIFT)
        if point == "answer" or again:
            assert [job.state for job in ended] == [end] * len(ended)
            assert len(ended) == (2 if name == "submit" else 1)


# Whole lives, by chance


class Town:
    """Accounts that ask and cancel, workers that come, die and come back, and a clock, all by one seed."""

    def __init__(self, store, seed):
        self.store, self.mortal, self.chance = store, Mortal(store), random.Random(seed)
        kinds = ("free", "standard", "pro")
        self.accounts = {service.add_account(store, plan=plan, units=GIFT): plan for plan in kinds}
        self.leases = {f"wrk_{seed}_{number}": None for number in range(3)}
        self.asked = {}  # key -> (account, how many) of requests that were answered or may have been
        self.answers = {}

    def fate(self):
        """A store that dies somewhere, or does not."""
        points = [None] * 6 + ["commit", "answer", "answer"] + [self.chance.randint(1, 14)]
        return self.mortal.at(self.chance.choice(points))

    def step(self):
        acts = (self.ask, self.ask, self.ask_again, self.cancel, self.work, self.work, self.work, self.work)
        act = self.chance.choice((*acts, self.work, self.sweep, self.time))
        with contextlib.suppress(Died, LeaseLost, NotEnoughCredits):
            act()
        with self.store.read() as tx:
            assert invariants.broken(tx) == []
            for account_id, running in jobs.queue_view(tx, self.store.clock()).running.items():
                assert running <= PLANS[self.accounts[account_id]].concurrency

    def ask(self):
        account_id = self.chance.choice(list(self.accounts))
        key, n = f"key {len(self.asked)}", self.chance.randint(1, 3)
        self.asked[key] = account_id, n
        lane = self.chance.choice(["normal", "normal", "offpeak", "relaxed"])
        self.answers[key] = submit(self.fate(), account_id, key, n, lane=lane)

    def ask_again(self):
        """A client that got no answer sends the same once more; one that got one gets the same."""
        if self.asked:
            key, (account_id, n) = self.chance.choice(list(self.asked.items()))
            answer = submit(self.fate(), account_id, key, n)
            assert self.answers.setdefault(key, answer) == answer

    def cancel(self):
        with self.store.read() as tx:
            found = jobs.page(tx, self.chance.choice(list(self.accounts)), limit=100)
        if found:
            job = self.chance.choice(found)
            ask_cancel(self.fate(), job.account_id, job.id)

    def work(self):
        worker = self.chance.choice(list(self.leases))
        lease, store = self.leases[worker], self.fate()
        try:
            if lease is None:
                with store.begin() as tx:
                    self.leases[worker] = jobs.claim(tx, worker, store.clock(), models=MODELS, plans=PLANS)
                return
            acts = (beat, service.deliver, service.deliver, deliver_with_refund, service.give_up, release)
            act = self.chance.choice(acts)
            if act is beat:
                if not beat(store, lease):
                    cancel(self.fate(), lease)
                    self.leases[worker] = None
                return
            act(store, lease)
            self.leases[worker] = None
        except LeaseLost:
            self.leases[worker] = None
            raise
        except Died:
            if self.chance.random() < 0.5:  # a new process under a new name; else it lives and tries again
                del self.leases[worker]
                self.leases[worker + "'"] = None
            raise

    def sweep(self):
        sweep(self.fate())

    def time(self):
        self.store.clock.forward(self.chance.choice([1, 10, 31]))

    def live(self):
        for _ in range(STEPS):
            self.step()
        settle(self.store)
        for account_id in self.accounts:
            ended = {job.id: job for job in check_settled(self.store, account_id, GIFT)}
            by_key = {}
            for job in ended.values():
                by_key.setdefault(job.idempotency, []).append(job.id)
            for key, made in by_key.items():
                assert len(made) == self.asked[key][1]  # never half a request, never twice
                assert sorted(self.answers.get(key, made)) == sorted(made)
        assert all(set(answer) <= self.all_jobs() for answer in self.answers.values())  # and no answer without its jobs

    def all_jobs(self):
        with self.store.read() as tx:
            return {job.id for account_id in self.accounts for job in jobs.page(tx, account_id, limit=1000)}


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS_SQLITE, 40))
def test_nothing_is_lost_on_sqlite_whatever_dies(tmp_path, first):
    for seed in range(first, first + 40):
        store = service.sqlite_store(tmp_path)
        try:
            Town(store, seed).live()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        finally:
            store.close()


def test_nothing_is_lost_on_postgres_whatever_dies(postgres_only):
    for seed in range(SEEDS_POSTGRES):
        try:
            Town(postgres_only, seed).live()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
