"""What a film names besides its own parts: takes, clips of the library, given files. A change that names something new
that is not there is refused; what was named before stays as it is, for it may have gone since.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.errors import UnknownId
from vitascope.film.document import Film
from vitascope.store.schema import clips, film_takes, inputs

_HINTS = {
    "take": "GET /v1/films/{id} lists its takes; without a choice the newest is shown.",
    "file": "Name a clip of the library, or the SHA-256 that POST /v1/films/{id}/files answered.",
    "shot": "Look at `shots`.",
}


class _Name(NamedTuple):
    what: Literal["take", "file", "shot"]
    id: str
    of: str = ""  # of a take its shot
    kind: str = ""  # of a take


def refuse_unknown(tx: Connection, account_id: str, film_id: str, before: Film | None, after: Film) -> None:
    """Raises UnknownId with the path of the first name that is not there. `before`: None for a film that is new."""
    old = {name for name, _ in _named(before)} if before else set()
    new = [(name, path) for name, path in _named(after) if name not in old]
    if not new:
        return
    there = {_Name("shot", key) for key in after.shots}
    if any(name.what == "take" for name, _ in new):
        mine = (film_takes.c.film_id == film_id, film_takes.c.removed_at.is_(None))
        rows = tx.execute(sa.select(film_takes.c.id, film_takes.c.of, film_takes.c.kind).where(*mine))
        there |= {_Name("take", *row) for row in rows}
    if files := [name.id for name, _ in new if name.what == "file"]:
        for table, column in ((clips, clips.c.id), (inputs, inputs.c.sha256)):
            query = sa.select(column).where(table.c.account_id == account_id, column.in_(files))
            there |= {_Name("file", found) for found in tx.scalars(query)}
    for name, path in new:
        if name not in there:
            whose = after.label(name.of) if name.of else "The film" if name.what == "shot" else "The account"
            kind = {"clip": "take", "still": "still"}.get(name.kind, name.what)
            raise UnknownId(f'{whose} has no {kind} "{name.id[:60]}".', hint=_HINTS[name.what], field=path)


def _named(film: Film) -> Iterator[tuple[_Name, str]]:
    """Each name with its path in the document."""
    for key, shot in film.shots.items():
        if shot.take:
            yield _Name("take", shot.take, key, "clip"), f"shots.{key}.take"
        if shot.still:
            yield _Name("take", shot.still, key, "still"), f"shots.{key}.still"
    for at, item in enumerate(film.cut.items):
        if item.take and item.shot:
            yield _Name("take", item.take, item.shot, "clip"), f"cut.items.{at}.take"
        if item.file:
            yield _Name("file", item.file), f"cut.items.{at}.file"
    for at, left in enumerate(film.cut.left_out):
        yield _Name("shot", left), f"cut.left_out.{at}"
    for key, member in film.cast.items():
        for at, reference in enumerate(member.references):
            yield _Name("file", reference), f"cast.{key}.references.{at}"
    for key, cue in film.cues.items():
        if cue.file:
            yield _Name("file", cue.file), f"cues.{key}.file"
    for key, overlay in film.overlays.items():
        if overlay.picture:
            yield _Name("file", overlay.picture), f"overlays.{key}.picture"
