"""Clips found by what they are like and not by their words alone, and those whose pixels are still to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.smallworld import search_terms
from vitascope.smallworld.search_terms import meaning_of
from vitascope.store import events, matching
from vitascope.store.database import lock_account
from vitascope.store.library import Clip, as_clip
from vitascope.store.schema import clips, jobs
from vitascope.store.text_search import words_of

NEAR = 0.25  # of what two clips say must be common to both
MAX_NEAR = 2_000  # clips that are compared
_EMPTY_WORDS = frozenset(
    ["a", "an", "the", "and", "or", "of", "on", "in", "at", "to", "with", "is", "it", "by", "from"]
)


def near(tx: Connection, account_id: str, words: str, *, limit: int = 8) -> list[Clip]:
    """The clips that have most in common with these words and do not have all of them, the nearest first. Out of the
    newest that share a meaning or a word at all.
    """
    asked, asked_words = meaning_of(words), _telling(words)
    some = [clips.c.meaning.like(f"% {_escaped(term)} %", escape="\\") for term in search_terms.terms_of(asked)]
    some += [clips.c.words.like(f"% {_escaped(word)} %", escape="\\") for word in asked_words]
    if not some:
        return []
    mine = (clips.c.account_id == account_id, clips.c.trashed_at.is_(None), sa.or_(*some))
    exact = matching.fits(words)
    query = sa.select(clips.c.id, clips.c.meaning, clips.c.words).where(*mine)
    if exact is not None:
        query = query.where(sa.not_(exact))
    ranked = []
    for row in tx.execute(query.order_by(clips.c.id.desc()).limit(MAX_NEAR)):
        common = search_terms.nearness(asked, row.meaning, asked_words, _telling(row.words))
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


def unscored(tx: Connection, *, limit: int) -> list[Clip]:
    """Of all accounts, the newest whose pixels no judge has looked at."""
    query = sa.select(clips).where(clips.c.score.is_(None), clips.c.trashed_at.is_(None))
    return [as_clip(row) for row in tx.execute(query.order_by(clips.c.id.desc()).limit(limit))]


def keep_score(tx: Connection, clip: Clip, score: Mapping[str, Any], now: float) -> None:
    """What the judge saw. It is told, so that whoever looks at the clip sees it come."""
    lock_account(tx, clip.account_id)  # before the clip, as whoever deletes both
    kept = sa.update(clips).where(clips.c.id == clip.id).values(score=dict(score))
    if tx.execute(kept).rowcount:
        events.tell(tx, clip.account_id, "clip.scored", {"clip_id": clip.id}, now)


def _telling(text: str) -> frozenset[str]:
    return frozenset(words_of(text).split()) - _EMPTY_WORDS


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
