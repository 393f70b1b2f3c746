"""Films for other programs, and cuts that come back from them. START HERE: `FORMATS` lists what there is; `write` makes
one, and tells what it could not hold; `read`, `compare` and `accept` bring an edited cut back.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from vitascope.errors import BadSpec, NotSupported, TooLarge
from vitascope.film.document import Film
from vitascope.film.handoff import edl, fcpxml, fcpxml_back, jianying, lists, mlt, otio
from vitascope.film.handoff.accept import accept, picked, strangers, to_be_made
from vitascope.film.handoff.compare import Difference, compare
from vitascope.film.handoff.edited import MAX_BYTES, EditedCut, EditedItem
from vitascope.film.handoff.form import FEATURES, Format, Here, Job, Report, Where, losses
from vitascope.film.timeline import Timeline, shows_nothing

_EDITORS = {"cuts", "dissolves", "speed", "sound", "markers"}

FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format(
            name="otio", title="OpenTimelineIO", suffix=".otio", render=otio.write, comes_back=True,
            keeps=frozenset(_EDITORS | {"slates"}),
        ),
        Format(
            name="fcpxml", title="FCPXML 1.10", suffix=".fcpxml", render=fcpxml.write, comes_back=True,
            keeps=frozenset(_EDITORS | {"levels", "fades", "captions", "slates"}),
        ),
        Format(
            name="edl", title="CMX 3600 EDL", suffix=".edl", render=edl.write, comes_back=True,
            keeps=frozenset({"cuts", "dissolves", "speed"}),
        ),
        Format(
            name="mlt", title="MLT XML", suffix=".mlt", render=mlt.write,
            keeps=frozenset({"cuts", "dissolves", "speed", "sound", "levels", "fades"}),
        ),
        Format(
            name="kdenlive", title="Kdenlive", suffix=".kdenlive", render=mlt.write_kdenlive,
            keeps=frozenset({"cuts", "dissolves", "speed", "sound", "levels", "fades", "markers"}),
        ),
        Format(
            name="jianying", title="Jianying and CapCut", suffix=".zip", render=jianying.write, holds_files=True,
            keeps=frozenset({"cuts", "dissolves", "speed", "sound", "levels", "fades", "captions"}),
        ),
        Format(
            name="html", title="Contact sheet", suffix=".html", render=lists.write_html, holds_files=True,
            keeps=frozenset({"cuts", "captions", "slates", "markers"}),
        ),
        Format(
            name="csv", title="Shot list", suffix=".csv", render=lists.write_csv,
            keeps=frozenset({"cuts", "dissolves", "speed", "captions", "slates"}),
        ),
    )
}  # fmt: skip


def write(
    name: str, timeline: Timeline, film: Film, *, media: Where, target: Path, files: Here | None = None
) -> Report:
    """`media`: where a file will be on the user's side, `files`: where it is here (see `Format.holds_files`). Raises
    NotSupported for what a format cannot carry at all, BadSpec, OutputFailed.
    """
    form = _known(name)
    if form.holds_files and files is None:
        raise NotSupported(f"{form.title} carries media inside, and none were given.", hint="Say where the media are.")
    if not timeline.pieces:
        raise shows_nothing(film)
    told = form.render(Job(timeline=timeline, film=film, media=media, files=files), target)
    return Report(losses=(*losses(form, timeline, film), *told))


def read(path: Path, name: str = "", *, rate: Fraction = Fraction(24)) -> EditedCut:
    """An OTIO, FCPXML or EDL file. `name`: the file's name as it was sent, by whose suffix it is known, else the
    path's; `rate`: the film's, for an EDL does not say it. Raises BadSpec, TooLarge.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise TooLarge(
            f"The file has {size / 2**20:.0f} MiB; a cut may have {MAX_BYTES // 2**20}.",
            hint="Export the timeline alone, without media.",
        )
    data, suffix = path.read_bytes(), Path(name or path.name).suffix.lower()
    start = data[:512].lstrip(b"\xef\xbb\xbf \r\n\t")
    if suffix in (".fcpxml", ".xml") or start.startswith(b"<"):
        return fcpxml_back.read(data)
    if suffix in (".otio", ".json") or start.startswith(b"{"):
        return otio.read(data)
    if suffix in (".edl", ".txt", ""):
        return edl.read(data, rate=rate)
    raise BadSpec(
        f"Cuts are read from .otio, .fcpxml and .edl, not from {suffix[:20]}.",
        hint="Export the timeline from the editor in one of these.",
    )


def _known(name: str) -> Format:
    if name not in FORMATS:
        raise BadSpec(f'No format is called "{name[:40]}".', hint=f"There are: {', '.join(FORMATS)}.", field="format")
    return FORMATS[name]


__all__ = [
    "FEATURES", "FORMATS", "Difference", "EditedCut", "EditedItem", "Format", "Report", "accept", "compare", "picked",
    "read", "strangers", "to_be_made", "write",
]  # fmt: skip
