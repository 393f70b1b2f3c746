"""Every hand-off is written into a folder of its own and read back: by our own reader where there is one, and by those
of other houses that are installed here. One that is missing is named.
"""

from __future__ import annotations

import csv
import importlib
import itertools
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vitascope.config import plain_environment
from vitascope.errors import NotSupported, VitascopeError
from vitascope.film import captions, finish, handoff, subtitles
from vitascope.film.checks.finding import Finding
from vitascope.film.folder import FilmFolder
from vitascope.film.handoff.links import file_names
from vitascope.film.timeline import Timeline, timeline

_LIMIT_SECONDS = 120  # for a program of another house


class _Unread(Exception):
    """A reader did not read: `what` says why, `hint` what to do."""

    def __init__(self, hint: str, what: str = "is not installed"):
        super().__init__(what)
        self.hint = hint


class _Misread(Exception):
    """What was read back is not what was written."""


@dataclass(frozen=True)
class _Written:
    folder: FilmFolder
    shown: Timeline
    path: Path


def check(folder: FilmFolder) -> Iterator[Finding]:
    """The folder's files are in order: where one is not, programs could not read what is well written."""
    shown = timeline(folder.film, folder.takes)
    if not shown.pieces:
        yield Finding("hand-off", "unchecked", "The film has no shots.")
        return
    with TemporaryDirectory(prefix="vitascope-") as place:
        _bring_media(folder, shown, Path(place))
        for name in finish.names():
            path = Path(place) / finish.file_name(folder.film, name)
            yield from _one(name, _Written(folder, shown, path))


def _one(name: str, made: _Written) -> Iterator[Finding]:
    try:
        finish.write_one(made.folder, made.shown, name, made.path)
    except NotSupported as error:
        yield Finding("hand-off", "note", f"{name}: {error.message}", error.hint)
        return
    except VitascopeError as error:
        yield Finding("hand-off", "wrong", f"{name} cannot be written: {error.message}", error.hint)
        return
    readers, whole = list[str](), True
    for reader, read in _READERS[name].items():
        try:
            read(made)
        except _Unread as error:
            yield Finding("hand-off", "unchecked", f"{name}: {reader} {error}.", error.hint)
        except (_Misread, VitascopeError) as error:
            told = error.message if isinstance(error, VitascopeError) else str(error)
            yield Finding("hand-off", "wrong", f"{name}, read by {reader}: {told}", "Please report it.")
            whole = False
        else:
            readers.append(reader)
    if readers and whole:
        yield Finding("hand-off", "good", f"{name}: written, and read back by {' and '.join(readers)}.")


def _bring_media(folder: FilmFolder, shown: Timeline, place: Path) -> None:
    """Where the hand-off has its media; copied only where links are not allowed."""
    names = file_names(shown)
    for one in shown.media:
        source, target = folder.locate(one), place / names[one.key]
        target.parent.mkdir(exist_ok=True)
        try:
            target.symlink_to(source)
        except OSError:
            shutil.copyfile(source, target)


def _ours(made: _Written) -> None:
    """An untouched export has no differences."""
    film = made.folder.film
    cut = handoff.read(made.path, rate=film.fps)
    if differences := handoff.compare(film, made.folder.takes, made.shown, cut):
        raise _Misread(f"{len(differences)} differences from the film, such as: {differences[0].text}")


def _library(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise _Unread(f"pip install {package}") from error


def _program(name: str, package: str, *arguments: str, folder: Path) -> str:
    """Run it, and what it said."""
    found = shutil.which(name)
    if not found:
        raise _Unread(f"apt-get install {package}, or the like for your system")
    try:
        done = subprocess.run(
            [found, *arguments], cwd=folder, env=plain_environment(), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_LIMIT_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _Unread("Check again.", "did not come to its end") from error
    said = done.stderr.decode("utf-8", "replace").replace(str(folder), "")
    if done.returncode:
        raise _Misread(f"exit {done.returncode}: {said.strip()[:300]}")
    return said


def _opentimelineio(made: _Written, **how: Any) -> None:
    library = _library("opentimelineio", "opentimelineio otio-cmx3600-adapter")
    try:
        read = library.adapters.read_from_file(str(made.path), **how)
    except library.exceptions.NoKnownAdapterForExtensionError as error:
        raise _Unread("pip install otio-cmx3600-adapter") from error
    except Exception as error:  # adapters raise many kinds
        raise _Misread(str(error)[:300]) from error
    clips = [one.name for one in read.video_tracks()[0] if isinstance(one, library.schema.Clip)]
    if clips != [piece.name for piece in made.shown.pieces]:
        raise _Misread(f"{len(clips)} clips, and not the film's {len(made.shown.pieces)} under their names.")


def _edl(made: _Written) -> None:
    _opentimelineio(made, adapter_name="cmx_3600", rate=float(made.shown.rate))


def _xmllint(made: _Written) -> None:
    _program("xmllint", "libxml2-utils", "--noout", made.path.name, folder=made.path.parent)


def _melt(made: _Written) -> None:
    said = _program("melt", "melt", made.path.name, "-consumer", "xml:read-back.xml", folder=made.path.parent)
    if "failed to load" in said:
        line = next(line for line in said.splitlines() if "failed to load" in line)
        raise _Misread(line.strip()[:300])
    told = (made.path.parent / "read-back.xml").read_text("utf-8", "replace")
    if f'<property name="length">{made.shown.frames}</property>' not in told:
        raise _Misread(f"it is not {made.shown.frames} frames long.")


def _draft(made: _Written) -> None:
    """A ZIP for another computer: whole, and its clips do not overlap."""
    _zip(made)
    with zipfile.ZipFile(made.path) as box:
        content = json.loads(box.read("draft/draft_content.json"))
    for track in content["tracks"]:
        spans = [(one["target_timerange"]["start"], one["target_timerange"]["duration"]) for one in track["segments"]]
        if any(start + length > then for (start, length), (then, _) in itertools.pairwise(spans)):
            raise _Misread("two clips of a track overlap.")


def _pyjianyingdraft(made: _Written) -> None:
    library = _library("pyJianYingDraft", "pyJianYingDraft")
    _zip(made)
    with TemporaryDirectory(dir=made.path.parent) as root, zipfile.ZipFile(made.path) as box:
        box.extractall(root)
        try:
            read = library.DraftFolder(root).load_template("draft")
            segments = read.get_imported_track(library.TrackType.video, index=0).segments
        except Exception as error:  # the library raises many kinds
            raise _Misread(str(error).replace(root, "")[:300]) from error
    pieces = sum(piece.media is not None for piece in made.shown.pieces)  # a draft holds no slates
    if len(segments) != pieces:
        raise _Misread(f"{len(segments)} clips, and the film has {pieces}.")


class _Words(HTMLParser):
    """What a page says."""

    text = ""

    def handle_data(self, data: str) -> None:
        self.text += data


def _html(made: _Written) -> None:
    page = _Words()
    page.feed(made.path.read_text("utf-8"))
    if lost := [piece.name for piece in made.shown.pieces if piece.name.removesuffix(" -") not in page.text]:
        raise _Misread(f"{lost[0]} is not in it.")


def _csv(made: _Written) -> None:
    with open(made.path, newline="", encoding="utf-8-sig") as file:
        rows = len(list(csv.reader(file))) - 1
    if rows != len(made.shown.pieces):
        raise _Misread(f"{rows} rows, and the film has {len(made.shown.pieces)} pieces.")


def _zip(made: _Written) -> None:
    try:
        with zipfile.ZipFile(made.path) as box:
            bad = box.testzip()
    except (OSError, zipfile.BadZipFile) as error:
        raise _Misread("it is no whole ZIP.") from error
    if bad:
        raise _Misread(f"{bad} in it is damaged.")


def _captions(made: _Written) -> None:
    film, text = made.folder.film, made.path.read_text("utf-8")
    read = subtitles.read_srt(text) if made.path.suffix == ".srt" else subtitles.read_vtt(text)
    written = captions.events(made.shown, film.captions, language=film.language)
    if [one.text for one in read] != [one.text for one in written]:
        raise _Misread("the captions are not those of the film.")


def _pysubs2(made: _Written) -> None:
    library = _library("pysubs2", "pysubs2")
    film = made.folder.film
    written = captions.events(made.shown, film.captions, language=film.language)
    if not written:
        return  # an empty file is no captions, and the library takes it for no format
    try:
        read = library.load(str(made.path), encoding="utf-8")
    except Exception as error:  # the library raises many kinds
        raise _Misread(str(error)[:300]) from error
    if [round(1000 * one.start) for one in written] != [one.start for one in read]:
        raise _Misread("the captions are not those of the film.")


_OURS = "our own reader"
_SUBTITLES: dict[str, Callable[[_Written], None]] = {_OURS: _captions, "pysubs2": _pysubs2}
#: By the format's name: who reads it here.
_READERS: dict[str, dict[str, Callable[[_Written], None]]] = {
    "otio": {_OURS: _ours, "OpenTimelineIO": _opentimelineio},
    "fcpxml": {_OURS: _ours, "xmllint": _xmllint},
    "edl": {_OURS: _ours, "OpenTimelineIO": _edl},
    "mlt": {"melt": _melt},
    "kdenlive": {"melt": _melt},
    "jianying": {_OURS: _draft, "pyJianYingDraft": _pyjianyingdraft},
    "html": {_OURS: _html},
    "csv": {_OURS: _csv},
    "srt": _SUBTITLES,
    "vtt": _SUBTITLES,
    "zip": {_OURS: _zip},
}
