"""Jobs by what their callers know of them: an id in a dialect's form, their own external id, or a list's wishes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import NotFound
from vitascope.server.video_object import clips_of, is_gone
from vitascope.store import handles, schema
from vitascope.store.jobs import Job
from vitascope.vendors.api import Listing
from vitascope.vendors.id_formats import Skin

_DIGITS = 24
_table = schema.jobs.c


def one(tx: Connection, account_id: str, handle: str, *, skin: Skin, family: str) -> Job:
    """The account's job of this id or external id. Raises NotFound, also when its video was deleted."""
    found = _by_id(tx, account_id, handle, skin)
    if not found and (name := handles.find(tx, account_id, handles.external(family), handle)):
        found = _job(tx, _table.account_id == account_id, _table.id == name.target)
    if not found or is_gone(found, clips_of(tx, {found.clip_id}).get(found.clip_id or "")):
        raise NotFound(
            f'There is no task "{handle[:60]}".', hint="It may have been deleted, or it belongs to another account."
        )
    return found


def page(tx: Connection, account_id: str, listing: Listing, *, dialect: str, skin: Skin, family: str) -> list[Job]:
    """One more than a page, when there are more. Of several takes of one request, the first stands for all."""
    query = sa.select(schema.jobs).where(*_wanted(account_id, listing, dialect, skin))
    if listing.ids or listing.external_ids:
        query = query.where(_table.id.in_(_named(tx, account_id, listing, skin, family)))
    if listing.after and (seen := _by_id(tx, account_id, listing.after, skin)):
        query = query.where(_table.id < seen.id if listing.order == "desc" else _table.id > seen.id)
    elif listing.page > 1 or listing.offset:
        query = query.offset(listing.offset or (listing.page - 1) * listing.limit)
    by = _table.id.desc() if listing.order == "desc" else _table.id.asc()
    return [Job(**row._mapping) for row in tx.execute(query.order_by(by).limit(listing.limit + 1))]


def count(tx: Connection, account_id: str, listing: Listing, *, dialect: str, skin: Skin, family: str) -> int:
    """How many there are on all pages together."""
    wanted = _wanted(account_id, listing, dialect, skin)
    if listing.ids or listing.external_ids:
        wanted.append(_table.id.in_(_named(tx, account_id, listing, skin, family)))
    return tx.scalar(sa.select(sa.func.count()).select_from(schema.jobs).where(*wanted)) or 0


def _wanted(account_id: str, listing: Listing, dialect: str, skin: Skin) -> list[sa.ColumnElement[bool]]:
    request, clip, take = _table.request, schema.clips.c, schema.jobs.alias("take")
    shown = sa.exists().where(clip.id == _table.clip_id, clip.trashed_at.is_(None))
    hidden = request["hidden"].as_boolean().is_(True)
    earlier = sa.exists().where(take.c.batch_id == _table.batch_id, take.c.id < _table.id)
    wanted: list[Any] = [_table.account_id == account_id, ~earlier]
    wanted.append(
        sa.or_(shown, sa.and_(_table.clip_id.is_(None), sa.func.coalesce(hidden, sa.false()).is_(sa.false())))
    )
    if not (listing.ids or listing.external_ids or listing.everywhere):
        wanted.append(request["dialect"].as_string() == dialect)
    if listing.operations:
        wanted.append(request["operation"].as_string().in_(listing.operations))
    if listing.states:
        wanted.append(_table.state.in_(listing.states))
    if listing.model:
        wanted.append(request["model"].as_string() == listing.model)
    if listing.since is not None:
        wanted.append(_table.created_at >= listing.since)
    if listing.until is not None:
        wanted.append(_table.created_at <= listing.until)
    return wanted


def _named(tx: Connection, account_id: str, listing: Listing, skin: Skin, family: str) -> Sequence[str]:
    """The ids of the jobs that a list names. Ids that are only a beginning are looked up one by one; there are few."""
    whole = [skin.read(handle) for handle in listing.ids]
    exact = [f"job_{digits}" for digits in whole if len(digits) == _DIGITS]
    short = [found.id for handle in listing.ids if (found := _short(tx, account_id, handle, skin))]
    named = handles.targets(tx, account_id, handles.external(family), listing.external_ids)
    return [*exact, *short, *named.values()]


def _by_id(tx: Connection, account_id: str, handle: str, skin: Skin) -> Job | None:
    digits = skin.read(handle)
    if len(digits) == _DIGITS:
        return _job(tx, _table.account_id == account_id, _table.id == f"job_{digits}")
    return _short(tx, account_id, handle, skin)


def _short(tx: Connection, account_id: str, handle: str, skin: Skin) -> Job | None:
    """For skins that tell only an id's beginning: the one job that looks like this."""
    digits = skin.read(handle)
    if not 0 < len(digits) < _DIGITS:
        return None
    low, high = (f"job_{digits}{fill * (_DIGITS - len(digits))}" for fill in "0f")
    query = sa.select(_table.id).where(_table.account_id == account_id, _table.id.between(low, high))
    ids = [id for id in tx.scalars(query.order_by(_table.id)) if skin.show(id.removeprefix("job_")) == handle]
    return _job(tx, _table.id == ids[0]) if ids else None


def _job(tx: Connection, *where: sa.ColumnElement[bool]) -> Job | None:
    row = tx.execute(sa.select(schema.jobs).where(*where)).first()
    return Job(**row._mapping) if row else None
