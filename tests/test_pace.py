"""How long clips take, as this database has seen it. On both databases."""

import pytest

from service import MODELS, SPEC, add_account, claim, deliver, submit
from vitascope.store import eta, jobs, schema

WORKER = {"host": "h", "pid": 1, "needs": "cpu", "models": [], "started_at": 0.0, "created_at": 0.0}


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
    (job,) = submit(store, account)
    found = measured(store)
    assert found.seconds(SPEC, SPEC.model) is None
    assert found.starts_in(1, SPEC.model, store.clock()) is None
    assert found.left(job, store.clock(), None) is None


def test_the_middle_of_the_latest_jobs_is_the_pace(store):
    account = add_account(store)
    for seconds in (10, 20, 90):
        done_in(store, account, seconds)
    found = measured(store)
    assert found.usual == {MODELS[0]: 20}
    assert found.seconds(SPEC, SPEC.model) == pytest.approx(20)
    store.clock.forward(8 * 86_400)
    assert measured(store).usual == {}  # it is another machine by now, for all we know


def test_what_waits_begins_when_the_machines_are_free(store):
    account = add_account(store)
    done_in(store, account, 20)
    assert measured(store).starts_in(1, SPEC.model, store.clock()) is None  # no worker lives
    with store.begin() as tx:
        tx.execute(schema.workers.insert().values(id="wrk_1", seen_at=store.clock(), busy=0, **WORKER))
    assert measured(store).starts_in(1, SPEC.model, store.clock()) == 0
    submit(store, account, n=2)
    claim(store)
    assert measured(store).starts_in(1, SPEC.model, store.clock()) == pytest.approx(20)
    assert measured(store).starts_in(2, SPEC.model, store.clock()) == pytest.approx(40)


def test_a_jobs_own_pace_counts_once_it_has_made_steps(store):
    account = add_account(store)
    done_in(store, account, 20)
    submit(store, account)
    lease = claim(store)
    store.clock.forward(8)
    with store.begin() as tx:
        jobs.beat(tx, lease, store.clock(), step=2, steps=4)
        job = jobs.get(tx, account, lease.job.id)
    share = 2 / (4 + eta.TAIL)
    left = measured(store).left(job, store.clock(), 20)
    assert left == pytest.approx(8 / share * (1 - share))
