"""Processes of Vitascope beside this one, such as `vitascope work` for one model. Each ends when this process does,
however that ends: its standard input is a pipe from here, over which a worker is also told to retire.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

RETIRE = b"retire\n"


def options(*, slots: int, width: int, drain_seconds: float, lease_seconds: float) -> list[str]:
    """Of `vitascope work`, for a worker that is started by another process."""
    given = {"--slots": slots, "--batch": width, "--drain-seconds": drain_seconds, "--lease-seconds": lease_seconds}
    return [text for name, value in given.items() for text in (name, str(value))]


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """`vitascope COMMAND`, which takes `--attached`."""
    return subprocess.Popen(
        [sys.executable, "-m", "vitascope", *command],
        stdin=subprocess.PIPE,  # closes when this process ends, in whatever way
        start_new_session=True,  # Ctrl-C in a terminal is for this process, which asks the child to end
    )


def spawn(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """A worker, with these options of `vitascope work`."""
    return start(["work", "--attached", *arguments])


def ask_to_end(process: Any) -> None:
    """Asked again, it hurries. Safe in a signal's handler."""
    with contextlib.suppress(OSError):
        process.send_signal(signal.SIGTERM)


def kill(process: Any) -> None:
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()


@dataclass(eq=False)
class Child:
    """`born`: when it was started, at the earliest, by the database's clock; the other times are of the supervisor's.
    `ready_at`: when it was first seen taking jobs; `worker`: its id, from then on.
    """

    process: Any  # a Popen, or a test's stand-in for one
    spawned_at: float
    born: float
    ready_at: float | None = None
    worker: str = ""
    asked: bool = False  # to end

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def retire(self) -> None:
        """Ask it to take no more jobs, and to end when those that it has begun are done."""
        with contextlib.suppress(OSError):
            self.process.stdin.write(RETIRE)
            self.process.stdin.flush()

    def drain(self) -> None:
        """Ask it to end soon; asked again, it gives back what it holds. Safe in a signal's handler."""
        self.asked = True
        ask_to_end(self.process)

    def kill(self) -> None:
        kill(self.process)
