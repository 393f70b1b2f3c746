"""Films in Python: `v.film(...)`. The same folder as the command line's, and the same steps."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from vitascope.errors import BadSpec
from vitascope.film import begin, checks, edit, finish, plan, produce, state
from vitascope.film.document import Film
from vitascope.film.folder import FilmFolder, slug
from vitascope.film.handoff import Difference
from vitascope.film.script.again import again
from vitascope.film.script.changes import Change, changes
from vitascope.film.take import KINDS, Kind, Take
from vitascope.film.timeline import Timeline, timeline


class FilmProject:
    """A film in a folder. `document` is what people decide, `takes` what was made of it; both are written as soon as
    they change.
    """

    def __init__(self, folder: FilmFolder, notes: tuple[str, ...] = ()):
        self.folder, self.notes = folder, notes  # `notes`: what the script's reader did not understand

    def __repr__(self) -> str:
        return f"<film {self.document.title!r}: {len(self.document.shots)} shots in {self.path}>"

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def document(self) -> Film:
        return self.folder.film

    @property
    def takes(self) -> tuple[Take, ...]:
        return self.folder.takes

    @property
    def states(self) -> list[state.State]:
        """What is missing, current, stale, blocked or failed, in the film's order."""
        return state.states(self.document, self.takes)

    @property
    def timeline(self) -> Timeline:
        return timeline(self.document, self.takes)

    def change(self, changes: dict[str, Any]) -> FilmProject:
        """A JSON merge patch of the document: {"shots": {"k1": {"action": "..."}}}. It changes the film as it is on the
        disk now. Raises BadSpec, and Conflict while another process works on it.
        """
        with self.folder.editing():
            self.folder.change(edit.apply(self.document, changes))
        return self

    def change_script(self, script: str | Path, *, form: str = "", accept: bool = False) -> tuple[Change, ...]:
        """What becomes of each shot when this file is the script; with `accept` it is. Shots that are still in it keep
        their takes, and what was changed by hand. `form`: of the script; found by itself if not said. `notes` says what
        was not understood, and where the form is another than before. Raises BadSpec, NotFound.
        """
        text = begin.read_text(Path(script))
        with self.folder.editing() if accept else nullcontext():
            before, used = self.document, {take.of for take in self.takes}
            found = again(before, text, form=form, used=used)
            if accept:
                self.folder.change(found.film)
        self.notes = tuple(f"line {one.line}: {one.text}" for one in found.warnings)
        return changes(before, found.film, self.takes)

    @property
    def gates(self) -> dict[str, str]:
        """Of "breakdown", "stills" and "cut": "closed", "passed", or "open again" when it was changed since."""
        return dict(state.gates(self.document, self.takes))

    def approve(self, gate: str, *, by: str = "", yes: bool = True) -> FilmProject:
        """Pass a gate: what is there now was seen and is good. With `yes=False` it is opened again. Raises BadSpec."""
        with self.folder.editing():
            passed = state.passing(self.document, self.takes, gate, by=by, at=time.time(), yes=yes)
            self.folder.change(edit.apply(self.document, passed))
        return self

    def plan(self, **chosen: Any) -> list[plan.Task]:
        """What `make` would make; takes the same."""
        return plan.tasks(self.document, self.takes, **chosen)

    def make(
        self,
        kinds: Collection[Kind] = KINDS,
        ids: Collection[str] = (),
        *,
        n: int = 1,
        stale: bool = False,
        again: bool = False,
        progress: produce.Progress | None = None,
    ) -> produce.Outcome:
        """Make what is missing: voices, stills, takes, music. See `plan.tasks` for what is chosen; `n` takes of each
        shot. What failed is in the outcome and blocks nothing but what goes on from it.
        """
        tasks = self.plan(kinds=kinds, ids=ids, stale=stale, again=again)
        return produce.make(self.folder, tasks, n=n, progress=progress or produce.unwatched)

    def check(self) -> list[checks.Finding]:
        """Whether the film is whole, without making anything: what is good, what is wrong with its remedy, and what
        cannot be looked at here.
        """
        return list(checks.check(self.path))

    def render(self, output: str | Path | None = None, **how: Any) -> Path:
        """The film as an mp4: `size`, `captions` ("burned", "file", "none"), `animatic`, `progress`."""
        return finish.render(self.folder, Path(output) if output else None, **how).path

    def export(
        self, formats: str | Sequence[str] = "all", output: str | Path | None = None, *, zipped: str = ""
    ) -> dict[Path, list[str]]:
        """Files for editors, each with what it could not hold. `zipped`: what "zip" holds ("otio,srt"); else all."""
        names = [formats] if isinstance(formats, str) else formats
        return dict(finish.export(self.folder, names, Path(output) if output else None, zipped=zipped))

    def import_cut(
        self, file: str | Path, *, accept: bool | Collection[int] = False, media: str | Path | None = None
    ) -> tuple[Difference, ...]:
        """What an editor has changed in this OTIO, FCPXML or EDL; with `accept` the film's cut takes it over, all of it
        or those at these places. `media`: a folder with the files of clips that the editor added.
        """
        differences = finish.compare(self.folder, Path(file))
        if accept is not False:
            chosen = None if accept is True else accept
            finish.accept(self.folder, differences, chosen, media=Path(media) if media else None)
        return differences


def film(script: str | Path | None = None, folder: str | Path | None = None, **frame: Any) -> FilmProject:
    """Begin a film from a script's file in `folder` (named after its title if not given), or open the one that is in
    `folder` when there is no script. `frame`: title, form, language, width, height, rate, style, model, music.
    Raises BadSpec, NotFound, Conflict when a film is there already.
    """
    if script is None:
        if folder is None:
            raise BadSpec("There is neither a script nor a folder.", hint='v.film("script.fountain", "my-film")')
        return FilmProject(FilmFolder.open(Path(folder)))
    broken = begin.of_script(Path(script), **frame)
    made = FilmFolder.make(Path(folder) if folder else Path(slug(broken.film.title)), broken.film)
    return FilmProject(made, tuple(f"line {one.line}: {one.text}" for one in broken.warnings))
