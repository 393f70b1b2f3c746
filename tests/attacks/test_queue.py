"""What keeps a queue from standing still or from being unfair: dead workers, smaller plans, clocks that jump, floods of
orders with a higher priority.
"""

import pytest
import sqlalchemy as sa

import service
from service import claim, deliver, submit
from test_worker import open_house
from vitascope import plans
from vitascope.store import jobs, limits, schema
from vitascope.workers import maintenance

DAYS = 400 * 86_400.0


@pytest.fixture
def mia(store):
    return service.add_account(store)


@pytest.fixture
def house(store, tmp_path):
    """Of the test's own clock."""
    clock = store.clock
    made = open_house(store, tmp_path)
    store.clock = clock
    return made


def lower_plan(store, account_id, plan):
    with store.begin() as tx:
        tx.execute(sa.update(schema.accounts).where(schema.accounts.c.id == account_id).values(plan=plan))


def test_jobs_of_a_dead_worker_are_taken_up_also_when_the_plan_became_smaller(store, mia):
    made = submit(store, mia, n=4)
    held = [claim(store) for _ in made]
    assert all(held)  # the plan "pro" lets four run
    lower_plan(store, mia, "free")
    most = plans.packaged().of("free").concurrency
    assert most < 3
    store.clock.forward(31)  # the worker is dead
    (fresh,) = submit(store, mia)
    again = []
    while lease := claim(store):
        again.append(lease.job.id)
    assert again == [job.id for job in made[:most]]
    finished = set(again)
    for job_id in again:
        with store.read() as tx:
            job = jobs.get(tx, mia, job_id)
        deliver(store, jobs.Lease(job, job.lease_worker, job.attempts, job.lease_until))
    while lease := claim(store):
        deliver(store, lease)
        finished.add(lease.job.id)
    assert finished == {job.id for job in [*made, fresh]}


def test_a_clock_that_was_ahead_leaves_no_job_running_and_no_duty_asleep(store, mia, house):
    back = store.clock()
    store.clock.forward(DAYS)
    (job,) = submit(store, mia)
    assert claim(store)
    ran = []
    duty = maintenance.Duty("daily", 86_400, lambda house: ran.append(house.store.clock()))
    doer = maintenance.Duties(house, "wrk_1", (duty,))
    assert doer.once() == ["daily"]
    store.clock.now = back
    assert doer.once() == ["daily"]  # the clock is right again, and the duty is not asleep for 400 days
    assert doer.once() == []
    assert claim(store) is None
    maintenance.clock_went_back(house, lease_seconds=30.0)
    store.clock.forward(31)
    assert claim(store).job.id == job.id


def test_a_worker_that_lives_keeps_its_job_when_the_clock_goes_back(store, mia, house):
    back = store.clock()
    store.clock.forward(DAYS)
    submit(store, mia)
    lease = claim(store)
    store.clock.now = back
    maintenance.clock_went_back(house, lease_seconds=30.0)
    for _ in range(10):
        store.clock.forward(10)
        with store.begin() as tx:
            assert jobs.beat(tx, lease, store.clock(), step=1, steps=8)
        assert claim(store, "wrk_b") is None


def test_what_else_a_clock_puts_off_comes_back_too(store, mia, house):
    back = store.clock()
    store.clock.forward(DAYS)
    with store.begin() as tx:
        limits.take(tx, "door", store.clock(), per_second=1.0, burst=1)
        row = {"host": "h", "pid": 1, "needs": "cpu", "models": [], "started_at": 0.0, "created_at": 0.0}
        tx.execute(schema.workers.insert().values(id="wrk_x", seen_at=store.clock(), **row))
    (night,) = submit(store, mia, lane="offpeak", run_after=store.clock() + 3600)
    store.clock.now = back
    maintenance.clock_went_back(house, lease_seconds=30.0)
    with store.begin() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(schema.workers)) == 0
        assert jobs.get(tx, mia, night.id).run_after <= back + 86_400
        limits.take(tx, "door", store.clock(), per_second=1.0, burst=1)  # nobody waits for 400 days
