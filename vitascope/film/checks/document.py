"""The document and what was made of it, compared: what it names is there, and what is shown is what it says."""

from __future__ import annotations

from collections.abc import Iterator

from vitascope.errors import VitascopeError
from vitascope.film import state
from vitascope.film.checks.finding import Finding, Verdict
from vitascope.film.document import Film
from vitascope.film.folder import FilmFolder
from vitascope.film.plural import counted
from vitascope.film.take import NOUNS, Media, Take
from vitascope.film.timeline import cue_seconds, timeline

_STATES: dict[state.Name, tuple[Verdict, str, str]] = {
    "missing": ("unchecked", "not made yet", "Make them: vitascope film make FOLDER"),
    "blocked": ("unchecked", "blocked", "They wait for others: vitascope film make FOLDER"),
    "running": ("unchecked", "being made", "Check again when they are done."),
    "failed": ("note", "failed", "vitascope film plan FOLDER says why."),
    "stale": ("note", "out of date", "Make them again: vitascope film make FOLDER --stale"),
}


def check(folder: FilmFolder) -> Iterator[Finding]:
    film, takes = folder.film, folder.takes
    shown = timeline(film, takes)
    wrong = [*_takes_not_there(film, folder.written), *_files_not_there(folder)]
    yield from wrong
    if not wrong:
        told = (
            f"{counted(len(film.shots), 'shot')} in {counted(len(film.scenes), 'scene')}, {float(shown.seconds):.1f} s"
        )
        yield Finding("document", "good", f"{told}, {film.width}x{film.height} at {film.rate} frames a second.")
    found = [*state.states(film, takes)]
    found += state.music_states(film, takes, {key: cue_seconds(film, key, shown.seconds) for key in film.cues})
    for name, (verdict, words, hint) in _STATES.items():
        for kind, nouns in NOUNS.items():
            if count := sum(one.name == name and one.kind == kind for one in found):
                yield Finding("document", verdict, f"{counted(count, *nouns)}: {words}.", hint)
    for gate, said in state.gates(film, takes).items():
        if said == "open again":
            hint = f"Look again: vitascope film approve FOLDER {gate}"
            were, have = ("were", "have") if gate == "stills" else ("was", "has")
            yield Finding("document", "note", f"The {gate} {were} approved and {have} changed since.", hint)
    for warning in shown.warnings:
        yield Finding("document", "note", warning, "A longer take: vitascope film make FOLDER --shot SHOT --again")


def _takes_not_there(film: Film, takes: tuple[Take, ...]) -> Iterator[Finding]:
    made = {take.id for take in takes if take.media}
    hint = "Choose another: vitascope film choose FOLDER SHOT TAKE"
    for key, shot in film.shots.items():
        for wanted in (shot.take, shot.still):
            if wanted and wanted not in made:
                text = f"{film.label(key)} chooses {wanted}, which was not made: another one is shown."
                yield Finding("document", "wrong", text, hint)
    for item in film.cut.items:
        if item.take and item.take not in made:
            text = f"{item.id} of the cut shows {item.take}, which was not made: another one is shown."
            yield Finding("document", "wrong", text, hint)


def _files_not_there(folder: FilmFolder) -> Iterator[Finding]:
    """Clips and sounds of a server's library do not come with a folder; those that were brought into it are there."""
    film = folder.film
    brought = {take.id for take in folder.takes if take.media and not take.of}
    for item in film.cut.items:
        if item.file and item.file not in brought:
            text = f"{item.id} of the cut is a clip from elsewhere that is not in the folder: black is shown."
            yield Finding("document", "wrong", text, "Bring it in as a take: vitascope film add-take FOLDER SHOT FILE")
    for key, cue in film.cues.items():
        if cue.file:
            text = f"The sound of cue {key} comes from elsewhere, which a folder does not hold: it is not heard."
            yield Finding("document", "wrong", text, "Have it composed (an empty `file`), or take the cue out.")
    for key, overlay in film.overlays.items():
        if overlay.picture:
            try:
                folder.locate(Media(key=overlay.picture, seconds=film.dissolve))
            except VitascopeError:
                text = f"The picture of {key}, which lies over the film, is not in the folder."
                yield Finding("document", "wrong", text, "Put it there, or take it out of `overlays`.")
