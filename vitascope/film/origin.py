"""What a render was made of, told by the render itself: a digest in the mp4's comment of everything that is seen and
heard in it. With it `film check` knows an older cut, also of the same length and loudness.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from vitascope.errors import VitascopeError
from vitascope.film import captions as titles
from vitascope.film.folder import FilmFolder
from vitascope.film.state import digest
from vitascope.film.take import Media
from vitascope.film.timeline import Piece, Sounding, Timeline
from vitascope.media import incoming, recipe

_COMMENT = "vitascope film, made of 1:"  # the number of the way in which the digest is made
_ONLY_NAMES = ("id", "shot", "name", "text", "take", "of", "media")  # nobody sees or hears them


def comment(folder: FilmFolder, shown: Timeline, *, animatic: bool = False) -> str:
    """The comment of an mp4 that is rendered from this timeline now; `told` reads it again."""
    film = folder.film
    pictures = [
        Media(key=overlay.picture, seconds=Fraction(0)) for overlay in film.overlays.values() if overlay.picture
    ]
    files = {media.key: _content(folder, media) for media in (*shown.media, *pictures)}
    made_of = [
        [shown.rate, shown.width, shown.height, film.language, film.loudness, animatic],
        [_shown(piece, files) for piece in shown.pieces],
        [_shown(sounding, files) for sounding in (*shown.voices, *shown.music)],
        film.captions.model_dump(mode="json"),
        [asdict(event) for event in titles.events(shown, film.captions, language=film.language)],
        [[overlay.model_dump(mode="json"), files.get(overlay.picture)] for overlay in film.overlays.values()],
    ]
    return f"{_COMMENT}{digest(made_of)}"


def told(path: Path) -> str:
    """The comment of this mp4; empty where it does not say what it was made of. Raises BadClip for what is no mp4."""
    text = recipe.comment(path, name=path.name)
    return text if re.fullmatch(rf"{_COMMENT}[0-9a-f]+", text) else ""


def _shown(one: Piece | Sounding, files: dict[str, str]) -> list[Any]:
    """What is seen or heard of it; a slate, where nothing is made, also shows its words."""
    plain = {key: value for key, value in vars(one).items() if key not in _ONLY_NAMES}
    slate = [] if isinstance(one, Sounding) or one.media else [one.name, one.text]
    return [plain, slate, files.get(one.media.key) if one.media else ""]


def _content(folder: FilmFolder, media: Media) -> str:
    """The SHA-256 of a file, so that another one under the same name is told; empty when it cannot be read."""
    try:
        return incoming.sha256(folder.locate(media))
    except (OSError, VitascopeError):
        return ""
