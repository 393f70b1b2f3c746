"""What an engine is: the only thing the rest of the house knows of one. An engine turns a spec into frames, step by
step.

The driving loop is the same for every engine:

    run = engine.begin(spec, engine.card.resolve(spec))
    while not run.done:
        engine.step([run])
    sound = engine.sound(run)
    for frame in engine.frames(run):
        ...

Runs may join, leave or overtake at every step, and the same spec gives the same bytes whatever its neighbours are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from vitascope.clip import ClipSpec, Shape
from vitascope.engines.card import ModelCard
from vitascope.errors import EngineFailed, VitascopeError, is_memory
from vitascope.frames import Frame, Frames
from vitascope.media.sound import Sound

__all__ = ["Frame", "Frames", "Reading", "Run", "Sound", "StepEngine", "Stopped", "at_work"]


class Stopped(Exception):
    """The work is no longer wanted here. Raised by those who watch it; not a fault."""


@contextmanager
def at_work(model: str) -> Iterator[None]:
    """Around calls into the engine of this model: an error of its own becomes EngineFailed."""
    try:
        yield
    except (VitascopeError, Stopped):
        raise
    except Exception as error:
        if is_memory(error):
            raise
        raise EngineFailed(model, error) from error


class Reading(Protocol):
    """How the model read the prompt: what it understood, in its own words, and which words it does not know. A model
    that cannot say has none.
    """

    @property
    def understood(self) -> tuple[str, ...]: ...

    @property
    def unknown(self) -> tuple[str, ...]: ...


class Run(Protocol):
    """A clip on its way. A long clip may have several windows; `step_count` counts the steps of all of them."""

    @property
    def done(self) -> bool: ...

    @property
    def step_index(self) -> int: ...

    @property
    def step_count(self) -> int: ...

    @property
    def reading(self) -> Reading | None: ...


R = TypeVar("R", bound=Run)  # each engine has runs of its own kind


class StepEngine(Protocol[R]):
    @property
    def card(self) -> ModelCard: ...

    def begin(self, spec: ClipSpec, shape: Shape) -> R:
        """Words read, noise drawn from the seed (never None here), given pictures and the source's last frames
        encoded. `shape` is what the card resolves the spec to.
        """

    def step(self, runs: list[R]) -> None:
        """One denoising step for each, whatever their step counts."""

    def preview(self, run: R) -> Frames:
        """A cheap look at where it is going."""

    def sound(self, run: R) -> Sound | None:
        """All of its sound, once the steps are done and before the first frame; None: it has none. A continued clip's
        own sound is not repeated.
        """

    def frames(self, run: R) -> Iterator[Frame]:
        """The `shape.frames` frames, decoded a group at a time. A continued clip's source is not repeated."""
