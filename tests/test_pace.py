"""How long clips take, as this database has seen it. On both databases."""

import pytest

from doubles import CARD
from service import MODELS, SPEC, add_account, claim, deliver, submit
from vitascope.clip import ClipSpec
from vitascope.store import eta, jobs, progress, schema

WORKER = {"host": "h", "pid": 1, "needs": "cpu", "models": list(MODELS), "started_at": 0.0, "created_at": 0.0}


def measured(store):
    with store.read() as tx:
        return eta.measured(tx, store.clock())


def done_in(store, account, seconds):
    submit(store, account)
    lease = claim(store)
    store.clock.forward(seconds)
    return deliver(store, lease)


def test_nothing_is_known_before_a_job_has_ended(store):
    account = add_account(store)
    submit(store, account)
    found = measured(store)
    assert found.seconds(CARD.resolve(SPEC), CARD.name) is None
    assert found.starts_in(1, CARD.name) is None


def test_the_middle_of_the_latest_jobs_is_the_pace(store):
    account = add_account(store)
    for seconds in (10, 20, 90):
        done_in(store, account, seconds)
    found = measured(store)
    assert found.usual == {MODELS[0]: 20}
    assert found.seconds(CARD.resolve(SPEC), CARD.name) == pytest.approx(20)
    store.clock.forward(8 * 86_400)
    assert measured(store).usual == {}  # it is another machine by now, for all we know


def test_what_waits_begins_when_the_machines_are_free(store):
    account = add_account(store)
    done_in(store, account, 20)
    assert measured(store).starts_in(1, CARD.name) is None  # no worker lives
    with store.begin() as tx:
        tx.execute(schema.workers.insert().values(id="wrk_1", seen_at=store.clock(), busy=0, **WORKER))
    assert measured(store).starts_in(1, CARD.name) == 0
    submit(store, account, n=2)
    claim(store)
    assert measured(store).starts_in(1, CARD.name) == pytest.approx(20)
    assert measured(store).starts_in(2, CARD.name) == pytest.approx(40)


def test_a_running_job_is_as_far_as_its_steps_and_its_machine_time_say(store):
    account = add_account(store)
    done_in(store, account, 20)
    submit(store, account)
    lease = claim(store)
    with store.begin() as tx:
        jobs.beat(tx, lease, store.clock(), step=2, steps=4, compute_ms=1000)
        job = jobs.get(tx, account, lease.job.id)
    found = measured(store)
    far = found.progress(job)
    share = 2 / (4 + progress.TAIL)
    assert (far.share, far.seconds_left, far.stage) == (pytest.approx(share), pytest.approx(20 * (1 - share)), "steps")
    assert found.of(found.running[0]) == far  # as it is read for the others


def test_a_running_job_whose_row_another_version_wrote_is_left_out(store):
    account = add_account(store)
    done_in(store, account, 20)
    submit(store, account, n=2)
    lease = claim(store)
    claim(store)
    with store.begin() as tx:
        tx.execute(
            schema.jobs.update().where(schema.jobs.c.id == lease.job.id).values(spec={"prompt": "a ball"}, shape={})
        )
    assert [one.id == lease.job.id for one in measured(store).running] == [False]


def test_waiting_for_others_of_the_worker_is_no_work(store):
    """Two jobs of ten seconds at once end after twenty; the next such one takes ten."""
    account = add_account(store)
    submit(store, account, n=2)
    leases = [claim(store), claim(store)]
    for lease in leases:
        store.clock.forward(10)
        with store.begin() as tx:
            jobs.beat(tx, lease, store.clock(), step=4, steps=4, compute_ms=9000)
        deliver(store, lease)
    assert measured(store).seconds(CARD.resolve(SPEC), CARD.name) == pytest.approx(10)


def test_a_long_clip_makes_its_steps_for_each_window(store):
    account = add_account(store)
    submit(store, account, spec=ClipSpec(prompt="a red ball bounces", seconds=20, aspect="16:9"))
    lease = claim(store)
    with store.begin() as tx:
        jobs.beat(tx, lease, store.clock(), step=6, steps=16)
    (running,) = measured(store).running
    assert (running.step, running.steps, running.pixels) == (1.5, 4, 352 * 192 * 321)
