"""Names of media on the user's side, and links to them. A film's folder or ZIP has its media under `media/`, named like
the clips, so that a clip that an editor renamed is still known by its file.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from vitascope.film.handoff.form import Where
from vitascope.film.timeline import Timeline

FOLDER = "media"
_RESERVED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
_SUFFIX = re.compile(r"^\.[A-Za-z0-9]{1,5}$")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")


def safe_name(text: str) -> str:
    """A file name that Windows, macOS and Linux take; Chinese, &, # stay."""
    name = _RESERVED.sub("_", text).strip(" .")[:80].rstrip(" .") or "film"
    return f"_{name}" if _DEVICES.match(name.split(".")[0]) else name


def file_names(timeline: Timeline) -> dict[str, str]:
    """Where each file lies beside an exported film, by the media's key: "media/S02-03_t2.mp4"."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    wanted = [(piece.media, piece.name) for piece in timeline.pieces if piece.media]
    wanted += [(sound.media, sound.name) for sound in (*timeline.voices, *timeline.music)]
    for media, name in wanted:
        if media.key in names:
            continue
        suffix = PurePosixPath(media.key).suffix
        if not _SUFFIX.match(suffix):
            suffix = ".mp4" if media.rate else ".png" if media.width else ".wav"
        stem = safe_name(name).replace(" ", "_")
        free, number = stem, 2
        while free.lower() in taken:
            free, number = f"{stem}-{number}", number + 1
        taken.add(free.lower())
        names[media.key] = f"{FOLDER}/{free}{suffix.lower()}"
    return names


def beside(timeline: Timeline, root: str = "") -> Where:
    """Links to the files of `file_names`: relative, or below the folder on the user's computer that `root` names."""
    names = file_names(timeline)
    root = root.rstrip("/\\")
    return lambda media: f"{root}/{names[media.key]}" if root else names[media.key]


def is_relative(place: str) -> bool:
    return not (_SCHEME.match(place) or place.startswith(("/", "\\")) or _DRIVE.match(place))


def uri(place: str) -> str:
    """A path as a URI, percent-encoded. What is a URI already stays; a relative path stays relative."""
    if _DRIVE.match(place):
        return "file:///" + place[:2] + quote(place[2:].replace("\\", "/"))
    if place.startswith("\\\\"):
        return "file:" + quote(place.replace("\\", "/"))
    if _SCHEME.match(place):
        return place
    return ("file://" if place.startswith("/") else "") + quote(place)


def path(place: str) -> str:
    """A plain path, as MLT wants it."""
    if place.startswith("file://"):
        plain = unquote(place.removeprefix("file://"))
        return plain[1:] if _DRIVE.match(plain[1:]) else plain
    return place


def stem(place: str) -> str:
    """The file's name without folder and suffix, of a URI or a path."""
    name = re.split(r"[/\\]", unquote(place) if "%" in place else place)[-1]
    return name.rsplit(".", 1)[0] if "." in name else name
