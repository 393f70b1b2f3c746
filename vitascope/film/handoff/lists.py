"""Lists for people: a shot list as CSV for spreadsheets, a contact sheet as one HTML file with its pictures inside."""

from __future__ import annotations

import base64
import csv
import io
from fractions import Fraction
from html import escape
from pathlib import Path

from PIL import Image

from vitascope.errors import BadClip, BadPicture
from vitascope.film.document import Film
from vitascope.film.handoff.form import Job
from vitascope.film.take import Media
from vitascope.film.timeline import Piece
from vitascope.film.times import timecode
from vitascope.media import picture, video
from vitascope.media.atomic_write import written_aside

_SIDE = 480  # pixels, the longer one
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADER = (
    "clip", "scene", "starts", "ends", "seconds", "begins in the take", "speed", "dissolve", "size", "angle", "camera",
    "action", "lines", "cast", "model", "note", "file",
)  # fmt: skip


def defused(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula becomes text."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def write_csv(job: Job, target: Path) -> tuple[str, ...]:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(HEADER)
    for piece in job.timeline.pieces:
        rows.writerow([defused(cell) for cell in _row(job, piece)])
    with written_aside(target) as aside:
        aside.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))  # the mark is for Excel
    return ()


def _row(job: Job, piece: Piece) -> list[str]:
    film, rate = job.film, job.timeline.rate
    shot = film.shots.get(piece.shot)
    scene = next((one for one in film.scenes.values() if piece.shot in one.shots), None)
    return [
        piece.name,
        scene.heading if scene else "",
        timecode(piece.start, rate),
        timecode(piece.end, rate),
        _number(piece.seconds),
        _number(piece.source_in),
        _number(piece.speed),
        _number(piece.dissolve),
        shot.framing if shot else "",
        shot.angle if shot else "",
        shot.camera if shot else "",
        shot.action if shot else "",
        "\n".join(_lines(film, piece)),
        ", ".join(film.cast[key].name for key in shot.cast if key in film.cast) if shot else "",
        (shot.model or film.model) if shot else "",
        shot.note if shot else "",
        job.media(piece.media) if piece.media else "",
    ]


def _number(value: Fraction) -> str:
    return f"{float(value):.3f}".rstrip("0").rstrip(".")


def _lines(film: Film, piece: Piece) -> list[str]:
    shot = film.shots.get(piece.shot)
    named = (
        [(film.cast[line.speaker].name if line.speaker in film.cast else "", line.text) for line in shot.lines]
        if shot
        else []
    )
    return [f"{who}: {text}" if who else text for who, text in named]


_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; color: #1c1c20 }}
h1 {{ font-size: 1.6rem; margin: 0 }} h2 {{ font-size: 1.1rem; margin: 2rem 0 .6rem }}
.told {{ color: #5c5c66 }}
ol {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.2rem;
     list-style: none; padding: 0 }}
li {{ break-inside: avoid }} img, .slate {{ width: 100%; border-radius: 6px; display: block; background: #e7e7ec }}
.slate {{ aspect-ratio: {width} / {height}; display: grid; place-items: center; color: #5c5c66 }}
h3 {{ font-size: .95rem; margin: .5rem 0 0; display: flex; justify-content: space-between; gap: 1rem }}
p {{ margin: .2rem 0; overflow-wrap: anywhere }} .said {{ font-style: italic }}
</style></head><body>
<h1>{title}</h1><p class="told">{told}</p>
{body}
</body></html>
"""


def write_html(job: Job, target: Path) -> tuple[str, ...]:
    timeline, film = job.timeline, job.film
    body, scene, missing = [], None, []
    for piece in timeline.pieces:
        heading = _heading(film, piece)
        if heading != scene:
            body.append(f"{'</ol>' if scene is not None else ''}<h2>{escape(heading)}</h2><ol>")
            scene = heading
        shown = _picture(job, piece)
        if piece.media and not shown:
            missing.append(piece.name)
        seen = (
            f'<img alt="{escape(piece.text or piece.name)}" src="data:image/jpeg;base64,{shown}">'
            if shown
            else '<div class="slate">–</div>'
        )
        said = "".join(f'<p class="said">{escape(line)}</p>' for line in _lines(film, piece))
        shot = film.shots.get(piece.shot)
        how = ", ".join(part for part in (shot.framing, shot.angle, shot.camera) if part) if shot else ""
        body.append(
            f"<li>{seen}<h3><span>{escape(piece.name)}</span><span>{_number(piece.seconds)} s</span></h3>"
            f'<p>{escape(piece.text)}</p>{said}<p class="told">{escape(how)}</p></li>'
        )
    told = f"{len(timeline.pieces)} clips, {timecode(timeline.seconds, timeline.rate)} at {film.rate} frames a second"
    page = _PAGE.format(
        language=escape(film.language), title=escape(timeline.title), told=escape(told), width=timeline.width,
        height=timeline.height, body="\n".join([*body, "</ol>"]),
    )  # fmt: skip
    with written_aside(target) as aside:
        aside.write_text(page, encoding="utf-8", errors="replace")
    return tuple(f"{name} has no picture: its file cannot be read." for name in missing)


def _heading(film: Film, piece: Piece) -> str:
    for number, key in enumerate(film.scene_order, 1):
        if piece.shot in film.scenes[key].shots:
            return f"S{number:02} {film.scenes[key].heading}".strip()
    return ""


def _picture(job: Job, piece: Piece) -> str:
    """The middle frame of what is shown, as JPEG in base64; empty: none."""
    if piece.media is None or job.files is None:
        return ""
    try:
        seen = _frame(job.files(piece.media), piece.media, piece.source_in + piece.seconds * piece.speed / 2)
    except (BadClip, BadPicture, OSError):
        return ""
    if seen is None:
        return ""
    small = seen.convert("RGB")
    small.thumbnail((_SIDE, _SIDE))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=82)
    return base64.b64encode(data.getvalue()).decode()


def _frame(path: Path, media: Media, at: Fraction) -> Image.Image | None:
    if media.rate == 0:
        return picture.read(path)
    draw = None
    for draw, time in video.timed_frames(path, name=path.name):  # noqa: B007
        if time >= at:
            break
    return Image.fromarray(draw()) if draw else None
