"""A worker at work: it takes what is next, keeps its leases, gives back what it cannot finish, and does what must be
done from time to time.
"""

import io
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image

import service
from doubles import CARD, DiscEngine
from processes import LONG, until
from vitascope import ask, metrics, plans
from vitascope.config import settings
from vitascope.errors import Unavailable
from vitascope.orders import fulfil
from vitascope.policy import Rules
from vitascope.runtime import House
from vitascope.store import accounts, blobs, invariants, jobs, ledger, schema
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.workers import delivering, maintenance
from vitascope.workers import lease as heart
from vitascope.workers.worker import Worker


@pytest.fixture
def house(sqlite_only, tmp_path):
    return open_house(sqlite_only, tmp_path)


def open_house(store, tmp_path):
    store.clock = time.time
    kept = FolderBlobs(tmp_path / "blobs")
    return House(store=store, blobs=kept, plans=plans.packaged(), rules=Rules(), settings=settings())


@pytest.fixture
def mia(house):
    return service.add_account(house.store, plan="pro", units=1_000_000)


def order(house, account_id, prompt="a red ball", *, n=1, lane="normal", **asked):
    with house.store.read() as tx:
        account = accounts.by_id(tx, account_id)
    spec = ask.spec(prompt, CARD, **({"seconds": 0.5} | asked))
    return service.order(house.store, account, spec, n=n, rules=house.rules, lane=lane)


def read(house, job):
    with house.store.read() as tx:
        return jobs.get(tx, None, job.id)


def check(house):
    with house.store.read() as tx:
        assert invariants.broken(tx) == []


@contextmanager
def working(house, engine=None, **how):
    """A worker in a thread, drained in the end."""
    worker = Worker(house, engine or DiscEngine(), **({"duties": False, "drain_seconds": 30} | how))
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        if not worker.draining:
            worker.drain()
        thread.join(LONG)
        assert not thread.is_alive()


def test_it_makes_what_is_ordered_and_is_seen_doing_so(store, tmp_path):
    house = open_house(store, tmp_path)
    mia = service.add_account(store, plan="pro", units=10_000)
    with working(house) as worker:
        placed = order(house, mia, n=5)
        until(lambda: all(read(house, job).done for job in placed))
        with store.read() as tx:
            row = tx.execute(sa.select(schema.workers)).one()
        assert (row.id, row.models, row.needs) == (worker.id, [CARD.name], "cpu")
    assert {read(house, job).state for job in placed} == {"succeeded"}
    with store.read() as tx:
        assert tx.execute(sa.select(schema.workers)).first() is None  # it said good-bye
    check(house)


def test_a_short_job_overtakes_a_long_one_on_the_same_worker(house, mia):
    with working(house, DiscEngine(pause_seconds=0.05)):
        (long,) = order(house, mia, "long", seconds=1, steps=64)
        until(lambda: read(house, long).step > 2)
        (short,) = order(house, mia, "short", seconds=0, steps=2)
        until(lambda: read(house, short).done)
        assert read(house, long).state == "running"
        fulfil.cancel(house.store, mia, long.id)
        until(lambda: read(house, long).done)
    check(house)


def test_a_running_job_is_cancelled_within_a_step_or_two(house, mia):
    with working(house, DiscEngine(pause_seconds=0.3)) as worker:
        (job,) = order(house, mia, steps=64)
        until(lambda: read(house, job).step > 1)
        assert fulfil.cancel(house.store, mia, job.id).state == "running"
        at = read(house, job).step
        until(lambda: read(house, job).state == "cancelled")
        until(lambda: worker.held == 0)
    assert read(house, job).step <= at + 3
    check(house)


def test_progress_and_a_preview_are_told_while_it_runs(house, mia, monkeypatch):
    monkeypatch.setattr(heart, "PREVIEW_SECONDS", 0.1)
    with working(house, DiscEngine(pause_seconds=0.03)):
        (job,) = order(house, mia, seconds=3, steps=8)
        until(lambda: read(house, job).preview_key)
        look = Image.open(io.BytesIO(blobs.content(house.blobs, read(house, job).preview_key)))
        assert look.format == "WEBP"
        assert max(look.size) <= heart.PREVIEW_SIDE
        until(lambda: read(house, job).done)
    with house.store.read() as tx:
        told = tx.execute(sa.select(schema.events.c.data).where(schema.events.c.kind == "job.progress")).scalars().all()
    steps = [data["step"] for data in told]
    assert steps == sorted(steps)
    assert told[-1]["steps"] == 8
    assert list(house.blobs.keys("previews")) == []  # gone with the end


def test_a_preview_that_comes_after_the_end_does_not_stay(house, mia):
    order(house, mia)
    with house.store.begin() as tx:
        lease = jobs.claim(tx, "wrk_1", house.store.clock(), models=[CARD.name], plans=house.plans)
        jobs.cancelled(tx, lease, house.store.clock())
        ledger.void(tx, lease.job.id, house.store.clock())
    left = threading.Event()
    late = heart.Heart(lease, SimpleNamespace(leave=left.set, seconds=0.0), step=3, steps=4)
    late.show(np.zeros((1, 8, 8, 3), np.uint8))
    pulse = heart.Pulse(house.store, house.blobs)
    pulse.add(late)
    pulse.start()
    assert left.wait(LONG)
    pulse.stop()
    assert late.looks == [3]  # it was sent
    assert list(house.blobs.keys("previews")) == []


def test_a_preview_is_a_small_picture_that_moves():
    look = Image.open(
        io.BytesIO(
            heart.webp(np.zeros((3, 192, 352, 3), np.uint8) + np.arange(3, dtype=np.uint8)[:, None, None, None] * 80)
        )
    )
    assert (look.format, look.size, look.n_frames) == ("WEBP", (256, 140), 3)


def test_a_lease_outlives_a_long_decode(house, mia):
    """The lease lasts a second, the frames take five; another worker waits for the job all the time."""
    clock = house.store.clock = service.Clock()

    class Slow(DiscEngine):
        def frames(self, run):
            for frame in super().frames(run):
                clock.forward(0.6)
                until(lambda: read(house, job).lease_until > clock.now + 0.9, "a beat")
                yield frame

    (job,) = order(house, mia, steps=1)
    with working(house, Slow(), lease_seconds=1.0):
        until(lambda: read(house, job).step)
        with working(house, lease_seconds=1.0):
            until(lambda: read(house, job).done)
    assert (read(house, job).state, read(house, job).attempts) == ("succeeded", 1)
    check(house)


def test_asked_to_end_it_finishes_what_is_under_way_and_takes_nothing_new(house, mia):
    with working(house, DiscEngine(pause_seconds=0.02)) as worker:
        first = order(house, mia, n=3)
        until(lambda: worker.held)
        worker.drain()
        (late,) = order(house, mia)
    done = [read(house, job) for job in first]
    assert any(job.state == "succeeded" for job in done)
    assert {job.state for job in done} <= {"succeeded", "queued"}
    assert (read(house, late).state, read(house, late).attempts) == ("queued", 0)
    check(house)


def test_what_cannot_be_finished_in_time_is_given_back_without_losing_an_attempt(house, mia):
    with working(house, DiscEngine(pause_seconds=0.1), drain_seconds=0.2) as worker:
        (job,) = order(house, mia, steps=64)
        until(lambda: read(house, job).step)
        worker.drain()
    again = read(house, job)
    assert (again.state, again.attempts - again.released) == ("queued", 0)
    with working(house):
        until(lambda: read(house, job).state == "succeeded")
    check(house)


def test_while_the_database_is_away_the_work_goes_on(house, mia):
    """From the middle of the steps until long after the last frame nobody answers; then all is as if nothing was."""
    real, away = house.store.begin, threading.Event()

    @contextmanager
    def begin():
        if away.is_set():
            raise Unavailable("The database does not answer.")
        with real() as tx:
            yield tx

    house.store.begin = begin
    with working(house, DiscEngine(pause_seconds=0.05)) as worker:
        (job,) = order(house, mia, steps=10)
        until(lambda: read(house, job).step)
        away.set()
        slot = next(iter(worker._held)).slot
        until(lambda: slot.ended)
        time.sleep(0.5)
        away.clear()
        until(lambda: read(house, job).done)
    assert (read(house, job).state, read(house, job).attempts) == ("succeeded", 1)
    check(house)


def test_a_worker_only_takes_what_it_can_make(house, mia):
    (cuda,) = order(house, mia)
    with house.store.begin() as tx:
        tx.execute(sa.update(schema.jobs).values(needs="cuda"))
    with working(house, needs=("cpu",)):
        (plain,) = order(house, mia)
        until(lambda: read(house, plain).done)
    assert read(house, cuda).state == "queued"


def test_of_many_workers_one_does_each_duty_when_it_is_due(store, tmp_path):
    house = open_house(store, tmp_path)
    store.clock = service.Clock()
    done = []
    some = (
        maintenance.Duty("minutely", 60, lambda house: done.append("m")),
        maintenance.Duty("hourly", 3600, lambda house: done.append("h")),
    )
    crew = [maintenance.Duties(house, f"wrk_{number}", some) for number in range(4)]
    with_all = [threading.Thread(target=one.once) for one in crew]
    for thread in with_all:
        thread.start()
    for thread in with_all:
        thread.join()
    assert sorted(done) == ["h", "m"]
    store.clock.forward(61)
    assert [name for one in crew for name in one.once()] == ["minutely"]


def test_a_duty_that_fails_is_tried_again_and_stops_no_other(house):
    def bad(house):
        raise ZeroDivisionError

    house.store.clock = service.Clock()
    some = (maintenance.Duty("bad", 60, bad), maintenance.Duty("good", 60, lambda house: None))
    assert maintenance.Duties(house, "wrk_1", some).once() == ["good"]


def test_the_duties_of_the_house_are_all_done(house, mia):
    (job,) = order(house, mia)
    assert set(maintenance.Duties(house, "wrk_1", (*maintenance.ALL, *delivering.delivery(house))).once()) == {
        "damage", "deliveries", "exhausted", "expire", "new models", "read", "rules", "stranded",
        "sweep", "tidy",
    }  # fmt: skip
    assert maintenance.exhausted(house) == 0
    with house.store.begin() as tx:
        tx.execute(sa.update(schema.jobs).values(state="running", attempts=3, lease_worker="w", lease_until=1.0))
    assert maintenance.exhausted(house) == 1
    assert read(house, job).state == "failed"
    check(house)


def test_broken_rules_and_all_else_are_seen_by_the_monitoring(house, mia):
    order(house, mia, n=2)
    with working(house):
        until(lambda: b'vitascope_jobs{state="succeeded"} 2.0' in metrics.page(house.store))
        assert b'vitascope_workers{needs="cpu"} 1.0' in metrics.page(house.store)
    maintenance.check_rules(house)
    assert b"vitascope_invariants_broken 0.0" in metrics.page(house.store)
    with house.store.begin() as tx:
        tx.execute(sa.update(schema.buckets).values(available=1))
    maintenance.check_rules(house)
    page = metrics.page(house.store).decode()
    assert "vitascope_invariants_broken 0.0" not in page
    for name in ("step_seconds_bucket", "clip_seconds_sum", "queue_seconds_count", "credits_held", "jobs_ended_total"):
        assert f"vitascope_{name}" in page
