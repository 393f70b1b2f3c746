"""A film as a folder: `film.json` is the document, `takes.json` what was made, and the files lie beside them under the
paths that `takes.json` names. It can be read, copied and put under version control without us.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from vitascope.errors import BadSpec, Conflict, NotFound, OutputFailed
from vitascope.film import document
from vitascope.film.document import Film
from vitascope.film.plural import counted
from vitascope.film.take import Media, Take, Takes, renumbered
from vitascope.media.atomic_write import UNFINISHED, written_aside

FILM, _TAKES, _LOCK = "film.json", "takes.json", ".lock"
_RESTORE = "Restore it from a copy."
_MADE = ("voice", "stills", "takes", "music")  # folders of what is made
_WRITTEN = (".", *_MADE, "hand-off", "hand-off/media")  # where a process that is killed leaves halves of files


class FilmFolder:
    """`film` and `takes` are as they were read or written last; a take whose file is gone has no media, and is missing.
    Writing is whole or not at all.
    """

    def __init__(self, path: Path, film: Film, takes: tuple[Take, ...] = ()):
        self.path, self.film = path, film
        self.takes: tuple[Take, ...] = Takes(takes)
        self._gone: dict[str, Media] = {}  # of takes whose files are gone: a disk may be away for a while

    @property
    def written(self) -> tuple[Take, ...]:
        """The takes as `takes.json` has them, also those whose files are gone."""
        return tuple(replace(take, media=self._gone.get(take.id, take.media)) for take in self.takes)

    @classmethod
    def make(cls, path: Path, film: Film) -> FilmFolder:
        """Raises Conflict when a film is there already."""
        if (path / FILM).exists():
            raise Conflict(f"There is a film in {path} already.", hint="Choose another folder with -o.")
        made = cls(made_folder(path), _identified(film))
        made.save()
        return made

    @classmethod
    def open(cls, path: Path) -> FilmFolder:
        """Raises NotFound, and BadSpec when the files are not in order."""
        if path.is_file():
            path = path.parent
        if not (path / FILM).is_file():
            raise NotFound(f"There is no film in {path}.", hint="Begin one: vitascope film new SCRIPT -o FOLDER")
        film = document.read(_json(path / FILM))
        opened = cls(path, film)
        opened._read_takes()
        return opened

    def save(self) -> None:
        _write(self.path / FILM, self.film.to_dict())
        self._write_takes()

    def change(self, film: Film) -> None:
        self.film = _identified(film)
        _write(self.path / FILM, self.film.to_dict())

    def identify(self) -> None:
        """Give a film of before films had an identity its own; not where it cannot be written now."""
        if not self.film.identity:
            with suppress(Conflict, OutputFailed, OSError), self.editing():
                self.change(self.film)

    def add(self, take: Take) -> Take:
        """With the next number of its kind, and written down."""
        new = renumbered(self.takes, take)
        self.takes = Takes((*self.takes, new))
        self._write_takes()
        return new

    def replace_takes(self, takes: tuple[Take, ...]) -> None:
        self.takes = Takes(takes)
        self._write_takes()

    def unnamed(self) -> dict[str, int]:
        """How many files lie in each folder of what is made, when `takes.json` names nothing at all: it was lost, or
        emptied. Otherwise empty: one that a killed process has left may lie there.
        """
        if any(take.media for take in self.written):
            return {}
        counts = {part: sum(_is_made(file) for file in (self.path / part).glob("*")) for part in _MADE}
        return {part: count for part, count in counts.items() if count}

    def lost_list(self) -> tuple[str, str]:
        """A sentence and a remedy where `takes.json` was lost; both empty where it was not."""
        found = self.unnamed()
        if not found:
            return "", ""
        told = [f"{counted(count, 'file')} in {part}/" for part, count in found.items()]
        return f"{_TAKES} names none of the {', '.join(told)}.", (
            f"Restore {_TAKES} from a copy; or keep a clip as your own: vitascope film add-take FOLDER SHOT FILE; or "
            "move the files elsewhere, and all is made anew."
        )

    def locate(self, media: Media) -> Path:
        """Where a file lies. Raises BadSpec for a path that leads out of the folder, NotFound when it is gone."""
        found = (self.path / media.key).resolve()
        if not found.is_relative_to(self.path.resolve()):
            raise BadSpec(f"{media.key[:80]} lies outside the film's folder.", hint="Restore takes.json from a copy.")
        if not found.is_file():
            raise NotFound(
                f"{media.key} is not there any more.",
                hint="Bring it back, or make another: vitascope film make FOLDER",
            )
        return found

    def place(self, *parts: str) -> Path:
        """A path inside, its folder made."""
        target = self.path.joinpath(*parts)
        made_folder(target.parent)
        return target

    @contextmanager
    def working(self) -> Iterator[None]:
        """Only one process makes or changes things in a folder; what another has made before is read first. A process
        that was killed holds nothing, and the halves it left go. Raises Conflict when another works, OutputFailed when
        nothing can be written here.
        """
        with self._lock() as lock:
            if not _held(lock):
                raise Conflict("Another process works on this film.", hint="Wait until it is done, or end it.")
            self._read_takes()
            for part in _WRITTEN:
                for half in (self.path / part).glob(f"{UNFINISHED}*"):
                    half.unlink(missing_ok=True)
            yield

    def _lock(self) -> IO[bytes]:
        try:
            return open(self.place(_LOCK), "ab")
        except OSError as error:
            raise OutputFailed(
                f"Nothing can be written into the film's folder {self.path}: {error.strerror}.",
                hint="Check the folder's rights, or copy it to a place that is yours.",
            ) from error

    @contextmanager
    def writing(self, target: Path) -> Iterator[None]:
        """As `editing` where the target lies in this folder; for one elsewhere nobody is kept from working here."""
        if target.resolve().is_relative_to(self.path.resolve()):
            with self.editing():
                yield
        else:
            yield

    @contextmanager
    def editing(self) -> Iterator[None]:
        """As `working`, and the document is read again too: what is changed inside is what stands there now, so that
        nothing that another process wrote is lost.
        """
        with self.working():
            self.film = document.read(_json(self.path / FILM))
            yield

    def _write_takes(self) -> None:
        _write(self.path / _TAKES, [take.to_dict() for take in self.written])

    def _read_takes(self) -> None:
        rows = _json(self.path / _TAKES) if (self.path / _TAKES).exists() else []
        try:
            if not isinstance(rows, list):
                raise ValueError("it is no list of takes")
            takes = tuple(Take.from_dict(row) for row in rows)
        except KeyError as error:
            raise BadSpec(f"{_TAKES} of the film cannot be read: {error} is missing.", hint=_RESTORE) from error
        except (AttributeError, TypeError, ValueError) as error:
            raise BadSpec(f"{_TAKES} of the film cannot be read: {error}.", hint=_RESTORE) from error
        self._gone = {take.id: take.media for take in takes if take.media and not self._is_there(take.media)}
        self.takes = Takes(replace(take, media=None) if take.id in self._gone else take for take in takes)

    def _is_there(self, media: Media) -> bool:
        try:
            return (self.path / media.key).exists()
        except OSError:  # such as a name that is too long
            return False


def _is_made(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".")


def _identified(film: Film) -> Film:
    """A film that has no identity yet gets one by chance: two of the same script are two films."""
    return film if film.identity else film.model_copy(update={"identity": secrets.token_hex(8)})


def _held(lock: IO[bytes]) -> bool:
    """Take the lock, for as long as the file is open; False when a living process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def made_folder(path: Path) -> Path:
    """Made where it is not there. Raises OutputFailed."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputFailed(f"Cannot make the folder {path}: {error.strerror}.", hint="Choose another one.") from error
    return path


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, RecursionError, ValueError) as error:
        what = error.strerror if isinstance(error, OSError) else error
        raise BadSpec(f"{path.name} of the film cannot be read: {what}.", hint=_RESTORE) from error


def _write(path: Path, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    with written_aside(path) as aside:
        aside.write_text(text, "utf-8")


def slug(title: str) -> str:
    """A folder's name of a title."""
    return re.sub(r"[^\w-]+", "-", title).strip("-")[:60].lower() or "film"
