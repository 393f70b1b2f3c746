"""How much memory the devices of this machine have, measured without loading a model or a library of the GPU's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vitascope import config

KINDS = ("cpu", "cuda")
GB = 1e9
_UNLIMITED = float("inf")
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Memory:
    """In gigabytes. What cannot be measured is infinite."""

    total: float
    free: float


@dataclass(frozen=True)
class Device:
    """`kind`: as model files name it in `needs`. `budget`: gigabytes that models may take there; None: what is free."""

    kind: str
    measure: Callable[[], Memory]
    budget: float | None = None

    @property
    def total(self) -> float:
        """The gigabytes that one model may take at most."""
        return self.measure().total if self.budget is None else self.budget

    def room(self, held: float, loading: float) -> float:
        """Gigabytes for one model more, beside those that take `held`; of these, `loading` may not be taken yet."""
        if self.budget is not None:
            return self.budget - held
        now = self.measure()
        return min(now.total - held, now.free - loading)


def devices(*, cuda: bool | None = None, budget: float | None = None) -> dict[str, Device]:
    """Of this machine, by kind. `cuda`: whether there is a GPU for us; None: when `nvidia-smi` shows one. `budget`: of
    the GPU's memory where there is one, else of the machine's.
    """
    found = {"cpu": Device("cpu", main_memory)}
    if cuda or (cuda is None and gpu_memory() is not None):
        found["cuda"] = Device("cuda", lambda: gpu_memory() or Memory(_UNLIMITED, _UNLIMITED))
    last = list(found)[-1]
    found[last] = Device(last, found[last].measure, budget)
    return found


def main_memory() -> Memory:
    """Of this machine or, where that has less, of this container."""
    total, free = _machine()
    most, used = _container()
    return Memory(min(total, most), max(0.0, min(free, most - used)))


def gpu_memory() -> Memory | None:
    """Of the first GPU that this process may use; None where there is none."""
    tool, names = shutil.which("nvidia-smi"), config.visible_gpus()
    if not tool or names == []:
        return None
    only = [f"--id={names[0]}"] if names else []
    query = ["--query-gpu=memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run([tool, *only, *query], capture_output=True, text=True, timeout=10, check=True)
        total, free = (float(part) * 2**20 / GB for part in told.stdout.splitlines()[0].split(","))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    return Memory(total, free)


def _machine() -> tuple[float, float]:
    """(total, free) gigabytes."""
    try:
        lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
        told = {line[0]: float(line[1]) * 1024 / GB for line in lines}
        return told["MemTotal:"], told["MemAvailable:"]
    except (OSError, KeyError, ValueError, IndexError):
        pass
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GB
    except (AttributeError, ValueError, OSError):
        total = _UNLIMITED
    return total, total


def _container() -> tuple[float, float]:
    """(limit, used) gigabytes of the control group; files that are only cached count as free."""
    try:
        most = float((_CGROUP / "memory.max").read_text()) / GB
        used = float((_CGROUP / "memory.current").read_text()) / GB
        lines = (line.split() for line in (_CGROUP / "memory.stat").read_text().splitlines())
        cached = {line[0]: float(line[1]) / GB for line in lines}.get("inactive_file", 0.0)
    except (OSError, ValueError, IndexError):  # "max": no limit
        return _UNLIMITED, 0.0
    return most, max(0.0, used - cached)
