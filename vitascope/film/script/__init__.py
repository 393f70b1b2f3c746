"""From a script to a film, by rules and without any model: what kind of text it is, its scenes, shots, cast and spoken
words. A reader for each form makes parts (`parts.py`), `shots.py` makes the film of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vitascope.errors import BadSpec, TooLarge
from vitascope.film.document import MAX_SOURCE, Film
from vitascope.film.script import fountain, plain, screenplay_zh, shots, table
from vitascope.film.script.parts import Script, Warning, rows
from vitascope.film.script.sentences import language_of
from vitascope.film.script.table import Column, mapping

__all__ = ["FORMS", "Breakdown", "Column", "Warning", "breakdown", "form_of", "mapping", "with_shots"]
Form = Literal["fountain", "screenplay_zh", "table", "plain", "idea", "adapted"]
FORMS: tuple[Form, ...] = ("fountain", "screenplay_zh", "table", "plain", "idea", "adapted")


@dataclass(frozen=True)
class Breakdown:
    """A film as it follows from a text. `warnings` name the lines that were not understood; their words are kept."""

    film: Film
    warnings: tuple[Warning, ...]
    form: Form


def breakdown(
    text: str, *, form: str = "", language: str = "", title: str = "", columns: Mapping[str, str] = {}
) -> Breakdown:
    """The film of this script. `form`: one of FORMS; "": found by itself. `language`: such as "en"; "": as the text's
    letters are. `columns`: of a table, corrections to `mapping`. Spoken words are kept to the letter, and every line's
    span points at them in `film.source`. Raises BadSpec for an unknown form, TooLarge above MAX_SOURCE characters; any
    text of less is broken down.
    """  # fmt: skip
    if len(text) > MAX_SOURCE:
        raise TooLarge(
            f"The script has {len(text):,} characters.", hint=f"At most {MAX_SOURCE:,}: part it into several films."
        )
    if form and form not in FORMS:
        raise BadSpec(f'There is no form of script "{form[:40]}".', hint=f"One of {', '.join(FORMS)}.", field="form")
    text = re.sub("[\x00\ud800-\udfff]", "\ufffd", text)  # what JSON and databases refuse
    found: Form = form or form_of(text)
    script = read(text, found, columns)
    language = language or script.facts.get("language", "")
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
        language = language_of(text)
    film = shots.film(script, text=text, form=found, language=language, title=title.strip())
    if not film.shots:
        script.warn(1, "The script has no shots: it is empty, or nothing in it is seen or said.")
    return Breakdown(film, tuple(sorted(script.warnings, key=lambda warning: warning.line)), found)


def with_shots(found: Breakdown) -> Breakdown:
    """The same. Raises BadSpec for one without a shot, which would empty the film that it is for."""
    if not found.film.shots:
        raise BadSpec(
            "The script has no shots: it is empty, or nothing in it is seen or said.",
            hint="Give one with actions or spoken words.",
            field="source",
        )
    return found


def read(text: str, form: Form, columns: Mapping[str, str] = {}) -> Script:
    """The parts of a text of this form."""
    if form == "table":
        return table.read(text, columns)
    reader = {"fountain": fountain.read, "adapted": fountain.read, "screenplay_zh": screenplay_zh.read}
    return reader.get(form, plain.read)(text)


def form_of(text: str) -> Form:
    """Which form this text has, by its signs."""
    if table.is_table(text):
        return "table"
    found = rows(text)
    filled = [row.bare for row in found if row.bare]
    chinese = sum(_is_zh(bare) for bare in filled)
    western = 3 if fountain.title_page(found) else 0
    for at, row in enumerate(found):
        bare = row.bare
        before = at == 0 or not found[at - 1].bare
        after = at + 1 < len(found) and bool(found[at + 1].bare)
        if fountain.HEADING.match(bare) or re.match(r"^\.[^.\s\d]", bare):
            western += 3
        elif bare and fountain.cue(bare, before=before, after=after) and not screenplay_zh.is_heading(bare):
            western += 3 if bare.startswith("@") else 2
        elif re.fullmatch(r">.*<|[A-Z ]+TO:", bare):
            western += 2
    if chinese > western and chinese > 1:
        return "screenplay_zh"
    return "fountain" if western > 2 else "plain"


def _is_zh(bare: str) -> int:
    """How much this line looks like one of a Chinese script."""
    if not re.search(r"[\u3400-\u9fff]", bare):
        return 0
    if re.match(r"^[△▲Δ∆▵]|^【(?:字幕|音效|旁白)|^镜头?\s*[\d一二三四五六七八九十]+\s*[:：]", bare):
        return 2
    if screenplay_zh.is_heading(bare) and not bare.upper().startswith(("INT", "EXT")):
        return 3
    if re.match(r"^(?:场景|人物|出场人物)\s*\d*\s*[:：]", bare):
        return 2
    return 1 if screenplay_zh.is_cue(bare) else 0
