"""The files that were made: each is there, can be read to its end, and is as large and as long as `takes.json` says."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from vitascope.errors import VitascopeError
from vitascope.film import state
from vitascope.film.checks.finding import Finding
from vitascope.film.document import Film
from vitascope.film.folder import FilmFolder
from vitascope.film.lost import Lost, lost
from vitascope.film.plural import counted
from vitascope.film.take import Media, Take
from vitascope.media import incoming, sound

_SOUND_SLACK = 0.1  # seconds; some kinds of files begin and end with a little silence of their own


def check(folder: FilmFolder) -> Iterator[Finding]:
    gone = list(lost(folder.film, folder.takes))
    yield from (_gone(folder.film, folder.takes, one) for one in gone)
    away = {one.take.id for one in gone}
    made = [take for take in folder.written if take.media and take.id not in away]
    good = 0
    for take in made:
        name = _name(folder.film, take)
        try:
            faults = list(_faults(folder, take))
        except VitascopeError as error:
            yield Finding("files", "wrong", f"{name}: {error.message}", error.hint)
            continue
        for fault in faults:
            hint = "Make another, or bring the file back that was there: vitascope film make FOLDER --shot SHOT --again"
            yield Finding("files", "wrong", f"{name} {fault}.", hint)
        good += not faults
    if good:
        are = "is as it was" if good == 1 else "are as they were"
        yield Finding("files", "good", f"{good} of {counted(len(made), 'file')} can be read and {are} made.")
    told, hint = folder.lost_list()
    if told:
        yield Finding("files", "wrong", told, hint)
    elif not made and not gone:
        yield Finding("files", "unchecked", "Nothing is made yet.", "Make it: vitascope film make FOLDER")


def _gone(film: Film, takes: tuple[Take, ...], one: Lost) -> Finding:
    """What nobody misses is a note. Each remedy ends in a film of which nothing is wrong."""
    take, instead, name = one.take, one.instead, _name(film, one.take)
    text = f"The file of {name} is not there any more"
    if not one.wanted:
        return Finding("files", "note", f"{text}. The film does not show it.", "Nothing is to be done.")
    if not instead:
        hint = "Bring it back, or make another: vitascope film make FOLDER"
        if not take.of:
            hint = "Bring it back, or take the cut over again: vitascope film import-cut FOLDER CUT --media DIR"
        return Finding("files", "wrong", f"{text}.", hint)
    if take.kind == "clip":
        hint = f"Bring it back, or choose one: vitascope film choose FOLDER {film.label(take.of)} {instead.number}"
        return Finding("files", "wrong", f"{text}: {instead.name} is shown.", hint)
    text = f"{text}: {take.kind} {instead.number} stands in its place."
    current = any(found.of == take.of and found.kind == take.kind and found.name == "current"
                  for found in state.states(film, takes))  # fmt: skip
    if current or take.kind == "music":  # music follows the film by itself
        return Finding("files", "note", text, "Bring it back if it is to be that one.")
    again = "Bring it back, or make it again: vitascope film make FOLDER --stale"
    return Finding("files", "wrong", text, again)


def _faults(folder: FilmFolder, take: Take) -> Iterator[str]:
    media = take.media
    assert media, "only what is made has a file"
    path = folder.locate(media)
    if take.kind == "clip":
        yield from _of_clip(path, media)
    elif take.kind == "still":
        width, height = incoming.picture(path, name=media.key).image.size
        if (width, height) != (media.width, media.height):
            yield f"is {width}x{height}, and was {media.width}x{media.height} when it was made"
    else:
        heard = sound.read_file(path, name=media.key, seconds=float(media.seconds) + 1).seconds
        if abs(heard - media.seconds) > _SOUND_SLACK:
            yield f"lasts {heard:.2f} s, and lasted {float(media.seconds):.2f} s when it was made"


def _of_clip(path: Path, media: Media) -> Iterator[str]:
    info = incoming.clip(path, name=media.key).info
    if (info.width, info.height) != (media.width, media.height):
        yield f"is {info.width}x{info.height}, and was {media.width}x{media.height} when it was made"
    if abs(info.fps - float(media.rate)) > 0.02:
        yield f"has {info.fps:.2f} frames a second, and had {float(media.rate):.2f} when it was made"
    elif abs(info.frames - media.seconds * media.rate) > Fraction(1):
        yield f"lasts {info.seconds:.2f} s, and lasted {float(media.seconds):.2f} s when it was made"
    if media.sound and not info.sound:
        yield "is silent, and had sound when it was made"


def _name(film: Film, take: Take) -> str:
    label = film.label(take.of) if take.of in film.shots else take.of
    return f"{label} {take.kind} {take.number}" if take.kind != "clip" else f"{label} {take.name}"
