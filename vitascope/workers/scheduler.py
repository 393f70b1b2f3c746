"""Many clips on one engine, step by step: drafts join, leave, are cancelled and overtake between two steps, and come
out the same bytes as alone.

One thread drives the engine (so that no engine need be safe for several) and does nothing else: no database, no files.
Every job sits on a `Seat`, which looks to it like an engine of its own, so `drawing.make` works on both alike. Who is
next, `rank` says; it counts work, not time, and is pure.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vitascope.clip import GROUP, ClipSpec, ModelCard
from vitascope.engines.protocol import Engine, Frame, Frames, Reading
from vitascope.engines.render import Stopped

STANDARD_STEP = 256 * 256 * 81  # pixels one step of a usual clip moves: one unit of work
WINDOW_FRAMES = 88  # a longer clip is stepped a window at a time
GROUP_WORK = 0.5  # decoding one group of a usual clip, in units; measured, see docs/decisions/0013
SHARE_EVERY = 4  # of so many turns one leaves priority out, so that no draft stands still for those above it
AGEING = 1 / 8  # a waiting draft gains one unit on the others for every eight they are served
LOOK_SECONDS = 0.3  # between two previews of a draft
LOOK_SHARE = 0.03  # of the engine's time that previews may take
AHEAD = 4 * GROUP  # frames decoded before the writer has taken them


class Left(Stopped):
    """The seat was given up: the job was cancelled, or the worker is ending."""


@dataclass(frozen=True)
class Standing:
    """What decides a draft's turn, in units of work: `used` its account's share so far, `left` what it still needs,
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
class View:
    """A draft as its job sees it: every step once and in order, however far the engine is."""

    spec: ClipSpec
    reading: Reading
    step_count: int
    step_index: int = 0

    @property
    def done(self) -> bool:
        return self.step_index >= self.step_count


@dataclass(eq=False)
class Seat:
    """One job's place at the engine; obeys the engine's protocol. It draws one clip after another, such as one that has
    to be made again before it is continued. Its methods wait until the work is done and raise what the engine raised,
    or Left.
    """

    scheduler: Scheduler
    account: str
    priority: int
    joined: int = 0
    spec: ClipSpec | None = None
    draft: Any = None
    source: Iterator[Frame] | None = None  # set when the frames are asked for
    ready: deque[Frame] = field(default_factory=deque)
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

    def begin(self, spec: ClipSpec) -> View:
        self.spec, self.draft, self.source = spec, None, None
        self.ready.clear()
        self.ended, self.group, self.look = False, 0, None
        self.scheduler._join(self)
        self._wait(lambda: self.draft is not None)
        return View(spec, self.draft.reading, self.draft.step_count)

    def step(self, drafts: list[View]) -> None:
        (view,) = drafts
        self._wait(lambda: self.draft.step_index > view.step_index)
        view.step_index += 1

    def preview(self, draft: View) -> Frames:
        """The latest look, when there is one; previews are made when they cost the others next to nothing."""
        assert self.look is not None
        return self.look

    def frames(self, draft: View) -> Iterator[Frame]:
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
        """Give the seat up, from any thread; the engine makes no further step for it. A second time changes nothing."""
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
        assert self.spec
        width, height = self.spec.shape
        return width * height * min(self.spec.new_frames, WINDOW_FRAMES) / STANDARD_STEP

    @property
    def _group_work(self) -> float:
        assert self.spec
        width, height = self.spec.shape
        return GROUP_WORK * width * height / (256 * 256)

    @property
    def _left(self) -> float:
        """Units of work until the last frame."""
        assert self.spec
        steps = self.spec.steps if self.draft is None else self.draft.step_count - self.draft.step_index
        return steps * self._weight + (self.spec.new_frames - self.group) / GROUP * self._group_work

    @property
    def _can_move(self) -> bool:
        return not self.ended and len(self.ready) < AHEAD


class Scheduler:
    """`width`: how many drafts the engine steps at once (1: one by one, as a processor likes it). `start` drives it in
    a thread of its own; without, call `turn` yourself.
    """

    def __init__(self, engine: Engine[Any], *, width: int = 1, clock: Callable[[], float] = time.perf_counter):
        self.engine, self.width, self.clock = engine, width, clock
        self.card: ModelCard = engine.card
        self.on_step: Callable[[float, int], None] = lambda seconds, drafts: None  # seconds for each of the drafts
        self.on_idle: Callable[[], None] = lambda: None  # nothing can be moved just now
        self._changed = threading.Condition()
        self._seats: list[Seat] = []
        self._used: dict[str, float] = {}  # by account, while it has a seat
        self._served = 0.0
        self._joined = 0
        self._turns = 0
        self._look_budget = 0.0
        self._look_cost = 0.0
        self._current: Seat | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    def seat(self, *, account: str = "", priority: int = 0) -> Seat:
        return Seat(self, account, priority)

    @property
    def waiting(self) -> int:
        """Drafts the engine could move now."""
        with self._changed:
            return sum(seat._can_move for seat in self._seats)

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name="engine", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Turn after turn until `close`."""
        while not self._closed:
            if not self.turn():
                self.on_idle()
                with self._changed:
                    self._changed.wait_for(lambda: self._closed or any(seat._can_move for seat in self._seats))

    def close(self) -> None:
        """End after the step being made; jobs that still sit get Left."""
        with self._changed:
            self._closed = True
            for seat in list(self._seats):
                self._remove(seat)
            self._changed.notify_all()
        if self._thread:
            self._thread.join()

    def turn(self) -> bool:
        """One step, or one group of frames, for who is next; False when there is nothing to do."""
        with self._changed:
            self._turns += 1
            share = self._turns % SHARE_EVERY == 0
            moving = [seat for seat in self._seats if seat._can_move]
            able = sorted(moving, key=lambda seat: rank(self._standing(seat), by_share=share))
            if not able:
                return False
            first = next((seat for seat in able[: self.width] if seat.draft is None), able[0])
            stepping = [seat for seat in able if seat.draft is not None and not seat.draft.done][: self.width]
            chosen = stepping if first in stepping else [first]
            self._current = first
        try:
            self._move(chosen)
        except BaseException as error:
            with self._changed:
                for seat in chosen:
                    seat.error = error
                    self._remove(seat)
        with self._changed:
            self._changed.notify_all()
        return True

    def _standing(self, seat: Seat) -> Standing:
        waited = self._served - seat.start - seat.served
        current = seat is self._current
        return Standing(seat.priority, self._used[seat.account], seat._left, waited, seat.joined, current)

    def _move(self, chosen: list[Seat]) -> None:
        first, start = chosen[0], self.clock()
        if first.draft is None:
            assert first.spec
            first.draft = self.engine.begin(first.spec)
            first.seconds += self.clock() - start
        elif not first.draft.done:
            self.engine.step([seat.draft for seat in chosen])
            each = (self.clock() - start) / len(chosen)
            self.on_step(each, len(chosen))
            for seat in chosen:
                seat.seconds += each
                self._serve(seat, seat._weight)
                self._look(seat, each)
        else:
            self._decode(first)
            first.seconds += self.clock() - start

    def _decode(self, seat: Seat) -> None:
        if seat.source is None:
            seat.source = iter(self.engine.frames(seat.draft))
        group = []
        for frame in seat.source:
            group.append(frame)
            if len(group) == GROUP:
                break
        self._serve(seat, seat._group_work)
        with self._changed:
            seat.group += len(group)
            seat.ready.extend(group)
            if len(group) < GROUP:
                seat.ended = True
                seat.source = None
                self._remove(seat, gone=False)

    def _look(self, seat: Seat, step_seconds: float) -> None:
        """A preview, when the last is old enough and the budget allows it: a share of the steps' time, saved up. The
        first one comes within the first quarter of the steps, whatever it costs.
        """
        now, cost = self.clock(), self._look_cost  # of the last one; the first is free, to see what it costs
        self._look_budget = min(self._look_budget + LOOK_SHARE * step_seconds, 2 * cost)
        first = not seat.looked_step and 4 * (seat.draft.step_index + 1) > seat.draft.step_count
        dear = now - seat.looked_at < LOOK_SECONDS or cost > self._look_budget
        if seat.draft.done or (dear and not first):
            return
        look = self.engine.preview(seat.draft)
        self._look_cost = self.clock() - now
        self._look_budget -= self._look_cost if cost else 0.0
        seat.looked_at, seat.looked_step, seat.look = now, seat.draft.step_index, look

    def _serve(self, seat: Seat, work: float) -> None:
        with self._changed:
            seat.served += work
            self._served += work
            if seat.account in self._used:
                self._used[seat.account] += work

    def _join(self, seat: Seat) -> None:
        with self._changed:
            if self._closed or seat.gone:
                raise Left
            # an account that comes is as far as the least served one here: it neither owes nor is owed for before
            self._used.setdefault(seat.account, min(self._used.values(), default=0.0))
            self._joined += 1
            seat.joined, seat.start = self._joined, self._served
            self._seats.append(seat)
            self._changed.notify_all()

    def _leave(self, seat: Seat) -> None:
        with self._changed:
            self._remove(seat)
            self._changed.notify_all()

    def _remove(self, seat: Seat, *, gone: bool = True) -> None:
        seat.gone = seat.gone or gone
        if seat in self._seats:
            self._seats.remove(seat)
            if not any(other.account == seat.account for other in self._seats):
                self._used.pop(seat.account, None)
