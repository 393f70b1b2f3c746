"""What the commands of films have in common: the folder, the names of shots, sizes, and what is said meanwhile."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitascope.errors import BadSpec

if TYPE_CHECKING:
    from vitascope.film.document import Film
    from vitascope.film.folder import FilmFolder

FOLDER = click.Path(path_type=Path)


def open_film(folder: Path) -> FilmFolder:
    from vitascope.film.folder import FilmFolder

    return FilmFolder.open(folder)


def shot_id(film: Film, name: str) -> str:
    """The id of a shot by its label or id."""
    found = next((key for key in film.shots if name in (key, film.label(key)) or name.upper() == film.label(key)), "")
    if not found:
        raise BadSpec(f'The film has no shot "{name[:40]}".', hint="They are listed by: vitascope film plan FOLDER")
    return found


def name_of(film: Film, of: str) -> str:
    if of in film.shots:
        return film.label(of)
    return next((film.label(key) for key, shot in film.shots.items() if any(line.id == of for line in shot.lines)), of)


def pixels(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,9})x(\d{1,9})", text.strip().lower())
    if not found:
        raise BadSpec(f'The size is "{text[:20]}".', hint="Width x height, such as 1280x720.", field="size")
    return int(found[1]), int(found[2])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Progress:
    """One line for each thing that is made, with a bar where there is a terminal."""

    def __init__(self, film: Film, total: int):
        self.film, self.total, self.at, self._last = film, total, 0, ""
        self._bar: Any = None

    def __call__(self, task: Any, stage: str, done: int, total: int) -> None:
        key = f"{task.of} {task.kind}"
        if key != self._last:
            self.at, self._last = self.at + 1, key
            self.close()
            say(f"{self.at}/{max(self.total, self.at)} {name_of(self.film, task.of)} {task.kind}")
            if sys.stderr.isatty():
                self._bar = Bar(stage)
        if self._bar is not None:
            self._bar(stage, done, total)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class Bar:
    """A bar with the time left; silent where there is no terminal."""

    def __init__(self, stage: str):
        self._stage = stage
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if stage != self._stage or self._bar is None:
            from tqdm import tqdm

            self.close()
            self._stage, self._bar = stage, tqdm(total=total, desc=f"{stage:<6}", leave=False, miniters=1)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
