"""The layout of a clip (`conditions.layout_of` tells what that is), drawn on the CPU runtime before the first pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitascope.smallworld.inference import flow
from vitascope.smallworld.inference.conditions import LAYOUT_FEATURES, MOVING, PER_TAP, SPECK, TAPS
from vitascope.smallworld.inference.session import Session
from vitascope.smallworld.world.stage import SLOTS

STEPS = 12  # more change nothing that can be seen
FITS, NUDGE = 2, 0.06  # Gauss-Newton steps, and how far a thing is moved to see what that changes
TRUST = 0.2  # neighbouring numbers of a latent are wrong alike, so each counts as part of one
OUTLYING = 3.0  # doubts from where on being further off counts in proportion, not by its square

Array = npt.NDArray[np.float32]


def _moves() -> tuple[Array, npt.NDArray[np.float64]]:
    """How a made-out thing may be moved (N, F): each number of its middles by itself, and its size as a whole. And the
    deviation (N,) of what a glance makes out of these.
    """
    moves = np.zeros((len(TAPS) * 3 + 1, LAYOUT_FEATURES), np.float32)
    for tap in range(len(TAPS)):
        moves[3 * tap : 3 * tap + 3, PER_TAP * tap : PER_TAP * (tap + 1)][:, MOVING["centre"]] = np.eye(3)
        moves[-1, PER_TAP * tap : PER_TAP * (tap + 1)][MOVING["extent"]] = 1
    return moves, np.array([0.25] * (len(moves) - 1) + [0.1])


MOVES, ASTRAY = _moves()


@dataclass(frozen=True)
class Asked:
    """What a window's layout is drawn from."""

    tokens: npt.NDArray[np.int64]  # (2, L): asked and unasked
    pooled: Array  # (1, D) of what is asked, as the renderer's encoder has it
    camera: Array  # (T, 17)
    continues: bool
    given: Array  # (K, C, h, w) latent frames whose layout is still to be read
    given_index: npt.NDArray[np.int64]  # (K,)
    known: Array  # (T', S, F): what an earlier window made of the first frames
    guidance: float  # 1 needs one pass instead of two


@dataclass(frozen=True)
class Sketch:
    """What a layout tells of T latent frames."""

    latents: Array  # (T, C, h, w)
    doubt: Array  # (T, C, h, w) their standard errors
    layout: Array  # (T, S, F) that it is of
    world: Array  # (T, S, F) the same in the world's units

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        """Which slots (S,) hold a thing."""
        taps = self.world[..., : len(TAPS) * PER_TAP].reshape(*self.world.shape[:2], len(TAPS), PER_TAP)
        return np.asarray((taps[..., MOVING["extent"]] > SPECK).any((0, 2, 3)))

    def unlike(self, latents: Array) -> float:
        """How far it is from latents (T, C, h, w), in its own doubts."""
        return float(np.square((latents - self.latents) / self.doubt).clip(max=9).mean())


class Layouts:
    """Draws layouts, reads them off given frames and sketches them, with three graphs of a weights folder."""

    def __init__(self, folder: Path, threads: int = 0):
        self._folder, self._threads = folder, threads
        self._layout, self._sketch = (Session(folder / f"{name}.onnx", threads) for name in ("layout", "sketch"))

    @cached_property
    def _glance(self) -> Session:
        """Opened when first something is given: half of a second that most clips need not wait for."""
        return Session(self._folder / "glance.onnx", self._threads)

    def draw(self, asked: Asked, rng: np.random.Generator) -> Array:
        """A layout (T, S, F), each number at unit deviation over all layouts."""
        frames = len(asked.camera)
        x = rng.standard_normal((frames, SLOTS, LAYOUT_FEATURES), dtype=np.float32)
        known = np.zeros_like(x)
        if len(asked.given):
            camera = asked.camera[asked.given_index]
            seen = self.seen(asked.tokens[:1], asked.pooled, asked.given, asked.given_index, camera)
            known[asked.given_index] = self.fitted(seen, asked.given, camera, asked.pooled)
        known[: len(asked.known)] = asked.known
        unknown = np.ones(frames, np.float32)
        unknown[asked.given_index] = unknown[: len(asked.known)] = 0
        x *= unknown[:, None, None]
        passes = 1 if asked.guidance == 1 else 2
        times = flow.timesteps(STEPS, 1.0)
        before = None
        for turn, (t, t_next) in enumerate(pairwise(times)):
            found = self._layout.run(
                x=np.repeat(x[None], passes, axis=0),
                known=np.repeat(known[None], passes, axis=0),
                t=np.repeat(t * unknown[None], passes, axis=0).astype(np.float32),
                index=np.arange(frames, dtype=np.int64),
                continues=np.full(passes, float(asked.continues), np.float32),
                camera=np.repeat(asked.camera[None], passes, axis=0),
                tokens=asked.tokens[:passes],
            )
            velocities = found["velocity"]
            v = velocities[0] if passes == 1 else flow.guide(velocities[0], velocities[1], np.float32(asked.guidance))
            move = v if before is None else flow.extrapolated(v, before, t - t_next, times[turn - 1] - t)
            x = flow.euler(x, move, np.float32(t - t_next) * unknown[:, None, None])
            before = v
        layout: Array = found["mean"][0] + found["deviation"][0] * x
        return layout

    def sketch(self, layout: Array, latents: Array, camera: Array, pooled: Array) -> Sketch:
        """What a layout tells of. Of `latents` the shape counts."""
        found = self._sketch.run(x=latents, camera=camera[None], pooled=pooled, layout=layout[None])
        return Sketch(found["sketch"][0], found["doubt"][0], layout, found["world"])

    def seen(
        self, tokens: npt.NDArray[np.int64], pooled: Array, given: Array, index: npt.NDArray[np.int64], camera: Array
    ) -> Sketch:
        """What a glance makes out in given frames (K, C, h, w). Of the two sides on which the sun may stand it has the
        one whose sketch is more like them.
        """
        glance = self._glance.run(tokens=tokens, given=given[None], index=index, camera=camera[None])
        sketches = (self.sketch(layout, given, camera, pooled) for layout in glance["layouts"])
        return min(sketches, key=lambda one: one.unlike(given))

    def fitted(self, seen: Sketch, given: Array, camera: Array, pooled: Array) -> Array:
        """The layout (K, S, F) of given frames with its things moved to where its sketch is most like them.

        Gauss-Newton with differences for derivatives, each frame by itself, a normal prior around where the glance has
        them, and Huber's loss, as errors of the sketch are no normal ones.
        """
        layout, there = seen.layout, seen.there
        if not there.any():
            return layout
        frames, (slots,) = len(layout), there.nonzero()
        moves = np.zeros((len(slots), len(MOVES), *layout.shape[1:]), np.float32)
        moves[np.arange(len(slots)), :, slots] = MOVES
        moves = moves.reshape(-1, *layout.shape[1:])  # (N, S, F)
        astray = np.tile(ASTRAY, len(slots))

        def sketches(moved: npt.NDArray[np.float64]) -> tuple[Array, Array]:
            """Of several (M, K, N) ways to move things: (M, K, numbers of a frame)."""
            tried = layout + np.tensordot(moved.astype(np.float32), moves, axes=1)
            found = [self.sketch(each, given, camera, pooled) for each in tried]
            sketch, doubt = ([each.latents for each in found], [each.doubt for each in found])
            return np.reshape(sketch, (len(tried), frames, -1)), np.reshape(doubt, (len(tried), frames, -1))

        def loss(sketch: Array, doubt: Array, moved: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            off = np.abs((given.reshape(frames, -1) - sketch) / doubt).astype(np.float64)
            huber = np.where(off < OUTLYING, off * off / 2, OUTLYING * (off - OUTLYING / 2))
            prior = np.square(moved / astray).sum(-1) / 2
            return np.asarray(TRUST * (huber + np.log(doubt)).sum(-1) + prior)

        moved = np.zeros((1, frames, len(moves)))
        sketch, doubt = sketches(moved)
        for _ in range(FITS):
            nudged, _ = sketches(moved + NUDGE * np.eye(len(moves))[:, None])
            slope = ((nudged - sketch) / doubt / NUDGE).astype(np.float64)  # (N, K, numbers)
            off = ((given.reshape(frames, -1) - sketch[0]) / doubt[0]).astype(np.float64)
            weight = TRUST * np.minimum(1, OUTLYING / np.abs(off).clip(min=1e-6))
            curve = np.einsum("ikm,jkm->kij", weight * slope, slope) + np.diag(astray**-2)
            pull = np.einsum("ikm,km->ki", weight * slope, off) - moved[0] / astray**2
            step = np.linalg.solve(curve, pull[..., None])[..., 0].clip(-1.5 * astray, 1.5 * astray)
            further = moved + np.array([0.4, 1])[:, None, None] * step
            tried = np.concatenate([moved, further])  # or stay
            sketch, doubt = map(np.concatenate, zip((sketch, doubt), sketches(further), strict=True))
            best = loss(sketch, doubt, tried).argmin(0)  # (K,)
            moved, sketch, doubt = (array[best, np.arange(frames)][None] for array in (tried, sketch, doubt))
        fitted: Array = layout + np.tensordot(moved[0].astype(np.float32), moves, axes=1)
        return fitted
