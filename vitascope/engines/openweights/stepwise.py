"""A whole call of a diffusers pipeline, made a step at a time.

The call runs in a greenlet: a piece of the same thread with a stack of its own, which stops where the pipeline shows
its progress bar and goes on when it is told to. So any pipeline runs as it is, with its own code before, in and after
its loop, and others run between two of its steps.
"""

from __future__ import annotations

import copy
import functools
import inspect
from dataclasses import dataclass
from typing import Any

import torch
from greenlet import getcurrent, greenlet


@dataclass
class _Shared:
    """What a call and its driver both see. `outside`: whether gradients are recorded where the driver runs. That is
    kept by thread, not by greenlet, so each side puts back what it found.
    """

    total: int | None = None
    made: int = 0
    outside: bool = True

    def pause(self) -> None:
        torch.set_grad_enabled(self.outside)
        try:
            getcurrent().parent.switch()
        finally:  # also when the call is ended here
            self.outside = torch.is_grad_enabled()
            torch.set_grad_enabled(False)


class _Bar:
    """In the place of a pipeline's progress bar: stops before the first step and after every one but the last."""

    def __init__(self, shared: _Shared):
        self.shared = shared

    def __enter__(self) -> _Bar:
        self.shared.pause()
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def update(self, count: int = 1) -> None:
        self.shared.made += count
        if self.shared.total is None or self.shared.made < self.shared.total:
            self.shared.pause()


class Stepwise:
    """The call `pipeline(**arguments)`, run up to its first step.

    `pipeline` should be a shell of the call's own (`shell`). All methods must be called in the thread that made it.
    Dropping it ends the call where it stands.
    """

    def __init__(self, pipeline: Any, arguments: dict[str, Any]):
        self._shared = shared = _Shared()
        self.result: tuple[Any, ...] | None = None
        self.scheduler = pipeline.scheduler

        def bar(iterable: object = None, total: int | None = None) -> _Bar:
            shared.total = total
            return _Bar(shared)

        def call() -> tuple[Any, ...]:
            shared.outside = torch.is_grad_enabled()
            try:
                with torch.no_grad():
                    made: tuple[Any, ...] = pipeline(**arguments, return_dict=False)
                    return made
            finally:
                torch.set_grad_enabled(shared.outside)

        pipeline.__dict__["progress_bar"] = bar
        self._call = greenlet(call)
        self._go_on()

    @property
    def total(self) -> int:
        return self._shared.total or 1

    @property
    def made(self) -> int:
        return self._shared.made

    def step(self) -> None:
        """One step; the last also runs what the pipeline does after its loop, and sets `result`."""
        self._go_on()

    def close(self) -> None:
        """End the call where it stands; its memory is free at once."""
        if not self._call.dead:
            self._call.throw()

    def _go_on(self) -> None:
        self._call.parent = getcurrent()
        made = self._call.switch()
        if self._call.dead:
            self.result = made


def shell(template: Any, scheduler: Any, device: torch.device) -> Any:
    """A pipeline that shares the template's modules and has everything else, its scheduler too, of its own: two calls
    on one pipeline object disturb each other without an error. It computes on `device`, wherever its modules are just
    now.
    """
    own = copy.copy(template)
    own.__class__ = _placed_class(own.__class__)
    own.__dict__["_placed_on"] = device
    own.__dict__["scheduler"] = watched(scheduler)
    if getattr(own, "guider", None) is not None:
        own.__dict__["guider"] = copy.deepcopy(own.guider)
    return own


@functools.cache
def _placed_class(kind: type) -> type:
    place = property(lambda self: self._placed_on)
    return type(kind.__name__, (kind,), {"_execution_device": place, "device": place})


def watched(scheduler: Any) -> Any:
    """A copy of the scheduler that keeps in `seen` the latents that its last step gave, and in `clean` what they would
    be without noise, as far as is known.
    """
    own = copy.deepcopy(scheduler)
    own.__class__ = _watched_class(own.__class__)
    own.seen = own.clean = None
    return own


@functools.cache
def _watched_class(kind: type) -> type:
    inner = kind.step  # type: ignore[attr-defined]
    signature = inspect.signature(inner)

    @functools.wraps(inner)  # pipelines look at its arguments
    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = signature.bind(self, *args, **kwargs).arguments
        made = inner(self, *args, **kwargs)
        self.seen = made[0] if isinstance(made, tuple) else made.prev_sample
        self.clean = _clean(self, given, made)
        return made

    return type(kind.__name__, (kind,), {"step": step})


def _clean(scheduler: Any, given: dict[str, Any], made: Any) -> torch.Tensor | None:
    """The estimate of the clean latents that this step was made with."""
    outputs = getattr(scheduler, "model_outputs", None)
    if outputs and outputs[-1] is not None:  # of UniPC and DPM-Solver: already clean latents
        return outputs[-1]
    if isinstance(made, tuple) and len(made) > 1:
        return made[1]
    if getattr(scheduler, "step_index", None) is not None:  # Euler along a flow: noise and clean differ by the velocity
        sigma = scheduler.sigmas[scheduler.step_index - 1]
        return given["sample"] - sigma * given["model_output"]
    return None
