"""A job as the `View` that dialects show: its row, its clip and its links, put together. One query for a page of jobs,
because clients poll.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.clip import aspect_of
from vitascope.orders import stills
from vitascope.server.context import Context
from vitascope.server.files import delivery
from vitascope.server.requests import light_spec
from vitascope.server.video_object import DAY, clips_of, is_gone
from vitascope.store import blobs, jobs, schema
from vitascope.store.jobs import Job
from vitascope.vendors.id_formats import Skin
from vitascope.vendors.view import Category, Fault, State, View

_CATEGORIES = {
    "policy_refused": "safety_input",
    "bad_spec": "input",
    "bad_picture": "input",
    "bad_clip": "input",
    "not_supported": "input",
    "not_enough_credits": "quota",
    "too_many": "quota",
    "not_allowed": "auth",
    "not_signed_in": "auth",
}
assert set(_CATEGORIES.values()) <= set(get_args(Category))


@dataclass(frozen=True)
class Looker:
    """Shows jobs of one account in one skin. `base`: this server's origin; links need no more."""

    context: Context
    base: str
    skin: Skin
    keep_days: int = 0

    def views(self, tx: Connection, found: Sequence[Job]) -> list[View]:
        """In their order; those whose video was deleted are left out."""
        batches = self._batches(tx, [job for job in found if _takes(job) > 1])
        every = [*found, *(take for takes in batches.values() for take in takes)]
        clips = clips_of(tx, {job.clip_id for job in every} | {job.parent_clip_id for job in found})
        queue = self.context.queue_view(tx) if any(job.state == "queued" for job in found) else None
        views = []
        for job in found:
            if is_gone(job, clips.get(job.clip_id or "")):
                continue
            place = jobs.position(tx, job, queue) if queue and job.state == "queued" else None
            parent = clips.get(job.parent_clip_id or "")
            view = self._one(tx, job, clips.get(job.clip_id or ""), place, parent)
            takes = [self._one(tx, take, clips.get(take.clip_id or ""), None, None) for take in batches.get(job.id, ())]
            views.append(_together(view, tuple(takes)) if takes else replace(view, takes=(view,)))
        return views

    def _batches(self, tx: Connection, found: Sequence[Job]) -> dict[str, list[Job]]:
        """The takes of the requests that wanted several, by the id of the job they were asked by."""
        if not found:
            return {}
        wanted = {job.batch_id for job in found}
        rows = tx.execute(sa.select(schema.jobs).where(schema.jobs.c.batch_id.in_(wanted)).order_by(schema.jobs.c.id))
        takes = [jobs.Job(**row._mapping) for row in rows]
        return {job.id: [take for take in takes if take.batch_id == job.batch_id] for job in found}

    def _one(self, tx: Connection, job: Job, clip: Any, place: int | None, parent: Any) -> View:
        spec, request = light_spec(job.spec), job.request or {}
        id = job.id.removeprefix("job_")
        shape = job.resolved
        return View(
            id=id,
            handle=self.skin.show(id),
            state=_state(job.state),
            model=job.model,
            asked_model=request.get("model") or job.model,
            operation=request.get("operation") or "",
            progress=self.context.share(tx, job),
            queue_position=place,
            created=job.created_at,
            started=job.started_at,
            finished=job.finished_at,
            updated=job.finished_at or job.told_at or job.started_at or job.created_at,
            expires=self._expiry(job),
            prompt=spec.prompt,
            negative_prompt=spec.negative_prompt,
            seconds=float(shape.total_seconds),
            asked_seconds=request.get("seconds"),
            width=shape.width,
            height=shape.height,
            fps=float(shape.fps),
            frames=shape.total,
            seed=spec.seed,
            steps=shape.steps,
            aspect=aspect_of(shape.size),
            is_still=shape.is_still,
            sound=shape.sound,
            **self._links(job, clip, shape.is_still),
            error=_fault(job),
            credits=job.units / 100,
            usage_seconds=job.compute_ms / 1000,
            external_id=request.get("external_id") or "",
            metadata=request.get("metadata") or {},
            echo=request.get("echo") or {},
            notes=tuple(request.get("notes") or ()),
            origin=self.base,
            parent=self.skin.show(parent.job_id.removeprefix("job_")) if parent and parent.job_id else "",
        )

    def _links(self, job: Job, clip: Any, is_still: bool) -> dict[str, Any]:
        if not clip:
            preview = job.preview_key if job.state == "running" else None
            return {"preview_url": f"{self._to(preview)}&at={job.preview_at or 0:.3f}" if preview else None}
        first, last = stills.key(clip.video_key, "first"), stills.key(clip.video_key, "last")
        return {
            "url": self._to(clip.video_key),
            "poster_url": self._to(clip.poster_key),
            "image_url": self._to(first) if is_still else None,
            "last_frame_url": self._to(last),
            "bytes": clip.bytes,
            "content": _later(self.context, clip.video_key),
            "image": _later(self.context, first),
        }

    def _to(self, key: str | None) -> str | None:
        return delivery.link(self.context, self.base, key) if key else None

    def _expiry(self, job: Job) -> float | None:
        days = self.keep_days
        return job.finished_at + days * DAY if days and job.finished_at and job.state == "succeeded" else None


def _later(context: Context, key: str) -> Callable[[], bytes]:
    return lambda: blobs.content(context.blobs, stills.there(context.blobs, key))


def _takes(job: Job) -> int:
    return int((job.request or {}).get("n") or 1)


def _state(state: str) -> State:
    assert state in get_args(State)
    return state  # type: ignore[return-value]


def _fault(job: Job) -> Fault | None:
    if job.state == "cancelled":
        return Fault("input", "cancelled", "It was cancelled. Nothing was charged.")
    if job.state != "failed":
        return None
    code = job.error_code or "failed"
    category: Any = _CATEGORIES.get(code, "internal")
    return Fault(category, code, job.error_message or "It could not be made.", job.error_hint or "")


def _together(view: View, takes: tuple[View, ...]) -> View:
    """The view of a request for several takes: done when all are, and good when one is."""
    states: Mapping[str, int] = {take.state: 0 for take in takes}
    state: State = "running"
    if not states.keys() & {"queued", "running"}:
        order: tuple[State, ...] = ("succeeded", "failed", "cancelled")
        state = next(one for one in order if one in states)
    elif states.keys() == {"queued"}:
        state = "queued"
    done = [take.finished for take in takes if take.finished]
    shown = next((take for take in takes if take.state == state), view)
    return replace(
        shown,
        id=view.id,
        handle=view.handle,
        state=state,
        progress=sum(take.progress for take in takes) / len(takes),
        queue_position=view.queue_position if state == "queued" else None,
        finished=max(done) if len(done) == len(takes) else None,
        credits=sum(take.credits for take in takes),
        usage_seconds=sum(take.usage_seconds for take in takes),
        parent=view.parent,
        takes=takes,
    )
