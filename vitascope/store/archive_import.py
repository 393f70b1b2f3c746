"""Taking an archive in, which may come from a stranger and is believed in nothing: names, sizes, hashes, films,
pictures and recipes are all checked. When the archive itself is wrong, nothing is kept; a clip of it that is damaged is
left out and listed.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from pydantic import ValidationError

from vitascope import strictjson
from vitascope.clip import Recipe
from vitascope.errors import BadClip, BadPicture, TooLarge, VitascopeError
from vitascope.film.document import Film
from vitascope.film.take import Take
from vitascope.media import picture, video
from vitascope.media import recipe as recipe_file
from vitascope.media.incoming import file_name
from vitascope.media.kinds import HEAD_BYTES, kind_of
from vitascope.media.limits import SENT
from vitascope.store import archive_films, ids, inputs, library, projects, recipes, schema, unread
from vitascope.store.account import present
from vitascope.store.archive_format import (
    MAX_BYTES,
    MAX_CLIPS,
    MAX_PICTURE,
    MAX_TEXT,
    ClipEntry,
    FilmEntry,
    InputEntry,
    LeftOut,
    Manifest,
)
from vitascope.store.blobs import Blobs
from vitascope.store.database import Store

_MAX_DIRECTORY = 64 << 20  # bytes; about half a million entries
_CHUNK = 1 << 20
_FREE_TEXT = 256 << 10  # bytes of a recipe that may be packed however tightly
_TIGHTEST = 20  # of larger ones: a picture hardly shrinks, so what does is none
_NAME = re.compile(
    r"manifest\.json|history/(?:jobs|credits)\.jsonl"
    r"|inputs/[0-9a-f]{64}"
    r"|films/film_[0-9a-f]{24}/(?:film\.json|take_[0-9a-f]{24}\.[a-z0-9]{1,8})"
    r"|clips/[A-Za-z0-9_]{1,60}/(?:video\.mp4|poster\.jpg|sprite\.jpg|recipe\.json)"
)
Meaning = Callable[[str | None, str], Iterable[str]]  # (model, prompt) -> terms
_HINT = "Take an archive as the export of a library wrote it."


@dataclass(frozen=True)
class TakenIn:
    clips: int
    already_here: int  # the same bytes were in the library
    projects: int  # that were new
    bytes: int
    left_out: tuple[LeftOut, ...] = ()  # by this server, or already when it was exported


def take_in(
    store: Store,
    blobs: Blobs,
    account_id: str,
    path: Path,
    *,
    meaning: Meaning = lambda model, prompt: (),
    limit_bytes: int = MAX_BYTES,
    limit_clips: int = MAX_CLIPS,
) -> TakenIn:
    """Add what is whole in this archive to the account's library. Clips whose bytes are there already are left as they
    are. `meaning`: the terms of a model's prompt. Raises BadClip and TooLarge when the archive itself is wrong; then
    nothing is kept.
    """
    kept: list[str] = []
    try:
        with _opened(path, limit_bytes, limit_clips) as archive:
            manifest = _read_manifest(archive, limit_clips)
            with store.read() as tx:
                hashes = sa.select(schema.clips.c.sha256).where(schema.clips.c.account_id == account_id)
                known = set(tx.scalars(hashes))
            arrivals, left_out = _keep_files(archive, manifest, known, store, blobs, kept)
            came = archive_films.kept(archive, manifest.films, store, blobs, account_id, kept)
            _keep_inputs(archive, manifest, [recipe for _, _, recipe, _ in arrivals], store, blobs, account_id)
            wanted = {digest for _, film, _ in came for digest in recipes.HASH.findall(json.dumps(film.to_dict()))}
            _keep_files_of_films(archive, manifest, wanted, store, blobs, account_id)
        taken, unused = _add_rows(store, account_id, manifest, arrivals, [*manifest.left_out, *left_out], meaning, came)
    except BaseException:
        for key in kept:
            blobs.delete(key)
        raise
    for key in unused:
        blobs.delete(key)
    return taken


def _opened(path: Path, limit_bytes: int, limit_clips: int) -> zipfile.ZipFile:
    """The archive, when its table of contents can be believed: known names, each once, nothing overlapping, nothing
    that unpacks to more than it should.
    """
    size = path.stat().st_size
    if size > limit_bytes:
        raise TooLarge(
            f"The archive has {size / 2**30:.1f} GB.", hint=f"At most {limit_bytes / 2**30:.1f} GB are taken."
        )
    if _directory_bytes(path) > _MAX_DIRECTORY:
        raise BadClip("The archive has too many entries.", hint=f"At most {limit_clips:,} clips.")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadClip(f"That is no archive that can be read: {error}", hint=_HINT) from error
    try:
        seen: set[str] = set()
        for info in archive.infolist():
            stored = info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size
            packed = info.compress_type == zipfile.ZIP_DEFLATED and info.file_size <= MAX_TEXT
            film = not info.filename.endswith((".json", ".jsonl"))
            if info.filename in seen or not _NAME.fullmatch(info.filename) or info.orig_filename != info.filename:
                raise BadClip(f"The archive has an entry {info.filename[:80]!r} that does not belong.", hint=_HINT)
            if info.flag_bits & 1 or not (stored if film else stored or packed or info.filename.startswith("history/")):
                raise BadClip(f"{info.filename} is packed in a way that is not taken.", hint=_HINT)
            tight = info.file_size > max(_FREE_TEXT, _TIGHTEST * info.compress_size)
            if tight and info.filename.endswith("recipe.json"):
                raise BadClip(f"{info.filename} unpacks to {info.file_size >> 20} MB of next to nothing.", hint=_HINT)
            seen.add(info.filename)
        if sum(info.compress_size for info in archive.infolist()) > size:
            raise BadClip("The archive's entries overlap.", hint=_HINT)
    except BaseException:
        archive.close()
        raise
    return archive


def _directory_bytes(path: Path) -> int:
    """How large the table of contents says it is, before anybody reads it."""
    with open(path, "rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - 65_600))
        end = file.read()
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) - at < 22:
        raise BadClip("That is no zip archive.", hint=_HINT)
    told = int.from_bytes(end[at + 12 : at + 16], "little")
    wide = end.rfind(b"PK\x06\x06", 0, at)
    if wide >= 0 and len(end) - wide >= 56:  # zip64
        told = max(told if told != 0xFFFFFFFF else 0, int.from_bytes(end[wide + 40 : wide + 48], "little"))
    return told


def _read_manifest(archive: zipfile.ZipFile, limit_clips: int) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(_text(archive, "manifest.json"))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        what = error.errors()[0]["msg"]
        raise BadClip(f"The archive's manifest is wrong: {where or 'it'}: {what}"[:300], hint=_HINT) from error
    for kind, names in (("clip", [c.id for c in manifest.clips]), ("project", [p.id for p in manifest.projects])):
        if len(set(names)) != len(names):
            raise BadClip(f"The archive's manifest has one {kind} twice.", hint=_HINT)
    if len(manifest.clips) > limit_clips:
        raise TooLarge(f"The archive has {len(manifest.clips):,} clips.", hint=f"At most {limit_clips:,} are taken.")
    return manifest


def _text(archive: zipfile.ZipFile, name: str, limit_bytes: int = MAX_TEXT) -> bytes:
    try:
        with archive.open(name) as file:
            data = file.read(limit_bytes + 1)
    except KeyError as error:
        raise BadClip(f"The archive has no {name}.", hint=_HINT) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise BadClip(f"{name} in the archive is damaged: {error}", hint=_HINT) from error
    if len(data) > limit_bytes:
        raise BadClip(f"{name} in the archive is too large.", hint=_HINT)
    return data


def _keep_files(
    archive: zipfile.ZipFile, manifest: Manifest, known: set[str], store: Store, blobs: Blobs, kept: list[str]
) -> tuple[list[tuple[ClipEntry, str, Recipe, video.VideoInfo]], list[LeftOut]]:
    """Check and keep the files of every clip that is new: (its entry, its new id, recipe, what is in its film), and
    those that are damaged.
    """
    arrivals, left_out = [], []
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        film = Path(folder) / "film.mp4"
        for entry in manifest.clips:
            if entry.sha256 in known:
                continue
            try:
                recipe = _recipe(archive, entry)
                _unpack(archive, entry, film)
                info = _film(film, entry, recipe)
            except BadClip as error:
                left_out.append(LeftOut(id=entry.id, why=error.message[:200]))
                continue
            known.add(entry.sha256)
            clip_id = ids.new_id(ids.CLIP, store.clock())
            files: dict[str, Path | bytes] = {"video.mp4": film, **_pictures(archive, entry)}
            for name, file in files.items():
                key = library.key(clip_id, name)
                kept.append(key)
                blobs.put(key, file, "video/mp4" if name == "video.mp4" else "image/jpeg")
            arrivals.append((entry, clip_id, recipe, info))
    return arrivals, left_out


def _keep_inputs(
    archive: zipfile.ZipFile,
    manifest: Manifest,
    arrived: list[Recipe],
    store: Store,
    blobs: Blobs,
    account_id: str,
) -> None:
    """Keep the files that the new clips name, and their fitted pictures. One that is not what it should be is left
    out: its clip is there all the same. Should the clips not come in, the next sweep finds that nothing needs them.
    """
    entries = {entry.sha256: entry for entry in manifest.inputs}
    for recipe in arrived:
        named = inputs.named(json.dumps(recipe.to_dict()))
        files = [file for digest in named if (entry := entries.pop(digest, None)) and (file := _input(archive, entry))]
        inputs.keep(store, blobs, account_id, [*files, *inputs.pictures_of(recipe.spec)])


def _keep_files_of_films(
    archive: zipfile.ZipFile, manifest: Manifest, wanted: set[str], store: Store, blobs: Blobs, account_id: str
) -> None:
    """Keep the sounds and pictures that the films name."""
    for entry in manifest.inputs:
        if entry.sha256 in wanted and (file := _input(archive, entry)):
            inputs.keep(store, blobs, account_id, [file])


def _input(archive: zipfile.ZipFile, entry: InputEntry) -> inputs.File | None:
    try:
        data = _text(archive, f"inputs/{entry.sha256}", entry.bytes)
    except BadClip:
        return None
    kind = kind_of(data[:HEAD_BYTES])
    good = kind and {"picture": "image", "clip": "video", "sound": "audio"}[kind.what] == entry.kind
    if not good or hashlib.sha256(data).hexdigest() != entry.sha256:
        return None
    return inputs.File(entry.sha256, entry.kind, entry.media_type, data, file_name(entry.name))


def _pictures(archive: zipfile.ZipFile, entry: ClipEntry) -> dict[str, bytes]:
    """The poster and the sprite, where they are there and whole; a clip can do without."""
    found = {}
    for part in ("poster", "sprite"):
        name = f"clips/{entry.id}/{part}.jpg"
        if getattr(entry, part):
            try:
                found[f"{part}.jpg"] = _jpeg(_text(archive, name, MAX_PICTURE), name)
            except (BadClip, BadPicture):
                setattr(entry, part, False)
    return found


def _unpack(archive: zipfile.ZipFile, entry: ClipEntry, film: Path) -> None:
    name = f"clips/{entry.id}/video.mp4"
    digest, size = hashlib.sha256(), 0
    try:
        if archive.getinfo(name).file_size != entry.bytes:
            raise BadClip(f"{name} is not as large as the manifest says.", hint=_HINT)
        with archive.open(name) as source, open(film, "wb") as target:
            while piece := source.read(_CHUNK):
                size += len(piece)
                digest.update(piece)
                target.write(piece)
    except KeyError as error:
        raise BadClip(f"The archive has no {name}.", hint=_HINT) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise BadClip(f"{name} in the archive is damaged: {error}", hint=_HINT) from error
    if size != entry.bytes or digest.hexdigest() != entry.sha256:
        raise BadClip(f"{name} is not the film that the manifest names.", hint=_HINT)


def _recipe(archive: zipfile.ZipFile, entry: ClipEntry) -> Recipe:
    name = f"clips/{entry.id}/recipe.json"
    try:
        return Recipe.from_dict(strictjson.loads(_text(archive, name), recipe_file.MAX_VALUES))
    except BadClip:
        raise
    except (VitascopeError, ValueError, RecursionError, AttributeError) as error:
        raise BadClip(f"{name} cannot be read: {str(error)[:200]}", hint=_HINT) from error


def _film(film: Path, entry: ClipEntry, recipe: Recipe) -> video.VideoInfo:
    try:
        info = video.probe(film, limits=SENT)
    except BadClip as error:
        raise BadClip(f"clips/{entry.id}/video.mp4 is no film that can be played.", hint=_HINT) from error
    if (info.width, info.height) != recipe.shape.size:
        raise BadClip(f"The film of {entry.id} is not of the size its recipe says.", hint=_HINT)
    return info


def _jpeg(data: bytes, name: str) -> bytes:
    """The picture drawn anew, so that nothing but a picture is kept."""
    file = io.BytesIO()
    picture.decode(data, name=name).save(file, "JPEG", quality=90)
    return file.getvalue()


def _add_rows(
    store: Store,
    account_id: str,
    manifest: Manifest,
    arrivals: list[tuple[ClipEntry, str, Recipe, video.VideoInfo]],
    left_out: list[LeftOut],
    meaning: Meaning,
    came: list[tuple[FilmEntry, Film, list[Take]]],
) -> tuple[TakenIn, list[str]]:
    """What was taken in, and the keys of files that nothing needs."""
    now = store.clock()
    with store.begin() as tx:
        store.lock_account(tx, account_id)
        present(tx, account_id)
        mine = {project.name: project.id for project in projects.list_projects(tx, account_id)}
        before = len(mine)
        for project in manifest.projects:
            if project.name not in mine:
                mine[project.name] = projects.create_project(tx, account_id, project.name, now).id
        places = {project.id: mine[project.name] for project in manifest.projects}
        here = {entry.id: _mine(tx, account_id, entry) for entry in manifest.clips}
        names = {old: clip.id for old, clip in here.items() if clip} | {entry.id: new for entry, new, _, _ in arrivals}
        total = added = 0
        unread_models = set()
        for entry, clip_id, recipe, info in arrivals:
            if here[entry.id]:  # another was quicker
                continue
            found = tuple(meaning(recipe.model, recipe.spec.prompt))
            if not found:
                unread_models.add(recipe.model)
            library.add(
                tx,
                account_id=account_id,
                recipe=recipe,
                size_bytes=entry.bytes,
                sha256=entry.sha256,
                now=min(entry.created_at, now),
                clip_id=clip_id,
                project_id=places.get(entry.project or ""),
                poster_key=library.key(clip_id, "poster.jpg") if entry.poster else None,
                sprite_key=library.key(clip_id, "sprite.jpg") if entry.sprite else None,
                parent_id=names.get(entry.parent or ""),
                relation=entry.relation,
                tags=entry.tags,
                defects=entry.defects,
                meaning=found,
                favourite=entry.favourite,
                frames=info.frames,
                sound=info.sound,
                trashed_at=now if entry.trashed else None,
            )
            recipes.check(tx, account_id)
            added, total = added + 1, total + entry.bytes
        unread.again(tx, unread_models)
        unused = archive_films.add(tx, account_id, came, names, places, now)
    here_already = len(manifest.clips) - added - (len(left_out) - len(manifest.left_out))
    return TakenIn(added, here_already, len(mine) - before, total, tuple(left_out)), unused


def _mine(tx: sa.Connection, account_id: str, entry: ClipEntry) -> library.Clip | None:
    return library.by_sha256(tx, account_id, entry.sha256)
