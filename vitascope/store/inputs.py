"""Files that an account gave for its clips: pictures, clips and sounds. Each is a blob that is kept once for the
account, by its SHA-256; the rows of jobs and clips name the hash. A picture that was fitted to a clip is kept beside
the file that was given, as a file of its own.

Nothing here looks beyond the account: whether somebody else gave the same file changes neither what is done nor what
is answered. A file goes a day after the last job, clip or film that names it, and with the account.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.clip import ClipSpec
from vitascope.errors import NotFound, TooLarge
from vitascope.store.blobs import Blobs, content
from vitascope.store.database import Store, insert_new
from vitascope.store.ids import INPUT, new_id
from vitascope.store.schema import inputs

FOLDER = "inputs"  # of the blobs, with a folder for each account
MAX_BYTES = 4 * 2**30  # of all inputs of an account
MAX_FILE = 64 * 2**20
PICTURES = ("image", "last_image")  # of a spec
_NAMED = re.compile(r'"(?:sha256|fitted)": ?"([0-9a-f]{64})"')


@dataclass(frozen=True)
class File:
    """A file to be kept. `kind`: image, video or audio; `name`: as its owner calls it."""

    sha256: str
    kind: str
    media_type: str
    data: bytes = field(repr=False)
    name: str = ""


@dataclass(frozen=True)
class Input:
    """A row of `inputs`."""

    account_id: str
    sha256: str
    kind: str
    name: str
    media_type: str
    bytes: int
    key: str
    facts: dict[str, Any]
    created_at: float


assert {item.name for item in fields(Input)} == set(inputs.c.keys())


def keep(store: Store, blobs: Blobs, account_id: str, files: Iterable[File]) -> None:
    """Keep these files, each once; to be called before the transaction that names them. For a day from now none of
    them is swept. Raises TooLarge when the account has too many.
    """
    for file in {file.sha256: file for file in files}.values():
        with store.begin() as tx:
            row = _touched(tx, account_id, file.sha256, store.clock())
            if not row:
                _check_room(tx, account_id, len(file.data))
        if row and blobs.exists(row.key):
            continue
        now = store.clock()
        key = f"{FOLDER}/{account_id}/{new_id(INPUT, now)}"  # a new one each time: nobody deletes it for an old row
        blobs.put(key, file.data, file.media_type)
        values = {
            "account_id": account_id,
            "sha256": file.sha256,
            "kind": file.kind,
            "name": file.name,
            "media_type": file.media_type,
            "bytes": len(file.data),
            "key": key,
            "facts": {},
            "created_at": now,
        }
        with store.begin() as tx:
            there = not insert_new(tx, inputs, values)
            if row:  # its blob was lost
                tx.execute(sa.update(inputs).where(*_mine(account_id, file.sha256)).values(key=key, created_at=now))
        if there and not row:  # the same file came twice at once
            blobs.delete(key)


def find(tx: Connection, account_id: str, sha256: str) -> Input | None:
    row = tx.execute(sa.select(inputs).where(*_mine(account_id, sha256))).first()
    return Input(**row._mapping) if row else None


def read(store: Store, blobs: Blobs, account_id: str, sha256: str) -> bytes:
    """Raises NotFound, also for a file of somebody else's."""
    with store.read() as tx:
        found = find(tx, account_id, sha256)
    if not found:
        raise NotFound(f"There is no file {sha256[:16]}.", hint="Give it again.")
    return content(blobs, found.key, limit_bytes=MAX_FILE)


def pictures_of(spec: ClipSpec) -> Iterator[File]:
    """The fitted pictures whose bytes are in the spec, and in the recipes of the clips that it continues."""
    for picture in (spec.image, spec.last_image):
        if picture and picture.png:
            digest = hashlib.sha256(picture.png).hexdigest()
            yield File(digest, "image", "image/png", picture.png, picture.name)
    if spec.extend and spec.extend.recipe:
        yield from pictures_of(spec.extend.recipe.spec)


def at_hand(store: Store, blobs: Blobs, account_id: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A spec, as a dict, with the bytes of its pictures in their places, and of those in the recipes of the clips that
    it continues. One that is no longer kept stays named.
    """
    wanted = {picture["fitted"] for picture in _pictures(spec) if picture.get("fitted")}
    found: dict[str, str] = {}
    for digest in wanted:
        try:
            found[digest] = base64.b64encode(read(store, blobs, account_id, digest)).decode("ascii")
        except NotFound:
            continue
    return _filled(spec, found) if found else spec


def recipe_at_hand(store: Store, blobs: Blobs, account_id: str, recipe: Any) -> Any:
    """A recipe, as a dict, in the same way."""
    if not (isinstance(recipe, dict) and "spec" in recipe):
        return recipe
    return {**recipe, "spec": at_hand(store, blobs, account_id, recipe["spec"])}


def is_kept(tx: Connection, account_id: str, sha256: str) -> bool:
    return tx.execute(sa.select(inputs.c.sha256).where(*_mine(account_id, sha256))).first() is not None


def named(text: str) -> list[str]:
    """The hashes of files that a spec or recipe in JSON names."""
    return _NAMED.findall(text)


def touch(tx: Connection, account_id: str, hashes: Iterable[str], now: float) -> None:
    """What a new row names is not swept for a day."""
    for digest in hashes:
        _touched(tx, account_id, digest, now)


def forget(tx: Connection, account_id: str, reached: set[str], old: float) -> list[str]:
    """Remove the rows from before `old` that are not `reached`. The keys of the blobs to delete once this is
    committed.
    """
    mine = (inputs.c.account_id == account_id, inputs.c.created_at < old)
    doomed = [row.sha256 for row in tx.execute(sa.select(inputs.c.sha256).where(*mine)) if row.sha256 not in reached]
    keys: list[str] = []
    for start in range(0, len(doomed), 500):
        these = inputs.c.sha256.in_(doomed[start : start + 500])
        keys += tx.scalars(sa.delete(inputs).where(*mine, these).returning(inputs.c.key))
    return keys


def _mine(account_id: str, sha256: str) -> tuple[sa.ColumnElement[bool], ...]:
    return inputs.c.account_id == account_id, inputs.c.sha256 == sha256


def _touched(tx: Connection, account_id: str, sha256: str, now: float) -> Input | None:
    touching = sa.update(inputs).where(*_mine(account_id, sha256)).values(created_at=now).returning(inputs)
    row = tx.execute(touching).first()
    return Input(**row._mapping) if row else None


def _check_room(tx: Connection, account_id: str, more: int) -> None:
    total = sa.func.coalesce(sa.func.sum(inputs.c.bytes), 0)
    used = tx.scalar(sa.select(total).where(inputs.c.account_id == account_id))
    if int(used or 0) + more > MAX_BYTES:
        raise TooLarge(
            f"The files given by this account would have more than {MAX_BYTES >> 30} GB.",
            hint="Delete clips for good; what only they needed is gone a day later.",
        )


def _pictures(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in PICTURES:
        if isinstance(spec.get(name), dict):
            yield spec[name]
    recipe = (spec.get("extend") or {}).get("recipe")
    if isinstance(recipe, dict) and "spec" in recipe:
        yield from _pictures(recipe["spec"])


def _filled(spec: dict[str, Any], found: Mapping[str, str]) -> dict[str, Any]:
    result = dict(spec)
    for name in PICTURES:
        picture = result.get(name)
        if picture and picture.get("fitted") in found:
            kept = {key: value for key, value in picture.items() if key not in ("fitted", "small")}
            result[name] = {**kept, "png": found[picture["fitted"]]}
    recipe = (result.get("extend") or {}).get("recipe")
    if isinstance(recipe, dict) and "spec" in recipe:
        result["extend"] = {**result["extend"], "recipe": {**recipe, "spec": _filled(recipe["spec"], found)}}
    return result
