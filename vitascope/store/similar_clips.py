"""Clips found by what they are like and not by their words alone, and those whose pixels are still to be looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store import events, matching, terms
from vitascope.store.database import lock_account
from vitascope.store.library import Clip, as_clip
from vitascope.store.schema import clips, jobs
from vitascope.store.text_search import words_of

NEAR = 0.25  # of what two clips say must be common to both
MAX_NEAR = 2_000  # clips that are compared
_EMPTY_WORDS = frozenset(
    ["a", "an", "the", "and", "or", "of", "on", "in", "at", "to", "with", "is", "it", "by", "from"]
)


def near(tx: Connection, account_id: str, words: str, *, hooks: terms.Hooks = (), limit: int = 8) -> list[Clip]:
    """The clips that have most in common with these words and do not have all of them, the nearest first. Out of the
    newest that share a meaning or a word at all. `hooks`: what the words mean to each model.
    """
    asked, asked_words = terms.of(words, hooks), _telling(words)
    some = [clips.c.meaning.like(terms.like(term), escape="\\") for term in sorted(asked)]
    some += [clips.c.words.like(f"% {_escaped(word)} %", escape="\\") for word in asked_words]
    if not some:
        return []
    mine = (clips.c.account_id == account_id, clips.c.trashed_at.is_(None), sa.or_(*some))
    exact = matching.fits(words, hooks)
    query = sa.select(clips.c.id, clips.c.meaning, clips.c.words).where(*mine)
    if exact is not None:
        query = query.where(sa.not_(exact))
    ranked = []
    for row in tx.execute(query.order_by(clips.c.id.desc()).limit(MAX_NEAR)):
        common = terms.nearness(asked, row.meaning.split(), asked_words, _telling(row.words))
        if common >= NEAR:
            ranked.append((common, row.id))
    best = [id for _, id in sorted(ranked, reverse=True)[:limit]]
    found = {row.id: as_clip(row) for row in tx.execute(sa.select(clips).where(clips.c.id.in_(best)))}
    return [found[id] for id in best]


def of_batch(tx: Connection, account_id: str, batch_id: str) -> list[Clip]:
    """What has come of a request for several, in the order of its takes; what was trashed is left out."""
    query = sa.select(clips).join(jobs, jobs.c.id == clips.c.job_id)
    query = query.where(jobs.c.batch_id == batch_id, clips.c.account_id == account_id, clips.c.trashed_at.is_(None))
    return [as_clip(row) for row in tx.execute(query.order_by(jobs.c.id))]


def unscored(tx: Connection, *, limit: int, besides: Collection[str] = ()) -> list[Clip]:
    """Of all accounts, the newest whose pixels no judge has looked at; `besides` those of these models."""
    query = sa.select(clips).where(clips.c.score.is_(None), clips.c.trashed_at.is_(None))
    if besides:
        query = query.where(sa.func.coalesce(clips.c.model, "").not_in(besides))
    return [as_clip(row) for row in tx.execute(query.order_by(clips.c.id.desc()).limit(limit))]


def keep_score(tx: Connection, clip: Clip, score: Mapping[str, Any], now: float) -> None:
    """What the judge saw. It is told, so that it appears where the clip is shown."""
    lock_account(tx, clip.account_id)  # before the clip, as a deletion of both does
    kept = sa.update(clips).where(clips.c.id == clip.id).values(score=dict(score))
    if tx.execute(kept).rowcount:
        events.tell(tx, clip.account_id, "clip.scored", {"clip_id": clip.id}, now)


def _telling(text: str) -> frozenset[str]:
    return frozenset(words_of(text).split()) - _EMPTY_WORDS


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
