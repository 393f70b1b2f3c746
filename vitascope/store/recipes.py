"""What is large in the rows of jobs and clips is kept once for each account, by its hash; the rows hold the hash.
Recipes of clips that were continued are parts; given pictures are inputs (`inputs.py`), and parts where nobody kept
them as inputs. It knows the form of a spec as a dict, and nothing of what is made from it.

A part may hold parts: the recipe of a clip that itself continued another names that one's, so a chain of clips holds
each of its recipes once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import Conflict, TooLarge
from vitascope.store import inputs, schema
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store, insert_new
from vitascope.store.schema import clips, films, jobs, parts

MAX_BYTES = 2**30  # of all parts of an account
SMALL = 2_000  # characters; what is shorter stays in its row
DAY = 86_400.0
_PART = "part"
_NAMED = re.compile(rf'"{_PART}": ?"([0-9a-f]{{64}})"')
HASH = re.compile(r'"([0-9a-f]{64})"')  # a file that a film names
_HIDDEN = "hidden"  # in a job's `request`: its owner deleted the video


def packed(tx: Connection, account_id: str, spec: dict[str, Any], now: float) -> dict[str, Any]:
    """The spec for a row: what is large in it is kept as a part. Raises TooLarge when the account has too much."""
    result = _unlimited(tx, account_id, spec, now)
    if result != spec:
        check(tx, account_id)
    return result


def whole(tx: Connection, account_id: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The spec as it was before it was packed, but for its pictures: `inputs.at_hand` puts in their bytes."""
    result = {**spec, **{name: _read(tx, account_id, spec[name]) for name in inputs.PICTURES if spec.get(name)}}
    if extend := spec.get("extend"):
        result["extend"] = {**extend, "recipe": whole_recipe(tx, account_id, extend.get("recipe"))}
    return result


def packed_recipe(tx: Connection, account_id: str, recipe: dict[str, Any], now: float) -> dict[str, Any]:
    """A recipe in the same way. It is of a clip that is there, so the account's bound is not looked at."""
    return {**recipe, "spec": _unlimited(tx, account_id, recipe["spec"], now)}


def whole_recipe(tx: Connection, account_id: str, recipe: Any) -> Any:
    recipe = _read(tx, account_id, recipe)
    return {**recipe, "spec": whole(tx, account_id, recipe["spec"])} if recipe and "spec" in recipe else recipe


def check(tx: Connection, account_id: str) -> None:
    """Raises TooLarge when the account's parts are more than an account may have."""
    used = tx.scalar(sa.select(sa.func.coalesce(sa.func.sum(parts.c.bytes), 0)).where(parts.c.account_id == account_id))
    if int(used or 0) > MAX_BYTES:
        raise TooLarge(
            f"The recipes and given pictures of this account would have more than {MAX_BYTES >> 20:,} MB.",
            hint="Delete clips for good; what only they needed is gone a day later.",
        )


def sweep(store: Store, blobs: Blobs) -> int:
    """Delete the parts and inputs that no clip or film names any more, and no job whose video is still there. What is
    younger than a day is left. How many were deleted.
    """
    old = store.clock() - DAY
    owners: set[str] = set()
    with store.read() as tx:
        for table in (parts, schema.inputs):
            owners.update(tx.scalars(sa.select(table.c.account_id).where(table.c.created_at < old).distinct()))
    return sum(_sweep_account(store, blobs, account_id, old) for account_id in sorted(owners))


def _sweep_account(store: Store, blobs: Blobs, account_id: str, old: float) -> int:
    with store.begin() as tx:
        store.lock_account(tx, account_id)
        mine = parts.c.account_id == account_id
        inner = {row.sha256: row.data for row in tx.execute(sa.select(parts.c.sha256, parts.c.data).where(mine))}
        named: set[str] = set()
        files: set[str] = set()
        for data in [*tx.scalars(_jobs_that_are_there(account_id)), *tx.scalars(_recipes_of_clips(account_id))]:
            text = json.dumps(data)
            named.update(_NAMED.findall(text))
            files.update(inputs.named(text))
        for document in tx.scalars(sa.select(films.c.document).where(films.c.account_id == account_id)):
            files.update(HASH.findall(json.dumps(document)))
        reached: set[str] = set()
        while new := (named & inner.keys()) - reached:
            reached |= new
            named.update(*(_NAMED.findall(inner[digest]) for digest in new))
            files.update(*(inputs.named(inner[digest]) for digest in new))
        doomed = [digest for digest in inner if digest not in reached]
        gone = 0
        for start in range(0, len(doomed), 500):
            these = parts.c.sha256.in_(doomed[start : start + 500])
            gone += tx.execute(sa.delete(parts).where(mine, these, parts.c.created_at < old)).rowcount
        keys = inputs.forget(tx, account_id, files, old)
    for key in keys:
        blobs.delete(key)
    return gone + len(keys)


def _jobs_that_are_there(account_id: str) -> sa.Select[Any]:
    """The specs of jobs that wait or run, that became a clip which is still in the library, or that failed and were
    not deleted.
    """
    made = sa.select(clips.c.id).where(clips.c.id == jobs.c.clip_id)
    hidden = sa.func.coalesce(jobs.c.request[_HIDDEN].as_boolean(), sa.false())
    there = sa.or_(sa.and_(jobs.c.clip_id.is_(None), sa.not_(hidden)), made.exists())
    return sa.select(jobs.c.spec).where(jobs.c.account_id == account_id, there)


def _recipes_of_clips(account_id: str) -> sa.Select[Any]:
    return sa.select(clips.c.recipe).where(clips.c.account_id == account_id, clips.c.recipe.is_not(None))


def _unlimited(tx: Connection, account_id: str, spec: dict[str, Any], now: float) -> dict[str, Any]:
    large = {name: _picture(tx, account_id, spec[name], now) for name in inputs.PICTURES if spec.get(name)}
    result = {**spec, **large}
    if references := spec.get("references"):
        result["references"] = [{k: v for k, v in one.items() if k != "small"} for one in references]
    extend = spec.get("extend")
    if extend and extend.get("recipe"):
        parent = packed_recipe(tx, account_id, extend["recipe"], now)
        result["extend"] = {**extend, "recipe": _kept(tx, account_id, parent, now)}
    return result


def _picture(tx: Connection, account_id: str, picture: dict[str, Any], now: float) -> dict[str, Any]:
    """Its hashes alone, when its bytes are an input."""
    words = {key: value for key, value in picture.items() if key not in ("png", "small")}
    if not picture.get("png"):
        return words if _PART not in picture else picture
    try:
        digest = hashlib.sha256(base64.b64decode(picture["png"], validate=True)).hexdigest()
    except (binascii.Error, ValueError):
        return _kept(tx, account_id, picture, now)
    if inputs.is_kept(tx, account_id, digest):
        return {**words, "fitted": digest}
    return _kept(tx, account_id, picture, now)


def _kept(tx: Connection, account_id: str, value: dict[str, Any], now: float) -> dict[str, Any]:
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    if len(text) <= SMALL:
        return value
    digest = hashlib.sha256(text.encode()).hexdigest()
    row = {"account_id": account_id, "sha256": digest, "data": text, "bytes": len(text), "created_at": now}
    insert_new(tx, parts, row)
    return {_PART: digest}


def _read(tx: Connection, account_id: str, value: Any) -> Any:
    if not (isinstance(value, dict) and _PART in value):
        return value
    where = (parts.c.account_id == account_id, parts.c.sha256 == value[_PART])
    text = tx.scalar(sa.select(parts.c.data).where(*where))
    if text is None:
        raise Conflict("A part of this clip's recipe is missing.", hint="Restore the database from a backup.")
    return json.loads(text)
