"""The cut of a film, as it follows from the document and what was made: for players, and to be rendered."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

from fastapi import Request
from sqlalchemy import Connection

from vitascope.errors import NotFound
from vitascope.film import captions, screen
from vitascope.film.document import Film, Overlay
from vitascope.film.take import Media, Take, Takes
from vitascope.film.timeline import Sounding, Timeline, shows_nothing, timeline
from vitascope.media import compose
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import delivery
from vitascope.server.films import files
from vitascope.server.films.views import media_view
from vitascope.store import film_renders, film_takes, films, inputs
from vitascope.store.film_renders import Render
from vitascope.store.film_takes import Shown
from vitascope.store.films import Row

_PIECE = ("id", "shot", "name", "text", "take", "is_still", "gain", "muted")
_PIECE_TIMES = ("start", "seconds", "source_in", "speed", "dissolve")
_SOUND = ("id", "name", "of", "gain", "duck")
_SOUND_TIMES = ("start", "seconds", "source_in", "fade_in", "fade_out")


def read(context: Context, tx: Connection, actor: Actor, film_id: str) -> tuple[Row, list[Shown], dict[str, Media]]:
    """The film, its takes, and the media of what it names besides."""
    row = films.get(tx, actor.id, film_id)
    return row, film_takes.shown(tx, film_id), files.foreign(context, tx, actor.id, row.film)


def timeline_view(context: Context, request: Request, actor: Actor, film_id: str) -> dict[str, Any]:
    base = context.base_url(request)
    with context.store.read() as tx:
        row, shown, foreign = read(context, tx, actor, film_id)
    film, takes = row.film, Takes(one.take for one in shown)
    posters = {one.take.id: one.poster_key for one in shown}
    proxies = {one.take.id: one.proxy_key for one in shown}
    line = timeline(film, takes, foreign=foreign)

    def piece(one: Any) -> dict[str, Any]:
        poster = posters.get(one.take)
        return {
            **{name: getattr(one, name) for name in _PIECE},
            **{name: str(getattr(one, name)) for name in _PIECE_TIMES},
            "media": media_view(context, base, one.media, proxies.get(one.take)) if one.media else None,
            "thumbnail_url": delivery.link(context, base, poster) if poster else None,
        }

    def sounding(one: Sounding) -> dict[str, Any]:
        return {
            **{name: getattr(one, name) for name in _SOUND},
            **{name: str(getattr(one, name)) for name in _SOUND_TIMES},
            "media": media_view(context, base, one.media),
        }

    return {
        "version": row.version,
        "title": line.title,
        "rate": film.rate,
        "fps": str(line.rate),
        "width": line.width,
        "height": line.height,
        "seconds": str(line.seconds),
        "frames": line.frames,
        "pieces": [piece(one) for one in line.pieces],
        "voices": [sounding(one) for one in line.voices],
        "music": [sounding(one) for one in line.music],
        "spoken": [
            {
                "line": one.line.id, "text": one.line.text, "kind": one.line.kind, "speaker": one.speaker,
                "start": str(one.start), "seconds": str(one.seconds),
            }
            for one in line.spoken
        ],
        "markers": [{"at": str(one.at), "name": one.name} for one in line.markers],
        "captions": [
            {"start": str(one.start), "end": str(one.end), "text": one.text, "kind": one.kind, "speaker": one.speaker}
            for one in captions.events(line, film.captions, language=film.language)
        ],
        "overlays": [
            {
                "id": key, "start": str(one.start), "end": str(line.seconds if one.end is None else one.end),
                "url": f"{base}/v1/films/{film_id}/overlays/{key}?of={_drawn_of(film, one)}",
            }
            for key, one in film.overlays.items()
            if one.picture or one.text.strip()
        ],
        "warnings": [*line.warnings, *files.missing(film, foreign)],
    }  # fmt: skip


def overlay_picture(context: Context, actor: Actor, film_id: str, overlay_id: str) -> bytes:
    """A PNG in the shape of the film, clear but for what the render lays over it. Raises NotFound, BadPicture,
    MissingFont.
    """
    with context.store.read() as tx:
        film = films.get(tx, actor.id, film_id).film
    overlay = film.overlays.get(overlay_id)
    if not overlay or not (overlay.picture or overlay.text.strip()):
        raise NotFound(f"The film has no overlay {overlay_id[:40]}.", hint="Its document lists them.", field="overlay")
    scale = min(Fraction(1), Fraction(compose.PROXY_LINES, min(film.width, film.height)))
    size = round(film.width * scale), round(film.height * scale)
    with tempfile.TemporaryDirectory(prefix="vitascope-") as folder:
        path = Path(folder) / "picture"
        if overlay.picture:
            path.write_bytes(inputs.read(context.store, context.blobs, actor.id, overlay.picture))
        drawn = screen.overlay_cover(
            overlay, size, locate=lambda _: path, style=film.captions, language=film.language,
            font=context.settings.font, beside=_beside(film, overlay),
        )  # fmt: skip
    made = io.BytesIO()
    drawn.alone(size).save(made, "PNG", compress_level=4)
    return made.getvalue()


def _beside(film: Film, overlay: Overlay) -> int:
    return screen.sharing(overlay, [one for one in film.overlays.values() if one.picture or one.text.strip()])


def _drawn_of(film: Film, overlay: Overlay) -> str:
    """Another word when it is drawn otherwise, so that browsers keep what they have."""
    told = [overlay.model_dump(mode="json"), film.width, film.height, film.language, film.captions.style]
    told.append(_beside(film, overlay))
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def ask_render(
    context: Context, actor: Actor, film_id: str, *, captions: str | None, height: int | None, animatic: bool
) -> Render:
    """A render of the film as it is now. Raises NotSupported for one without a shot, TooMany."""
    with context.store.begin() as tx:
        row = films.locked(tx, actor.id, film_id)
        shown = film_takes.shown(tx, film_id)
        foreign = files.foreign(context, tx, actor.id, row.film)
        takes: tuple[Take, ...] = Takes(one.take for one in shown if one.take.media)
        if animatic:
            takes = without_clips(takes)
        line = timeline(row.film, takes, foreign=foreign)
        if not line.pieces:
            raise shows_nothing(row.film)
        asked = {"captions": captions, "size": _size(line, height), "animatic": animatic}
        told = {name: media.to_dict() for name, media in foreign.items()}
        return film_renders.ask(tx, row, takes, asked, line.frames, context.now(), foreign=told)


def without_clips(takes: tuple[Take, ...]) -> tuple[Take, ...]:
    """For an animatic: stills, voices and music alone."""
    return tuple(take for take in takes if take.kind != "clip")


def _size(line: Timeline, height: int | None) -> list[int] | None:
    """Of the same shape; None: the film's own."""
    if height is None or height == line.height:
        return None
    height -= height % 2
    width = round(Fraction(line.width * height, line.height) / 2) * 2
    return [max(64, width), height]
