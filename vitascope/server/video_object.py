"""A job as a video object: its row, what it became, its place in the line and its links, put together for showing. One
query for a whole page, because clients poll.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import sqlalchemy as sa
from fastapi import Request
from pydantic import Field
from sqlalchemy import Connection

from vitascope import pricing
from vitascope.clip import ClipSpec
from vitascope.engines.score import percent
from vitascope.errors import NotFound
from vitascope.server import out_of_world
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import delivery
from vitascope.server.requests import light_spec
from vitascope.server.schemas import Answer
from vitascope.store import jobs, ledger, library, purchases, schema, serving
from vitascope.store.database import lock_account
from vitascope.store.job import REMOTE
from vitascope.store.jobs import Job
from vitascope.store.progress import Stage
from vitascope.vendors.openai import dialect as openai

DAY = 86_400.0
Mode = Literal["text", "image", "frames", "extend", "still"]
_HIDDEN = "hidden"  # in a job's `request`: its owner deleted the video, and there is no clip that says so


class VideoError(Answer):
    code: str
    message: str
    hint: str = ""


class Preview(Answer):
    step: int
    url: str


class PurchaseView(Answer):
    """How its order from another server stands."""

    state: Literal["written", "sent", "unsure", "placed", "done", "failed", "cancelled", "lost"] = Field(
        description="unsure: it may have been bought; nobody knows yet. Cancelling it gives the credits back."
    )
    can_stop: bool = Field(description="Whether cancelling it is still of use.")


class Video(Answer):
    """OpenAI's video object, and what we know besides."""

    id: str
    object: Literal["video"] = "video"
    model: str = Field(description="The model that makes it, by its true name.")
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int = Field(description="0 to 100.")
    created_at: int
    completed_at: int | None
    expires_at: int | None
    seconds: str = Field(description="The true length.")
    size: str = Field(description="The true size, width x height.")
    prompt: str
    remixed_from_video_id: str | None
    error: VideoError | None
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    negative_prompt: str
    seed: int | None
    steps: int
    guidance: float | None
    frames: int
    fps: float
    sound: bool
    preset: str
    loras: list[dict[str, Any]]
    options: dict[str, Any]
    references: list[dict[str, str]] = Field(default_factory=list, description="kind, name and file of each.")
    aspect: str
    camera: dict[str, Any] | None
    draft: bool
    lane: str
    credits: float = Field(description="What it costs. Nothing is charged unless it is completed.")
    step: int
    step_count: int
    queue_position: int | None = Field(description="1 is next; null when it does not wait.")
    started_at: float | None
    finished_at: float | None
    batch_id: str
    project_id: str | None
    clip_id: str | None
    relation: str | None
    parent_clip_id: str | None
    requested_model: str
    requested_size: str
    notes: list[str] = Field(description="What was made otherwise than asked, and why; and why it waits.")
    outside: bool = Field(False, description="Its model knows nothing that the prompt names.")
    metadata: dict[str, Any]
    url: str | None = Field(description="The mp4. Opens without a key until it expires.")
    thumbnail_url: str | None
    spritesheet_url: str | None
    preview_url: str | None = Field(description="A cheap look at where it is going, or where it stopped.")
    previews: list[Preview] = Field(default_factory=list, description="All looks that are kept, in their order.")
    mode: Mode
    given: list[Literal["first", "last"]] = Field(default_factory=list, description="See /v1/videos/{id}/given.")
    seconds_left: float | None = Field(None, description="While it runs, as measured here; null: not known, or late.")
    late: bool = Field(False, description="It takes much longer than was said.")
    stage: Stage | None = Field(None, description="While it runs. turn: another job of its worker is made first.")
    starts_in: float | None = Field(None, description="Seconds, while it waits; null: not known.")
    charged: float | None = Field(None, description="What it cost in the end; 0 when that was given back.")
    finish_credits: float | None = Field(None, description="Of a draft: what all its steps would cost more.")
    defects: list[dict[str, str]] = Field(default_factory=list, description="What is broken in the clip.")
    warnings: list[dict[str, str]] = Field(
        default_factory=list, description="What looks wrong, of a model that has no judge."
    )
    score: float | None = Field(None, description="Of what was asked, how much the judge saw: 0 to 100.")
    purchase: PurchaseView | None = Field(None, description="Where another server makes it.")
    takes: list[str] = Field(default_factory=list, description="All videos of this request, when it asked for several.")


def shown(
    context: Context,
    request: Request,
    tx: Connection,
    actor: Actor,
    found: Sequence[Job],
    *,
    takes: Iterable[str] = (),
) -> list[dict[str, Any]]:
    """The video objects of these jobs of the account, in their order. Those that were deleted are left out."""
    days = context.plan(actor.account).retention_days or context.settings.retention_days
    base = context.base_url(request)
    clips = clips_of(tx, {job.clip_id for job in found} | {job.parent_clip_id for job in found})
    queue = context.queue_view(tx) if any(job.state == "queued" for job in found) else None
    objects = []
    for job in found:
        clip = clips.get(job.clip_id or "")
        if is_gone(job, clip):
            continue
        parent = clips.get(job.parent_clip_id or "")
        remixed = openai.video_id(parent.job_id) if parent and parent.job_id and job.relation == "remix" else None
        spec = light_spec(job.spec)
        view = openai.show(
            job,
            spec,
            job.resolved,
            links=_links(context, base, job, clip),
            position=jobs.position(tx, job, queue) if queue and job.state == "queued" else None,
            remixed_from=remixed,
            expires_at=_expiry(days, job),
        )
        objects.append({**view, "takes": list(takes), **_more(context, tx, actor, job, clip, view, base, spec)})
    return objects


def _more(
    context: Context,
    tx: Connection,
    actor: Actor,
    job: Job,
    clip: Any,
    view: dict[str, Any],
    base: str,
    spec: ClipSpec,
) -> dict[str, Any]:
    """What the studio shows besides."""
    given = [name for name, place in (("first", "image"), ("last", "last_image")) if job.spec.get(place)]
    more: dict[str, Any] = {"outside": out_of_world.outside(context, job.model, spec.prompt)}
    more |= {"given": given, "mode": mode_of(job.spec), "previews": _previews(context, base, job)}
    if job.state == "running":
        far = context.progress(tx, job)
        more |= {
            "progress": int(100 * far.share),
            "seconds_left": far.seconds_left,
            "late": far.late,
            "stage": far.stage,
        }
        if job.attempts > 1 + (job.request or {}).get("leg", 0):  # each leg of its route begins once
            more["notes"] = [*view["notes"], "It was begun again, because its worker ended before it was done."]
    elif job.state == "queued":
        pace = context.pace(tx)
        more["progress"] = int(100 * context.share(tx, job))
        if job.needs != REMOTE:
            more["starts_in"] = pace.starts_in(view["queue_position"] or 1, job.model)
        more["notes"] = [*view["notes"], *serving.notes(job.model, pace.of_model(job.model))]
    elif clip is not None:
        more |= {
            "charged": 0.0 if library.faults(clip.defects) else job.units / 100,
            "defects": library.faults(clip.defects),
            "warnings": library.warnings(clip.defects),
            "score": percent(clip.score),
            "finish_credits": _finish_credits(context, actor, job) if view["draft"] else None,
        }
    elif job.done:
        more["charged"] = 0.0
    if job.needs == REMOTE and (purchase := purchases.of_job(tx, job.id)):
        more["purchase"] = {"state": purchase.state, "can_stop": purchase.can_stop}
        if purchase.state == "written" and purchase.note:  # why that is belongs to the operator
            more["notes"] = [*view["notes"], "The other server takes no orders now; it is tried again."]
        if clip is not None:
            more["charged"] = (job.units - ledger.refunded(tx, job.id)) / 100
    return more


def _previews(context: Context, base: str, job: Job) -> list[dict[str, Any]]:
    if job.state == "succeeded" or not job.preview_at:
        return []
    kept = job.looks if job.state == "running" else job.looks[-1:]
    urls = [delivery.link(context, base, job.look_key(step)) for step in kept]
    urls[-1:] = [f"{url}&at={job.preview_at:.3f}" for url in urls[-1:]]  # may still be drawn anew
    return [{"step": step, "url": url} for step, url in zip(kept, urls, strict=True)]


def _finish_credits(context: Context, actor: Actor, job: Job) -> float | None:
    """By the same function that will charge it."""
    steps = int((job.request or {}).get("steps") or 0)
    card = next((card for card in context.cards if card.name == job.model), None)
    if not card:
        return None
    shape = dataclasses.replace(job.resolved, steps=steps or card.format.steps)
    plan, prices = context.plan(actor.account), context.prices
    return pricing.quote(shape, card, plan=plan, prices=prices, drafted=job.units).units / 100


def job(tx: Connection, actor: Actor, video_id: str) -> Job:
    """The job behind this video of the account. Raises NotFound, also when it was deleted or is another account's."""
    try:
        found = jobs.get(tx, actor.id, openai.job_id(video_id))
    except NotFound:
        raise _missing(video_id) from None
    if is_gone(found, clips_of(tx, {found.clip_id}).get(found.clip_id or "")):
        raise _missing(video_id)
    return found


def page(tx: Connection, actor: Actor, *, after: str | None, limit: int, order: str, **only: str | None) -> list[Job]:
    """Up to `limit` jobs behind this one whose videos are there."""
    found: list[Job] = []
    while len(found) < limit:
        more = jobs.page(tx, actor.id, after=after, limit=limit, order=order, **only)
        clips = clips_of(tx, {job.clip_id for job in more})
        found += [job for job in more if not is_gone(job, clips.get(job.clip_id or ""))]
        if len(more) < limit:
            break
        after = more[-1].id
    return found[:limit]


def cancel(tx: Connection, actor: Actor, job_id: str, now: float) -> Job:
    """The job as it is now: cancelled at once with its credits back, or told to stop at its next step."""
    found = jobs.ask_cancel(tx, actor.id, job_id, now)
    if found.state == "cancelled":
        ledger.void(tx, job_id, now)
    return found


def delete(tx: Connection, actor: Actor, found: Job, now: float) -> None:
    """No more of this video: its clip goes to the trash, a job on its way is cancelled."""
    if not found.done:
        found = cancel(tx, actor, found.id, now)
    if found.clip_id:
        library.trash(tx, actor.id, found.clip_id, now)
    else:
        lock_account(tx, actor.id)
        marked = {**(found.request or {}), _HIDDEN: True}
        tx.execute(sa.update(schema.jobs).where(schema.jobs.c.id == found.id).values(request=marked))


def clips_of(tx: Connection, ids: Iterable[str | None]) -> dict[str, Any]:
    """What is shown of these clips, by id."""
    wanted = [id for id in ids if id]
    if not wanted:
        return {}
    table = schema.clips.c
    columns = (
        table.id,
        table.job_id,
        table.video_key,
        table.poster_key,
        table.sprite_key,
        table.trashed_at,
        table.bytes,
        table.defects,
        table.score,
    )
    return {row.id: row for row in tx.execute(sa.select(*columns).where(table.id.in_(wanted)))}


def is_gone(job: Job, clip: Any) -> bool:
    """Whether the video was deleted by its owner."""
    if job.clip_id:
        return clip is None or clip.trashed_at is not None
    return bool((job.request or {}).get(_HIDDEN))


def mode_of(spec: dict[str, Any]) -> Mode:
    """What a spec, as it is kept, starts from."""
    if spec.get("extend"):
        return "extend"
    if spec.get("last_image"):
        return "frames"
    if spec.get("image"):
        return "image"
    return "text" if spec.get("seconds") else "still"


def _links(context: Context, base: str, job: Job, clip: Any) -> dict[str, str | None]:
    def to(key: str | None, name: str = "") -> str | None:
        return delivery.link(context, base, key, name=name) if key else None

    preview = job.preview_key if job.state in ("running", "failed", "cancelled") else None
    return {
        "url": to(clip.video_key) if clip else None,
        "thumbnail_url": to(clip.poster_key) if clip else None,
        "spritesheet_url": to(clip.sprite_key) if clip else None,
        "preview_url": f"{to(preview)}&at={job.preview_at:.3f}" if preview and job.preview_at else None,
    }


def _expiry(days: int, job: Job) -> float | None:
    return job.finished_at + days * DAY if days and job.finished_at and job.state == "succeeded" else None


def _missing(video_id: str) -> NotFound:
    return NotFound(f'There is no video "{video_id[:60]}".', hint="Videos are listed at /v1/videos.")
