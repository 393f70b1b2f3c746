"""Many clips on one engine: nobody's bytes change, short and important ones overtake, nobody starves."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from doubles import CARD, DiscEngine
from processes import LONG
from vitascope import ask
from vitascope.engines import protocol, registry, render
from vitascope.errors import EngineFailed
from vitascope.workers.scheduler import AHEAD, Left, Scheduler, Standing, rank


def spec(prompt="a red ball", **asked):
    return ask.takes(ask.spec(prompt, CARD, **asked), 1)[0]


class Told(DiscEngine):
    """Writes down whose step was made."""

    def __init__(self):
        super().__init__()
        self.told = []

    def step(self, runs):
        self.told.append([run.spec.prompt for run in runs])
        super().step(runs)

    @property
    def order(self):
        """Each prompt once for every run of steps it had."""
        names = [name for names in self.told for name in names]
        return [name for before, name in zip([None, *names], names, strict=False) if name != before]


@pytest.fixture
def running():
    """Starts schedulers and ends them."""
    started = []

    def start(maker, **how):
        scheduler = Scheduler(maker, **how)
        started.append(scheduler)
        scheduler.start()
        return scheduler

    yield start
    for scheduler in started:
        scheduler.close()


def join(scheduler, take, **who):
    """A job that sits down and asks for nothing yet."""
    slot = scheduler.slot(**who)
    slot.spec, slot.shape = take, CARD.resolve(take)
    scheduler._join(slot)
    return slot


def turns(scheduler, count=10_000):
    return next((made for made in range(count) if not scheduler.turn()), count)


def drawn(slot, count=10_000):
    """The frames of a slot whose scheduler is turned by hand."""
    frames = []
    for _ in range(count):
        frames.extend(slot.ready)
        slot.ready.clear()
        if slot.ended:
            return np.stack(frames)
        assert slot.scheduler.turn()
    raise AssertionError("no end")


def test_the_same_bytes_as_alone_whatever_the_neighbours(running):
    """The true model: other prompts, shapes, step counts, lengths and seeds; joining at other moments."""
    maker = registry.load()
    takes = [
        spec("a large red ball bounces on snow", seconds=1, steps=3, seed=7),
        spec("a blue cube spins on grass at night", seconds=0.5, steps=5, seed=8, aspect="16:9"),
        spec("a green cone on sand", seconds=0, steps=2, seed=9),
        spec("a white cylinder slides on stone", seconds=6, steps=1, seed=10, camera="orbit left"),  # two windows
    ]
    alone = [render.draw(take, maker).frames for take in takes]
    scheduler = running(maker)

    def work(number):
        if number:  # each joins when the one before has made its first step
            marks[number - 1].wait(LONG)

        def progress(stage, done, total):
            if done:
                marks[number].set()

        return render.draw(takes[number], scheduler.slot(account=str(number % 2)), progress=progress).frames

    marks = [threading.Event() for _ in takes]
    with ThreadPoolExecutor(len(takes)) as pool:
        together = list(pool.map(work, range(len(takes))))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("seed", range(20))
def test_the_same_bytes_as_alone_in_any_order_of_joining_and_leaving(seed):
    chance = np.random.default_rng(seed)
    scheduler = Scheduler(DiscEngine(), width=int(chance.integers(1, 4)))
    waiting = [
        spec(
            f"a {number} ball", seconds=float(chance.choice([0, 0.5, 1])), steps=int(chance.integers(1, 9)), seed=number
        )
        for number in range(6)
    ]
    slots = []
    while waiting or any(not slot.ended and not slot.gone for slot in slots):
        act = chance.random()
        if waiting and act < 0.3:
            slots.append(
                join(scheduler, waiting.pop(), account=str(chance.integers(3)), priority=int(chance.integers(2)))
            )
        elif slots and act < 0.35:
            slots[chance.integers(len(slots))].leave()
        else:
            scheduler.turn()
    for slot in slots:
        if not slot.gone:
            assert np.array_equal(np.stack(slot.ready), render.draw(slot.spec, DiscEngine()).frames)


def test_a_short_job_overtakes_a_long_one():
    maker = Told()
    scheduler = Scheduler(maker)
    join(scheduler, spec("long", seconds=5, steps=30))
    turns(scheduler, 10)
    join(scheduler, spec("short", seconds=1, steps=4), account="other")
    join(scheduler, spec("own short", seconds=1, steps=4))
    turns(scheduler)
    assert maker.order == ["long", "short", "own short", "long"]


def test_a_job_of_a_higher_priority_overtakes_even_when_it_is_longer():
    maker = Told()
    scheduler = Scheduler(maker)
    join(scheduler, spec("plain", seconds=1, steps=4))
    turns(scheduler, 2)
    join(scheduler, spec("important", seconds=2, steps=30), priority=1)
    turns(scheduler)
    assert maker.order[:2] == ["plain", "important"]
    assert maker.order[-1] == "important"  # of four turns one went by share, so the plain one did not stand still


def test_an_account_with_many_jobs_delays_another_by_no_more_than_the_one_in_progress():
    maker = Told()
    scheduler = Scheduler(maker)
    many = [join(scheduler, spec(f"many {number}", seconds=1, steps=4), account="many") for number in range(4)]
    turns(scheduler, 3)
    single = join(scheduler, spec("single", seconds=1, steps=4), account="single")
    while not single.ended:
        assert scheduler.turn()
    assert sum(slot.ended for slot in many) <= 1
    assert maker.order[:3] == ["many 0", "single"] or maker.order[:2] == ["many 0", "single"]


def test_a_long_job_does_not_starve_under_a_stream_of_short_ones():
    scheduler = Scheduler(DiscEngine())
    long = join(scheduler, spec("long", seconds=5, steps=10))
    for number in range(400):
        join(scheduler, spec(f"short {number}", seconds=1, steps=4))
        turns(scheduler, 5)
        if long.run and long.run.done:
            return
    raise AssertionError("the long job never came to its end")


def test_rank_puts_priority_first_then_the_account_s_share_then_who_came_first():
    plain = Standing(priority=0, used=0, left=4, waited=0, joined=1)
    assert rank(Standing(1, 50, 50, 0, 9)) < rank(plain)
    assert rank(Standing(0, 1, 4, 0, 0)) > rank(plain)
    assert rank(Standing(0, 1, 4, 16, 0)) < rank(plain)
    assert rank(Standing(0, 0, 4, 0, 2)) > rank(plain)


def test_a_cancelled_job_gets_no_further_step(running):
    maker = DiscEngine(pause_seconds=0.02)
    slot = running(maker).slot()
    steps = []

    def progress(stage, done, total):
        steps.append(done)
        if done == 2:
            slot.leave()

    with pytest.raises(Left):
        render.draw(spec(seconds=0, steps=64), slot, progress=progress)
    assert steps == [0, 1, 2]
    assert slot.run.step_index <= 4  # the one being made when it left, and one that was made ahead of what was told


def test_several_drafts_are_stepped_at_once_where_the_engine_likes_that():
    maker = Told()
    scheduler = Scheduler(maker, width=3)
    for number in range(3):
        join(scheduler, spec(str(number), seconds=0, steps=2 + number))
    turns(scheduler)
    assert sorted(len(names) for names in maker.told) == [1, 2, 3, 3]


def test_an_engine_s_fault_is_its_job_s_alone(running):
    class Faulty(DiscEngine):
        def step(self, runs):
            if runs[0].spec.prompt == "bad":
                raise ZeroDivisionError("inside the engine")
            super().step(runs)

    scheduler = running(Faulty())
    with ThreadPoolExecutor(2) as pool:
        bad = pool.submit(render.draw, spec("bad", seconds=0), scheduler.slot())
        good = pool.submit(render.draw, spec("good", seconds=0, seed=1), scheduler.slot())
        assert len(good.result().frames) == 1
        with pytest.raises(EngineFailed, match="ZeroDivisionError"):
            bad.result()


def test_the_engine_waits_for_a_slow_writer_instead_of_filling_the_memory():
    scheduler = Scheduler(DiscEngine())
    slot = join(scheduler, spec(seconds=10, steps=1))
    turns(scheduler)
    assert len(slot.ready) == AHEAD * scheduler.piece
    assert len(drawn(slot)) == 161


def test_closing_wakes_those_who_wait():
    scheduler = Scheduler(DiscEngine(pause_seconds=0.01))
    scheduler.start()
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(render.draw, spec(seconds=2, steps=64), scheduler.slot())
        while not scheduler.waiting:
            pass
        scheduler.close()
        with pytest.raises(Left):
            waits.result(LONG)
    with pytest.raises(Left):
        scheduler.slot().begin(spec(), CARD.resolve(spec()))


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Slow(DiscEngine):
    """A step and a preview take so many seconds of the clock."""

    def __init__(self, clock, *, step=0.5, preview=0.5):
        super().__init__()
        self.clock, self.step_seconds, self.preview_seconds, self.looks = clock, step, preview, 0

    def step(self, runs):
        self.clock.now += self.step_seconds
        super().step(runs)

    def preview(self, run):
        self.clock.now += self.preview_seconds
        self.looks += 1
        return super().preview(run)


@pytest.mark.parametrize("steps", [2, 4, 8, 50])
def test_every_draft_has_a_preview_within_its_first_quarter_however_dear(steps):
    clock = Clock()
    scheduler = Scheduler(Slow(clock, step=0.2, preview=20.0), clock=clock)
    slots = [join(scheduler, spec(str(number), seconds=0, steps=steps)) for number in range(5)]
    first = {}
    while scheduler.turn():
        for number, slot in enumerate(slots):
            if slot.looked_step:
                first.setdefault(number, slot.looked_step)
    assert len(first) == 5
    assert max(first.values()) <= max(1, steps // 4)


def test_previews_come_in_steps_and_take_a_small_share_of_the_time():
    clock = Clock()
    maker = Slow(clock)
    scheduler = Scheduler(maker, clock=clock)
    slots = [join(scheduler, spec(str(number), seconds=0, steps=64)) for number in range(10)]
    turns(scheduler)
    assert 10 <= maker.looks <= 0.03 * 640 + 2
    shown: protocol.Frames = next(slot.look for slot in slots if slot.look is not None)
    assert shown.shape == (1, 256, 256, 3)
