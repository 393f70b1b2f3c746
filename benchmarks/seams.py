"""How smoothly a clip goes on where it was put together: five seconds, written to a file, continued by five more and
written to another, which is what is looked at.

    python benchmarks/seams.py [--clips 12]

A step is the mean absolute difference of two frames that follow each other, in grey levels; a seam's ratio is its step
over the median of the 16 steps around it. 1: nobody can tell. Shown for the seam between the file and what was added,
for the one between two windows of the sampler, for the borders of groups of eight frames where nothing was put
together, and at those same places for true clips of the same scenes, as they are and through the codec alone.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

import vitascope
from vitascope.media import video
from vitascope.smallworld.dimensions import ASPECTS, GROUP
from vitascope.smallworld.exam import reconstruction
from vitascope.smallworld.exam.prompts import bank
from vitascope.smallworld.inference.bundle import weights_folder
from vitascope.smallworld.inference.codec import Decoder, Encoder
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.stage import set_stage

ADDED = 80  # frames; the file has one more
SEAMS = {"file and what was added": ADDED + 1, "two windows": ADDED + 1 + 7 * GROUP}  # the first frame behind each


def ratios(frames: np.ndarray) -> dict[str, list[float]]:
    """Place -> ratios of its seams in a clip (161, H, W, 3) uint8."""
    steps = np.abs(np.diff(frames.astype(np.int16), axis=0)).mean((1, 2, 3))  # steps[i]: from frame i to i + 1

    def ratio(first: int) -> float:
        around = np.r_[steps[first - 9 : first - 1], steps[first : first + 8]]
        return float(steps[first - 1] / max(np.median(around), 0.05))

    plain = [n for n in range(2 * GROUP + 1, len(frames) - GROUP, GROUP) if n not in SEAMS.values()]
    return {name: [ratio(first)] for name, first in SEAMS.items()} | {"groups": [ratio(first) for first in plain]}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--clips", type=int, default=12)
    flags = ask.parse_args()
    weights = weights_folder()
    encoder, decoder = Encoder(weights / "encoder.onnx"), Decoder(weights / "decoder.onnx")
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for question in tqdm(bank(flags.clips, first_seed=600_000), unit="clip"):
            source = Path(folder) / "source.mp4"
            vitascope.generate(question.prompt, seed=question.scene.seed, seconds=5).save(source)
            longer = Path(folder) / "longer.mp4"
            vitascope.generate(question.prompt, extend=source, seed=question.scene.seed, seconds=5).save(longer)
            made = video.tail(longer, 2 * ADDED + 1)
            true = render(set_stage(question.scene, len(made)), *ASPECTS[question.aspect])
            coded = reconstruction.there_and_back(true, encoder, decoder)
            for whose, frames in (("made", made), ("true", true), ("codec", coded)):
                for place, values in ratios(frames).items():
                    found.setdefault(f"{whose}: {place}", []).extend(values)
    print(f"{'':<32} {'seams':>6} {'median':>7} {'90 %':>6} {'worst':>6}")
    for name, values in found.items():
        middle, high, worst = np.quantile(values, (0.5, 0.9, 1.0))
        print(f"{name:<32} {len(values):>6} {middle:>7.2f} {high:>6.2f} {worst:>6.2f}")


if __name__ == "__main__":
    main()
