"""`vitascope film ...`: from a script to a finished film in a folder, without a server."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitascope.cli import film_review, film_script, film_variants
from vitascope.cli.film_show import FOLDER, Bar, Progress, name_of, open_film, pixels, say, shot_id
from vitascope.cli.options import FILE
from vitascope.errors import BadSpec, VitascopeError

if TYPE_CHECKING:
    from vitascope.film.folder import FilmFolder

SHAPES = {"16:9": (1280, 720), "9:16": (1080, 1920), "1:1": (1080, 1080), "4:3": (960, 720), "21:9": (1680, 720)}


@click.group()
def film() -> None:
    """From a script to a finished film, in a folder."""


@film.command()
@click.argument(
    "script", type=FILE, required=False, help="Fountain, 剧本, 分镜, a shot list (CSV, TSV, Markdown) or plain text."
)
@click.option(
    "--sample", type=click.Choice(["en", "zh"]), help="In the place of SCRIPT: a short one for the built-in model."
)
@click.option("-o", "--output", type=FOLDER, help="Folder of the film. [default: named after its title]")
@click.option("--title", default="", help="[default: the script's, or its file's name]")
@click.option("--form", default="", help="fountain, screenplay_zh, table or plain. [default: found by itself]")
@click.option("--language", default="", help="en, zh ... [default: the script's]")
@click.option("--aspect", type=click.Choice(list(SHAPES)), default="16:9", help="Shape of the picture.")
@click.option("--size", help="Width x height of the picture, in the place of --aspect.")
@click.option("--rate", default="24", help="Edit rate: 23.976, 24, 25, 29.97, 30, 50 or 60 frames a second.")
@click.option("--style", default="", help="Words that every shot's prompt ends with.")
@click.option("--model", default="", help="Makes the takes; see `vitascope models`. [default: the settings' one]")
@click.option("--music", default="bright", help="Mood: calm, bright, tense, sad, grand, playful; or none.")
def new(
    script: Path | None,
    sample: str | None,
    output: Path | None,
    title: str,
    form: str,
    language: str,
    aspect: str,
    size: str | None,
    rate: str,
    style: str,
    model: str,
    music: str,
) -> None:
    """Break a script down into scenes, shots and lines."""
    from vitascope.film import begin
    from vitascope.film.document import sized
    from vitascope.film.folder import FilmFolder, slug
    from vitascope.film.plural import counted

    if (script is None) == (sample is None):
        raise BadSpec("There is no script." if script is None else "Both a script and --sample are given.",
                      hint="vitascope film new my.fountain, or --sample en.")  # fmt: skip
    width, height = sized(pixels(size)) if size else SHAPES[aspect]
    broken = begin.of_script(
        script or begin.sample(sample or "en"), title=title, form=form, language=language, width=width, height=height,
        rate=rate, style=style, model=model, music=music,
    )  # fmt: skip
    for warning in broken.warnings:
        say(f"note: line {warning.line}: {warning.text}" if warning.line else f"note: {warning.text}")
    folder = FilmFolder.make(output or Path(slug(broken.film.title)), broken.film)
    size_of = f"{counted(len(broken.film.scenes), 'scene')}, {counted(len(broken.film.shots), 'shot')}"
    say(f"{size_of}. Next: vitascope film make {folder.path}")
    print(folder.path, flush=True)


@film.command()
@click.argument("folder", type=FOLDER)
def plan(folder: Path) -> None:
    """List the shots, what state each is in, what was approved, and what is still to be made."""
    from vitascope.film import lost, produce
    from vitascope.film import plan as planning
    from vitascope.film.timeline import timeline

    opened = open_film(folder)
    shown = timeline(opened.film, opened.takes)
    for line in _rows(opened):
        print(line)
    for gate in _gates(opened):
        print(gate)
    if found := " ".join(opened.lost_list()):
        say(f"note: {found}")
    for warning in (*lost.told(opened.film, opened.takes), *shown.warnings):
        say(f"note: {warning}")
    stale = planning.tasks(opened.film, opened.takes, stale=True)
    silent = produce.voiceless(opened.film, stale)
    stale = [task for task in stale if task not in silent]
    tasks = [task for task in planning.tasks(opened.film, opened.takes) if task not in silent]
    words = ", ".join(produce.missing_words(tasks)) or "nothing"
    if silent:
        say(f"note: {produce.unspoken(opened.film, silent)}")
    if len(stale) > len(tasks):
        words += f"; {len(stale) - len(tasks)} out of date: make them again with --stale"
    say(f"{float(shown.seconds):.1f} s in all. To be made: {words}.")


@film.command()
@click.argument("folder", type=FOLDER)
@click.option("--only", multiple=True, type=click.Choice(["voices", "stills", "takes", "music"]), help="Only these.")
@click.option("--shot", "shots", multiple=True, help="Only this shot, such as S01-02. May be given more than once.")
@click.option("-n", "count", type=click.IntRange(1, 20), default=1, help="Takes of each shot.")
@click.option("--stale", is_flag=True, help="Also what is out of date.")
@click.option("--again", is_flag=True, help="Also what is current: another take of each --shot.")
def make(folder: Path, only: tuple[str, ...], shots: tuple[str, ...], count: int, stale: bool, again: bool) -> None:
    """Make what is missing: voices, stills, takes and music. What was made stays; it may be stopped at any time."""
    from vitascope.film import plan as planning
    from vitascope.film import produce

    opened = open_film(folder)
    kinds: tuple[Any, ...] = tuple(_KINDS[name] for name in only) or tuple(_KINDS.values())
    if again and not shots:
        raise BadSpec("--again needs a shot.", hint="Name it: --shot S01-02. To remake what is out of date: --stale.")
    ids = [shot_id(opened.film, name) for name in shots]
    tasks = planning.tasks(opened.film, opened.takes, kinds=kinds, ids=ids, stale=stale, again=again)
    blocked = [key for key in planning.undescribed(opened.film, opened.takes) if key in (ids or [key])]
    for key in blocked:
        say(f"blocked: {opened.film.label(key)} has no description. Write one, or bring a take: film add-take")
    if silent := produce.voiceless(opened.film, tasks):
        say(f"note: {produce.unspoken(opened.film, silent)}")
        tasks = [task for task in tasks if task not in silent]
    if not tasks:
        say(f"Nothing {'else ' if blocked or silent else ''}is missing.")
        return
    say(f"To be made: {', '.join(produce.missing_words(tasks, count))}.")
    bar = Progress(opened.film, len(tasks))
    try:
        done = produce.make(opened, tasks, n=count, progress=bar)
    finally:
        bar.close()
    for note in dict.fromkeys(done.notes):
        say(f"note: {note}")
    for task, why in [*done.skipped, *done.failed]:
        say(f"not made: {name_of(opened.film, task.of)} ({task.kind}): {why}")
    say(f"Made {len(done.made)} of {done.asked}. Next: vitascope film render {folder}")
    if done.failed:
        raise VitascopeError(
            f"{len(done.failed)} could not be made.", hint="The rest is kept. Change those shots, then make again."
        )


@film.command()
@click.argument("folder", type=FOLDER)
@click.argument("shot")
@click.argument("take", type=int)
def choose(folder: Path, shot: str, take: int) -> None:
    """Show take TAKE of SHOT in the cut, also in the place of one whose file is gone."""
    from vitascope.film import edit

    opened = open_film(folder)
    with opened.editing():
        key = shot_id(opened.film, shot)
        made = {one.number: one for one in opened.takes if one.of == key and one.kind == "clip" and one.media}
        if take not in made:
            raise BadSpec(f"{shot} has no take {take}.", hint=f"It has: {', '.join(map(str, made)) or 'none'}.")
        there = {one.id for one in made.values()}
        items = [
            item.model_copy(update={"take": ""}) if item.shot == key and item.take not in there else item
            for item in opened.film.cut.items
        ]
        chosen = opened.film.model_copy(update={"cut": opened.film.cut.model_copy(update={"items": tuple(items)})})
        opened.change(edit.apply(chosen, {"shots": {key: {"take": made[take].id}}}))
        own = sum(item.shot == key and item.take not in ("", made[take].id) for item in items)
    if own:
        say(f"note: the cut names another take for {own} of its pieces of {shot}, and shows that one there.")


@film.command("add-take")
@click.argument("folder", type=FOLDER)
@click.argument("shot")
@click.argument("file", type=FILE)
def add_take(folder: Path, shot: str, file: Path) -> None:
    """Use a clip of your own as a take of SHOT."""
    from vitascope.film import produce

    opened = open_film(folder)
    produce.own(opened, shot_id(opened.film, shot), file)


@film.command()
@click.argument("folder", type=FOLDER)
@click.option("-o", "--output", type=FILE, help="An .mp4. [default: film.mp4 in its folder]")
@click.option("--size", help="Width x height, in the place of the film's.")
@click.option("--captions", type=click.Choice(["burned", "file", "none"]), help="[default: as the film says]")
@click.option("--from-stills", is_flag=True, help="An animatic: also without a single take.")
def render(folder: Path, output: Path | None, size: str | None, captions: str | None, from_stills: bool) -> None:
    """Render the cut to an mp4, and its captions beside it."""
    from vitascope.film import finish

    opened = open_film(folder)
    bar = Bar("frames")
    try:
        done = finish.render(
            opened, output, size=pixels(size) if size else None, captions=captions, animatic=from_stills, progress=bar
        )
    finally:
        bar.close()
    for note in done.notes:
        say(f"note: {note}")
    heard = "silent" if done.loudness is None else f"{done.loudness:.1f} LUFS"
    say(f"{float(done.seconds):.1f} s, {heard}")
    print(done.path, flush=True)


@film.command()
@click.argument("folder", type=FOLDER)
@click.option("--to", "formats", default="all", help="otio, fcpxml, edl, kdenlive, mlt, jianying, csv, html, zip, all.")
@click.option("--formats", "zipped", default="", help="What the zip holds, such as otio,srt. [default: everything]")
@click.option("-o", "--output", type=FOLDER, help="Folder. [default: hand-off in the film's folder]")
def export(folder: Path, formats: str, zipped: str, output: Path | None) -> None:
    """Write the cut for an editor, with the media beside it."""
    from vitascope.film import finish

    for path, losses in finish.export(open_film(folder), formats.split(","), output, zipped=zipped):
        print(path, flush=True)
        for loss in () if path.suffix == ".zip" and "jianying" not in path.name else losses:  # it has report.json
            say(f"  note: {loss}")


_KINDS: dict[str, Any] = {"voices": "voice", "stills": "still", "takes": "clip", "music": "music"}
_MARKS = {"current": "●", "stale": "◐", "missing": "○", "blocked": "⊘", "running": "…", "failed": "✗"}
_SAID = {"stale": "out of date"}


def _rows(opened: FilmFolder) -> Iterable[str]:
    from vitascope.film import state
    from vitascope.film.timeline import timeline

    states = {(found.of, found.kind): found for found in state.states(opened.film, opened.takes)}
    pieces = {piece.shot: piece for piece in timeline(opened.film, opened.takes).pieces}
    for _, scene, key, shot in opened.film.in_order():
        if key == scene.shots[0]:
            yield scene.heading or "-"
        found = states[key, "clip"]
        piece = pieces.get(key)
        length = f"{float(piece.seconds):5.1f} s" if piece else "  left out"
        words = shot.action or " / ".join(line.text for line in shot.lines)
        told = f"  ({found.why})" if found.why and found.name != "stale" else ""
        name = _SAID.get(found.name, found.name)
        yield f"  {_MARKS[found.name]} {opened.film.label(key)} {length}  {name:<11}  {words[:70]}{told}"


def _gates(opened: FilmFolder) -> Iterable[str]:
    from vitascope.film import state

    for gate, found in state.gates(opened.film, opened.takes).items():
        approval = opened.film.gates.get(gate)  # type: ignore[call-overload]
        by = f" by {approval.by}" if approval and approval.by else ""
        on = f" on {date.fromtimestamp(approval.at)}" if approval else ""
        told = {"closed": "not approved yet", "passed": f"approved{by}{on}"}
        yield f"{gate}: {told.get(found, f'approved{by}{on}, changed since')}"


film.add_command(film_review.approve)
film.add_command(film_review.check)
film.add_command(film_script.script)
film.add_command(film_script.import_cut)
film.add_command(film_variants.variants)
