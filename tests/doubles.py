"""A stand-in for the model, in tests only: draws a disc that moves, at once. It obeys the engine's protocol and looks
like nothing the model makes.

Run as a program it is the command line with this engine in the place of the model: `python tests/doubles.py generate
...`.
"""

from __future__ import annotations

import os
import sys
import time
import tomllib
import zlib
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from vitascope.clip import ClipSpec, Recipe, Shape
from vitascope.engines import registry
from vitascope.engines.card import ClipFormat, ModelCard, ModelPrice
from vitascope.media import picture, video
from vitascope.media.sound import Sound

FORMAT = ClipFormat(
    fps=Fraction(16),
    group=8,
    side=32,
    sizes=((256, 256), (352, 192), (192, 352)),
    max_seconds=Fraction(60),
    max_total_seconds=Fraction(60),
    steps=4,
    max_steps=64,
    guidance=1.0,
)
CARD = ModelCard(
    name="vitascope-nano",
    title="a drawn disc",
    format=FORMAT,
    modes=("text", "image", "last_image", "extend", "still", "camera"),
    pictures_in_recipe=True,
    weights="d15c" * 16,
    limits="draws discs only",
    hooks=tomllib.loads((registry.SHIPPED / "vitascope-nano.toml").read_text("utf-8"))["hooks"],
)
#: The same with any size, for rules and prices.
ANY_SIZE = replace(
    CARD, format=replace(FORMAT, any_size=True, sizes=((256, 256), (352, 192), (192, 352), (4096, 4096)))
)


def recipe_of(spec, card=ANY_SIZE, **changed):
    """The recipe of a clip that this model could have made."""
    told = {"model": card.name, "weights": "w", "version": "0"}
    return Recipe(**{"spec": spec, "shape": card.resolve(spec), **told, **changed})


KNOWN = {"a", "red", "ball", "bounces"}


@dataclass(frozen=True)
class Reading:
    understood: tuple[str, ...]
    unknown: tuple[str, ...]
    chosen: tuple[str, ...] = ()


@dataclass
class Run:
    spec: ClipSpec
    shape: Shape
    step_index: int = 0
    step_count: int = field(init=False)

    def __post_init__(self):
        self.step_count = self.shape.steps or 1

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

    def begin(self, spec, shape):
        assert spec.seed is not None
        return Run(spec, shape)

    def step(self, runs):
        time.sleep(self.pause_seconds)
        for run in runs:
            run.step_index += 1

    def preview(self, run):
        return np.stack(list(self.frames(run)))[::8]

    def sound(self, run):
        return None

    def frames(self, run):
        spec, shape = run.spec, run.shape
        width, height = shape.size
        rows, columns = np.mgrid[:height, :width]
        rng = np.random.default_rng([spec.seed, zlib.crc32(spec.prompt.encode())])
        ground, disc = rng.integers(40, 216, 3), rng.integers(0, 256, 3)
        start = rng.random()
        if spec.extend:
            ground = video.tail(spec.extend.path, 1, frames=spec.extend.frames)[0, 0, 0]
        for index in range(shape.frames):
            time.sleep(self.pause_seconds)
            if spec.image and index == 0:
                yield picture.pixels(spec.image)
                continue
            frame = np.broadcast_to(ground, (height, width, 3)).astype(np.uint8)
            x = width * (0.5 + 0.3 * np.sin(start * 6 + index / 8))
            frame[(columns - x) ** 2 + (rows - height / 2) ** 2 < (height / 5) ** 2] = disc
            yield frame


class PaintEngine(DiscEngine):
    """Paints the first pictures of its references into the corners of its frames, each 64 pixels wide."""

    card = replace(
        CARD,
        name="painter",
        modes=("text", "image", "references", "extend"),
        references={"image": 4, "video": 1, "audio": 1},
        sound="optional",
        pictures_in_recipe=False,
        price=ModelPrice(second=Fraction(5), still=Fraction(2)),
        format=replace(FORMAT, sizes=((256, 256), (352, 192))),
    )

    def frames(self, run):
        def painted(one):
            if one.kind == "video":
                return Image.fromarray(next(video.read_frames(Path(one.path))))
            return Image.open(one.path)

        given = [one for one in run.spec.references if one.kind != "audio"]
        corners = [np.asarray(painted(one).convert("RGB").resize((64, 64))) for one in given]
        for frame in super().frames(run):
            frame = frame.copy()
            for number, corner in enumerate(corners[:4]):
                frame[:64, 64 * number : 64 * number + 64] = corner
            yield frame

    def sound(self, run):
        shape = run.shape
        if not shape.sound:
            return None
        times = np.arange(round(float(shape.frames / shape.fps) * 16000)) / 16000
        return Sound((0.5 * np.sin(2 * np.pi * 440 * times) * (times % 0.5 < 0.25))[:, None].astype(np.float32), 16000)


def environment():
    """For a process of its own: this source tree first, so that tests need no installation."""
    here = Path(__file__).parent
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(here.parent), str(here)])}


if __name__ == "__main__":
    import signal

    from vitascope.__main__ import main

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started us deaf to it
    pause = float(sys.argv.pop(1)) if sys.argv[1].replace(".", "").isdigit() else 0.0
    registry.load = lambda name="": DiscEngine(pause)
    sys.exit(main())
