"""What keeps a queue from standing still or from being unfair: dead workers, smaller plans, clocks that jump, floods of
orders with a higher priority.
"""

import hashlib
import random

import pytest
import sqlalchemy as sa

import service
from doubles import recipe_of
from service import claim, deliver, submit
from test_worker import open_house
from vitascope import plans
from vitascope.clip import ClipSpec
from vitascope.store import archive, ids, jobs, library, limits, schema
from vitascope.workers import maintenance

DAYS = 400 * 86_400.0
RECIPE = recipe_of(ClipSpec(prompt="a ball", seed=1), model="m", weights="w", version="0")


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


def starts(store):
    """The jobs in the order in which one machine takes them."""
    order = []
    while lease := claim(store):
        order.append(lease.job.id)
        deliver(store, lease)
    return order


def told(store, account_id):
    with store.read() as tx:
        line = jobs.queue_view(tx, store.clock())
        waiting = jobs.page(tx, account_id, limit=100, state="queued")
        return {job.id: jobs.position(tx, job, line) for job in waiting}


def test_a_flood_of_a_higher_priority_takes_three_starts_of_four(store, mia):
    free = service.add_account(store, plan="free")
    for _ in range(60):
        submit(store, mia, priority=20)
    mine = [submit(store, free)[0].id for _ in range(3)]
    said = told(store, free)
    order = starts(store)
    places = [order.index(job_id) + 1 for job_id in mine]
    assert places == [4, 8, 12]
    assert all(at <= said[job_id] < 61 for job_id, at in zip(mine, places, strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_nobody_starts_later_than_was_said(sqlite_only, seed):
    store, chance = sqlite_only, random.Random(seed)
    people = {service.add_account(store, plan="unlimited"): chance.choice([0, 10, 20]) for _ in range(5)}
    for _ in range(chance.randrange(7)):
        submit(store, chance.choice(list(people)))
        deliver(store, claim(store))
    for _ in range(40):
        lane = chance.choice(["normal", "offpeak"])
        night = store.clock() - 1 if lane == "offpeak" else 0.0
        who = chance.choice(list(people))
        submit(store, who, lane=lane, run_after=night, priority=people[who])  # of its plan
    said = told(store, None)
    order = starts(store)
    late = {job_id: (said[job_id], at) for at, job_id in enumerate(order, 1) if at > said[job_id]}
    assert len(order) == 40
    assert late == {}


def test_at_night_an_offpeak_job_is_told_its_true_place(store, mia):
    ben = service.add_account(store)
    now = store.clock()
    for _ in range(5):
        submit(store, mia, lane="offpeak", run_after=now - 60)  # their hour has come
    submit(store, ben, n=5)
    said = told(store, None)
    order = starts(store)
    assert [said[job_id] for job_id in order] == list(range(1, 11))


def test_an_export_comes_in_large_pieces():
    pieces = [b"x" * 1000 for _ in range(5000)]
    gathered = list(archive._gathered(iter(pieces)))
    assert b"".join(gathered) == b"".join(pieces)
    assert [len(piece) for piece in gathered[:2]] == [1000, 1049 * 1000]  # the first one at once
    assert len(gathered) == 6


def test_an_export_begins_with_its_first_clip(store, mia, house, monkeypatch):
    """Whoever asks sees the download begin, however many clips there are; nothing is read before it is sent."""
    for _ in range(20):
        now = store.clock.forward(1)
        clip_id = ids.new_id("clip_", now)
        house.blobs.put(library.key(clip_id, "video.mp4"), b"x" * 300_000)
        with store.begin() as tx:
            digest = hashlib.sha256(b"x" * 300_000).hexdigest()
            library.add(
                tx, account_id=mia, recipe=RECIPE, size_bytes=300_000, sha256=digest, now=now, clip_id=clip_id
            )  # fmt: skip
    read = []
    fetched = archive._fetched
    monkeypatch.setattr(archive, "_fetched", lambda *given: read.append(1) or fetched(*given))
    pieces = archive.export(store, house.blobs, mia)
    assert next(pieces)[:2] == b"PK"
    assert len(read) == 1
    next(pieces)
    assert len(read) < 6
    assert sum(map(len, pieces)) > 4_000_000
    assert len(read) == 20
