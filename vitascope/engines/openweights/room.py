"""What memory this machine has free, without loading torch: NVIDIA's own tool is asked, and the system."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from vitascope.engines.openweights.memory import Room

_MIB = 2**20


@dataclass(frozen=True)
class Machine:
    """`name`: of the device. `room`: what is free."""

    name: str
    room: Room
    total: int  # bytes on the device


def here() -> Machine:
    """The graphics card with the most free memory, else the processor."""
    ram = free_ram()
    cards = _nvidia()
    if cards:
        name, total, free = max(cards, key=lambda card: card[2])
        return Machine(name, Room("cuda", free, ram), total)
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return Machine("Apple silicon", Room("mps", 0, ram), ram)
    return Machine("processor", Room("cpu", 0, ram), ram)


def free_ram() -> int:
    """Bytes that programs can still take, as far as the system and the container say."""
    found = [_line("/proc/meminfo", "MemAvailable:") * 1024]
    limit, used = _number("/sys/fs/cgroup/memory.max"), _number("/sys/fs/cgroup/memory.current")
    if limit and used:
        found.append(limit - used)
    known = [one for one in found if one > 0]
    return min(known) if known else _total_ram()


def torch_build() -> str:
    """What torch says of itself, asked in a process of its own, for its import takes seconds; empty: it is not here."""
    if find_spec("torch") is None:
        return ""
    code = (
        "import torch; gpu = torch.cuda.is_available(); mps = torch.backends.mps.is_available();"
        "kind = f'ROCm {torch.version.hip}' if torch.version.hip else f'CUDA {torch.version.cuda}';"
        "print(torch.__version__, kind if torch.version.hip or torch.version.cuda else 'for processors',"
        "'sees ' + torch.cuda.get_device_name() if gpu else 'sees Apple GPU' if mps else 'sees no GPU', sep=', ')"
    )
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
        return done.stdout.strip()
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        return f"cannot be loaded: {lines[-1][:200] if lines else error.returncode}"
    except (OSError, subprocess.SubprocessError) as error:
        return f"cannot be loaded: {error}"


def _nvidia() -> list[tuple[str, int, int]]:
    tool = shutil.which("nvidia-smi")
    if not tool:
        return []
    fields = "--query-gpu=name,memory.total,memory.free"
    try:
        done = subprocess.run(
            [tool, fields, "--format=csv,noheader,nounits"], capture_output=True, text=True, timeout=20, check=True
        )
        lines = [[word.strip() for word in line.rsplit(",", 2)] for line in done.stdout.splitlines() if line.strip()]
        return [(name, int(total) * _MIB, int(free) * _MIB) for name, total, free in lines]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


def _line(path: str, name: str) -> int:
    try:
        for line in Path(path).read_text("ascii").splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0


def _number(path: str) -> int:
    try:
        return int(Path(path).read_text("ascii"))
    except (OSError, ValueError):  # "max": there is no limit
        return 0


def _total_ram() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0
