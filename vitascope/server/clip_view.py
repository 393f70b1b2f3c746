"""A clip of the library as it is shown: its row, what its recipe says of how it was made, what it cost, what the judge
saw in it, and its links. One query more for a whole page.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

import sqlalchemy as sa
from fastapi import Request
from pydantic import Field
from sqlalchemy import Connection

from vitascope.clip import aspect_of
from vitascope.engines.score import WHYS, Score, percent
from vitascope.orders import stills
from vitascope.server import out_of_world
from vitascope.server.context import Context
from vitascope.server.files import delivery
from vitascope.server.schemas import Answer
from vitascope.server.video_object import Mode, mode_of
from vitascope.store import schema
from vitascope.store.library import Clip, faults, warnings
from vitascope.vendors.openai import dialect as openai


class ClipView(Answer):
    id: str
    object: Literal["clip"] = "clip"
    video_id: str | None
    batch_id: str | None = Field(description="Of the request it was made for; several takes share it.")
    project_id: str | None
    prompt: str
    model: str | None = Field(description="null: a file of one's own.")
    seed: int | None
    size: str
    width: int
    height: int
    seconds: float
    frames: int
    fps: float
    sound: bool
    bytes: int
    favourite: bool
    tags: list[str]
    parent_id: str | None
    relation: str | None
    defects: list[dict[str, str]] = Field(description="What is broken in it, and paid back.")
    warnings: list[dict[str, str]] = Field(description="What looks wrong, of a model that has no judge.")
    mode: Mode = Field(description="From words, from a picture, from a first and a last one, from a clip; or a still.")
    steps: int
    aspect: str
    camera: dict[str, Any] | None
    draft: bool
    outside: bool = Field(description="Its model knows nothing that the prompt names.")
    credits: float | None = Field(description="What it cost; 0 when that was given back. null: it was not made here.")
    score: float | None = Field(description="Of what its prompt asked, how much the judge saw in it: 0 to 100.")
    trashed_at: float | None
    created_at: float
    url: str = Field(description="The file. Opens without a key until it expires.")
    thumbnail_url: str | None
    spritesheet_url: str | None
    last_frame_url: str = Field(description="Its last picture, as a PNG of its full size.")


class ScoreLine(Answer):
    """One thing that the prompt asked for."""

    key: str = Field(description="colour, shape, ground, sky, direction, camera; other models' judges have others.")
    asked: str
    seen: str = Field(description="Empty: it could not be made out.")
    right: bool


class NotMeasured(Answer):
    key: str
    reason: str
    why: str


class ScoreView(Answer):
    """What a judge without weights saw in the clip's pixels, of what its prompt asked for."""

    object: Literal["score"] = "score"
    clip_id: str
    state: Literal["measured", "not_measured", "waiting"]
    reason: str = Field(description=f"Why nothing is measured, for programs: {', '.join(WHYS)}; or a judge's own.")
    why: str = Field(description="The same for people.")
    overall: float | None = Field(description="How much of what was asked is there, 0 to 100.")
    right: int
    of: int
    lines: list[ScoreLine]
    not_measured: list[NotMeasured]


def views(context: Context, request: Request, tx: Connection, clips: Sequence[Clip]) -> list[ClipView]:
    """In their order."""
    base, jobs = context.base_url(request), _jobs(tx, clips)
    return [_view(context, base, clip, jobs.get(clip.job_id or "")) for clip in clips]


def score_view(clip: Clip) -> ScoreView:
    score = Score.from_dict(clip.score) if clip.score else None
    lines = [
        ScoreLine.model_validate({"key": line.skill, "asked": line.asked, "seen": line.seen, "right": line.right})
        for line in (score.lines if score else ())
    ]
    left_out = dict(score.left_out) if score else {}
    return ScoreView(
        clip_id=clip.id,
        state="waiting" if not score else "measured" if lines else "not_measured",
        reason=score.why if score else "",
        why=WHYS.get(score.why, score.why) if score else "",
        overall=percent(clip.score),
        right=sum(line.right for line in lines),
        of=len(lines),
        lines=lines,
        not_measured=[NotMeasured(key=key, reason=why, why=WHYS.get(why, why)) for key, why in left_out.items()],
    )


def _jobs(tx: Connection, clips: Sequence[Clip]) -> dict[str, Any]:
    table = schema.jobs.c
    wanted = [clip.job_id for clip in clips if clip.job_id]
    if not wanted:
        return {}
    columns = (table.id, table.units, table.batch_id, table.request["draft"].as_boolean().label("draft"))
    return {row.id: row for row in tx.execute(sa.select(*columns).where(table.id.in_(wanted)))}


def _view(context: Context, base: str, clip: Clip, job: Any) -> ClipView:
    plain = {
        name: getattr(clip, name)
        for name in ClipView.model_fields
        if hasattr(clip, name) and name not in ("score", "fps", "defects")
    }
    recipe = clip.recipe or {}
    spec: dict[str, Any] = recipe.get("spec") or {}
    return ClipView(
        **plain,
        fps=float(Fraction(clip.fps)),
        defects=[dict(one) for one in faults(clip.defects)],
        warnings=[dict(one) for one in warnings(clip.defects)],
        video_id=openai.video_id(clip.job_id) if clip.job_id else None,
        batch_id=job.batch_id if job else None,
        size=f"{clip.width}x{clip.height}",
        mode=mode_of(spec),
        steps=int((recipe.get("shape") or spec).get("steps") or 0),
        aspect=aspect_of((clip.width, clip.height)),
        camera=spec.get("camera"),
        draft=bool(job and job.draft),
        outside=out_of_world.outside(context, clip.model or "", clip.prompt),
        credits=None if not job else 0.0 if clip.is_broken else job.units / 100,
        score=percent(clip.score),
        url=delivery.link(context, base, clip.video_key),
        thumbnail_url=delivery.link(context, base, clip.poster_key) if clip.poster_key else None,
        spritesheet_url=delivery.link(context, base, clip.sprite_key) if clip.sprite_key else None,
        last_frame_url=delivery.link(context, base, stills.key(clip.video_key, "last")),
    )
