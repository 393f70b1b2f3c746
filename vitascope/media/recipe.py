"""The recipe inside an mp4: in the standard comment tag, and again in an XMP box, because tools that strip the one
often keep the other.

The comment lies in the header's `udta`; the XMP box is appended after the pictures, so that nothing before it moves
and the file still starts at once. `read` needs neither a decoder nor the whole file in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import BinaryIO

from vitascope import strictjson
from vitascope.clip import Recipe
from vitascope.errors import BadClip, BadSpec
from vitascope.media import picture

_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # of XMP in ISO media files
_XMP_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:vitascope="urn:vitascope:1.0"><vitascope:recipe>'
)
_XMP_TAIL = '</vitascope:recipe></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
MAX_VALUES = 300_000  # of a recipe: some dozens of clips, each with a camera in numbers
_MAX_BOXES = 4  # inside each other, on the way to the comment
_MAX_TEXT = 64 * 2**20  # bytes; a minute of continued clips with pictures stays far below
_PARENTS = (b"moov", b"udta", b"ilst", b"\xa9cmt")  # boxes on the way to the comment; "meta" has four bytes more


def to_text(recipe: Recipe) -> str:
    """One line of ASCII JSON, keys in their order: the same recipe is always the same text."""
    return json.dumps(recipe.to_dict(), ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def from_text(text: str) -> Recipe:
    try:
        return Recipe.from_dict(strictjson.loads(text, MAX_VALUES))
    except BadSpec as error:
        raise BadClip(error.message, hint=error.hint) from error
    except (ValueError, RecursionError) as error:
        raise BadClip(f"The recipe cannot be read: {error}.", hint="The file's comment was changed.") from error


def append_xmp(path: Path, text: str) -> None:
    packet = (_XMP_HEAD + escape(text, quote=False) + _XMP_TAIL).encode("utf-8")
    size = 8 + 16 + len(packet)
    with open(path, "ab") as file:
        file.write(size.to_bytes(4, "big") + b"uuid" + _XMP_UUID + packet)


def find(path: Path, *, name: str = "") -> Recipe | None:
    """The recipe in this mp4 or PNG; None when there is none. `name`: what to call it in errors. Raises BadClip when
    the file cannot be read.
    """
    png = path.suffix.lower() == ".png"
    for text in (picture.comment(path), "") if png else _texts(path, name or path.name):
        if text.startswith("{"):
            return from_text(text)
    return None


def read(path: Path) -> Recipe:
    recipe = find(path, name=str(path))
    if recipe is None:
        raise BadClip(f"{path} holds no recipe.", hint="Only files made by Vitascope, and not changed since, have one.")
    return recipe


def comment(path: Path, *, name: str = "") -> str:
    """What the comment tag of this mp4 says; empty when there is none. Raises BadClip when the file cannot be read."""
    return _texts(path, name or path.name)[0]


def _texts(path: Path, name: str = "The file") -> tuple[str, str]:
    comment = xmp = b""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            for kind, start, end in _boxes(file, 0, size):
                if kind == b"uuid" and end - start < _MAX_TEXT:
                    file.seek(start)
                    body = file.read(end - start)
                    if body.startswith(_XMP_UUID):
                        xmp = body[16:]
                elif kind == b"moov":
                    comment = _comment(file, start, end) or comment
    except OSError as error:
        what = error.strerror or "it cannot be read"
        raise BadClip(f"Cannot read {name}: {what}.", hint="Check the path.") from error
    packet = xmp.decode("utf-8", "replace")
    _, _, rest = packet.partition("<vitascope:recipe>")
    return comment.decode("utf-8", "replace"), unescape(rest.partition("</vitascope:recipe>")[0])


def _comment(file: BinaryIO, start: int, end: int, depth: int = 0) -> bytes:
    """`udta`, `meta`, `ilst` and the comment's own box stand in one another; a file that goes deeper is not ours."""
    if depth > _MAX_BOXES:
        return b""
    for kind, inner, stop in _boxes(file, start, end):
        if kind == b"data":
            file.seek(inner + 8)  # type and locale
            return file.read(min(stop - inner - 8, _MAX_TEXT))
        if kind == b"meta" or kind in _PARENTS:
            found = _comment(file, inner + 4 if kind == b"meta" else inner, stop, depth + 1)
            if found:
                return found
    return b""


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of the body of each box between two places; stops at the first that makes no sense."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = int.from_bytes(file.read(4), "big"), file.read(4)
        head = 8
        if size == 1:
            size, head = int.from_bytes(file.read(8), "big"), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            return
        yield kind, start + head, start + size
        start += size
