"""The queue: who gets which job, how a lease is kept and lost, and that nobody waits for another's hundred."""

import random
import threading
import time

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

import service
from service import claim, deliver, give_up, submit
from vitascope import plans
from vitascope.errors import BadClip, Conflict, LeaseLost, NotFound
from vitascope.store import events, fairness, idempotency, jobs, ledger, ranking, schema
from vitascope.store.fairness import Head, Standing


@pytest.fixture
def mia(store):
    return service.add_account(store, units=100_000)


@pytest.fixture
def ben(store):
    return service.add_account(store, units=100_000)


def read(store, job):
    with store.read() as tx:
        return jobs.get(tx, None, job.id)


def beat(store, lease, step=1, **more):
    with store.begin() as tx:
        return jobs.beat(tx, lease, store.clock(), step=step, steps=4, **more)


def kinds(store, account_id):
    with store.read() as tx:
        return [event.kind for event in events.since(tx, account_id, 0)]


def work(store, plan_file=None):
    """One worker does everything there is; the accounts in the order they were served."""
    served = []
    while lease := claim(store):
        served.append(lease.job.account_id)
        deliver(store, lease)
    return served


def test_a_job_goes_from_the_line_to_a_clip(store, mia):
    (job,) = submit(store, mia, units=40)
    assert (job.state, job.attempts, job.spec["prompt"]) == ("queued", 0, "a red ball bounces")
    lease = claim(store)
    assert (lease.job.id, lease.attempt, lease.job.state) == (job.id, 1, "running")
    store.clock.forward(1)
    assert beat(store, lease, step=2)
    done = deliver(store, lease)
    assert done.done
    assert done.clip_id.startswith("clip_")
    assert kinds(store, mia) == ["job.queued", "job.running", "job.progress", "job.succeeded"]
    assert claim(store) is None
    assert service.broken(store) == []


def test_a_worker_gets_only_what_it_can_do(store, mia):
    submit(store, mia, needs="cuda")
    assert claim(store) is None
    assert claim(store, needs=("cuda",), models=("another-model",)) is None
    assert claim(store, needs=("cpu", "cuda")).job.needs == "cuda"


def test_nobody_waits_longer_than_one_job_for_anothers_hundred(store, mia, ben):
    submit(store, mia, n=100)
    for _ in range(3):
        deliver(store, claim(store))
    submit(store, ben)
    for _ in range(2):
        lease = claim(store)
        if lease.job.account_id == ben:
            break
        deliver(store, lease)
    assert lease.job.account_id == ben
    deliver(store, lease)
    submit(store, ben)  # and again, though he was served last
    first, second = claim(store), claim(store)
    assert ben in (first.job.account_id, second.job.account_id)


def test_accounts_are_served_in_turn(store, mia, ben):
    submit(store, mia, n=4)
    submit(store, ben, n=2)
    assert work(store) == [mia, ben, mia, ben, mia, mia]


def test_a_higher_priority_goes_first(store, mia, ben):
    submit(store, mia, priority=0)
    submit(store, ben, n=2, priority=10)
    assert work(store) == [ben, ben, mia]


def test_who_waits_long_overtakes_a_flood_of_higher_priority(store, mia, ben):
    submit(store, mia, priority=0)
    store.clock.forward(fairness.PATIENCE_SECONDS + 1)
    submit(store, ben, n=5, priority=10)
    assert work(store)[:2] == [mia, ben]


def test_a_plan_limits_how_many_run_at_once(store):
    small = service.add_account(store, plan="standard")
    submit(store, small, n=5)
    leases = [claim(store, f"wrk_{number}") for number in range(4)]
    assert [bool(lease) for lease in leases] == [True, True, True, False]
    deliver(store, leases[0])
    assert claim(store)


def test_an_account_that_is_switched_off_gets_nothing_done(store, mia):
    submit(store, mia)
    with store.begin() as tx:
        tx.exec_driver_sql("UPDATE accounts SET disabled_at = 1")
    assert claim(store) is None


def test_the_offpeak_lane_waits_for_its_hour_or_an_idle_moment(store, mia, ben):
    (cheap,) = submit(store, mia, lane="offpeak", run_after=store.clock() + 3600)
    (normal,) = submit(store, ben)
    leases = [claim(store) for _ in range(2)]
    assert [lease.job.id for lease in leases] == [normal.id, cheap.id]  # nothing else was there to do
    for lease in leases:
        deliver(store, lease)
    (cheap,) = submit(store, mia, lane="offpeak", run_after=store.clock() + 3600)
    submit(store, mia)
    store.clock.forward(3601)
    assert claim(store).job.id == cheap.id  # its hour has come, and it came first


def test_the_relaxed_lane_runs_when_nothing_else_waits(store, mia, ben):
    (relaxed,) = submit(store, mia, lane="relaxed", priority=50)
    (cheap,) = submit(store, mia, lane="offpeak", run_after=store.clock() + 3600)
    (normal,) = submit(store, ben)
    assert [claim(store).job.id for _ in range(3)] == [normal.id, cheap.id, relaxed.id]


def test_a_job_may_not_start_before_its_time(store, mia):
    submit(store, mia, run_after=store.clock() + 10)
    assert claim(store) is None
    store.clock.forward(11)
    assert claim(store)


def test_a_dead_workers_job_goes_to_another_who_alone_may_finish_it(store, mia):
    submit(store, mia, units=40)
    first = claim(store, "wrk_a")
    assert claim(store, "wrk_b") is None
    store.clock.forward(31)
    second = claim(store, "wrk_b")
    assert (second.job.id, second.attempt) == (first.job.id, 2)
    for late in (lambda: beat(store, first), lambda: deliver(store, first), lambda: give_up(store, first)):
        with pytest.raises(LeaseLost, match=first.job.id):
            late()
    deliver(store, second)
    assert service.broken(store) == []


def test_a_beat_keeps_the_lease_and_a_late_one_keeps_it_if_nobody_came(store, mia):
    submit(store, mia)
    lease = claim(store)
    for _ in range(3):
        store.clock.forward(25)
        assert beat(store, lease)
        assert claim(store, "wrk_b") is None
    store.clock.forward(100)
    assert beat(store, lease)
    assert claim(store, "wrk_b") is None


def test_a_job_is_tried_three_times(store, mia):
    (job,) = submit(store, mia, units=40)
    for _ in range(jobs.MAX_ATTEMPTS):
        with store.read() as tx:
            assert jobs.exhausted(tx, store.clock()) == []
        assert claim(store).job.id == job.id
        store.clock.forward(31)
    assert claim(store) is None
    with store.read() as tx:
        (gone,) = jobs.exhausted(tx, store.clock())
    done = give_up(store, gone)
    assert (done.state, done.error_code, done.error_hint) == ("failed", "bad_clip", "Try again.")
    with store.read() as tx:
        assert ledger.balance(tx, mia, store.clock()).available == 100_000
    with pytest.raises(LeaseLost):
        give_up(store, gone)


def test_a_waiting_job_is_cancelled_at_once(store, mia):
    (job,) = submit(store, mia, units=40)
    with store.begin() as tx:
        assert jobs.ask_cancel(tx, mia, job.id, store.clock()).state == "cancelled"
        ledger.void(tx, job.id, store.clock())
    assert claim(store) is None
    assert service.broken(store) == []


def test_a_running_job_is_told_to_stop_at_its_next_beat(store, mia):
    (job,) = submit(store, mia, units=40)
    lease = claim(store)
    with store.begin() as tx:
        assert jobs.ask_cancel(tx, mia, job.id, store.clock()).state == "running"
    assert beat(store, lease) is False
    with store.begin() as tx:
        ledger.void(tx, job.id, store.clock())
        assert jobs.cancelled(tx, lease, store.clock(), compute_ms=70).compute_ms == 70
    with store.begin() as tx:
        assert jobs.ask_cancel(tx, mia, job.id, store.clock()).state == "cancelled"
    assert service.broken(store) == []


def test_a_cancelled_job_of_a_dead_worker_is_not_tried_again(store, mia):
    (job,) = submit(store, mia)
    claim(store)
    with store.begin() as tx:
        jobs.ask_cancel(tx, mia, job.id, store.clock())
    store.clock.forward(31)
    assert claim(store) is None
    with store.begin() as tx:
        (gone,) = jobs.exhausted(tx, store.clock())
        assert gone.cancel_requested
        jobs.cancelled(tx, gone, store.clock())
    assert read(store, job).state == "cancelled"


def test_a_cancel_after_the_worker_died_takes_effect_at_once(store, mia):
    (job,) = submit(store, mia)
    lease = claim(store)
    store.clock.forward(31)
    with store.begin() as tx:
        assert jobs.ask_cancel(tx, mia, job.id, store.clock()).state == "cancelled"
    with pytest.raises(LeaseLost):
        beat(store, lease)


def test_a_job_given_back_loses_no_attempt_and_its_old_lease_is_dead(store, mia):
    (job,) = submit(store, mia)
    for _ in range(5):
        lease = claim(store)
        with store.begin() as tx:
            jobs.release(tx, lease, store.clock())
    again = claim(store)
    assert again.job.id == job.id
    with pytest.raises(LeaseLost):
        beat(store, lease)
    store.clock.forward(31)
    assert claim(store)  # all but the released attempts count


def test_progress_is_told_at_most_twice_a_second(store, mia):
    submit(store, mia)
    lease = claim(store)
    for step in range(10):
        store.clock.forward(0.125)
        beat(store, lease, step=step, looks=[4] if step == 4 else None)
    assert kinds(store, mia).count("job.progress") == 3
    assert read(store, lease.job).step == 9
    assert read(store, lease.job).preview_key == lease.job.look_key(4)


def test_machine_time_adds_up_over_the_attempts(store, mia):
    submit(store, mia)
    beat(store, claim(store), compute_ms=300)
    store.clock.forward(31)
    second = claim(store)
    beat(store, second, compute_ms=100)
    beat(store, second, compute_ms=250)  # of this attempt so far
    assert read(store, second.job).compute_ms == 550


def test_a_job_of_another_account_is_not_found(store, mia, ben):
    (job,) = submit(store, mia)
    with store.begin() as tx:
        assert jobs.get(tx, mia, job.id).id == job.id
        for look in (jobs.get, lambda *who: jobs.ask_cancel(*who, store.clock())):
            with pytest.raises(NotFound, match=job.id):
                look(tx, ben, job.id)


def test_pages_follow_one_another(store, mia, ben):
    made = [job.id for job in submit(store, mia, n=5)]
    submit(store, ben)
    with store.read() as tx:
        first = jobs.page(tx, mia, limit=3)
        rest = jobs.page(tx, mia, limit=3, after=first[-1].id)
        assert [job.id for job in first + rest] == made[::-1]
        assert [job.id for job in jobs.page(tx, mia, order="asc")] == made
        assert jobs.page(tx, mia, state="failed") == []
        assert jobs.count(tx, mia) == 5
        assert jobs.count(tx) == 6


def test_the_position_in_the_line_is_the_order_of_starts(store, mia, ben):
    zoe = service.add_account(store)
    submit(store, mia, n=4)
    submit(store, ben, n=3)
    work(store)
    submit(store, mia, n=3)
    submit(store, zoe, n=5)
    submit(store, ben)
    submit(store, service.add_account(store), n=2, priority=10)
    submit(store, ben, lane="relaxed")
    with store.read() as tx:
        waiting = jobs.page(tx, None, limit=100, state="queued")
        line = jobs.queue_view(tx, store.clock())
        told = {job.id: jobs.position(tx, job, line) for job in waiting}
    started = []
    while lease := claim(store):
        started.append(lease.job.id)
        deliver(store, lease)
    assert [told[job_id] for job_id in started] == list(range(1, 13))


def test_the_same_key_gives_the_same_answer(store, mia, ben):
    with store.begin() as tx:
        assert idempotency.recall(tx, mia, "k", "f1") is None
        idempotency.remember(tx, mia, "k", "f1", {"ids": ["job_1"]}, store.clock())
    with store.begin() as tx:
        assert idempotency.recall(tx, mia, "k", "f1") == {"ids": ["job_1"]}
        assert idempotency.recall(tx, ben, "k", "f1") is None
        with pytest.raises(Conflict, match="another request"):
            idempotency.recall(tx, mia, "k", "f2")
        assert idempotency.forget(tx, store.clock() + 8 * 86_400) == 1


def test_many_workers_at_once_share_the_jobs_out(store):
    mia, ben = (service.add_account(store, plan="free", units=0) for _ in range(2))
    submit(store, mia, n=20)
    submit(store, ben, n=20)
    limit, seen, lock, most = plans.packaged()["free"].concurrency, [], threading.Lock(), []

    def work(number):
        while len(seen) < 40:
            lease = claim(store, f"wrk_{number}")
            if not lease:
                time.sleep(0.01)
                continue
            with store.read() as tx:
                most.append(max(jobs.count(tx, account, states=("running",)) for account in (mia, ben)))
            with lock:
                seen.append(lease.job.id)
            deliver(store, lease)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(set(seen))
    assert len(seen) == 40
    assert max(most) <= limit
    assert service.broken(store) == []


def test_claims_take_turns_so_that_a_limit_is_never_passed(store):
    mia, ben = (service.add_account(store, plan="free") for _ in range(2))
    submit(store, mia, n=2)
    submit(store, ben, n=2)
    got = []
    second = threading.Thread(target=lambda: got.append(claim(store, "wrk_b")))
    with store.begin() as tx:
        first = jobs.claim(tx, "wrk_a", store.clock(), models=service.MODELS, plans=plans.packaged())
        second.start()
        second.join(timeout=0.5)
        assert got == []  # it waits, because it does not see the first one's job yet
    second.join()
    assert (first.job.account_id, got[0].job.account_id) == (mia, ben)
    assert claim(store) is None


# The order by itself, without a database.

ACCOUNTS = "abcd"


@st.composite
def crowds(draw):
    """Accounts with many jobs and some history, and how many machines there are."""
    backlog = {name: draw(st.integers(0, 30)) for name in ACCOUNTS}
    weights = {name: draw(st.integers(1, 4)) for name in ACCOUNTS}
    turns = dict(zip(ACCOUNTS, draw(st.permutations(range(len(ACCOUNTS)))), strict=True))
    return backlog, weights, turns, draw(st.integers(1, 6)), draw(st.randoms(use_true_random=False))


@settings(max_examples=200, deadline=None)
@given(crowds())
def test_of_any_others_jobs_at_most_one_starts_before_a_single_one(crowd):
    backlog, weights, turns, machines, chance = crowd
    waiting = [(f"{number:04}", name) for name in ACCOUNTS for number in range(backlog[name])]
    running, turn, before = [], len(ACCOUNTS), []
    waiting.append(("9999", "single"))  # it came last
    weights, turns = {**weights, "single": 1}, {**turns, "single": chance.randrange(turn + 2)}
    turn += 2
    for _ in range(1000):
        if len(running) == machines:
            running.pop(chance.randrange(machines))
        heads, standings = [], {}
        for name in weights:
            own = sorted(job_id for job_id, owner in waiting if owner == name)
            if own:
                heads.append(Head(own[0], name, "normal", 0, 0.0))
                standings[name] = Standing(running.count(name), 100, weights[name], turns[name])
        best = fairness.order(heads, standings, now=1.0)[0]
        if best.account_id == "single":
            break
        before.append(best.account_id)
        running.append(best.account_id)
        waiting.remove((best.job_id, best.account_id))
        turn += 1
        turns[best.account_id] = turn
    assert best.account_id == "single"
    assert all(before.count(name) <= 1 for name in ACCOUNTS)


def test_weight_lets_an_account_run_more_at_once():
    heads = [Head("1", "light", "normal", 0, 0.0), Head("2", "heavy", "normal", 0, 0.0)]
    standings = {"light": Standing(2, 9, weight=1, turn=1), "heavy": Standing(3, 9, weight=2, turn=2)}
    assert fairness.order(heads, standings, now=1.0)[0].account_id == "heavy"


def test_a_reclaimed_job_does_not_stand_in_its_own_way():
    standing = {"a": Standing(running=1, limit=1, gone=1)}
    assert fairness.order([Head("1", "a", "normal", 0, 0.0, reclaimed=True)], standing, now=1.0)
    assert not fairness.order([Head("1", "a", "normal", 0, 0.0)], standing, now=1.0)


def heads_by_hand(store, everything):
    """The first job of each account, lane and priority, and the standings, in plain Python."""
    now, heads, standings = store.clock(), {}, {}
    for job in sorted(everything, key=lambda job: job.id):
        due = job.state == "running" or job.run_after <= now
        expired = job.state == "running" and job.lease_until <= now and job.attempts < jobs.MAX_ATTEMPTS
        if expired and not job.cancel_requested:
            heads[job.id] = Head(job.id, job.account_id, job.lane, job.priority, job.created_at, 0.0, True)
        elif job.state == "queued" and (due or job.lane == "offpeak"):
            head = Head(job.id, job.account_id, job.lane, job.priority, job.created_at, job.run_after)
            heads.setdefault((job.lane, job.account_id, job.priority, due), head)
    with store.read() as tx:
        turns = dict(tx.execute(sa.select(schema.turns.c.account_id, schema.turns.c.turn)).all())
        for account in tx.execute(sa.select(schema.accounts)):
            plan = plans.packaged().of(account.plan)
            own = [job for job in everything if job.account_id == account.id and job.state == "running"]
            gone = sum(job.lease_until <= now for job in own)
            standings[account.id] = Standing(len(own), plan.concurrency, plan.weight, turns.get(account.id, 0), gone)
    return list(heads.values()), standings


@pytest.mark.parametrize("seed", range(8))
def test_the_database_ranks_as_the_pure_order_does(store, seed):
    chance = random.Random(seed)
    accounts = [service.add_account(store, plan=chance.choice(["free", "standard", "pro", "gone"])) for _ in range(12)]
    for _ in range(60):
        store.clock.forward(chance.choice([0, 1, 100]))
        lane, priority = chance.choice(schema.LANES), chance.choice([0, 0, 10, 20, 35])
        run_after = chance.choice([0, 0, store.clock() + 2000])
        submit(store, chance.choice(accounts), lane=lane, priority=priority, run_after=run_after)
        if chance.random() < 0.25:
            claim(store, lease_seconds=chance.choice([10, 10_000]))
    with store.read() as tx:
        everything = jobs.page(tx, None, limit=1000)
        query, asked = (
            ranking.query(store.engine.name, plans.packaged()),
            {"needs": ["cpu"], "models": service.MODELS, "spec_format": 2},
        )
        values = {**asked, "now": store.clock()}
        found = [[row.id for row in tx.execute(query, {**values, "by_share": share})] for share in (0, 1)]
    for share in (0, 1):
        best = fairness.order(*heads_by_hand(store, everything), store.clock(), by_share=bool(share))
        assert found[share] == [head.job_id for head in best[: ranking.CANDIDATES]]
        assert found[share]


def test_a_failure_keeps_its_reason(store, mia):
    (job,) = submit(store, mia)
    give_up(store, claim(store), BadClip("Black frames.", hint="Try another seed."))
    assert read(store, job).error_message == "Black frames."
    with store.read() as tx:
        last = events.since(tx, mia, 0, job_id=job.id)[-1]
        assert last.id == events.last_id(tx, mia)
    assert last.data["error"] == {"code": "bad_clip", "message": "Black frames.", "hint": "Try another seed."}
