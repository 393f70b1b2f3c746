"""Many clips on one engine, step by step: runs join, leave, are cancelled and overtake between two steps, and come
out the same bytes as alone.

One thread drives the engine (so that no engine need be safe for several) and does nothing else: no database, no files.
Every job has an `EngineSlot`, which looks to it like an engine of its own, so `render.make` works on both alike. Who
is next, `rank` says; it counts work, not time, and is pure.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vitascope.clip import ClipSpec, Shape
from vitascope.engines.card import ModelCard
from vitascope.engines.protocol import Reading, StepEngine, Stopped
from vitascope.frames import Frame, Frames
from vitascope.media.sound import Sound

STANDARD_STEP = 256 * 256 * 81  # pixels one step of a usual clip moves: one unit of work
WINDOW_FRAMES = 88  # a longer clip is stepped a window at a time
DECODE_WORK = 1 / 16  # decoding one frame of 256x256, in units; measured, see docs/decisions/0013
SHARE_EVERY = 4  # of so many turns one leaves priority out, so that no run stands still for those above it
AGEING = 1 / 8  # a waiting run gains one unit on the others for every eight they are served
LOOK_SECONDS = 0.3  # between two previews of a run
LOOK_SHARE = 0.03  # of the engine's time that previews may take
PIECE = 8  # frames decoded at once, of a model that has no groups
AHEAD = 4  # groups decoded before the writer has taken them


class Left(Stopped):
    """The slot was given up: the job was cancelled, or the worker is ending."""


@dataclass(frozen=True)
class Standing:
    """What decides a run's turn, in units of work: `used` its account's share so far, `left` what it still needs,
    `waited` what others were given since it joined.
    """

    priority: int
    used: float
    left: float
    waited: float
    joined: int
    current: bool = False  # it had the last turn


def rank(standing: Standing, *, by_share: bool = False) -> tuple[float, float, int]:
    """The smallest is next: the higher priority (left out in turns `by_share`), then the job that would end first if
    its account's share so far were counted to it, so that short ones overtake and no account crowds out another.
    Waiting counts too: nobody starves. Who has begun goes on unless another is better by more than a step: taking
    turns would end all of them late.
    """
    s = standing
    return (0 if by_share else -s.priority, s.used + s.left - s.waited * AGEING - s.current, s.joined)


@dataclass
class SlotRun:
    """A run as its job sees it: every step once and in order, however far the engine is."""

    reading: Reading | None
    step_count: int
    step_index: int = 0

    @property
    def done(self) -> bool:
        return self.step_index >= self.step_count


@dataclass(eq=False)
class EngineSlot:
    """One job's place at the engine; obeys the engine's protocol. It draws one clip after another, such as one that has
    to be made again before it is continued. Its methods wait until the work is done and raise what the engine raised,
    or Left.
    """

    scheduler: Scheduler
    account: str
    priority: int
    joined: int = 0
    spec: ClipSpec | None = None
    shape: Shape | None = None
    run: Any = None
    source: Iterator[Frame] | None = None  # set when the frames are asked for
    ready: deque[Frame] = field(default_factory=deque)
    voice: Sound | None = None  # its sound, once it is `heard`
    heard: bool = False
    ended: bool = False  # no more frames will come
    gone: bool = False
    error: BaseException | None = None
    served: float = 0.0  # units of work
    seconds: float = 0.0  # of the engine
    start: float = 0.0  # units served to all when it joined
    group: int = 0  # frames decoded
    looked_at: float = 0.0
    look: Frames | None = None  # the latest preview
    looked_step: int = 0  # after so many steps

    @property
    def card(self) -> ModelCard:
        return self.scheduler.card

    def begin(self, spec: ClipSpec, shape: Shape) -> SlotRun:
        self.spec, self.shape, self.run, self.source = spec, shape, None, None
        self.ready.clear()
        self.ended, self.group, self.look, self.voice, self.heard = False, 0, None, None, False
        self.scheduler._join(self)
        self._wait(lambda: self.run is not None)
        return SlotRun(self.run.reading, self.run.step_count)

    def step(self, runs: list[SlotRun]) -> None:
        (run,) = runs
        self._wait(lambda: self.run.step_index > run.step_index)
        run.step_index += 1

    def preview(self, run: SlotRun) -> Frames:
        """The latest look, when there is one; previews are made when they cost the others next to nothing."""
        assert self.look is not None
        return self.look

    def sound(self, run: SlotRun) -> Sound | None:
        """Asked for once the steps are done, as the engine's thread makes it before the first frame."""
        self._wait(lambda: self.heard)
        return self.voice

    def frames(self, run: SlotRun) -> Iterator[Frame]:
        while True:
            self._wait(lambda: bool(self.ready) or self.ended)
            with self.scheduler._changed:
                batch = list(self.ready)
                self.ready.clear()
                self.scheduler._changed.notify_all()
            if not batch:
                return
            yield from batch

    def leave(self) -> None:
        """Give the slot up, from any thread; the engine makes no further step for it. A second time changes nothing."""
        self.scheduler._leave(self)

    def _wait(self, until: Callable[[], bool]) -> None:
        with self.scheduler._changed:
            self.scheduler._changed.wait_for(lambda: self.gone or self.error is not None or until())
            if self.error is not None:
                raise self.error
            if self.gone:
                raise Left

    @property
    def _weight(self) -> float:
        assert self.shape
        return self.shape.width * self.shape.height * min(self.shape.frames, WINDOW_FRAMES) / STANDARD_STEP

    @property
    def _frame_work(self) -> float:
        assert self.shape
        return DECODE_WORK * self.shape.width * self.shape.height / (256 * 256)

    @property
    def _left(self) -> float:
        """Units of work until the last frame."""
        assert self.shape
        steps = self.shape.steps or 1
        if self.run is not None:
            steps = self.run.step_count - self.run.step_index
        return steps * self._weight + (self.shape.frames - self.group) * self._frame_work

    @property
    def _can_move(self) -> bool:
        return not self.ended and len(self.ready) < AHEAD * self.scheduler.piece


class Scheduler:
    """`width`: how many runs the engine steps at once (1: one by one, as a processor likes it). `start` drives it in
    a thread of its own; without, call `turn` yourself.
    """

    def __init__(self, engine: StepEngine[Any], *, width: int = 1, clock: Callable[[], float] = time.perf_counter):
        self.engine, self.width, self.clock = engine, width, clock
        self.card: ModelCard = engine.card
        self.piece = self.card.format.group if self.card.format.group > 1 else PIECE
        self.on_step: Callable[[float, int], None] = lambda seconds, runs: None  # seconds for each of the runs
        self.on_idle: Callable[[], None] = lambda: None  # nothing can be moved just now
        self._changed = threading.Condition()
        self._slots: list[EngineSlot] = []
        self._used: dict[str, float] = {}  # by account, while it has a slot
        self._served = 0.0
        self._joined = 0
        self._turns = 0
        self._look_budget = 0.0
        self._look_cost = 0.0
        self._current: EngineSlot | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    def slot(self, *, account: str = "", priority: int = 0) -> EngineSlot:
        return EngineSlot(self, account, priority)

    @property
    def waiting(self) -> int:
        """Drafts the engine could move now."""
        with self._changed:
            return sum(slot._can_move for slot in self._slots)

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name="engine", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Turn after turn until `close`."""
        while not self._closed:
            if not self.turn():
                self.on_idle()
                with self._changed:
                    self._changed.wait_for(lambda: self._closed or any(slot._can_move for slot in self._slots))

    def close(self) -> None:
        """End after the step being made; jobs that still have a slot get Left."""
        with self._changed:
            self._closed = True
            for slot in list(self._slots):
                self._remove(slot)
            self._changed.notify_all()
        if self._thread:
            self._thread.join()

    def turn(self) -> bool:
        """One step, or one group of frames, for who is next; False when there is nothing to do."""
        with self._changed:
            self._turns += 1
            share = self._turns % SHARE_EVERY == 0
            moving = [slot for slot in self._slots if slot._can_move]
            able = sorted(moving, key=lambda slot: rank(self._standing(slot), by_share=share))
            if not able:
                return False
            first = next((slot for slot in able[: self.width] if slot.run is None), able[0])
            stepping = [slot for slot in able if slot.run is not None and not slot.run.done][: self.width]
            chosen = stepping if first in stepping else [first]
            self._current = first
        try:
            self._move(chosen)
        except BaseException as error:
            with self._changed:
                for slot in chosen:
                    slot.error = error
                    self._remove(slot)
        with self._changed:
            self._changed.notify_all()
        return True

    def _standing(self, slot: EngineSlot) -> Standing:
        waited = self._served - slot.start - slot.served
        current = slot is self._current
        return Standing(slot.priority, self._used[slot.account], slot._left, waited, slot.joined, current)

    def _move(self, chosen: list[EngineSlot]) -> None:
        first, start = chosen[0], self.clock()
        if first.run is None:
            assert first.spec
            assert first.shape
            first.run = self.engine.begin(first.spec, first.shape)
            first.seconds += self.clock() - start
        elif not first.run.done:
            self.engine.step([slot.run for slot in chosen])
            each = (self.clock() - start) / len(chosen)
            self.on_step(each, len(chosen))
            for slot in chosen:
                slot.seconds += each
                self._serve(slot, slot._weight)
                self._look(slot, each)
        else:
            self._decode(first)
            first.seconds += self.clock() - start

    def _decode(self, slot: EngineSlot) -> None:
        if slot.source is None:
            voice = self.engine.sound(slot.run)
            with self._changed:
                slot.voice, slot.heard = voice, True
                self._changed.notify_all()
            slot.source = iter(self.engine.frames(slot.run))
        group = []
        for frame in slot.source:
            group.append(frame)
            if len(group) == self.piece:
                break
        self._serve(slot, len(group) * slot._frame_work)
        with self._changed:
            slot.group += len(group)
            slot.ready.extend(group)
            if len(group) < self.piece:
                slot.ended = True
                slot.source = None
                self._remove(slot, gone=False)

    def _look(self, slot: EngineSlot, step_seconds: float) -> None:
        """A preview, when the last is old enough and the budget allows it: a share of the steps' time, saved up. The
        first one comes within the first quarter of the steps, whatever it costs.
        """
        now, cost = self.clock(), self._look_cost  # of the last one; the first is free, to see what it costs
        self._look_budget = min(self._look_budget + LOOK_SHARE * step_seconds, 2 * cost)
        first = not slot.looked_step and 4 * (slot.run.step_index + 1) > slot.run.step_count
        dear = now - slot.looked_at < LOOK_SECONDS or cost > self._look_budget
        if slot.run.done or (dear and not first):
            return
        look = self.engine.preview(slot.run)
        self._look_cost = self.clock() - now
        self._look_budget -= self._look_cost if cost else 0.0
        slot.looked_at, slot.looked_step, slot.look = now, slot.run.step_index, look

    def _serve(self, slot: EngineSlot, work: float) -> None:
        with self._changed:
            slot.served += work
            self._served += work
            if slot.account in self._used:
                self._used[slot.account] += work

    def _join(self, slot: EngineSlot) -> None:
        with self._changed:
            if self._closed or slot.gone:
                raise Left
            # an account that comes is as far as the least served one here: it neither owes nor is owed for before
            self._used.setdefault(slot.account, min(self._used.values(), default=0.0))
            self._joined += 1
            slot.joined, slot.start = self._joined, self._served
            self._slots.append(slot)
            self._changed.notify_all()

    def _leave(self, slot: EngineSlot) -> None:
        with self._changed:
            self._remove(slot)
            self._changed.notify_all()

    def _remove(self, slot: EngineSlot, *, gone: bool = True) -> None:
        slot.gone = slot.gone or gone
        if slot in self._slots:
            self._slots.remove(slot)
            if not any(other.account == slot.account for other in self._slots):
                self._used.pop(slot.account, None)
