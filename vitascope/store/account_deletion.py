"""An account goes for good. What tells who the owner is, and what they made, is removed or blanked in one transaction.
What stays is the account's id without a name, and the books, which must add up for ever: transfers and buckets, and of
each job when it ran, on which model and what it cost.

A running job is ended here and now, not asked to stop: its worker then has no lease, throws its work away and can
write nothing more. Files go once this is committed (`clear`); what is missed, `forget` and `sweep` find later.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import Conflict, VitascopeError
from vitascope.store import film_takes, handles, inputs, jobs, ledger, purchases, retention, schema
from vitascope.store.account import HAS_LEFT, Account, present
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store
from vitascope.store.job import as_job

#: All that is personal and not of the books; what refers to another comes before it.
PERSONAL = (
    schema.deliveries,
    schema.webhooks,
    schema.callbacks,
    schema.events,
    schema.idempotency,
    schema.handles,
    schema.film_renders,
    schema.film_takes,
    schema.film_versions,
    schema.films,
    schema.clips,
    schema.parts,
    schema.inputs,
    schema.projects,
    schema.api_keys,
    schema.sessions,
    schema.turns,
)
#: The folders of what was given and made for films, one inside each for each account.
_GIVEN = ("uploads", inputs.FOLDER, film_takes.FOLDER)


def leave(tx: Connection, account_id: str, now: float) -> list[str]:
    """The account is gone; its address is free for a new one. The keys of the blobs to `clear` once this is committed.

    Raises NotFound when there is none, or no longer, and Conflict for the owner.
    """
    # More than `lock_account`: also a row that is just being added to the account is waited for.
    tx.execute(sa.select(schema.accounts.c.id).where(schema.accounts.c.id == account_id).with_for_update())
    account = present(tx, account_id)
    refuse_owner(account)
    _end_jobs(tx, account_id, now)
    ledger.close(tx, account_id, now)
    keys = _keys(tx, account_id)
    for table in PERSONAL:
        tx.execute(sa.delete(table).where(table.c.account_id == account_id))
    _blank(tx, account, now)
    return keys


def refuse_owner(account: Account) -> None:
    """A server without an owner would make itself a new one, who has nothing."""
    if account.role == "owner":
        raise Conflict(
            "The owner's account cannot be deleted.",
            hint="To hand the server over, give the account another e-mail and password. "
            "To end it, stop the server and delete its home folder, or its database and storage.",
        )


def clear(blobs: Blobs, account_id: str, keys: Iterable[str]) -> None:
    """Delete these blobs, and all that the account has given. Storage that does not answer is left to the sweep."""
    with suppress(VitascopeError):
        retention.remove(blobs, keys)
        for folder in _GIVEN:
            for key in list(blobs.keys(f"{folder}/{account_id}")):
                blobs.delete(key)


def forget(tx: Connection) -> int:
    """Remove what was still written to an account in the moment in which it left. The number removed."""
    gone = sa.select(schema.accounts.c.id).where(HAS_LEFT)
    return sum(tx.execute(sa.delete(table).where(table.c.account_id.in_(gone))).rowcount for table in PERSONAL)


def sweep(store: Store, blobs: Blobs) -> int:
    """Delete what accounts that left had given, where `clear` was cut off. How many blobs. Files of their clips and
    previews are found by `library.sweep`, as everybody's.
    """
    with store.read() as tx:
        gone = set(tx.scalars(sa.select(schema.accounts.c.id).where(HAS_LEFT)))
    given = (key for folder in _GIVEN for key in blobs.keys(folder)) if gone else ()
    doomed = [key for key in given if key.split("/")[1] in gone]
    for key in doomed:
        blobs.delete(key)
    return len(doomed)


def _end_jobs(tx: Connection, account_id: str, now: float) -> None:
    table = schema.jobs
    on_their_way = (table.c.account_id == account_id, table.c.state.in_(("queued", "running")))
    query = sa.select(table).where(*on_their_way).order_by(table.c.id)
    for row in tx.execute(query.with_for_update()).all():  # a beat may prolong a lease; now it waits, and finds it lost
        ledger.void(tx, jobs.cancelled(tx, as_job(row), now).id, now)
    purchases.leave(tx, account_id, now)


def _keys(tx: Connection, account_id: str) -> list[str]:
    clips, table, names = schema.clips.c, schema.jobs, schema.handles.c
    keys: list[str] = []
    for row in tx.execute(
        sa.select(clips.video_key, clips.poster_key, clips.sprite_key).where(clips.account_id == account_id)
    ):
        keys += [key for key in row if key]
    looked_at = (table.c.account_id == account_id, table.c.preview_key.is_not(None), table.c.state != "succeeded")
    for job in map(as_job, tx.execute(sa.select(table).where(*looked_at))):
        keys += [job.look_key(step) for step in job.looks]
    sent = (names.account_id == account_id, names.kind == handles.UPLOAD)
    return [*keys, *tx.scalars(sa.select(names.target).where(*sent))]


def _blank(tx: Connection, account: Account, now: float) -> None:
    table, rates = schema.jobs, schema.rates
    empty: dict[str, Any] = {"spec": {}, "request": None, "looks": [], "error_hint": None}
    empty |= dict.fromkeys(("project_id", "parent_clip_id", "relation", "idempotency", "preview_key", "preview_at"))
    empty["error_message"] = sa.case((table.c.error_message.is_not(None), ""))  # it may quote a prompt
    tx.execute(sa.update(table).where(table.c.account_id == account.id).values(**empty))
    tx.execute(sa.delete(rates).where(rates.c.key.endswith(f":{account.id}", autoescape=True)))
    nobody: dict[str, Any] = {"email": None, "name": "", "password_hash": None, "role": "member", "settings": {}}
    tx.execute(sa.update(schema.accounts).where(schema.accounts.c.id == account.id).values(**nobody, disabled_at=now))
