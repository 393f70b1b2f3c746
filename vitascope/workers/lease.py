"""The leases of one worker, kept alive by a thread of its own, so that neither a long decode nor a slow database costs
a job its lease or the engine its time.

A job's thread tells its `Heart` how far it is and asks whether it may go on; the `Pulse` carries that to the database
and brings back whether somebody wants the job cancelled or another worker has it. Then the job's slot at the engine is
given up at once: no step more is made.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from vitascope import logs
from vitascope.engines.render import Cancelled
from vitascope.errors import LeaseLost, Unavailable, VitascopeError
from vitascope.frames import Frames
from vitascope.store import jobs
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.workers.scheduler import EngineSlot

LEASE_SECONDS = 30.0
REST_SECONDS = 1.0  # between two beats of a job that has nothing new to tell
GAP_SECONDS = 0.1  # between two beats at least, however quick the steps are
PREVIEW_SECONDS = 1.0
PREVIEW_SIDE = 256  # pixels, the longer one

_log = logs.get(__name__)


@dataclass(eq=False)
class Heart:
    """One job in flight. `progress` is called by the job's thread after every step and frame."""

    lease: jobs.Lease
    slot: EngineSlot
    on_change: Callable[[], None] = lambda: None
    step: int = 0
    steps: int = 0
    look: Frames | None = None  # newest, not yet sent
    cancelled: bool = False
    lost: bool = False
    beaten_at: float = 0.0
    looked_at: float = field(default_factory=time.monotonic)
    looks: list[int] = field(default_factory=list)  # steps of which a preview was sent
    new_look: bool = False

    def progress(self, stage: str, done: int, total: int) -> None:
        """Raises Cancelled or LeaseLost when the work is no longer wanted. Frames count after the steps."""
        self.check()
        if stage == "steps":
            self.step, self.steps = done, total
            self.on_change()

    def check(self) -> None:
        if self.lost:
            raise LeaseLost(f"Another worker has {self.lease.job.id} now.")
        if self.cancelled:
            raise Cancelled

    def show(self, frames: Frames) -> None:
        """A look at the clip (T, H, W, 3), sent with the next beat unless one was sent a moment ago."""
        self.look = frames

    @property
    def wants_look(self) -> bool:
        return time.monotonic() - self.looked_at >= PREVIEW_SECONDS


class Pulse:
    """Beats for every heart until `stop`. While the database does not answer, hearts go on: a lease is only lost when
    somebody else has it.
    """

    def __init__(self, store: Store, blobs: Blobs, *, lease_seconds: float = LEASE_SECONDS):
        self.store, self.blobs, self.lease_seconds = store, blobs, lease_seconds
        self._hearts: list[Heart] = []
        self._lock = threading.Lock()
        self._told = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._told.set()
        self._thread.join()

    def add(self, heart: Heart) -> None:
        heart.on_change = self._told.set
        heart.beaten_at = time.monotonic()
        with self._lock:
            self._hearts.append(heart)

    def remove(self, heart: Heart) -> None:
        with self._lock:
            if heart in self._hearts:
                self._hearts.remove(heart)

    def _run(self) -> None:
        known: dict[Heart, int] = {}
        rest = min(REST_SECONDS, self.lease_seconds / 4)
        while not self._stopped.is_set():
            self._told.wait(rest)
            self._told.clear()
            with self._lock:
                hearts = list(self._hearts)
            known = {heart: known[heart] for heart in hearts if heart in known}
            for heart in hearts:
                if known.get(heart) != heart.step or time.monotonic() - heart.beaten_at >= rest:
                    known[heart] = heart.step
                    self._beat(heart)
            self._stopped.wait(GAP_SECONDS)

    def _beat(self, heart: Heart) -> None:
        try:
            self._send_look(heart)
            with self.store.begin() as tx:
                go_on = jobs.beat(
                    tx,
                    heart.lease,
                    self.store.clock(),
                    step=heart.step,
                    steps=heart.steps,
                    lease_seconds=self.lease_seconds,
                    looks=heart.looks if heart.new_look else None,
                    compute_ms=round(heart.slot.seconds * 1000),
                )
            heart.beaten_at = time.monotonic()
            if not go_on:
                heart.cancelled = True
                heart.slot.leave()
        except LeaseLost:
            heart.lost = True
            heart.slot.leave()
            if heart.new_look:
                self._take_back(heart)
        except Unavailable as error:
            _log.warning("beat failed", job=heart.lease.job.id, why=error.message)
        except Exception:
            _log.exception("beat failed", job=heart.lease.job.id)

    def _send_look(self, heart: Heart) -> None:
        heart.new_look, step = False, heart.step
        look, heart.look = heart.look, None
        if look is None:
            step = heart.slot.looked_step
            look, heart.slot.look = heart.slot.look, None
        if look is None:
            return
        self.blobs.put(heart.lease.job.look_key(step), webp(look), "image/webp")
        heart.looked_at, heart.new_look = time.monotonic(), True
        heart.looks = [*(known for known in heart.looks if known < step), step]

    def _take_back(self, heart: Heart) -> None:
        """The look that was just sent, if meanwhile the job ended and nobody will throw it away."""
        step = heart.looks[-1]
        with suppress(VitascopeError):
            with self.store.read() as tx:
                job = jobs.get(tx, None, heart.lease.job.id)
            if job.state == "succeeded" or (job.done and step not in job.looks):
                self.blobs.delete(job.look_key(step))


def webp(frames: Frames) -> bytes:
    """Frames (T, H, W, 3) as one small picture that moves; one frame as one that does not."""
    pictures = [Image.fromarray(np.ascontiguousarray(frame)) for frame in frames]
    for picture in pictures:
        picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    file = io.BytesIO()
    pictures[0].save(
        file, "WEBP", save_all=len(pictures) > 1, append_images=pictures[1:], duration=250, loop=0, quality=60, method=0
    )
    return file.getvalue()
