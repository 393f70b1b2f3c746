"""The books: every rule of money, tried by hand and then by chance. `invariants.broken` is asked after each step."""

import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import service
from service import claim, deliver, give_up, submit
from vitascope import plans
from vitascope.errors import Conflict, LeaseLost, NotEnoughCredits
from vitascope.store import invariants, jobs, ledger, schema
from vitascope.store.ids import new_id

DAY = 86_400.0
PLANS = plans.packaged()


@pytest.fixture
def mia(store):
    account_id = service.add_account(store)
    yield account_id
    assert service.broken(store) == []


def give(store, account_id, units, kind="bought", *, source=None, expires_at=None):
    with store.begin() as tx:
        source = source or new_id("src_", store.clock())
        return ledger.grant(tx, account_id, units, kind, source=source, now=store.clock(), expires_at=expires_at)


def balance(store, account_id):
    with store.read() as tx:
        return ledger.balance(tx, account_id, store.clock())


def left(store, account_id):
    found = balance(store, account_id)
    return found.available, found.held


def test_a_delivered_clip_is_paid_and_a_failed_one_is_not(store, mia):
    give(store, mia, 100)
    submit(store, mia, n=2, units=40)
    assert left(store, mia) == (20, 80)
    deliver(store, claim(store))
    assert left(store, mia) == (20, 40)
    give_up(store, claim(store))
    assert left(store, mia) == (60, 0)


def test_what_is_too_dear_is_refused_whole(store, mia):
    give(store, mia, 100)
    with pytest.raises(NotEnoughCredits, match=r"costs 0.4 credits; the account has 0.2") as caught:
        submit(store, mia, n=3, units=40)
    assert (caught.value.needed, caught.value.available) == (40, 20)
    assert left(store, mia) == (100, 0)
    with store.read() as tx:
        assert jobs.page(tx, mia) == []


def test_what_expires_first_is_spent_first(store, mia):
    now = store.clock()
    give(store, mia, 50, "bought")
    give(store, mia, 50, "plan", expires_at=now + 20 * DAY)
    give(store, mia, 50, "daily", expires_at=now + DAY)
    submit(store, mia, units=70)
    assert [(row.kind, row.available, row.held) for row in balance(store, mia).buckets] == [
        ("daily", 0, 50),
        ("plan", 30, 20),
        ("bought", 50, 0),
    ]
    deliver(store, claim(store))
    assert [(row.kind, row.available) for row in balance(store, mia).buckets] == [("plan", 30), ("bought", 50)]


def test_a_void_returns_units_to_the_buckets_they_came_from(store, mia):
    give(store, mia, 50, "daily", expires_at=store.clock() + DAY)
    give(store, mia, 50)
    before = balance(store, mia)
    submit(store, mia, units=70)
    give_up(store, claim(store))
    assert balance(store, mia) == before


def test_the_same_reason_grants_once(store, mia):
    first = give(store, mia, 50, source="order 17")
    assert give(store, mia, 50, source="order 17") == first
    assert left(store, mia) == (50, 0)


def test_what_is_over_cannot_be_spent_even_before_it_is_taken_away(store, mia):
    give(store, mia, 50, "daily", expires_at=store.clock() + 10)
    store.clock.forward(10)
    assert left(store, mia) == (0, 0)
    with pytest.raises(NotEnoughCredits):
        submit(store, mia, units=10)
    with store.begin() as tx:
        assert ledger.expire(tx, store.clock()) == 1
        assert ledger.expire(tx, store.clock()) == 0


def test_a_hold_outlives_its_bucket_and_what_returns_to_it_is_gone(store, mia):
    give(store, mia, 50, "daily", expires_at=store.clock() + 10)
    submit(store, mia, n=2, units=20)
    store.clock.forward(10)
    with store.begin() as tx:
        ledger.expire(tx, store.clock())
    assert left(store, mia) == (0, 40)
    deliver(store, claim(store))
    give_up(store, claim(store))
    assert left(store, mia) == (0, 0)
    with store.begin() as tx:
        assert ledger.expire(tx, store.clock()) == 1
    assert balance(store, mia).buckets == ()


def test_a_hold_is_answered_once(store, mia):
    give(store, mia, 100)
    first, second = submit(store, mia, n=2, units=40)
    now = store.clock()
    for job, answer, other in ((first, ledger.post, ledger.void), (second, ledger.void, ledger.post)):
        with service.undone(store) as tx:
            answer(tx, job.id, now)
            answer(tx, job.id, now)  # again: nothing happens
            with pytest.raises(Conflict, match=job.id):
                other(tx, job.id, now)
            with pytest.raises(Conflict, match="already"):
                ledger.hold(tx, mia, job.id, 10, now)
            assert invariants.broken(tx) != []  # the jobs still wait, which the checker sees
    assert left(store, mia) == (20, 80)


def test_a_job_that_costs_nothing_leaves_no_trace_in_the_books(store, mia):
    submit(store, mia, n=2, units=0)
    deliver(store, claim(store))
    give_up(store, claim(store))
    with store.begin() as tx:
        assert ledger.statement(tx, mia) == []
        ledger.refund(tx, "job_unknown", 0, store.clock())


def test_a_defective_clip_is_given_back_once_and_at_most_its_price(store, mia):
    give(store, mia, 100)
    (job,) = submit(store, mia, units=40)
    deliver(store, claim(store))
    with store.begin() as tx:
        with pytest.raises(Conflict, match="41 units"):
            ledger.refund(tx, job.id, 41, store.clock())
        ledger.refund(tx, job.id, 30, store.clock())
        ledger.refund(tx, job.id, 30, store.clock())
    assert left(store, mia) == (90, 0)
    assert [(row.kind, row.expires_at) for row in balance(store, mia).buckets] == [("bought", None), ("refund", None)]


def test_a_refund_of_units_that_expire_lasts_a_month(store, mia):
    give(store, mia, 100, "daily", expires_at=store.clock() + 10)
    (job,) = submit(store, mia, units=40)
    deliver(store, claim(store))
    store.clock.forward(20)
    with store.begin() as tx:
        ledger.refund(tx, job.id, 40, store.clock())
    (bucket,) = balance(store, mia).buckets
    assert bucket.expires_at == store.clock() + ledger.REFUND_SECONDS


def test_every_day_brings_its_allowance_until_local_midnight(store, mia):
    zone = ZoneInfo("Asia/Shanghai")  # START is 16:00 there

    def ask(plan):
        with store.begin() as tx:
            ledger.expire(tx, store.clock())
            ledger.ensure_daily(tx, mia, PLANS[plan], store.clock(), zone)
        return balance(store, mia)

    assert ask("free").available == ask("free").available == 2000
    (bucket,) = ask("free").buckets
    assert datetime.fromtimestamp(bucket.expires_at, zone).strftime("%d %H:%M") == "16 00:00"
    store.clock.forward(8 * 3600 - 1)
    assert ask("free").buckets == (bucket,)
    store.clock.forward(1)
    assert ask("free").available == 2000
    assert ask("free").buckets != (bucket,)


def test_a_larger_plan_adds_the_difference_and_a_smaller_one_takes_nothing(store, mia):
    def ask(plan):
        with store.begin() as tx:
            ledger.ensure_daily(tx, mia, PLANS[plan], store.clock(), UTC)
        return balance(store, mia).available

    assert ask("free") == 2000
    assert ask("standard") == 2000 + 66_000
    assert ask("pro") == 2000 + 300_000
    assert ask("free") == ask("standard") == ask("pro") == 2000 + 300_000
    store.clock.forward(31 * DAY)
    assert ask("standard") == 2000 + 66_000


@pytest.mark.parametrize("statement", ["UPDATE transfers SET units = 1", "DELETE FROM transfers"])
def test_the_database_refuses_to_change_what_is_written(store, mia, statement):
    give(store, mia, 100)
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), store.begin() as tx:
        tx.exec_driver_sql(statement)


def test_the_database_refuses_a_balance_below_zero(store, mia):
    give(store, mia, 100)
    with pytest.raises(sa.exc.IntegrityError, match="available"), store.begin() as tx:
        tx.exec_driver_sql("UPDATE buckets SET available = available - 101")


def test_the_statement_lists_everything_and_adds_up(store, mia):
    give(store, mia, 100)
    (job, _) = submit(store, mia, n=2, units=30)
    deliver(store, claim(store))
    give_up(store, claim(store))
    with store.begin() as tx:
        ledger.refund(tx, job.id, 10, store.clock())
    with store.read() as tx:
        first = ledger.statement(tx, mia, limit=3)
        entries = first + ledger.statement(tx, mia, after=first[-1].id)
    assert [(row.kind, row.units, row.moved) for row in reversed(entries)] == [
        ("grant", 100, 100),
        ("hold", -30, 30),
        ("hold", -30, 30),
        ("post", 0, 30),
        ("void", 30, 30),
        ("refund", 10, 10),
    ]
    assert sum(row.units for row in entries) == balance(store, mia).available


def test_the_report_sums_what_was_made_and_spent(store, mia):
    ben = service.add_account(store, units=1000)
    give(store, mia, 1000)
    submit(store, mia, n=2, units=30)
    deliver(store, claim(store))
    give_up(store, claim(store))
    store.clock.forward(DAY)
    (job,) = submit(store, mia, units=50)
    lease = claim(store)
    with store.begin() as tx:
        jobs.beat(tx, lease, store.clock(), step=1, steps=4, compute_ms=1500)
    deliver(store, lease)
    submit(store, ben, units=7)
    deliver(store, claim(store))
    with store.begin() as tx:
        ledger.refund(tx, job.id, 20, store.clock())
        window = (service.START - 10, store.clock() + 10)
        first, second = ledger.usage(tx, mia, *window)
        assert (first.day, first.model, first.account_id) == ("2027-01-15", "vitascope-nano", None)
        assert (first.jobs, first.clips, first.failed, first.units, first.seconds) == (2, 1, 1, 30, 1.0)
        assert (second.day, second.units, second.compute_ms) == ("2027-01-16", 30, 1500)
        assert {row.account_id: row.units for row in ledger.usage(tx, None, *window, by=("account",))} == {
            mia: 60,
            ben: 7,
        }
        (total,) = ledger.usage(tx, None, *window, by=())
        assert (total.jobs, total.units, total.day) == (4, 67, None)
        assert ledger.usage(tx, mia, 0, 1) == []


def test_two_who_spend_at_once_cannot_spend_twice(store, mia):
    give(store, mia, 100)
    results, start = [], threading.Barrier(6)

    def spend():
        start.wait()
        try:
            submit(store, mia, units=30)
            results.append("done")
        except NotEnoughCredits:
            results.append("refused")

    threads = [threading.Thread(target=spend) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["done"] * 3 + ["refused"] * 3
    assert left(store, mia) == (10, 90)


def test_the_checker_sees_what_is_wrong(store):
    mia = service.add_account(store, units=100)
    (job, other) = submit(store, mia, n=2, units=30)

    def seen(*statements):
        with service.undone(store) as tx:
            for statement in statements:
                tx.execute(statement)
            found = invariants.broken(tx)
        return " ".join(found)

    def moved(kind, debit, credit, job_id=None, units=30):
        row = {"kind": kind, "debit": debit, "credit": credit, "job_id": job_id, "units": units, "account_id": mia}
        bucket = sa.select(schema.buckets.c.id).scalar_subquery()
        return schema.transfers.insert().values(**row, at=0, bucket_id=bucket)

    table, mine = schema.jobs, schema.jobs.c.id == job.id
    available, held = ledger.available(mia), ledger.held(mia)
    assert "40 available, 61 held" in seen(sa.update(schema.buckets).values(held=61))
    assert not seen(sa.update(schema.buckets).values(held=60))
    assert f"{held} of the books is below zero: -40" in seen(moved("post", held, "revenue", job.id, 100))
    assert "is a void from" in seen(moved("void", available, held, job.id))
    assert f"{job.id} held 30 units; 30 were posted, 30 voided" in seen(
        moved("post", held, "revenue", job.id), moved("void", held, available, job.id)
    )
    assert "was refunded 5 units of 0" in seen(moved("refund", "revenue", available, job.id, 5))
    gone = {"state": "failed", "finished_at": 1.0}
    assert f"{job.id} is failed and costs 30; 30 units are held for it" in seen(table.update().where(mine).values(gone))
    assert "failed without a reason" in seen(table.update().where(mine).values(gone))
    done = {"state": "succeeded", "finished_at": 1.0}
    assert "0 units were posted" in seen(table.update().where(mine).values(done))
    assert "without naming its clip" in seen(table.update().where(mine).values(done))
    assert "which is no job" in seen(table.delete().where(mine))
    assert f"{other.id} is queued and costs 31" in seen(table.update().where(table.c.id == other.id).values(units=31))


class Books(RuleBasedStateMachine):
    """Grants, holds and answers in any order, beside a model of plain dicts."""

    folder = None

    def __init__(self):
        super().__init__()
        self.store = service.sqlite_store(self.folder)
        self.accounts = [service.add_account(self.store) for _ in range(2)]
        self.spent = dict.fromkeys(self.accounts, 0)
        self.refunded = 0
        self.waiting, self.done = [], []

    def teardown(self):
        self.store.close()

    who = st.integers(0, 1)

    @rule(who=who, units=st.integers(1, 100), lasts=st.sampled_from([None, 5, 50]))
    def grant(self, who, units, lasts):
        expires_at = self.store.clock() + lasts if lasts else None
        give(self.store, self.accounts[who], units, expires_at=expires_at)

    @rule(who=who, units=st.integers(0, 80))
    def take(self, who, units):
        have = balance(self.store, self.accounts[who]).available
        if units <= have:
            self.waiting += submit(self.store, self.accounts[who], units=units)
            return
        with pytest.raises(NotEnoughCredits) as caught:
            submit(self.store, self.accounts[who], units=units)
        assert (caught.value.needed, caught.value.available) == (units, have)

    @rule(number=st.integers(0, 5), answer=st.sampled_from(["post", "void", "both"]))
    def answer(self, number, answer):
        if not self.waiting:
            return
        job = self.waiting.pop(number % len(self.waiting))
        with self.store.begin() as tx:
            now = self.store.clock()
            if answer == "void":
                ledger.void(tx, job.id, now)
                jobs.cancelled(tx, job, now)
                return
            ledger.post(tx, job.id, now)
            if answer == "both" and job.units:
                with pytest.raises(Conflict):
                    ledger.void(tx, job.id, now)
            done = {"state": "succeeded", "finished_at": now, "clip_id": new_id("clip_", now)}
            tx.execute(schema.jobs.update().where(schema.jobs.c.id == job.id).values(done))
        self.done.append(job)
        self.spent[job.account_id] += job.units

    @rule(number=st.integers(0, 5), units=st.integers(0, 80))
    def refund(self, number, units):
        if not self.done:
            return
        job = self.done.pop(number % len(self.done))
        with self.store.begin() as tx:
            if units > job.units > 0:
                with pytest.raises(Conflict):
                    ledger.refund(tx, job.id, units, self.store.clock())
                return
            units = min(units, job.units)
            ledger.refund(tx, job.id, units, self.store.clock())
        self.refunded += units

    @rule(seconds=st.integers(0, 10))
    def time_goes_on(self, seconds):
        self.store.clock.forward(seconds)

    @rule()
    def sweep(self):
        with self.store.begin() as tx:
            ledger.expire(tx, self.store.clock())

    @invariant()
    def the_books_are_whole(self):
        with self.store.read() as tx:
            assert invariants.broken(tx) == []
            revenue = sum(
                sign * (tx.scalar(sa.select(sa.func.sum(schema.transfers.c.units)).where(side == "revenue")) or 0)
                for sign, side in ((1, schema.transfers.c.credit), (-1, schema.transfers.c.debit))
            )
            assert revenue == sum(self.spent.values()) - self.refunded
            for account_id in self.accounts:
                waiting = sum(job.units for job in self.waiting if job.account_id == account_id)
                assert ledger.balance(tx, account_id, self.store.clock()).held == waiting


class House(RuleBasedStateMachine):
    """Jobs and money together: workers that claim, beat, finish, fail, die and come back late."""

    folder = None

    def __init__(self):
        super().__init__()
        self.store = service.sqlite_store(self.folder)
        self.leases, self.jobs = [], []

    def teardown(self):
        self.store.close()

    @initialize(plans=st.lists(st.sampled_from(["free", "standard", "pro"]), min_size=2, max_size=2))
    def begin(self, plans):
        self.accounts = {service.add_account(self.store, plan=plan, units=500): plan for plan in plans}

    @rule(who=st.integers(0, 1), n=st.integers(1, 3), units=st.integers(0, 60), lane=st.sampled_from(schema.LANES))
    def submit(self, who, n, units, lane):
        try:
            self.jobs += submit(self.store, list(self.accounts)[who], n=n, units=units, lane=lane)
        except NotEnoughCredits:
            pass

    @rule(worker=st.sampled_from(["wrk_a", "wrk_b", "wrk_c"]))
    def claim(self, worker):
        lease = claim(self.store, worker)
        if lease:
            self.leases.append(lease)

    @rule(number=st.integers(0, 9), ending=st.sampled_from(["beat", "deliver", "fail", "cancel", "release", "forget"]))
    def work(self, number, ending):
        """Leases are kept here after their end too, as a worker would that does not know it."""
        if not self.leases:
            return
        lease = self.leases[number % len(self.leases)]
        try:
            if ending == "beat":
                with self.store.begin() as tx:
                    jobs.beat(tx, lease, self.store.clock(), step=1, steps=4, compute_ms=5)
            elif ending == "deliver":
                deliver(self.store, lease)
            elif ending == "fail":
                give_up(self.store, lease)
            elif ending == "cancel":
                with self.store.begin() as tx:
                    ledger.void(tx, lease.job.id, self.store.clock())
                    jobs.cancelled(tx, lease, self.store.clock())
            elif ending == "release":
                with self.store.begin() as tx:
                    jobs.release(tx, lease, self.store.clock())
            else:
                self.leases.remove(lease)
        except (LeaseLost, Conflict):
            with self.store.read() as tx:
                job = jobs.get(tx, None, lease.job.id)
            assert job.done or job.attempts != lease.attempt or job.state == "queued"

    @rule(number=st.integers(0, 9))
    def ask_cancel(self, number):
        if not self.jobs:
            return
        job = self.jobs[number % len(self.jobs)]
        with self.store.begin() as tx:
            after = jobs.ask_cancel(tx, job.account_id, job.id, self.store.clock())
            if after.state == "cancelled":
                ledger.void(tx, job.id, self.store.clock())

    @rule(seconds=st.sampled_from([1, 29, 31]))
    def time_goes_on(self, seconds):
        self.store.clock.forward(seconds)

    @rule()
    def sweep(self):
        with self.store.begin() as tx:
            now = self.store.clock()
            for job in jobs.exhausted(tx, now):
                ledger.void(tx, job.id, now)
                if job.cancel_requested:
                    jobs.cancelled(tx, job, now)
                else:
                    jobs.fail(tx, job, now, LeaseLost("Three workers were lost."))

    @invariant()
    def all_is_well(self):
        with self.store.read() as tx:
            assert invariants.broken(tx) == []
            for account_id, plan in getattr(self, "accounts", {}).items():
                running = jobs.count(tx, account_id, states=("running",))
                assert running <= PLANS[plan].concurrency


@pytest.mark.parametrize("machine", [Books, House])
def test_any_order_of_steps_keeps_the_books_whole(machine, tmp_path):
    machine.folder = tmp_path
    quick = settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(machine, settings=quick)
