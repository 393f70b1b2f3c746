"""Clips whose prompts are still to be read for their meaning. Those that are older than the column that keeps it: a
migration leaves a note, and workers do it bit by bit, `some`, then `keep`, until there are no more. And those that came
with an archive to where their model was not: they are read when it comes (`of_model`, then `write`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.store import schema, terms
from vitascope.store.database import insert_new
from vitascope.store.schema import clips

KEY = "clips.unread"
MODELS = "clips.read_models"  # with search terms, whose clips are all read


@dataclass(frozen=True)
class Unread:
    id: str
    model: str | None
    prompt: str


def some(tx: Connection, *, limit: int) -> list[Unread] | None:
    """The next of them in the order of their ids, none when all are read; None: there is nothing to do."""
    note = tx.scalar(sa.select(schema.settings.c.value).where(schema.settings.c.key == KEY))
    if note is None:
        return None
    query = sa.select(clips.c.id, clips.c.model, clips.c.prompt).where(clips.c.id > note["after"])
    return [Unread(*row) for row in tx.execute(query.order_by(clips.c.id).limit(limit))]


def keep(tx: Connection, read: Sequence[Unread], meanings: Mapping[str, Iterable[str]]) -> None:
    """The terms of each of these, by its id; and where to go on. With none read, all is done."""
    mine = schema.settings.c.key == KEY
    if not read:
        tx.execute(sa.delete(schema.settings).where(mine))
        return
    write(tx, read, meanings)
    tx.execute(sa.update(schema.settings).where(mine).values(value={"after": read[-1].id}))


def write(tx: Connection, read: Sequence[Unread], meanings: Mapping[str, Iterable[str]]) -> None:
    """The terms of each of these, by its id."""
    for clip in read:
        tx.execute(sa.update(clips).where(clips.c.id == clip.id).values(meaning=terms.kept(meanings[clip.id])))


def of_model(tx: Connection, model: str, *, after: str, limit: int) -> list[Unread]:
    """Its clips that have no terms, in the order of their ids."""
    query = sa.select(clips.c.id, clips.c.model, clips.c.prompt)
    query = query.where(clips.c.model == model, clips.c.meaning == "", clips.c.id > after)
    return [Unread(*row) for row in tx.execute(query.order_by(clips.c.id).limit(limit))]


def models(tx: Connection) -> dict[str, str]:
    """Whose clips were read, each with the import path of its hook."""
    return dict(tx.scalar(sa.select(schema.settings.c.value).where(schema.settings.c.key == MODELS)) or {})


def note_models(tx: Connection, read: Mapping[str, str], now: float) -> None:
    """Those of these models were read."""
    value = models(tx) | dict(read)
    if not insert_new(tx, schema.settings, {"key": MODELS, "value": value, "created_at": now}):
        _change(tx, value)


def again(tx: Connection, names: Iterable[str]) -> None:
    """Clips of these models have come, whose prompts could not be read now."""
    known = models(tx)
    kept = {name: path for name, path in known.items() if name not in set(names)}
    if kept != known:
        _change(tx, kept)


def _change(tx: Connection, value: Mapping[str, str]) -> None:
    tx.execute(sa.update(schema.settings).where(schema.settings.c.key == MODELS).values(value=value))
