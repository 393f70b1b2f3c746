"""What is said and what can be read of it: the script's words once and in order, captions that stay long enough and
stand where nothing covers them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from vitascope.errors import VitascopeError
from vitascope.film import captions as titles
from vitascope.film import lettering
from vitascope.film.captions import Caption
from vitascope.film.checks.finding import Finding
from vitascope.film.document import Film
from vitascope.film.plural import counted
from vitascope.film.screen import Screen
from vitascope.film.script.verify import verify
from vitascope.film.take import Media, Take
from vitascope.film.timeline import Timeline, timeline

TOO_FAST = Fraction(3, 2)  # times the speed at which people read: 26 Latin letters or 14 Chinese characters a second


def spoken(film: Film) -> Iterator[Finding]:
    """Every word that is spoken in the script, once and in order."""
    if not film.source.text.strip():
        hint = "Begin from one: vitascope film new SCRIPT"
        yield Finding("words", "unchecked", "The film has no script to be compared with.", hint)
        return
    if film.source.form == "idea":
        yield Finding("words", "unchecked", "The film was made of an idea, which has no words of its own.")
        return
    differs = verify(film)
    for text in differs:
        yield Finding("words", "wrong", text, "Give the line its words back, or begin again from the script.")
    if not differs:
        lines = sum(line.kind in ("dialogue", "voice_over") for shot in film.shots.values() for line in shot.lines)
        yield Finding("words", "good", f"{counted(lines, 'line')}: every word of the script once and in order.")


def captions(film: Film, takes: tuple[Take, ...], font: Path | None) -> Iterator[Finding]:
    shown = timeline(film, takes)
    found = titles.events(shown, film.captions, language=film.language)
    if film.captions.show == "none" or not found:
        yield Finding("captions", "note", "The film shows no captions.")
        return
    wrong = list(_speed(shown, found))
    if film.captions.show == "burned":
        wrong += _drawn(film, shown, found, font)
    yield from wrong
    if not wrong:
        inside = " and inside the safe area" if film.captions.show == "burned" else ""
        yield Finding("captions", "good", f"{counted(len(found), 'caption')}, long enough to be read{inside}.")


def _speed(shown: Timeline, found: Sequence[Caption]) -> Iterator[Finding]:
    for caption in found:
        lasts = caption.end - caption.start
        short = lasts < titles.SHORTEST or titles.reading_seconds(caption.text) > TOO_FAST * lasts
        long = lasts > titles.LONGEST + 1 / shown.rate
        if short or long:
            hint = "Make the shot longer, or the line shorter." if short else "Make the shot shorter."
            text = (
                f"{_said(caption)} stays {float(lasts):.1f} s, which is too {'short to be read' if short else 'long'}."
            )
            yield Finding("captions", "wrong", text, hint)


def _drawn(film: Film, shown: Timeline, found: Sequence[Caption], font: Path | None) -> Iterator[Finding]:
    """Drawn on black, as the film would draw them."""
    size = (shown.width, shown.height)
    area = lettering.safe_area(size)
    try:
        screen = Screen(
            replace(shown, pieces=()), locate=_nowhere, size=size, captions=found, style=film.captions,
            language=film.language, font=font,
        )  # fmt: skip
    except VitascopeError as error:
        yield Finding("captions", "wrong", error.message, error.hint)
        return
    for caption in found:
        rows, columns, _ = np.nonzero(screen.frame(int(caption.start * shown.rate)))
        inside = rows.size and area.top <= rows.min() and rows.max() < area.bottom
        if not (inside and area.left <= columns.min() and columns.max() < area.right):
            text = f"{_said(caption)} does not fit into the safe area."
            yield Finding("captions", "wrong", text, "Make `captions.size` smaller, or the line shorter.")
    for note in screen.notes:
        yield Finding("captions", "note", note)


def _nowhere(media: Media) -> Path:
    raise AssertionError("no picture is asked for")


def _said(caption: Caption) -> str:
    words = caption.text.replace("\n", " ")
    return f'At {float(caption.start):.1f} s "{words[:40]}{"..." if len(words) > 40 else ""}"'
