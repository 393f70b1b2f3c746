"""Which database and which storage belong together. Both carry one random name, written when they first meet, and each
refuses a partner with another: to a database that knows none of the files every file is an orphan, and would be swept.

A pair without the name, as older versions left it, is taken without a question when the database knows files of the
storage, or when both are new. `adopt` is the operator's word that two belong together from now on.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import BadSettings, NotFound
from vitascope.store import schema
from vitascope.store.blobs import Blobs, content
from vitascope.store.database import Store, insert_new

KEY = "identity"  # the row of the settings table
MARKER = "identity.json"  # the blob of the storage's hidden part
_SAMPLE = 200  # clips whose files are looked up before two are believed to belong together
_HINT = (
    "Set database_url and storage_url to two that belong together, or bring that database back with "
    "`vitascope restore`. Only if they shall belong together from now on: `vitascope check --adopt`."
)


@dataclass(frozen=True)
class Identity:
    """`since`: from when on the two belong together, in unix seconds. Of older files this database knows nothing."""

    name: str
    since: float


def of_database(tx: Connection) -> Identity | None:
    value = tx.execute(sa.select(schema.settings.c.value).where(schema.settings.c.key == KEY)).scalar()
    return Identity(str(value["name"]), float(value["since"])) if value else None


def of_storage(blobs: Blobs) -> str:
    """Its name; empty when it has none. Raises BadSettings when what is written there makes no sense."""
    try:
        name = json.loads(content(blobs.hidden, MARKER, limit_bytes=1 << 16))["name"]
        if re.fullmatch("[0-9a-f]{16}", name):
            return str(name)
    except NotFound:
        return ""
    except (ValueError, KeyError, TypeError):
        pass
    raise BadSettings("The storage's identity cannot be read.", hint="`vitascope check --adopt` writes it anew.")


def meet(store: Store, blobs: Blobs) -> Identity:
    """The identity of the two; the first time it is written into both. Raises BadSettings when they are strangers."""
    with store.read() as tx:
        mine = of_database(tx)
    theirs = of_storage(blobs)
    if mine and mine.name == theirs:
        return mine
    if mine and theirs:
        raise BadSettings(
            f"The storage belongs to the database {theirs}, and the database that is set is {mine.name}.", hint=_HINT
        )
    _refuse_strangers(store, blobs, mine, theirs)
    mine = mine or _named(store, theirs)
    if not theirs:
        _mark(blobs, mine)
        theirs = of_storage(blobs)
    if theirs != mine.name:  # another was quicker
        return meet(store, blobs)
    return mine


def adopt(store: Store, blobs: Blobs) -> Identity:
    """From now on these two belong together, under a new name: a machine that had one of them before is refused. Files
    that are there already are never swept.
    """
    new = Identity(secrets.token_hex(8), store.clock())
    with store.begin() as tx:
        _write(tx, new)
    _mark(blobs, new)
    return new


def _named(store: Store, name: str) -> Identity:
    """The database's identity, which it has from now on: the storage's, or a new one."""
    now = store.clock()
    with store.begin() as tx:
        born = None if name else tx.scalar(sa.select(sa.func.min(schema.accounts.c.created_at)))
        new = Identity(name or secrets.token_hex(8), now if born is None else min(born, now))
        if insert_new(tx, schema.settings, {"key": KEY, "value": asdict(new), "created_at": now}):
            return new
        return of_database(tx) or new


def _write(tx: Connection, new: Identity) -> None:
    if not insert_new(tx, schema.settings, {"key": KEY, "value": asdict(new), "created_at": new.since}):
        tx.execute(sa.update(schema.settings).where(schema.settings.c.key == KEY).values(value=asdict(new)))


def _mark(blobs: Blobs, identity: Identity) -> None:
    blobs.hidden.put(MARKER, json.dumps(asdict(identity)).encode(), "application/json")


def _refuse_strangers(store: Store, blobs: Blobs, mine: Identity | None, theirs: str) -> None:
    keys = (key.split("/") for key in blobs.keys("clips"))
    there = list(dict.fromkeys(islice((parts[1] for parts in keys if len(parts) == 3), 3 * _SAMPLE)))[:_SAMPLE]
    clips, jobs = schema.clips.c, schema.jobs.c
    with store.read() as tx:
        known = _any(tx, sa.select(clips.id).where(clips.id.in_(there)))
        known = known or _any(tx, sa.select(jobs.id).where(jobs.clip_id.in_(there)))
        count = tx.scalar(sa.select(sa.func.count()).select_from(schema.clips)) or 0
    if known or not (there or count or theirs):
        return
    database = f"the database {mine.name}" if mine else "the database that is set"
    if theirs:
        what = f"The storage belongs to the database {theirs}; {database} has no name yet and knows none of its files."
    elif there:
        what = f"The storage, which has no name yet, holds clips, and {database} knows none of them."
    else:
        what = f"The storage, which has no name yet, holds no clip, and {database} knows {count:,}."
    raise BadSettings(what, hint=_HINT)


def _any(tx: Connection, query: sa.Select[Any]) -> bool:
    return tx.execute(query.limit(1)).first() is not None
