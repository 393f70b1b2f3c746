"""The films of an account in its archive: each with its document, its takes by the names of the archive's clips, and
the sounds and files that were made for it. Renders are left out, for they can be made again.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope import strictjson
from vitascope.errors import NotFound, VitascopeError
from vitascope.film import document
from vitascope.film.document import Film
from vitascope.film.take import Take
from vitascope.store import film_takes, films, ids, schema
from vitascope.store.archive_format import MAX_TEXT, FilmEntry, FilmFile
from vitascope.store.blobs import Blobs, content
from vitascope.store.database import Store

MAX_VALUES = 2_000_000  # of a film in JSON


@dataclass(frozen=True)
class Exported:
    """One film: what stands of it in the manifest, its JSON, and its files by their names in the archive."""

    entry: dict[str, Any]
    text: bytes
    files: dict[str, bytes]


def exported(store: Store, blobs: Blobs, account_id: str) -> Iterator[Exported]:
    """One after the other; a file that cannot be read is left out with its take."""
    with store.read() as tx:
        found = tx.scalars(sa.select(schema.films.c.id).where(schema.films.c.account_id == account_id))
        film_ids = sorted(found)
    for film_id in film_ids:
        try:
            with store.read() as tx:
                row, shown = films.get(tx, account_id, film_id), film_takes.shown(tx, film_id)
        except NotFound:
            continue
        takes, files, told = [], {}, []
        for take in (one.take for one in shown if one.take.media):
            assert take.media
            if not take.clip:
                name = f"{take.id}{_suffix(take.media.key)}"
                try:
                    data = content(blobs, take.media.key, limit_bytes=MAX_TEXT)
                except VitascopeError:
                    continue
                files[f"films/{film_id}/{name}"] = data
                told.append({"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
                take = replace(take, media=replace(take.media, key=name))
            takes.append(take.to_dict())
        text = json.dumps({"document": row.document, "takes": takes}, ensure_ascii=False, indent=1).encode()
        entry = {
            "id": film_id, "created_at": row.created_at, "project": row.project_id,
            "trashed": row.trashed_at is not None, "files": told,
        }  # fmt: skip
        yield Exported(entry, text, files)


def kept(
    archive: zipfile.ZipFile, entries: list[FilmEntry], store: Store, blobs: Blobs, account_id: str, keys: list[str]
) -> list[tuple[FilmEntry, Film, list[Take]]]:
    """The archive's films that are whole, their takes under new ids and their files in the storage; `keys` are told.
    One whose document is in no order is left out.
    """
    found = []
    for entry in entries:
        try:
            data = strictjson.loads(archive.read(f"films/{entry.id}/film.json"), MAX_VALUES)
            film = document.read({"identity": entry.id, **data["document"]})  # cuts that were handed off name it
            takes = [Take.from_dict(one) for one in data["takes"]][: film_takes.MAX_TAKES]
        except (AttributeError, KeyError, TypeError, ValueError, VitascopeError, zipfile.BadZipFile):
            continue
        named = {one.name: one for one in entry.files}
        news: dict[str, str] = {}
        mine = []
        for take in takes:
            new = ids.new_id(ids.TAKE, store.clock())
            if not take.clip:
                file = named.get(take.media.key if take.media else "")
                key = _file(archive, entry, file, blobs, film_takes.key(account_id, new, "")) if file else ""
                if not (key and take.media):
                    continue
                keys.append(key)
                take = replace(take, media=replace(take.media, key=key))
            news[take.id] = new
            mine.append(replace(take, id=new))
        found.append((entry, _renamed(film, news), mine))
    return found


def add(
    tx: Connection,
    account_id: str,
    found: list[tuple[FilmEntry, Film, list[Take]]],
    clips: Mapping[str, str],
    places: Mapping[str, str],
    now: float,
) -> list[str]:
    """The rows of the films that are not here yet. `clips`: the ids that the archive's clips have here; `places`: of
    its projects. The keys of files that no film needs then.
    """
    there = sa.select(schema.films.c.title, schema.films.c.created_at).where(schema.films.c.account_id == account_id)
    known = {(row.title, row.created_at) for row in tx.execute(there)}
    unused: list[str] = []
    for entry, film, takes in found:
        if (film.title, entry.created_at) in known:
            unused += [take.media.key for take in takes if take.media and not take.clip]
            continue
        row = films.create(tx, account_id, _renamed(film, clips), now, project_id=places.get(entry.project or ""))
        values: dict[str, Any] = {
            "created_at": min(entry.created_at, now),
            "trashed_at": now if entry.trashed else None,
        }
        tx.execute(sa.update(schema.films).where(schema.films.c.id == row.id).values(**values))
        for take in takes:
            clip_id = clips.get(take.clip) if take.clip else None
            if take.clip and not clip_id:
                continue
            media = take.media.to_dict() if take.media and not clip_id else None
            film_takes.add(
                tx, account_id, row.id, now, id=take.id, of=take.of[:40], kind=take.kind, digest=take.digest[:64],
                state="made", clip_id=clip_id, key=media["key"] if media else None, media=media, own=take.own,
                engine=take.engine[:200], words=[[word, str(start), str(end)] for word, start, end in take.words],
            )  # fmt: skip
    return unused


def _file(archive: zipfile.ZipFile, entry: FilmEntry, file: FilmFile, blobs: Blobs, stem: str) -> str:
    """The key of a file that is what the manifest says; empty: it is not."""
    try:
        info = archive.getinfo(f"films/{entry.id}/{file.name}")
        data = archive.read(info) if info.file_size == file.bytes <= MAX_TEXT else b""
    except (KeyError, zipfile.BadZipFile, EOFError, OSError):
        return ""
    if hashlib.sha256(data).hexdigest() != file.sha256:
        return ""
    key = f"{stem}{_suffix(file.name)}"
    blobs.put(key, data)
    return key


def _renamed(film: Film, names: Mapping[str, str]) -> Film:
    """With these ids in the place of old ones, wherever the document names a take or a clip."""

    def new(value: Any) -> Any:
        return names.get(value, value) if isinstance(value, str) else value

    data = film.to_dict()
    for shot in data.get("shots", {}).values():
        shot |= {field: new(shot[field]) for field in ("take", "still") if field in shot}
    for item in data.get("cut", {}).get("items", ()):
        item |= {field: new(item[field]) for field in ("take", "file") if field in item}
    for member in data.get("cast", {}).values():
        if "references" in member:
            member["references"] = [new(one) for one in member["references"]]
    return document.read(data)


def _suffix(key: str) -> str:
    name = key.rpartition("/")[2]
    return f".{name.rpartition('.')[2]}" if "." in name else ""
