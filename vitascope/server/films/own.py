"""Takes that nobody made here: clips of the library and files of the user's own. And takes that are taken out again."""

from __future__ import annotations

from vitascope.errors import BadSpec, Conflict
from vitascope.film.take import Kind, Media
from vitascope.server import video_object
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import client_files, media_inputs
from vitascope.server.films import files
from vitascope.store import film_takes, films, ids, jobs
from vitascope.store.film_takes import MAX_TAKES

_NEEDED = {"still": "image", "clip": "video", "voice": "audio", "music": "audio"}


def add(
    context: Context,
    actor: Actor,
    film_id: str,
    *,
    of: str,
    kind: Kind,
    clip_id: str | None,
    upload_id: str | None,
    choose: bool,
    by: str,
) -> str:
    """The new take's id. Raises BadSpec when the file is not of the kind that is needed."""
    if (clip_id is None) == (upload_id is None):
        raise BadSpec("Give either clip_id or upload_id.", hint="A library clip, or a file that was sent.")
    take_id = ids.new_id(ids.TAKE, context.now())
    if clip_id is not None:
        values = _of_library(context, actor, clip_id, kind)
    else:
        values = _of_upload(context, actor, upload_id or "", kind, take_id)
    try:
        with context.store.begin() as tx:
            row = films.locked(tx, actor.id, film_id)
            film, now = row.film, context.now()
            there = film.cues if kind == "music" else film.shots if kind != "voice" else None
            if (there is not None and of not in there) or (there is None and film.line(of) is None):
                what = {"music": "cue", "voice": "line"}.get(kind, "shot")
                raise BadSpec(f"The film has no {what} {of[:40]}.", hint=f"of: the id of a {what}.", field="of")
            if film_takes.count(tx, film_id) >= MAX_TAKES:
                raise Conflict(f"The film has had {MAX_TAKES:,} takes.", hint="Go on in a new film.")
            film_takes.add(
                tx, actor.id, film_id, now, id=take_id, of=of, kind=kind, digest="", state="made", own=True, **values
            )
            if choose and kind in ("still", "clip"):
                field = "still" if kind == "still" else "take"
                row = films.change(tx, actor.id, film_id, {"shots": {of: {field: take_id}}}, now, by=by)
            else:
                films.tell(tx, row, now)
    except BaseException:
        files.delete(context, [str(values["key"])] if values.get("key") else [])
        raise
    return take_id


def remove(context: Context, actor: Actor, film_id: str, take_id: str) -> None:
    with context.store.begin() as tx:
        row = films.locked(tx, actor.id, film_id)
        take = film_takes.get(tx, actor.id, film_id, take_id)
        now = context.now()
        if take.job_id and not jobs.get(tx, actor.id, take.job_id).done:
            video_object.cancel(tx, actor, take.job_id, now)
        film_takes.remove(tx, take, now)
        films.tell(tx, row, now)
    files.delete(context, [key for key in (take.key, take.proxy) if key])


def _of_library(context: Context, actor: Actor, clip_id: str, kind: Kind) -> dict[str, object]:
    found = media_inputs.clip(context, actor, clip_id)
    is_still = found.frames == 1
    if kind not in ("still", "clip") or is_still != (kind == "still"):
        what = "a still" if is_still else "a clip"
        raise BadSpec(f"{clip_id} is {what}, and a {kind} is needed.", hint="Choose another.", field="clip_id")
    return {"clip_id": found.id, "engine": found.model or ""}


def _of_upload(context: Context, actor: Actor, upload_id: str, kind: Kind, take_id: str) -> dict[str, object]:
    upload = client_files.get(context, actor.id, upload_id.rpartition("_")[2])
    data = client_files.contents(context, actor.id, upload.name)
    media, (what, media_type, suffix) = files.seen(context, actor, data)
    if what != _NEEDED[kind]:
        raise BadSpec(f"The file is of the kind {what}; a {kind} needs {_NEEDED[kind]}.", hint="Send another.")
    key = film_takes.key(actor.id, take_id, suffix)
    context.blobs.put(key, data, media_type)
    kept = Media.from_dict({**media.to_dict(), "key": key})
    return {"key": key, "media": kept.to_dict()}
