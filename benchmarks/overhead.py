"""What the step engine adds to a plain call of an open model's pipeline: processor time for each step and each clip, on
Wan with tiny random weights, where next to nothing else is to be done.

    PYTHONPATH=.:tests python benchmarks/overhead.py [--rounds 50]

Both make the same latents, one after the other, round by round. The time of a step is the difference between clips of
many and of few steps, divided by the steps between them; the rest is the clip's. Medians of the differences.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from open_models import begun, engine, pipeline, spec

FEW, MANY = 2, 12


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=50)
    rounds = ask.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        maker = engine("wan_t2v", Path(folder))
        plain = pipeline("WanPipeline", "wan_t2v", Path(folder))

        def ours(steps: int) -> None:
            run = begun(maker, spec(steps=steps))
            while not run.done:
                maker.step([run])

        def theirs(steps: int) -> None:
            told = {"height": 32, "width": 32, "num_frames": 9, "num_inference_steps": steps, "output_type": "latent"}
            plain("a red ball", "", **told, generator=torch.Generator().manual_seed(1))

        for one in (ours, theirs):
            one(FEW)
        found = [
            {
                (name, steps): _cpu(one, steps)
                for steps in (FEW, MANY)
                for name, one in (("ours", ours), ("theirs", theirs))
            }
            for _ in range(rounds)
        ]
    more = [{steps: row["ours", steps] - row["theirs", steps] for steps in (FEW, MANY)} for row in found]
    step = statistics.median((row[MANY] - row[FEW]) / (MANY - FEW) for row in more)
    clip = statistics.median(row[FEW] for row in more) - FEW * step
    usual = statistics.median((row["theirs", MANY] - row["theirs", FEW]) / (MANY - FEW) for row in found)
    print(f"a step of the plain call: {1000 * usual:.2f} ms of processor time")
    print(f"more for each step: {1000 * step:.2f} ms; for each clip: {1000 * clip:.2f} ms (medians of {rounds})")


def _cpu(work: Callable[[int], None], steps: int) -> float:
    start = time.process_time()
    work(steps)
    return time.process_time() - start


if __name__ == "__main__":
    main()
