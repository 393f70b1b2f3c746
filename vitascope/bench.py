"""Figures of this machine: prompt to file, stage by stage, and the peak of memory. The clips made are thrown away."""

from __future__ import annotations

import json
import platform
import resource
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vitascope import __version__, ask
from vitascope.clip import ClipSpec
from vitascope.config import settings
from vitascope.engines import measured, registry, render
from vitascope.engines.protocol import StepEngine
from vitascope.media.atomic_write import written_aside


def measure(prompt: str, *, seconds: float, rounds: int) -> dict[str, Any]:
    """Medians over the rounds. The load is timed once, from nothing in memory but the imports."""
    start = time.perf_counter()
    maker = registry.load()
    load = time.perf_counter() - start
    spec = ask.spec(prompt, maker.card, seconds=seconds, seed=7)
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
    shape = maker.card.resolve(spec)
    total, denoise = statistics.median(whole), statistics.median(steps)
    return {
        "model": maker.card.name,
        "weights": maker.card.weights[:16],
        "threads": settings().threads,
        "frames": shape.total,
        "size": f"{shape.width}x{shape.height}",
        "rounds": rounds,
        "load_s": round(load, 3),
        "denoise_s": round(denoise, 3),
        "decode_and_write_s": round(total - denoise, 3),
        "prompt_to_file_s": round(total, 3),
        "frames_per_s": round(shape.total / total, 1),
        "file_bytes": size,
        "peak_memory_mb": round(peak_memory_bytes() / 1e6),
    }


def measure_model(
    model: str, prompt: str, *, seconds: float | None, steps: int | None, rounds: int, minutes: float
) -> dict[str, Any]:
    """The same of one model, kept in the home folder round by round: what was measured before of the same clip counts,
    and no round is begun that would end after `minutes`. `complete` says whether all rounds are there; if not, the same
    command goes on. A worker's other jobs would be measured too: run it where nothing else does.
    """
    start = time.perf_counter()
    card, path = registry.card(model), measured.path_of(settings().home, model)
    given: dict[str, Any] = {
        name: value for name, value in (("seconds", seconds), ("steps", steps)) if value is not None
    }
    spec = ask.spec(prompt, card, seed=7, **given)
    shape = card.resolve(spec)
    what = {
        "model": card.name, "weights": card.weights[:16], "version": __version__, "device": _device(card.needs),
        "threads": settings().threads, "size": f"{shape.width}x{shape.height}", "frames": shape.total,
        "steps": shape.steps, "usual": not given,
    }  # fmt: skip
    told = measured.read(path)
    done = told.get("rounds_s", []) if {key: told.get(key) for key in what} == what else []
    load = told.get("load_s", 0.0) if done else 0.0
    if len(done) < rounds:
        begun = time.perf_counter()
        maker = registry.load(model)
        load = time.perf_counter() - begun
        with TemporaryDirectory(prefix="vitascope-bench-") as folder:
            while len(done) < rounds:
                longest = max((sum(one) for one in done), default=0.0)
                if done and time.perf_counter() - start + longest > 60 * minutes:
                    break
                done.append(_round(spec, maker, Path(folder) / "clip.mp4"))
                write(path, _figures(what, load, done, rounds, maker))
    figures = measured.read(path)
    figures["complete"] = len(done) >= rounds
    return figures


def _round(spec: ClipSpec, maker: StepEngine[Any], out: Path) -> tuple[float, float, float]:
    """Seconds until the first step, of all steps, and of decoding and writing."""
    marks: list[float] = []
    start = time.perf_counter()
    render.make(
        spec, maker, out, progress=lambda stage, *_: marks.append(time.perf_counter()) if stage == "steps" else None
    )
    end = time.perf_counter()
    first, last = (marks[0], marks[-1]) if marks else (start, start)
    return round(first - start, 4), round(last - first, 4), round(end - last, 4)


def _figures(what: dict[str, Any], load: float, done: list[Any], rounds: int, maker: StepEngine[Any]) -> dict[str, Any]:
    encode, steps, decode = (statistics.median(one[stage] for one in done) for stage in range(3))
    more = max(int(what["steps"]) - 1, 1)  # after the first, which the time until then has
    return {
        **what, "rounds": rounds, "rounds_s": done, "load_s": round(load, 3), "encode_and_first_step_s": encode,
        "step_s": round(steps / more, 4), "decode_and_write_s": decode,
        "prompt_to_file_s": round(statistics.median(sum(one) for one in done), 3),
        "peak_memory_mb": round(peak_memory_bytes() / 1e6), "memory": getattr(maker, "rung", ""), **_on_device(what),
    }  # fmt: skip


def _device(needs: str) -> str:
    """The device's name."""
    if needs != "cuda":
        return platform.processor() or platform.machine()
    import importlib

    torch = importlib.import_module("torch")
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else "no GPU"


def _on_device(what: dict[str, Any]) -> dict[str, Any]:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return {}
    return {"torch": torch.__version__, "peak_on_device_mb": round(torch.cuda.max_memory_allocated() / 1e6)}


def peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB


def write(path: Path, figures: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside:
        aside.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
