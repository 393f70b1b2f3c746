"""Whether a film is whole: all that can be told without making anything. The document agrees with itself and with its
script, the files are what `takes.json` says, captions can be read, every hand-off is read back by the readers that are
here, and a render is the film as it stands. What cannot be looked at is named and never passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vitascope.config import settings
from vitascope.errors import BadSpec
from vitascope.film.checks import document, files, handoff, rendered, words
from vitascope.film.checks.finding import Finding, Verdict
from vitascope.film.folder import FilmFolder

__all__ = ["Finding", "Verdict", "check"]


def check(path: Path) -> Iterator[Finding]:
    """Every finding as soon as it is made. Nothing in the folder is changed. Raises NotFound when no film is there."""
    try:
        folder = FilmFolder.open(path)
    except BadSpec as error:
        yield Finding("document", "wrong", error.message, error.hint)
        return
    yield from document.check(folder)
    whole = True
    for found in files.check(folder):
        whole = whole and found.verdict != "wrong"
        yield found
    yield from words.spoken(folder.film)
    yield from words.captions(folder.film, folder.takes, settings().font)
    if whole:
        yield from handoff.check(folder)
    else:
        yield Finding("hand-off", "unchecked", "It needs all files.", "Mend those above, and check again.")
    yield from rendered.check(folder)
