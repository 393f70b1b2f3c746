"""The layout of a clip (`conditions.layout_of` tells what that is), drawn on the CPU runtime before the first pixel."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitascope.engine import flow
from vitascope.engine.conditions import LAYOUT_FEATURES
from vitascope.engine.session import Session
from vitascope.world.stage import SLOTS

STEPS = 12  # more change nothing that can be seen

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Asked:
    """What a window's layout is drawn from."""

    tokens: npt.NDArray[np.int64]  # (2, L): asked and unasked
    pooled: Array  # (1, D) of what is asked, as the DiT's encoder has it
    camera: Array  # (T, 17)
    continues: bool
    given: Array  # (K, C, h, w) latent frames whose layout is still to be read
    given_index: npt.NDArray[np.int64]  # (K,)
    known: Array  # (T', S, F): what an earlier window made of the first frames
    guidance: float  # 1 needs one pass instead of two


class Layouts:
    """Draws layouts, reads them off given frames and sketches them, with three graphs of a weights folder."""

    def __init__(self, folder: Path, threads: int = 0):
        self._layout, self._glance, self._sketch = (
            Session(folder / f"{name}.onnx", threads) for name in ("layout", "glance", "sketch")
        )

    def draw(self, asked: Asked, rng: np.random.Generator) -> Array:
        """A layout (T, S, F), each number at unit deviation over all layouts."""
        frames = len(asked.camera)
        x = rng.standard_normal((frames, SLOTS, LAYOUT_FEATURES), dtype=np.float32)
        if len(asked.given):
            camera = asked.camera[asked.given_index]
            _, seen = self.seen(asked.tokens[:1], asked.pooled, asked.given, asked.given_index, camera)
            x[asked.given_index] = seen
        x[: len(asked.known)] = asked.known
        unknown = np.ones(frames, np.float32)
        unknown[asked.given_index] = unknown[: len(asked.known)] = 0
        passes = 1 if asked.guidance == 1 else 2
        times = flow.timesteps(STEPS, 1.0)
        before = None
        for turn, (t, t_next) in enumerate(pairwise(times)):
            velocities = self._layout.run(
                x=np.repeat(x[None], passes, axis=0),
                t=np.repeat(t * unknown[None], passes, axis=0).astype(np.float32),
                index=np.arange(frames, dtype=np.int64),
                continues=np.full(passes, float(asked.continues), np.float32),
                camera=np.repeat(asked.camera[None], passes, axis=0),
                tokens=asked.tokens[:passes],
            )["velocity"]
            v = velocities[0] if passes == 1 else flow.guide(velocities[0], velocities[1], np.float32(asked.guidance))
            move = v if before is None else flow.extrapolated(v, before, t - t_next, times[turn - 1] - t)
            x = flow.euler(x, move, np.float32(t - t_next) * unknown[:, None, None])
            before = v
        return x

    def sketch(self, layout: Array, latents: Array, camera: Array, pooled: Array) -> tuple[Array, Array]:
        """The latents (T, C, h, w) that a layout tells of, and their standard error. Of `latents` the shape counts."""
        found = self._sketch.run(x=latents, camera=camera[None], pooled=pooled, layout=layout[None])
        return found["sketch"][0], found["doubt"][0]

    def seen(
        self, tokens: npt.NDArray[np.int64], pooled: Array, given: Array, index: npt.NDArray[np.int64], camera: Array
    ) -> tuple[float, Array]:
        """The layout of given frames (K, S, F), as far as a glance makes it out, and how far they are from its sketch
        in the sketch's own doubts. Of the two sides on which the sun may stand it has the one that is less far.
        """
        sides: Array = self._glance.run(tokens=tokens, given=given[None], index=index, camera=camera[None])["layouts"]

        def unlike(side: Array) -> float:
            sketch, doubt = self.sketch(side, given, camera, pooled)
            return float(np.square((given - sketch) / doubt).clip(max=9).mean())

        return min(((unlike(side), side) for side in sides), key=lambda pair: pair[0])
