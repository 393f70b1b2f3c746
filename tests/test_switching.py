"""Which models a device holds: the rule by itself, then over a real queue with a clock that is put forward."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

import service
from doubles import CARD
from test_worker import open_house
from vitascope.engines.registry import Registry
from vitascope.store import jobs, ledger, schema, serving
from vitascope.workers.child import RETIRE
from vitascope.workers.device import Device, Memory
from vitascope.workers.supervisor import TRIES, Supervisor
from vitascope.workers.switching import Decision, Model, Resident, State, decide, switch_wait

A, B, C = (Model(name, gigabytes=size, load_seconds=30.0) for name, size in (("a", 10), ("b", 10), ("c", 4)))
ALL = {model.name: model for model in (A, B, C)}


def at(now, *residents, room=6.0, **more):
    return decide(State(now, ALL, residents, room={"cpu": room}, **more))


def test_what_fits_is_loaded_at_once_and_what_does_not_waits_for_those_that_work():
    busy = Resident(A, ready_at=0.0, busy=True)
    assert at(100, busy, waiting={"c": 100}) == Decision(load=("c",))
    assert at(100, busy, waiting={"b": 0}) == Decision()
    assert at(119, busy, waiting={"b": 0}) == Decision()
    assert at(120, busy, waiting={"b": 0}) == Decision(put_away=("a",))
    assert at(10, busy, waiting={"b": 0}, switch_wait=5.0) == Decision()  # it had no turn yet
    assert at(30, busy, waiting={"b": 0}, switch_wait=5.0) == Decision(put_away=("a",))
    assert at(300, replace(busy, ready_at=None), waiting={"b": 0}) == Decision()  # it is still loading


def test_an_idle_model_goes_at_once_and_the_longest_unused_first():
    idle, other = Resident(A, 0.0, used_at=50.0), Resident(C, 0.0, used_at=40.0)
    assert at(60, idle, waiting={"b": 60}) == Decision(put_away=("a",))
    assert at(60, idle, waiting={"b": 60, "a": 60}) == Decision()  # it has jobs of its own
    assert at(60, idle, other, waiting={"b": 60}, room=2.0) == Decision(put_away=("c", "a"))
    assert at(60, idle, other, waiting={"b": 60}, room=6.0) == Decision(put_away=("c",))


def test_room_that_is_made_for_one_is_not_given_to_another():
    leaving = Resident(A, 0.0, leaving=True)
    assert at(60, leaving, waiting={"b": 0, "c": 1}) == Decision()
    assert at(60, leaving, waiting={"b": 0, "c": 1}, room=7.0) == Decision()
    assert at(60, waiting={"b": 0, "c": 1}, room=16.0) == Decision(load=("b", "c"))


def test_who_has_waited_longest_is_next():
    assert at(60, waiting={"b": 1, "a": 0}, room=10.0) == Decision(load=("a",))
    assert at(60, waiting={"b": 0, "a": 1}, room=10.0) == Decision(load=("b",))


def test_a_model_to_be_kept_is_loaded_where_nobody_waits_for_the_room():
    assert at(0, keep=("a",), room=10.0) == Decision(load=("a",))
    assert at(0, keep=("a",), room=9.0) == Decision()
    assert at(0, Resident(B, 0.0, busy=True), keep=("c",), waiting={"a": 0}, room=6.0) == Decision()


def test_devices_have_memory_of_their_own():
    gpu = Model("gpu", device="cuda", gigabytes=10)
    state = State(0, {"gpu": gpu}, (Resident(A, 0.0),), {"gpu": 0}, {"cpu": 100, "cuda": 8})
    assert decide(state) == Decision()
    assert decide(replace(state, room={"cpu": 0, "cuda": 10})) == Decision(load=("gpu",))


def test_the_wait_is_of_four_loads_and_at_most_five_minutes():
    assert switch_wait(A) == 120
    assert switch_wait(replace(A, load_seconds=200)) == 300
    assert switch_wait(A, 7.0) == 7


LOAD, WORK = 30.0, 15.0  # seconds


class World:
    """A supervisor on a real queue, with children that only count time. `loads`: models, as they were loaded; `waits`:
    how long each was passed over while jobs of its could start.
    """

    def __init__(self, store, folder, cards, *, gigabytes=16.0, broken=()):
        self.house = open_house(store, folder)
        self.clock = store.clock = service.Clock()
        self.cards, self.broken = {card.name: card for card in cards}, set(broken)
        self.processes, self.loads, self.waits, self._since = [], [], [], {}
        self.supervisor = Supervisor(
            self.house,
            Registry((), tuple(cards)),
            places={"cpu": Device("cpu", lambda: Memory(gigabytes, gigabytes), gigabytes)},
            start_child=self.start,
            clock=self.clock,
        )

    def start(self, arguments):
        name = arguments[arguments.index("--model") + 1]
        process = SimpleNamespace(pid=1000 + len(self.processes), name=name, born=self.clock())
        process.code, process.job, process.ready, process.retiring = None, None, False, False
        process.stdin = SimpleNamespace(write=lambda said: self.retire(process, said), flush=lambda: None)
        process.poll = lambda: process.code
        self.processes.append(process)
        self.loads.append(name)
        return process

    def retire(self, process, said):
        assert said == RETIRE
        process.retiring = True

    def kill(self, name):
        for process in self.alive():
            if process.name == name:
                process.code = -9

    def alive(self):
        return [process for process in self.processes if process.code is None]

    def run(self, seconds, until=lambda: False):
        for _ in range(int(seconds)):
            self.supervisor.look()
            held = sum(self.cards[process.name].gigabytes for process in self.alive())
            assert held <= 16.0
            for process in self.alive():
                self.work(process)
            self.note_waits()
            if until():
                return
            self.clock.forward(1)

    def work(self, process):
        now, worker, store = self.clock(), f"wrk_{process.pid}", self.house.store
        if not process.ready:
            if now - process.born < LOAD:
                return
            if process.name in self.broken:
                process.code = 1
                with store.begin() as tx:
                    serving.blame(tx, self.supervisor.host, process.pid, "its weights are of cheese", now)
                return
            process.ready = True
            row = {"id": worker, "host": self.supervisor.host, "pid": process.pid, "needs": "cpu", "busy": 0}
            row |= {"models": [process.name], "started_at": now, "seen_at": now, "created_at": now}
            with store.begin() as tx:
                tx.execute(schema.workers.insert().values(**row))
        with store.begin() as tx:
            tx.execute(sa.update(schema.workers).where(schema.workers.c.id == worker).values(seen_at=now))
        if process.job and now - process.job.job.started_at >= WORK:
            with store.begin() as tx:
                jobs.fail(tx, process.job, now, service.BadClip("no clip is made here", hint="none"))
                ledger.void(tx, process.job.job.id, now)
            process.job = None
        if not process.job and process.retiring:
            process.code = 0
            with store.begin() as tx:
                tx.execute(sa.delete(schema.workers).where(schema.workers.c.id == worker))
        elif not process.job:
            process.job = service.claim(store, worker, models=[process.name], lease_seconds=60)

    def note_waits(self):
        queued = sa.select(schema.jobs.c.model).where(schema.jobs.c.state == "queued").distinct()
        with self.house.store.read() as tx:
            waiting = set(tx.scalars(queued))
        loaded = {process.name for process in self.alive()}
        for name in self.cards:
            if name in waiting - loaded:
                self._since.setdefault(name, self.clock())
            elif name in self._since:
                self.waits.append(self.clock() - self._since.pop(name))

    def states(self):
        with self.house.store.read() as tx:
            return Counter(tx.scalars(sa.select(schema.jobs.c.state)))

    def done(self):
        return not {"queued", "running"} & self.states().keys()


def cards(*names, gigabytes=10.0):
    return [replace(CARD, name=name, gigabytes=gigabytes) for name in names]


@pytest.mark.parametrize("every", [0, 5], ids=["all at once", "one after another"])
def test_twenty_alternating_jobs_of_two_models_that_do_not_fit_together(sqlite_only, tmp_path, every):
    world = World(sqlite_only, tmp_path, cards("a", "b"))
    accounts = [service.add_account(sqlite_only, plan="pro", units=1_000_000) for _ in range(2)]
    for number in range(20):
        service.submit(sqlite_only, accounts[number // 2 % 2], model="ab"[number % 2])
        world.run(every)
    world.run(2000, until=world.done)
    assert world.done()
    assert 2 <= len(world.loads) <= 4
    assert max(world.waits) <= 4 * LOAD + WORK + 2  # what runs is finished; and a second for each look


def test_three_models_that_do_not_fit_together_all_have_their_turn(sqlite_only, tmp_path):
    world = World(sqlite_only, tmp_path, cards("a", "b", "c"))
    account = service.add_account(sqlite_only, plan="unlimited", units=1_000_000)
    for number in range(30):
        service.submit(sqlite_only, account, model="abc"[number % 3])
    world.run(4000, until=world.done)
    assert world.done()
    assert max(world.waits) <= 4 * LOAD + 2 * (2 * LOAD + WORK)


def test_models_that_fit_together_are_loaded_once(sqlite_only, tmp_path):
    world = World(sqlite_only, tmp_path, cards("a", "b", gigabytes=8.0))
    account = service.add_account(sqlite_only, plan="pro", units=1_000_000)
    for number in range(20):
        service.submit(sqlite_only, account, model="ab"[number % 2])
    world.run(2000, until=world.done)
    assert sorted(world.loads) == ["a", "b"]


def test_a_killed_child_is_started_again_and_its_job_is_made(sqlite_only, tmp_path):
    world = World(sqlite_only, tmp_path, cards("a", "b", gigabytes=8.0))
    account = service.add_account(sqlite_only, plan="pro", units=1_000_000)
    placed = [*service.submit(sqlite_only, account, model="a"), *service.submit(sqlite_only, account, n=3, model="b")]
    world.run(LOAD + 5)
    world.kill("a")
    world.run(500, until=world.done)
    assert Counter(world.loads) == {"a": 2, "b": 1}
    with sqlite_only.read() as tx:
        assert [jobs.get(tx, None, job.id).attempts for job in placed] == [2, 1, 1, 1]


def test_jobs_of_a_model_that_cannot_be_loaded_fail_with_a_reason_and_others_do_not(sqlite_only, tmp_path):
    world = World(sqlite_only, tmp_path, cards("a", "b", gigabytes=8.0), broken=["a"])
    account = service.add_account(sqlite_only, plan="pro", units=1_000_000)
    (bad,) = service.submit(sqlite_only, account, model="a", units=5)
    good = service.submit(sqlite_only, account, n=2, model="b")

    def read(job):
        with sqlite_only.read() as tx:
            return jobs.get(tx, None, job.id)

    world.run(LOAD + 5)
    with sqlite_only.read() as tx:
        told = serving.read(tx, world.clock())
    assert (told["a"].is_served, told["b"].workers) == (False, 1)
    assert "of cheese" in told["a"].faults[0]
    assert "cheese" not in serving.notes("a", told["a"])[0]
    assert serving.notes("b", told["b"]) == []
    world.run(500, until=world.done)
    assert read(bad).error_message == "The model a cannot be loaded on this server."
    assert world.loads.count("a") == TRIES
    assert {read(job).error_message for job in good} == {"no clip is made here"}
    assert service.broken(sqlite_only) == []
    world.run(40)
    (later,) = service.submit(sqlite_only, account, model="a")
    world.broken.clear()  # mended meanwhile
    world.run(200, until=world.done)
    assert read(later).error_message == "no clip is made here"


def test_what_does_not_fit_this_machine_is_never_loaded_and_said(sqlite_only, tmp_path):
    gpu = replace(CARD, name="gpu", needs="cuda")
    world = World(sqlite_only, tmp_path, [*cards("big", gigabytes=20.0), gpu, *cards("a")])
    account = service.add_account(sqlite_only, plan="pro", units=1_000_000)
    for name in ("big", "gpu"):
        service.submit(sqlite_only, account, model=name)
    world.run(100)
    assert world.loads == []
    with sqlite_only.read() as tx:
        told = serving.read(tx, world.clock())
    assert "20.0 GB" in told["big"].faults[0]
    assert "the device cuda" in told["gpu"].faults[0]
    assert told["a"].on_demand
    assert serving.notes("big", told["big"])[0].startswith("No worker serves big now")
