"""Everything of an account in one zip, to keep or to carry to another server, written as it is asked for. How it is
laid out stands in `packing`; `intake` takes it in again, and is handed on here.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any

import sqlalchemy as sa

from vitascope import __version__
from vitascope.errors import NotFound, VitascopeError
from vitascope.store import archive_films, inputs, library, recipes, schema
from vitascope.store.archive_format import FORMAT, MAX_INPUT, MAX_PICTURE
from vitascope.store.archive_import import TakenIn, take_in
from vitascope.store.blobs import Blobs, content
from vitascope.store.database import Store
from vitascope.store.projects import Project, list_projects

__all__ = ["TakenIn", "export", "take_in"]
_CHUNK, _ASIDE_BYTES = 1 << 20, 8 << 20  # larger films wait in a file, not in memory


def export(store: Store, blobs: Blobs, account_id: str) -> Iterator[bytes]:
    """The pieces of the zip, in order; memory stays flat. A clip that is deleted meanwhile is left out, and so is one
    whose film is not the one that was kept: the manifest lists it.
    """
    with store.read() as tx:
        row = tx.execute(sa.select(schema.accounts).where(schema.accounts.c.id == account_id)).first()
        if not row:
            raise NotFound(f"There is no account {account_id[:60]}.", hint="Check its id.")
        wanted = sa.select(schema.clips.c.id).where(schema.clips.c.account_id == account_id)
        clip_ids = list(tx.scalars(wanted.order_by(schema.clips.c.id)))
        projects = list_projects(tx, account_id)
    return _gathered(_export(store, blobs, account_id, row.email or row.name or account_id, clip_ids, projects))


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in large pieces: each is a turn in the server's threads, for which it may have to wait. The first
    one goes out as it comes, so that a browser sees at once that its download has begun.
    """
    held, size, pieces = [], 0, iter(pieces)
    yield next(pieces, b"")
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _export(
    store: Store, blobs: Blobs, account_id: str, name: str, clip_ids: list[str], projects: list[Project]
) -> Iterator[bytes]:
    out = _Pipe()
    entries: list[dict[str, Any]] = []
    damaged: list[dict[str, str]] = []
    named: set[str] = set()
    given: list[dict[str, Any]] = []
    with zipfile.ZipFile(out, "w") as archive:
        for clip_id in clip_ids:
            try:
                with store.read() as tx:
                    clip = library.get(tx, account_id, clip_id)
                    whole = recipes.whole_recipe(tx, account_id, clip.recipe)
            except NotFound:
                continue
            whole = inputs.recipe_at_hand(store, blobs, account_id, whole)
            named.update(inputs.named(json.dumps(whole)))
            recipe = json.dumps(whole, ensure_ascii=False, indent=1).encode()
            with tempfile.SpooledTemporaryFile(_ASIDE_BYTES) as film:
                if why := _fetched(blobs, clip, film):
                    damaged.append({"id": clip_id, "why": why})
                    continue
                pieces = iter(partial(film.read, _CHUNK), b"")
                yield from _stored(archive, out, f"clips/{clip_id}/video.mp4", pieces, clip.bytes)
            shown = {}
            for part, key in (("poster", clip.poster_key), ("sprite", clip.sprite_key)):
                data = _small(blobs, key)
                shown[part] = bool(data)
                if data:
                    yield from _stored(archive, out, f"clips/{clip_id}/{part}.jpg", [data], len(data))
            yield from _packed(archive, out, f"clips/{clip_id}/recipe.json", [recipe])
            entries.append(_entry(clip, shown))
        told_films = []
        for one in archive_films.exported(store, blobs, account_id):
            named.update(recipes.HASH.findall(one.text.decode()))
            yield from _packed(archive, out, f"films/{one.entry['id']}/film.json", [one.text])
            for file, data in one.files.items():
                yield from _stored(archive, out, file, [data], len(data))
            told_films.append(one.entry)
        for digest in sorted(named):
            with store.read() as tx:
                found = inputs.find(tx, account_id, digest)
            data = _small(blobs, found.key, MAX_INPUT) if found else b""
            if found and hashlib.sha256(data).hexdigest() == digest:
                yield from _stored(archive, out, f"inputs/{digest}", [data], len(data))
                told = {key: getattr(found, key) for key in ("kind", "name", "media_type", "bytes")}
                given.append({"sha256": digest, **told})
        for name_of_file, table in (("jobs", schema.jobs), ("credits", schema.transfers)):
            yield from _packed(archive, out, f"history/{name_of_file}.jsonl", _lines(store, table, account_id))
        manifest = {
            "format": FORMAT,
            "vitascope": __version__,
            "made_at": datetime.fromtimestamp(store.clock(), UTC).isoformat(timespec="seconds"),
            "account": name[:200],
            "projects": [{"id": project.id, "name": project.name} for project in projects],
            "clips": entries,
        }
        if told_films:
            manifest["films"] = told_films
        if given:
            manifest["inputs"] = given
        if damaged:
            manifest["left_out"] = damaged
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        yield from _packed(archive, out, "manifest.json", [text])
    yield out.taken()


def _fetched(blobs: Blobs, clip: library.Clip, film: IO[bytes]) -> str:
    """Fetch the film of a clip into `film`. What is wrong with it; empty when nothing is."""
    digest, size = hashlib.sha256(), 0
    try:
        for piece in blobs.read(clip.video_key):
            digest.update(piece)
            size += film.write(piece)
    except NotFound:
        return "the file is missing"
    film.seek(0)
    if size != clip.bytes:
        return f"{size:,} of {clip.bytes:,} bytes are there"
    return "" if digest.hexdigest() == clip.sha256 else "its bytes have changed"


def _entry(clip: library.Clip, shown: dict[str, bool]) -> dict[str, Any]:
    return {
        "id": clip.id,
        "created_at": clip.created_at,
        "bytes": clip.bytes,
        "sha256": clip.sha256,
        "project": clip.project_id,
        "parent": clip.parent_id,
        "relation": clip.relation,
        "tags": list(clip.tags),
        "favourite": clip.favourite,
        "trashed": clip.trashed_at is not None,
        "defects": list(clip.defects),
        **shown,
    }


def _stored(archive: zipfile.ZipFile, out: _Pipe, name: str, pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """A file that would not shrink, as it is."""
    with archive.open(_info(name, zipfile.ZIP_STORED), "w", force_zip64=size > 1 << 30) as entry:
        for piece in pieces:
            entry.write(piece)
            yield out.taken()
    yield out.taken()


def _packed(archive: zipfile.ZipFile, out: _Pipe, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    with archive.open(_info(name, zipfile.ZIP_DEFLATED), "w") as entry:
        for piece in pieces:
            entry.write(piece)
            if out.waiting > _CHUNK:
                yield out.taken()
    yield out.taken()


def _info(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = kind
    info.external_attr = 0o644 << 16
    return info


def _lines(store: Store, table: sa.Table, account_id: str) -> Iterator[bytes]:
    last: Any = None
    while True:
        query = sa.select(table).where(table.c.account_id == account_id).order_by(table.c.id).limit(200)
        with store.read() as tx:
            rows = tx.execute(query if last is None else query.where(table.c.id > last)).all()
        for row in rows:
            yield json.dumps(dict(row._mapping), ensure_ascii=False).encode() + b"\n"
        if not rows:
            return
        last = rows[-1].id


def _small(blobs: Blobs, key: str | None, limit_bytes: int = MAX_PICTURE) -> bytes:
    try:
        return content(blobs, key, limit_bytes=limit_bytes) if key else b""
    except VitascopeError:
        return b""


class _Pipe(io.RawIOBase):
    """A file that can only grow, from which what was written is taken away."""

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def waiting(self) -> int:
        return len(self._held)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        data = bytes(self._held)
        self._held.clear()
        return data
