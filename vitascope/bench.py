"""Figures of this machine: prompt to file, stage by stage, and the peak of memory. The clip made is thrown away."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vitascope import ask, engines
from vitascope.config import settings
from vitascope.engines import render
from vitascope.media.atomic_write import written_aside


def measure(prompt: str, *, seconds: float, rounds: int) -> dict[str, Any]:
    """Medians over the rounds. The load is timed once, from nothing in memory but the imports."""
    start = time.perf_counter()
    maker = engines.load(settings().model)
    load = time.perf_counter() - start
    spec = ask.spec(prompt, seconds=seconds, seed=7)
    steps, whole = [], []
    with TemporaryDirectory(prefix="vitascope-bench-") as folder:
        for _ in range(rounds):
            marks: list[float] = []
            start = time.perf_counter()
            render.make(
                spec,
                maker,
                Path(folder) / "clip.mp4",
                progress=lambda stage, *_, marks=marks: stage == "steps" and marks.append(time.perf_counter()),
            )
            whole.append(time.perf_counter() - start)
            steps.append(marks[-1] - start)
        size = (Path(folder) / "clip.mp4").stat().st_size
    total, denoise = statistics.median(whole), statistics.median(steps)
    return {
        "model": maker.card.name,
        "weights": maker.card.weights[:16],
        "threads": settings().threads,
        "frames": spec.frames,
        "size": f"{spec.shape[0]}x{spec.shape[1]}",
        "rounds": rounds,
        "load_s": round(load, 3),
        "denoise_s": round(denoise, 3),
        "decode_and_write_s": round(total - denoise, 3),
        "prompt_to_file_s": round(total, 3),
        "frames_per_s": round(spec.frames / total, 1),
        "file_bytes": size,
        "peak_memory_mb": round(peak_memory_bytes() / 1e6),
    }


def peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB


def write(path: Path, figures: dict[str, Any]) -> None:
    with written_aside(path) as aside:
        aside.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
