"""/v1/library, what can be known of clips beyond their rows: which are near in meaning, what the judge saw in one,
which take of several shows most of what was asked, and single pictures of them.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from vitascope.server.auth import Asking, Here, Who
from vitascope.server.clip_view import ClipView, ScoreView, score_view, views
from vitascope.server.files import media_inputs
from vitascope.server.routes import MEDIA, errors
from vitascope.server.schemas import Answer, Page, page
from vitascope.store import library, similar_clips
from vitascope.vendors.fields import bad

router = APIRouter(route_class=Asking, prefix="/v1/library", tags=["library"])


class Ranking(Answer):
    """The takes of one request, the one that shows most of what was asked first; of equal ones the earlier take."""

    object: Literal["ranking"] = "ranking"
    best: str | None = Field(description="The clip that is ahead of all others; null when that cannot be said.")
    scores: list[ScoreView]


@router.get("/near", responses=errors(422))
def near(
    context: Here,
    actor: Who,
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=500)],
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> Page[ClipView]:
    """Clips near in meaning to these words, the nearest first; those that have all of the words are left out, a search
    finds them. Near is: many of the facts that the prompt reader finds, and of the other words, are the same.
    """
    with context.store.read() as tx:
        found = similar_clips.near(tx, actor.id, q, hooks=context.search_terms, limit=limit)
        return page(views(context, request, tx, found), limit)  # type: ignore[return-value]


@router.get("/best", responses=errors(422))
def best(context: Here, actor: Who, batch_id: Annotated[str, Query(max_length=64)]) -> Ranking:
    """Which take of a request for several shows most of what was asked. A broken clip comes last."""
    with context.store.read() as tx:
        clips = similar_clips.of_batch(tx, actor.id, batch_id)
    scores = {clip.id: score_view(clip) for clip in clips}
    marks = {clip.id: -1.0 if clip.is_broken else scores[clip.id].overall for clip in clips}
    ranked = sorted(scores, key=lambda id: -2.0 if marks[id] is None else marks[id] or 0.0, reverse=True)
    known = len(ranked) > 1 and None not in marks.values() and marks[ranked[0]] != marks[ranked[1]]
    return Ranking(best=ranked[0] if known else None, scores=[scores[id] for id in ranked])


@router.get("/{clip_id}/score", responses=errors(404))
def score(context: Here, actor: Who, clip_id: str) -> ScoreView:
    """What the judge saw in the clip of what its prompt asked. A worker looks at each clip soon after it is made; then
    the event `clip.scored` is told.
    """
    with context.store.read() as tx:
        return score_view(library.get(tx, actor.id, clip_id))


@router.get("/{clip_id}/frame", response_class=Response, responses=errors(400, 404) | MEDIA)
def frame(
    context: Here,
    actor: Who,
    clip_id: str,
    at: Annotated[str, Query(max_length=20, description="first, last, or seconds from the start.")] = "last",
) -> Response:
    """One picture of a clip as a PNG of its full size, to begin another clip with."""
    with context.store.read() as tx:
        clip = library.get(tx, actor.id, clip_id)
    picture = media_inputs.frame(context, clip, at if at in ("first", "last") else _number(at, clip))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return Response(file.getvalue(), media_type="image/png", headers={"cache-control": "private, max-age=86400"})


def _number(at: str, clip: library.Clip) -> str:
    try:
        seconds = float(at)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= clip.frames / Fraction(clip.fps):
        raise bad("at", f'The clip has no moment "{at}".', f"first, last, or 0 to {clip.seconds:g} seconds.")
    return str(min(round(seconds * Fraction(clip.fps)), clip.frames - 1))
