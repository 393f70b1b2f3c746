"""A stand-in for the model, in tests only: draws a disc that moves, at once. It obeys the engine's protocol and looks
like nothing the model makes.

Run as a program it is the command line with this engine in the place of the model: `python tests/doubles.py generate
...`.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vitascope import engines
from vitascope.clip import ASPECTS, ClipSpec, ModelCard
from vitascope.media import picture, video

CARD = ModelCard(
    name="vitascope-nano",
    title="a drawn disc",
    modes=("text", "image", "last_image", "extend", "still", "camera"),
    sizes=tuple(ASPECTS.values()),
    weights="d15c" * 16,
    limits="draws discs only",
)
KNOWN = {"a", "red", "ball", "bounces"}


@dataclass(frozen=True)
class Reading:
    understood: tuple[str, ...]
    unknown: tuple[str, ...]
    chosen: tuple[str, ...] = ()


@dataclass
class Draft:
    spec: ClipSpec
    step_index: int = 0
    step_count: int = field(init=False)

    def __post_init__(self):
        self.step_count = self.spec.steps

    @property
    def done(self):
        return self.step_index >= self.step_count

    @property
    def reading(self):
        words = self.spec.prompt.split()
        return Reading(tuple(w for w in words if w in KNOWN), tuple(w for w in words if w not in KNOWN))


class DiscEngine:
    """`pause_seconds` before each step and frame, for tests that interrupt it."""

    card = CARD

    def __init__(self, pause_seconds: float = 0.0):
        self.pause_seconds = pause_seconds

    def begin(self, spec):
        assert spec.seed is not None
        return Draft(spec)

    def step(self, drafts):
        time.sleep(self.pause_seconds)
        for draft in drafts:
            draft.step_index += 1

    def preview(self, draft):
        return np.stack(list(self.frames(draft)))[::8]

    def frames(self, draft):
        spec = draft.spec
        width, height = spec.shape
        rows, columns = np.mgrid[:height, :width]
        rng = np.random.default_rng([spec.seed, zlib.crc32(spec.prompt.encode())])
        ground, disc = rng.integers(40, 216, 3), rng.integers(0, 256, 3)
        start = rng.random()
        if spec.extend:
            ground = video.tail(spec.extend.path, 1, frames=spec.extend.frames)[0, 0, 0]
        for index in range(spec.new_frames):
            time.sleep(self.pause_seconds)
            if spec.image and index == 0:
                yield picture.pixels(spec.image)
                continue
            frame = np.broadcast_to(ground, (height, width, 3)).astype(np.uint8)
            x = width * (0.5 + 0.3 * np.sin(start * 6 + index / 8))
            frame[(columns - x) ** 2 + (rows - height / 2) ** 2 < (height / 5) ** 2] = disc
            yield frame


def environment():
    """For a process of its own: this source tree first, so that tests need no installation."""
    here = Path(__file__).parent
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(here.parent), str(here)])}


if __name__ == "__main__":
    import signal

    from vitascope.__main__ import main

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us deaf to it
    pause = float(sys.argv.pop(1)) if sys.argv[1].replace(".", "").isdigit() else 0.0
    engines.load = lambda name: DiscEngine(pause)
    sys.exit(main())
