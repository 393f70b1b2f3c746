"""A process beside this one that is kept alive: started again when it dies, with a pause that grows."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass, field

from vitascope import logs
from vitascope.workers import child

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0

_log = logs.get(__name__)


@dataclass(eq=False)
class Kept:
    """`vitascope ARGUMENTS` as a process beside this one, started again when it dies, until `end`."""

    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    _ending: threading.Event = field(default_factory=threading.Event, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        self.process = child.start(self.arguments)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self, *, hurry: bool = False) -> None:
        """Ask it to end, once; `hurry`: ask again. Safe in a signal's handler."""
        asked = self._ending.is_set()
        self._ending.set()
        if self.process and self.process.returncode is None and (hurry or not asked):
            child.ask_to_end(self.process)

    def wait(self, seconds: float) -> None:
        """Until it has ended; killed when it takes longer."""
        if self._thread:
            self._thread.join(seconds)
        if self.process and self.process.poll() is None:
            child.kill(self.process)

    def _watch(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while self.process:
            started = time.monotonic()
            code = self.process.wait()
            if self._ending.is_set():
                return
            if time.monotonic() - started > 2 * LONGEST_PAUSE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            _log.error("a process ended and is started again", code=code, seconds=pause)
            if self._ending.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            self.process = child.start(self.arguments)
