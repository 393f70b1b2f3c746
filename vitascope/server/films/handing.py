"""Hand-off: the cut as a file for another program, and a cut that comes back from one."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, Response

from vitascope import strictjson
from vitascope.errors import BadSpec
from vitascope.film import captions, edit, subtitles
from vitascope.film.take import Media, Takes
from vitascope.film.timeline import timeline
from vitascope.orders import stills
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import delivery, media_inputs, uploads
from vitascope.server.films import cutting

_TEXT = {"srt": "application/x-subrip", "vtt": "text/vtt", "json": "application/json"}
MOST_BYTES = 32 * 2**20  # of a cut that comes back


def export(context: Context, actor: Actor, film_id: str, format: str, root: str, formats: str) -> Response:
    """The file, with what it could not hold in a header. Raises NotSupported, BadSpec."""
    if formats and format != "zip":
        raise BadSpec("Only a ZIP holds formats.", hint="format=zip&formats=otio,srt", field="formats")
    with context.store.read() as tx:
        row, shown, foreign = cutting.read(context, tx, actor, film_id)
    film, takes = row.identified, Takes(one.take for one in shown)
    line = timeline(film, takes, foreign=foreign)
    name = delivery.file_name(film.title, None, "")
    if format in _TEXT:
        events = captions.events(line, film.captions, language=film.language)
        told = {"document": film.to_dict(), "takes": [take.to_dict() for take in takes]}
        text = {
            "srt": lambda: subtitles.srt(events),
            "vtt": lambda: subtitles.vtt(events),
            "json": lambda: json.dumps(told, ensure_ascii=False, indent=1),
        }[format]()
        headers = {"content-disposition": delivery.disposition(f"{name}.{format}")}
        return Response(text, media_type=f"{_TEXT[format]}; charset=utf-8", headers=headers)
    from vitascope.film import handoff
    from vitascope.film.handoff import bundle, links

    folder = tempfile.TemporaryDirectory(prefix="vitascope-")
    try:
        here = _fetching(context, Path(folder.name))
        if format == "zip":
            target, suffix = Path(folder.name) / "film.zip", ".zip"
            told_losses = bundle.write_bundle(
                line, film, takes, files=here, target=target, root=root, formats=bundle.chosen(formats)
            )
        else:
            suffix = handoff.FORMATS[format].suffix
            target = Path(folder.name) / f"film{suffix}"
            where = links.beside(line, root)
            told_losses = handoff.write(format, line, film, media=where, target=target, files=here)
    except BaseException:
        folder.cleanup()
        raise
    losses = json.dumps(list(told_losses.losses)[:50])  # ASCII, as a header must be
    headers = {"content-disposition": delivery.disposition(f"{name}{suffix}"), "x-vitascope-losses": losses[:6000]}
    return FileResponse(target, headers=headers, background=BackgroundTask(folder.cleanup))


def differences(context: Context, actor: Actor, film_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    """What is different in a cut that came back; with `accept`, the patch for the document. Raises BadSpec."""
    from vitascope.film import handoff

    with context.store.read() as tx:
        row, shown, foreign = cutting.read(context, tx, actor, film_id)
    film, takes = row.identified, Takes(one.take for one in shown)
    line = timeline(film, takes, foreign=foreign)
    given = fields.get("content")
    if not isinstance(given, (UploadFile, str)):
        raise BadSpec("There is no file.", hint="Send it as `content` in a form.", field="content")
    name = (given.filename or "") if isinstance(given, UploadFile) else str(fields.get("name") or "")
    data = uploads.contents(given, name="The cut", max_bytes=MOST_BYTES) if isinstance(given, UploadFile) else b""
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        path = Path(folder) / "cut"
        path.write_bytes(data if isinstance(given, UploadFile) else given.encode("utf-8", "replace"))
        edited = handoff.read(path, name, rate=film.fps)
    found = handoff.compare(film, takes, line, edited)
    answer: dict[str, Any] = {
        "version": row.version,
        "differences": [{"id": str(number), **one.to_dict()} for number, one in enumerate(found)],
        "changes": None,
        "warnings": [],
    }
    if wanted := str(fields.get("accept") or "").strip():
        files = _files(context, actor, str(fields.get("files") or "").strip())
        cut = handoff.accept(film, found, handoff.picked(wanted, found), files=files, timeline=line)
        answer["changes"] = edit.between(film, film.model_copy(update={"cut": cut}))
    return answer


def _files(context: Context, actor: Actor, text: str) -> dict[str, str]:
    """Clips of the library by the names that the edited cut has for them. Raises BadSpec, NotFound."""
    try:
        found = strictjson.loads(text) if text else {}
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise ValueError("it is no object of ids")
    except (ValueError, RecursionError) as error:
        raise BadSpec(
            f"files cannot be read: {str(error)[:100]}.", hint='Such as {"Beach": "clip_..."}.', field="files"
        ) from error
    return {name: media_inputs.clip(context, actor, one).id for name, one in found.items()}


def _fetching(context: Context, folder: Path) -> Any:
    """Where a blob lies, after it was fetched; each once."""
    known: dict[str, Path] = {}

    def here(media: Media) -> Path:
        if media.key not in known:
            path = folder / f"{len(known)}{Path(media.key).suffix}"
            with open(path, "wb") as file:
                file.writelines(context.blobs.read(stills.there(context.blobs, media.key)))
            known[media.key] = path
        return known[media.key]

    return here
