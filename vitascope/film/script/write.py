"""A film as a text again: a script in Fountain, or a shot list as CSV that this package reads back. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from vitascope.errors import BadSpec
from vitascope.film.document import Film, Line, Scene, Shot
from vitascope.film.script import fountain, table
from vitascope.film.script.cells import defused
from vitascope.film.wording import shot_seconds

FORMS = ("fountain", "csv")
COLUMNS = (
    "shot", "scene", "place", "time of day", "size", "angle", "camera", "picture", "who", "line", "title", "sound",
    "seconds", "start", "transition", "prompt", "note",
)  # fmt: skip


def write(film: Film, form: str) -> str:
    """`form`: fountain or csv. Cells of the CSV that a spreadsheet would take for a formula begin with '."""
    if form == "fountain":
        return "\n\n".join(filter(None, _fountain(film))) + "\n"
    if form == "csv":
        return _csv(film)
    raise BadSpec(f'A film is not written as "{form[:40]}".', hint=f"One of {', '.join(FORMS)}.", field="form")


def _fountain(film: Film) -> Iterator[str]:
    kinds = {"character": "Cast", "place": "Places", "prop": "Props"}
    page = [f"Title: {' '.join(film.title.split())}"]
    page += [f"Style: {' '.join(film.style.split())}"] if film.style else []
    page += [f"Language: {film.language}"]
    for kind, title in kinds.items():
        described = [member for member in film.cast.values() if member.kind == kind and member.looks]
        if described:
            page += [f"{title}:", *(f"    {member.name}: {' '.join(member.looks.split())}" for member in described)]
    yield "\n".join(page)
    for scene_id in film.scene_order:
        scene = film.scenes[scene_id]
        yield _heading(film, scene)
        for key in scene.shots:
            yield from _shot(film, film.shots[key])


def _heading(film: Film, scene: Scene) -> str:
    text = " ".join(scene.heading.split()) or (film.cast[scene.place].name if scene.place else "")
    number = f" #{scene.number}#" if re.fullmatch(r"[\w.\-)]+", scene.number) else ""
    if not text:
        return ""
    return f"{text}{number}" if fountain.HEADING.match(text) else f".{text}{number}"


def _shot(film: Film, shot: Shot) -> Iterator[str]:
    if shot.transition == "dissolve":
        yield "DISSOLVE TO:"
    action = " ".join(shot.action.split())
    if shot.framing.isascii() and shot.framing.upper() in ("CLOSE-UP", "WIDE SHOT", "MEDIUM SHOT") and action:
        action = f"{shot.framing.upper()}: {action}"
    if action:
        yield f"!{action.replace('[[', '[ [').replace('/*', '/ *')}"
    for line in shot.lines:
        yield _line(film, line)
    if shot.note:
        yield f"[[{' '.join(shot.note.replace(']]', '] ]').split())}]]"


def _line(film: Film, line: Line) -> str:
    said = _escaped("\n".join(part.strip() for part in line.text.splitlines() if part.strip()))
    if line.kind == "title":
        return f"> {' '.join(said.split())} <"
    if line.kind == "sound":
        return f"SFX: {' '.join(said.split())}"
    name = film.cast[line.speaker].name if line.speaker else ("旁白" if film.language.startswith("zh") else "NARRATOR")
    name = re.sub(r"[()（）^\n]", " ", name).strip()
    if line.manner == "sung":
        said = "\n".join(f"~{part}" for part in said.splitlines())
    off = " (V.O.)" if line.kind == "voice_over" else ""
    manner = f"\n({re.sub('[()（）]', ' ', line.manner).strip()})" if line.manner not in ("", "sung") else ""
    return f"@{name}{off}{manner}\n{said}"


def _escaped(text: str) -> str:
    """Without what Fountain would take for marks."""
    return re.sub(r"([*_])", r"\\\1", text).replace("[[", "[ [").replace("/*", "/ *")


def _csv(film: Film) -> str:
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, scene_id in enumerate(film.scene_order, 1):
        scene = film.scenes[scene_id]
        for key in scene.shots:
            writer.writerow([defused(cell) for cell in _cells(film, scene, number, key, film.shots[key])])
    return made.getvalue()


def _cells(film: Film, scene: Scene, number: int, key: str, shot: Shot) -> list[str]:
    spoken = [line for line in shot.lines if line.kind in ("dialogue", "voice_over")]
    one = len(spoken) == 1 and spoken[0].kind == "dialogue" and not spoken[0].manner
    one = one and not table.NAMED.match(spoken[0].text)  # whose words begin like those of another
    who = film.cast[spoken[0].speaker].name if one and spoken[0].speaker else ""
    said = spoken[0].text if one else "\n".join(_named(film, line) for line in spoken)
    shown = {kind: " ".join(line.text for line in shot.lines if line.kind == kind) for kind in ("title", "sound")}
    place = film.cast[scene.place].name if scene.place else ""
    cells = [
        shot.number or film.label(key), scene.number or str(number), place, scene.time, shot.framing, shot.angle,
        shot.camera, shot.action, who, said, shown["title"], shown["sound"],
        f"{float(shot.seconds or shot_seconds(shot, {})):g}", shot.start if shot.start != "new" else "",
        "dissolve" if shot.transition == "dissolve" else "", shot.prompt, shot.note,
    ]  # fmt: skip
    return [cell if cell is said and not one else " ".join(cell.split()) for cell in cells]


def _named(film: Film, line: Line) -> str:
    name = film.cast[line.speaker].name if line.speaker else ("旁白" if film.language.startswith("zh") else "NARRATOR")
    more = ", ".join(filter(None, ("VO" if line.kind == "voice_over" else "", line.manner)))
    return f"{name}{f' ({more})' if more else ''}: {' '.join(line.text.split())}"
