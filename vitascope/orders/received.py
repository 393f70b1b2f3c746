"""A finished file from another server, looked at before it becomes a clip: it must open and play, its length, size,
rate and sound are measured, and its poster is taken. Its bytes are kept as they came, unless the operator or the plan
wants a mark on every frame.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from vitascope.clip import Recipe, Shape
from vitascope.engines import render
from vitascope.media import incoming, label, mark, video
from vitascope.media import recipe as recipes
from vitascope.media.limits import LOCAL, Limits
from vitascope.media.thumbnails import Looks
from vitascope.media.video import VideoInfo
from vitascope.orders import produce
from vitascope.orders.produce import Made, Marks
from vitascope.store import library
from vitascope.store.jobs import Job

LIMITS: Limits = dataclasses.replace(LOCAL, clip_bytes=512 * 2**20)
_NAME = "The finished clip"
_SAME = 0.98  # of what was ordered counts as all of it


@dataclass(frozen=True)
class Received:
    """A clip that plays, and what was measured of it."""

    made: Made
    info: VideoInfo

    @property
    def fps(self) -> Fraction:
        return Fraction(self.info.fps).limit_denominator(1001)

    def missing(self, shape: Shape) -> Fraction:
        """Which part of what was sold is not there, in length and in size: 0 to 1."""
        share = Fraction(1)
        if shape.total > 1:
            share *= min(Fraction(1), Fraction(self.info.frames - 1) / self.fps / shape.total_seconds)
        share *= min(Fraction(1), Fraction(self.info.width * self.info.height, shape.width * shape.height))
        return Fraction(0) if share >= _SAME else 1 - share


def receive(path: Path, recipe: Recipe, marks: Marks) -> Received:
    """Raises BadClip when it does not play."""
    info = incoming.clip(path, name=_NAME, limits=LIMITS).info
    if marks.label or marks.mark:
        path = _marked(path, recipe, marks, info)
    looks = Looks(info.frames)
    for draw, _ in video.timed_frames(path, name=_NAME, limits=LIMITS):
        looks.see(draw)
    digest, size_bytes = render.sha256(path), path.stat().st_size
    made = Made(path, recipe, (), (), looks.poster(), looks.sprite(), digest, size_bytes, info.sound)
    return Received(made, info)


def shelve(tx: Connection, clip_id: str, job: Job, received: Received, now: float, *, free: bool) -> library.Clip:
    """As `produce.shelve` does, as long and as large as it came."""
    info = received.info
    measured: dict[str, Any] = {"frames": info.frames, "fps": received.fps, "size": (info.width, info.height)}
    return produce.shelve(tx, clip_id, job, received.made, now, free=free, **measured)


def _marked(path: Path, recipe: Recipe, marks: Marks, info: VideoInfo) -> Path:
    """A copy with what has to be seen, or found, in every frame."""
    target = path.with_name("marked.mp4")
    frames = video.read_frames(path, name=_NAME, limits=LIMITS)
    if marks.label:
        frames = label.labelled(frames)
    if marks.mark:
        frames = mark.marked(frames, mark.message_of(recipes.to_text(recipe)))
    sound = video.read_sound(path, name=_NAME, seconds=info.seconds) if info.sound else None
    rate = Fraction(info.fps).limit_denominator(1001)
    with video.writing(target, info.width, info.height, fps=rate, recipe=recipe, sound=sound) as writer:
        for frame in frames:
            writer.write(frame)
    return target
