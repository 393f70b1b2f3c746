"""A whole film as one ZIP that is readable without us: the document, the script, all media under the clips' names,
captions, and the formats that are wanted, with links that hold where it is unpacked.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

from vitascope.errors import BadSpec, NotSupported
from vitascope.film import captions, subtitles
from vitascope.film.document import Film
from vitascope.film.handoff import FORMATS, write
from vitascope.film.handoff.form import Here, Report
from vitascope.film.handoff.jianying import put
from vitascope.film.handoff.links import beside, file_names, safe_name
from vitascope.film.take import Take
from vitascope.film.timeline import Timeline
from vitascope.media.atomic_write import written_aside

CAPTIONS = ("srt", "vtt")
_SCRIPTS = {"fountain": "fountain", "screenplay_zh": "txt", "table": "csv"}


def chosen(words: str) -> tuple[str, ...]:
    """The formats of "otio, srt"; all of them for nothing. Raises BadSpec."""
    known = (*FORMATS, *CAPTIONS)
    wanted = tuple(dict.fromkeys(name for word in words.lower().split(",") if (name := word.strip())))
    if unknown := [name for name in wanted if name not in known]:
        raise BadSpec(f'A ZIP holds no "{unknown[0][:20]}".', hint=f"It holds {', '.join(known)}.", field="formats")
    return wanted or known


def write_bundle(
    timeline: Timeline,
    film: Film,
    takes: tuple[Take, ...],
    *,
    files: Here,
    target: Path,
    root: str = "",
    formats: Collection[str] = (*FORMATS, *CAPTIONS),
    more: Mapping[str, Path | bytes] | None = None,
) -> Report:
    """`formats`: those that it holds. `more`: by name what others made, such as the finished film. `root`: the folder
    on the user's computer into which it will be unpacked, for the formats that want whole paths. Takes that the cut
    does not show are not in it. A format that cannot hold this film at all is told in the report, and the others are
    there.
    """
    told: dict[str, tuple[str, ...]] = {}
    names = file_names(timeline)
    with (
        written_aside(target) as aside,
        tempfile.TemporaryDirectory(prefix="vitascope-") as folder,
        zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as box,
    ):
        stem = safe_name(film.title)
        box.writestr(_info("film.json"), _json(film.to_dict()))
        box.writestr(_info("takes.json"), _json([take.to_dict() for take in takes]))
        if film.source.text:
            box.writestr(
                _info(f"source.{_SCRIPTS.get(film.source.form, 'txt')}"), film.source.text.encode("utf-8", "replace")
            )
        for form in (form for form in FORMATS.values() if form.name in formats):
            made = Path(folder) / f"film{form.suffix}"
            name = (
                f"{stem}_V1.edl"
                if form.name == "edl"
                else f"{stem}-jianying.zip"
                if form.name == "jianying"
                else f"{stem}{form.suffix}"
            )
            try:
                report = write(form.name, timeline, film, media=beside(timeline, root), target=made, files=files)
            except NotSupported as error:
                told[form.name] = (f"Not written: {error.message}", error.hint)
                continue
            told[form.name] = report.losses
            put(box, name, made, name)
            made.unlink()
        for media in timeline.media:
            put(box, names[media.key], files(media), names[media.key])
        events = captions.events(timeline, film.captions, language=film.language)
        titles = {"srt": subtitles.srt(events), "vtt": subtitles.vtt(events)}
        for name in (name for name in CAPTIONS if name in formats and events):
            box.writestr(_info(f"{stem}.{name}"), titles[name].encode("utf-8", "replace"))
        for name, data in sorted((more or {}).items()):
            if isinstance(data, bytes):
                box.writestr(_info(name), data)
            else:
                put(box, name, data, name)
        box.writestr(_info("report.json"), _json({"warnings": list(timeline.warnings), "losses": told}))
    return Report(
        losses=tuple(f"{FORMATS[name].title}: {text}" for name, texts in told.items() for text in texts if text)
    )


def _info(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.compress_type, made.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return made


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8", "replace")
