"""What an engine is: the only thing the rest of the house knows of one. An engine turns a spec into frames, step by
step.

The driving loop is the same for every engine:

    draft = engine.begin(spec)
    while not draft.done:
        engine.step([draft])
    for frame in engine.frames(draft):
        ...

Drafts may join, leave or overtake at every step, and the same spec gives the same bytes whatever its neighbours are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from vitascope.clip import ClipSpec, ModelCard

Frame = npt.NDArray[np.uint8]  # (H, W, 3)
Frames = npt.NDArray[np.uint8]  # (T, H, W, 3)


class Reading(Protocol):
    """How the model read the prompt: what it understood, in its own words, and which words it does not know."""

    @property
    def understood(self) -> tuple[str, ...]: ...

    @property
    def unknown(self) -> tuple[str, ...]: ...


class Draft(Protocol):
    """A clip on its way. A long clip has several windows; `step_count` counts the steps of all of them."""

    @property
    def spec(self) -> ClipSpec: ...

    @property
    def done(self) -> bool: ...

    @property
    def step_index(self) -> int: ...

    @property
    def step_count(self) -> int: ...

    @property
    def reading(self) -> Reading: ...


D = TypeVar("D", bound=Draft)  # each engine has drafts of its own kind


class Engine(Protocol[D]):
    @property
    def card(self) -> ModelCard: ...

    def begin(self, spec: ClipSpec) -> D:
        """Words read, noise drawn from the seed (never None here), given pictures and the source's last frames
        encoded.
        """

    def step(self, drafts: list[D]) -> None:
        """One denoising step for each, whatever their step counts."""

    def preview(self, draft: D) -> Frames:
        """A cheap look at where it is going."""

    def frames(self, draft: D) -> Iterator[Frame]:
        """The `spec.new_frames` frames, decoded one group at a time. A continued clip's source is not repeated."""
