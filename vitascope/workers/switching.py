"""Which models a device holds. Pure: from what is loaded, what waits and how much memory is free, to what is loaded and
what is put away.

A model that fits beside the others is loaded when a job asks for it. One that does not fit takes the room of idle
models at once, and that of busy ones when its jobs have waited for `switch_wait`: a change costs a load, so jobs of
the loaded model go first until then. A model that was loaded keeps its place at least as long as its load took. What a
model has begun is finished before it goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LOADS = 4  # so many loads' worth may a model's jobs wait for a device that others keep busy
LONGEST_WAIT = 300.0  # seconds; at most
USUAL_LOAD = 15.0  # seconds, for a model that was never loaded here


@dataclass(frozen=True)
class Model:
    """`gigabytes`: of the memory of its device ("cpu" or "cuda"). `load_seconds`: as measured, until it takes jobs."""

    name: str
    device: str = "cpu"
    gigabytes: float = 0.0
    load_seconds: float = USUAL_LOAD


@dataclass(frozen=True)
class Resident:
    """A model that takes up memory. `ready_at`: when its load ended, None while it loads; `busy`: it holds jobs;
    `used_at`: when it last had something to do; `leaving`: it takes no more jobs, and its memory comes back soon.
    """

    model: Model
    ready_at: float | None
    busy: bool = False
    used_at: float = 0.0
    leaving: bool = False


@dataclass(frozen=True)
class State:
    """`models`: those that may be loaded. `waiting`: models that have jobs which could start, with the moment since
    when they could but for the load. `room`: gigabytes free on each device, beside all residents. `keep`: models to be
    loaded also when no job asks for them, where there is room.
    """

    now: float
    models: Mapping[str, Model]
    residents: tuple[Resident, ...] = ()
    waiting: Mapping[str, float] = field(default_factory=dict)
    room: Mapping[str, float] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    switch_wait: float | None = None  # seconds; None: by the loads


@dataclass(frozen=True)
class Decision:
    load: tuple[str, ...] = ()
    put_away: tuple[str, ...] = ()


def switch_wait(model: Model, given: float | None = None) -> float:
    """Seconds that this model's jobs wait at most for a device that other models keep busy."""
    return min(LOADS * model.load_seconds, LONGEST_WAIT) if given is None else given


def decide(state: State) -> Decision:
    """The model that has waited longest comes first, and room that is being made for it is kept for it."""
    free = dict(state.room)
    coming = dict(free)  # when all that leave are gone
    for one in state.residents:
        if one.leaving:
            coming[one.model.device] = coming.get(one.model.device, 0.0) + one.model.gigabytes
    here = {one.model.name for one in state.residents}
    load: list[str] = []
    gone: list[str] = []
    unserved: set[str] = set()  # devices on which a model waits for room
    for name in sorted(state.waiting, key=lambda name: (state.waiting[name], name)):
        model = state.models.get(name)
        if model is None or name in here:
            continue
        if _fits(model, free):
            load.append(name)
        else:
            unserved.add(model.device)
            if not _fits(model, coming):
                victims = _victims(state, model, coming, gone)
                if not victims:
                    continue
                gone += [one.model.name for one in victims]
                coming[model.device] += sum(one.model.gigabytes for one in victims)
        for memory in (free, coming):
            memory[model.device] = memory.get(model.device, 0.0) - model.gigabytes
    for name in state.keep:
        model = state.models.get(name)
        if model and name not in here and name not in load and model.device not in unserved and _fits(model, free):
            load.append(name)
            free[model.device] = free.get(model.device, 0.0) - model.gigabytes
    return Decision(tuple(load), tuple(gone))


def _fits(model: Model, room: Mapping[str, float]) -> bool:
    return model.gigabytes <= room.get(model.device, 0.0) + 1e-6


def _victims(state: State, model: Model, room: Mapping[str, float], gone: list[str]) -> list[Resident]:
    """The residents that make room for this model, the longest unused first; none when that is not enough, or when its
    jobs have not waited long enough.
    """
    late = state.now - state.waiting[model.name] >= switch_wait(model, state.switch_wait)
    able = [
        one
        for one in state.residents
        if one.model.device == model.device
        and not (one.leaving or one.model.name in gone or one.ready_at is None)
        and (_idle(state, one) or (late and state.now - one.ready_at >= one.model.load_seconds))
    ]
    able.sort(key=lambda one: (not _idle(state, one), one.used_at, one.ready_at, one.model.name))
    short = model.gigabytes - room.get(model.device, 0.0)
    chosen: list[Resident] = []
    for one in able:
        if short <= 1e-6:
            break
        if one.model.gigabytes > 0:
            chosen.append(one)
            short -= one.model.gigabytes
    return chosen if short <= 1e-6 else []


def _idle(state: State, one: Resident) -> bool:
    return not one.busy and one.model.name not in state.waiting
