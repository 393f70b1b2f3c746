"""A new film from a script's file: read in whatever encoding it has, broken down, and given its frame."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any

from vitascope.engines import registry
from vitascope.errors import BadSpec, NotFound, TooLarge
from vitascope.film import document, script
from vitascope.film.script import Breakdown

MAX_BYTES = 4 * document.MAX_SOURCE
_CONTROL = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f]")  # no text has these; a form feed and an old end mark it may
_MOODS = ("calm", "bright", "tense", "sad", "grand", "playful")


def of_script(
    path: Path,
    *,
    title: str = "",
    form: str = "",
    language: str = "",
    music: str = "bright",
    **frame: Any,
) -> Breakdown:
    """`music` is a mood, or "none". `frame`: width, height, rate, style, model of the film. Raises BadSpec."""
    if music != "none" and music not in _MOODS:
        raise BadSpec(f'No music is "{music[:20]}".', hint=f"{', '.join(_MOODS)}, or none.", field="music")
    if model := frame.get("model"):
        registry.card(str(model))  # or it would be told at each shot
    text = read_text(path)
    broken = script.with_shots(script.breakdown(text, form=form, language=language, title=title))
    data = broken.film.to_dict()
    data |= {name: value for name, value in frame.items() if value not in (None, "")}
    if not title and broken.film.title == document.Film().title:
        data["title"] = path.stem
    if music != "none":
        data["cues"] = {"m1": {"mood": music}}
    return Breakdown(film=document.read(data), warnings=broken.warnings, form=broken.form)


def sample(language: str) -> Path:
    """The script of a short film of balls and cubes: en or zh."""
    names = {"en": "morning.fountain", "zh": "qingchen.txt"}
    return Path(__file__).parent / "samples" / names[language]


def read_text(path: Path) -> str:
    """A text in UTF-8 or UTF-16 (with or without a mark at its beginning), or in GB18030. Raises BadSpec."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror}.", hint="Give the path of a file that can be read."
        ) from error
    if data.startswith((b"%PDF", b"{\\rtf")):
        raise BadSpec(f"{path.name} is not plain text.", hint="Export the script as plain text or Fountain.")
    whole = len(data) <= MAX_BYTES
    text = _decoded(data, whole=whole)
    if text is None:  # whatever its size: a film is not to be split into episodes
        raise BadSpec(f"{path.name} is not a text.", hint="Save the script as plain text, Fountain, CSV or Markdown.")
    if not whole:
        raise TooLarge(f"{path.name} has more than {MAX_BYTES:,} bytes.", hint="Split it into episodes.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes, *, whole: bool) -> str | None:
    """None: it is not a text. `whole`: else its last letter may be cut."""
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    for encoding in [name for mark, name in marks.items() if data.startswith(mark)] or _unmarked(data):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(data, whole)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    return None


def _unmarked(data: bytes) -> list[str]:
    """The encodings that a text without a mark may have. In UTF-16 the spaces and line ends have a zero byte, always on
    the same side.
    """
    first, second = data[::2].count(0), data[1::2].count(0)
    if second > 8 * first:
        return ["utf-16-le"]
    return ["utf-16-be"] if first > 8 * second else ["utf-8", "gb18030"]
