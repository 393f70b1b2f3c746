"""The render that lies in the folder: it was made of what the film shows now, and is as long and as loud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from vitascope.errors import VitascopeError
from vitascope.film import captions as titles
from vitascope.film import origin, subtitles
from vitascope.film.checks.finding import Finding
from vitascope.film.folder import FilmFolder
from vitascope.film.timeline import Timeline, timeline
from vitascope.media import incoming, mixdown

_SLACK = 1.0  # LU
_AGAIN = "Render it again: vitascope film render FOLDER"


def check(folder: FilmFolder) -> Iterator[Finding]:
    path = folder.path / "film.mp4"
    if not path.is_file():
        yield Finding("render", "unchecked", "There is no film.mp4.", "Render it: vitascope film render FOLDER")
        return
    shown = timeline(folder.film, folder.takes)
    try:
        found = list(_picture(path, shown))
        loudness = _loudness(path, shown)
    except VitascopeError as error:
        yield Finding("render", "wrong", error.message, _AGAIN)
        return
    heard = any(piece.media and piece.media.sound and not piece.muted for piece in shown.pieces)
    heard = heard or bool(shown.voices or shown.music)
    if loudness.is_silent and heard:
        found.append("film.mp4 is silent, and the film has sound")
    elif not loudness.is_silent and abs(loudness.integrated - folder.film.loudness) > _SLACK:
        found.append(f"film.mp4 has {loudness.integrated:.1f} LUFS, and the film wants {folder.film.loudness:g}")
    found += _captions(folder, shown)
    told = origin.told(path)
    if told and not found and told != origin.comment(folder, shown):
        found.append("film.mp4 is an older cut: the film has other pictures, sounds, captions or overlays now")
    for text in found:
        yield Finding("render", "wrong", f"{text}.", _AGAIN)
    if not told and not found:
        text = (
            "film.mp4 does not say what it was made of: it is as long and as loud as the film, and may be an older cut."
        )
        yield Finding("render", "unchecked", text, _AGAIN)
    elif not found:
        loud = "silent" if loudness.is_silent else f"{loudness.integrated:.1f} LUFS, {loudness.true_peak:.1f} dBTP"
        yield Finding("render", "good", f"film.mp4 is the film as it stands: {float(shown.seconds):.1f} s, {loud}.")


def _picture(path: Path, shown: Timeline) -> Iterator[str]:
    info = incoming.clip(path, name=path.name).info
    if abs(info.fps - float(shown.rate)) > 0.01:
        yield f"film.mp4 has {info.fps:.2f} frames a second, and the film {float(shown.rate):.2f}"
    elif info.frames != shown.frames:
        yield f"film.mp4 lasts {info.seconds:.2f} s, and the film {float(shown.seconds):.2f} s"


def _loudness(path: Path, shown: Timeline) -> mixdown.Loudness:
    left = round(shown.seconds * mixdown.RATE)
    with closing(mixdown.Reader(path, name=path.name)) as sound:
        counts = (min(mixdown.BLOCK, left - at) for at in range(0, left, mixdown.BLOCK))
        return mixdown.measured(sound.read(count) for count in counts)


def _captions(folder: FilmFolder, shown: Timeline) -> Iterator[str]:
    """Those that lie beside the render."""
    film = folder.film
    found = titles.events(shown, film.captions, language=film.language)
    for name, text in (("film.srt", subtitles.srt(found)), ("film.vtt", subtitles.vtt(found))):
        path = folder.path / name
        if path.is_file() and path.read_text("utf-8", "replace") != text:
            yield f"{name} has other captions than the film now"
