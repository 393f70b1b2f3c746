"""What a clip of 5 seconds, and a second more on a minute, cost this version and an older one: processor seconds.

    git worktree add --detach /tmp/older 08d781b
    python benchmarks/against.py /tmp/older [--rounds 5] [--cores 0,1]

Cold is a whole `vitascope generate`; warm is prompt to file in a process that made a clip before; longer is a second on
a clip of a minute that this process has made. Both versions take turns in one run, so that whatever else the machine
does falls on both, and run on the packages of this environment. Prints medians and their ratios, the newer over the
older.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PROMPT = "a red ball bounces on snow at sunset"
HERE = Path(__file__).resolve().parents[1]
WARM = f"""
import resource, sys
from pathlib import Path
try:
    from vitascope import ask
    from vitascope.engines import registry, render
    maker = registry.load("vitascope-nano")
    more = {{"card": maker.card}}
except ImportError:  # names of the first edition
    from vitascope import ask, engine, drawing as render
    maker, more = engine.load("vitascope-nano"), {{}}

def seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

def make(file, seconds, **given):
    render.make(ask.spec({PROMPT!r}, seconds=seconds, seed=7, **given, **more), maker, Path(file))

make("first.mp4", 5)
make("minute.mp4", 59)
print("ready", flush=True)
for kind in sys.stdin:
    start = seconds()
    if kind.strip() == "warm":
        make("clip.mp4", 5)
    else:
        make("clip.mp4", 1, extend="minute.mp4")
    print(seconds() - start, flush=True)
"""


class Version:
    """One tree of sources, with a process that is warm."""

    def __init__(self, tree: Path, folder: Path):
        self._folder = folder
        self._environment = {**os.environ, "PYTHONPATH": str(tree), "VITASCOPE_HOME": str(folder)}
        self._warm = subprocess.Popen(
            [sys.executable, "-c", WARM], cwd=folder, env=self._environment, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._told() == "ready"

    def cold(self) -> float:
        before = _children()
        command = ["-m", "vitascope", "generate", PROMPT, "--seconds", "5", "--seed", "7", "-o", "cold.mp4"]
        subprocess.run(
            [sys.executable, *command], cwd=self._folder, env=self._environment, check=True, capture_output=True
        )
        return _children() - before

    def warm(self, kind: str) -> float:
        assert self._warm.stdin
        self._warm.stdin.write(f"{kind}\n")
        self._warm.stdin.flush()
        return float(self._told())

    def leave(self) -> None:
        assert self._warm.stdin
        self._warm.stdin.close()
        self._warm.wait()

    def _told(self) -> str:
        assert self._warm.stdout
        return self._warm.stdout.readline().strip()


def _children() -> float:
    """Processor seconds of all that ran for us and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("older", type=Path, help="a tree of the older version's sources")
    ask.add_argument("--rounds", type=int, default=5)
    ask.add_argument("--cores", default="0,1", help="the processors that both may use")
    flags = ask.parse_args()
    os.sched_setaffinity(0, {int(core) for core in flags.cores.split(",")})
    found: dict[str, dict[str, list[float]]] = {"cold": {}, "warm": {}, "longer": {}}
    with TemporaryDirectory(prefix="vitascope-against-") as room:
        versions = {}
        for name, tree in (("older", flags.older.resolve()), ("newer", HERE)):
            folder = Path(room) / name
            folder.mkdir()
            versions[name] = Version(tree, folder)
        for _ in range(flags.rounds):
            for name, version in versions.items():
                found["cold"].setdefault(name, []).append(version.cold())
                for kind in ("warm", "longer"):
                    found[kind].setdefault(name, []).append(version.warm(kind))
        for version in versions.values():
            version.leave()
    for kind, by_version in found.items():
        older, newer = (statistics.median(by_version[name]) for name in ("older", "newer"))
        print(f"{kind}: {older:.2f} s and {newer:.2f} s of processor time, {newer / older:.2f} of it")


if __name__ == "__main__":
    main()
