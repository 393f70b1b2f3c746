"""The diffusion transformer of the first edition's models, which drew what the renderer leaves. Weights made since have
none: it changed less than a point of what an exam asks (decision 19). It stays for bundles of those weights, so that
their recipes still give the same frames (`VITASCOPE_WEIGHTS`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from vitascope.smallworld.inference import flow
from vitascope.smallworld.inference.bundle import DENOISER, Bundle
from vitascope.smallworld.inference.layout import Sketch
from vitascope.smallworld.inference.session import Session

Array = npt.NDArray[np.float32]


class Denoiser:
    def __init__(self, bundle: Bundle, threads: int):
        self._session = Session(bundle.folder / DENOISER, threads)
        self._shift, self._temperature = (float(bundle.manifest[name]) for name in ("shift", "temperature"))
        self._shortcut = bool(bundle.manifest["shortcut"])  # it knows the mean velocity of a large step

    @classmethod
    def of(cls, bundle: Bundle, threads: int) -> Denoiser | None:
        """That of the bundle, if it has one."""
        return cls(bundle, threads) if DENOISER in bundle.manifest["files"] else None

    def run(
        self,
        sketch: Sketch,
        latents: Array,
        given: npt.NDArray[np.bool_],
        camera: Array,
        words: dict[str, Array],
        continues: bool,
        steps: int,
        rng: np.random.Generator,
    ) -> Array:
        """Latents (T, C, h, w) of a window whose `given` frames (T,) are known. What flows from noise to clean is what
        is left of them beside their sketch, in its doubts.
        """
        noise = np.float32(self._temperature) * rng.standard_normal(latents.shape, dtype=np.float32)
        rest = np.where(given[:, None, None, None], (latents - sketch.latents) / sketch.doubt, noise)
        told: dict[str, npt.NDArray[Any]] = {
            "index": np.arange(len(latents), dtype=np.int64),
            "continues": np.full(1, float(continues), np.float32),
            "camera": camera[None],
            "sketch": sketch.latents[None],
            "doubt": sketch.doubt[None],
            **words,
        }
        before: tuple[Array, float] | None = None
        for t, t_next in pairwise(flow.timesteps(steps, self._shift)):
            times = np.where(given, 0.0, t).astype(np.float32)
            size = np.full(1, t - t_next if self._shortcut else 0.0, np.float32)
            v: Array = self._session.run(rest=rest[None], t=times[None], step=size, **told)["velocity"][0]
            move = v
            if before and not self._shortcut:
                move = flow.extrapolated(v, before[0], np.float32(t - t_next), np.float32(before[1]))
            rest = flow.euler(rest, move, np.float32(t - t_next) * ~given[:, None, None, None])
            before = v, t - t_next
        made: Array = sketch.latents + sketch.doubt * rest
        return made
