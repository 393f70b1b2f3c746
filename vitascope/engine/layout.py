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

STEPS, GUIDANCE = 12, 1.5  # more of either changes nothing that can be seen

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Asked:
    """What a window's layout is drawn from. `known` (T', S, F): what an earlier window made of the first frames."""

    tokens: npt.NDArray[np.int64]  # (2, L): asked and unasked
    camera: Array  # (T, 17)
    continues: bool
    given: Array  # (K, C, h, w) latent frames
    given_index: npt.NDArray[np.int64]  # (K,)
    known: Array
    guidance: float  # 1 needs one pass instead of two; more than GUIDANCE is not taken


class Layouts:
    def __init__(self, file: Path, threads: int = 0):
        self._session = Session(file, threads)

    def draw(self, asked: Asked, rng: np.random.Generator) -> Array:
        """A layout (T, S, F), each number at unit deviation over all layouts."""
        frames, known = len(asked.camera), len(asked.known)
        x = rng.standard_normal((frames, SLOTS, LAYOUT_FEATURES), dtype=np.float32)
        x[:known] = asked.known
        unknown = (np.arange(frames) >= known).astype(np.float32)
        passes, guidance = (1 if asked.guidance == 1 else 2), np.float32(min(asked.guidance, GUIDANCE))
        times = flow.timesteps(STEPS, 1.0)
        before = None
        for turn, (t, t_next) in enumerate(pairwise(times)):
            velocities = self._session.run(
                x=np.repeat(x[None], passes, axis=0),
                t=np.repeat(t * unknown[None], passes, axis=0).astype(np.float32),
                index=np.arange(frames, dtype=np.int64),
                continues=np.full(passes, float(asked.continues), np.float32),
                camera=np.repeat(asked.camera[None], passes, axis=0),
                tokens=asked.tokens[:passes],
                given=np.repeat(asked.given[None], passes, axis=0),
                given_index=asked.given_index,
            )["velocity"]
            v = velocities[0] if passes == 1 else flow.guide(velocities[0], velocities[1], guidance)
            move = v if before is None else flow.extrapolated(v, before, t - t_next, times[turn - 1] - t)
            x = flow.euler(x, move, np.float32(t - t_next) * unknown[:, None, None])
            before = v
        return x
