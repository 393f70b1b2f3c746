"""Which film a cut is of. Clips are called alike in every film (S01-01 t1), so an export says whose it is, where its
format has room, and a cut that says it is another film's is refused. Editors may drop it; then nothing is said.
"""

from __future__ import annotations

import re

from vitascope.errors import BadSpec
from vitascope.film.document import Film

_MARK = re.compile(r"Vitascope film ([A-Za-z0-9_-]{1,64}): ?(.{0,200})", re.IGNORECASE)


def mark(film: Film) -> str:
    """One line for a note or a comment; empty for a film that has no identity yet."""
    return f"Vitascope film {film.identity}: {' '.join(film.title.split())}" if film.identity else ""


def marked(text: str) -> tuple[str, str]:
    """Identity and title of the film that a line names; empty when it names none."""
    found = _MARK.search(text)
    return (found[1], found[2].strip()) if found else ("", "")


def refuse_another(film: Film, identity: str, title: str) -> None:
    """Raises BadSpec where both films are known and are two."""
    if identity and film.identity and identity != film.identity:
        raise BadSpec(
            f'This cut is of another film, "{title[:80]}". This one is "{film.title[:80]}".',
            hint="Give it to the film that it was exported from.",
        )
