"""`vitascope film ...`: from a script to a finished film in a folder, without a server."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitascope.cli.options import FILE
from vitascope.errors import BadSpec, VitascopeError

if TYPE_CHECKING:
    from vitascope.film.document import Film
    from vitascope.film.folder import FilmFolder

FOLDER = click.Path(path_type=Path)
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
    from vitascope.film.folder import FilmFolder, slug

    if (script is None) == (sample is None):
        raise BadSpec("There is no script." if script is None else "Both a script and --sample are given.",
                      hint="vitascope film new my.fountain, or --sample en.")  # fmt: skip
    width, height = _size(size) if size else SHAPES[aspect]
    broken = begin.of_script(
        script or begin.sample(sample or "en"), title=title, form=form, language=language, width=width, height=height,
        rate=rate, style=style, model=model, music=music,
    )  # fmt: skip
    for warning in broken.warnings:
        _say(f"note: line {warning.line}: {warning.text}" if warning.line else f"note: {warning.text}")
    folder = FilmFolder.make(output or Path(slug(broken.film.title)), broken.film)
    _say(f"{len(broken.film.scenes)} scenes, {len(broken.film.shots)} shots. Next: vitascope film make {folder.path}")
    print(folder.path, flush=True)


@film.command()
@click.argument("folder", type=FOLDER)
def plan(folder: Path) -> None:
    """List the shots, what state each is in, and what is still to be made."""
    from vitascope.film import plan as planning
    from vitascope.film import produce
    from vitascope.film.timeline import timeline

    opened = _open(folder)
    shown = timeline(opened.film, opened.takes)
    for line in _rows(opened):
        print(line)
    for warning in shown.warnings:
        _say(f"note: {warning}")
    tasks = planning.tasks(opened.film, opened.takes)
    words = ", ".join(produce.missing_words(tasks)) or "nothing"
    stale = planning.tasks(opened.film, opened.takes, stale=True)
    if len(stale) > len(tasks):
        words += f"; {len(stale) - len(tasks)} out of date: make them again with --stale"
    _say(f"{float(shown.seconds):.1f} s in all. To be made: {words}.")


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

    opened = _open(folder)
    kinds: tuple[Any, ...] = tuple(_KINDS[name] for name in only) or tuple(_KINDS.values())
    if again and not shots:
        raise BadSpec("--again needs a shot.", hint="Name it: --shot S01-02. To remake what is out of date: --stale.")
    ids = [_shot(opened.film, name) for name in shots]
    tasks = planning.tasks(opened.film, opened.takes, kinds=kinds, ids=ids, stale=stale, again=again)
    if not tasks:
        _say("Nothing is missing.")
        return
    _say(f"To be made: {', '.join(produce.missing_words(tasks))}.")
    bar = _Progress(opened.film, len(tasks))
    try:
        done = produce.make(opened, tasks, n=count, progress=bar)
    finally:
        bar.close()
    for note in dict.fromkeys(done.notes):
        _say(f"note: {note}")
    for task, why in [*done.skipped, *done.failed]:
        _say(f"not made: {_name(opened.film, task.of)} ({task.kind}): {why}")
    _say(f"Made {len(done.made)} of {len(tasks)}. Next: vitascope film render {folder}")
    if done.failed:
        raise VitascopeError(
            f"{len(done.failed)} could not be made.", hint="The rest is kept. Change those shots, then make again."
        )


@film.command()
@click.argument("folder", type=FOLDER)
@click.argument("shot")
@click.argument("take", type=int)
def choose(folder: Path, shot: str, take: int) -> None:
    """Show take TAKE of SHOT in the cut."""
    opened = _open(folder)
    key = _shot(opened.film, shot)
    found = next(
        (one for one in opened.takes if one.of == key and one.kind == "clip" and one.number == take and one.media), None
    )
    if not found:
        have = ", ".join(str(one.number) for one in opened.takes if one.of == key and one.kind == "clip" and one.media)
        raise BadSpec(f"{shot} has no take {take}.", hint=f"It has: {have or 'none'}.")
    _change(opened, {"shots": {key: {"take": found.id}}})


@film.command("add-take")
@click.argument("folder", type=FOLDER)
@click.argument("shot")
@click.argument("file", type=FILE)
def add_take(folder: Path, shot: str, file: Path) -> None:
    """Use a clip of your own as a take of SHOT."""
    from vitascope.film import produce

    opened = _open(folder)
    key = _shot(opened.film, shot)
    take = produce.own(opened, key, file)
    _change(opened, {"shots": {key: {"take": take.id}}})


@film.command()
@click.argument("folder", type=FOLDER)
@click.option("-o", "--output", type=FILE, help="An .mp4. [default: film.mp4 in its folder]")
@click.option("--size", help="Width x height, in the place of the film's.")
@click.option("--captions", type=click.Choice(["burned", "file", "none"]), help="[default: as the film says]")
@click.option("--from-stills", is_flag=True, help="An animatic: also without a single take.")
def render(folder: Path, output: Path | None, size: str | None, captions: str | None, from_stills: bool) -> None:
    """Render the cut to an mp4, and its captions beside it."""
    from vitascope.film import finish

    opened = _open(folder)
    bar = _Bar("frames")
    try:
        done = finish.render(
            opened, output, size=_size(size) if size else None, captions=captions, animatic=from_stills, progress=bar
        )
    finally:
        bar.close()
    for note in done.notes:
        _say(f"note: {note}")
    heard = "silent" if done.loudness is None else f"{done.loudness:.1f} LUFS"
    _say(f"{float(done.seconds):.1f} s, {heard}")
    print(done.path, flush=True)


@film.command()
@click.argument("folder", type=FOLDER)
@click.option("--to", "formats", default="all", help="otio, fcpxml, edl, kdenlive, mlt, jianying, csv, html, zip, all.")
@click.option("--formats", "zipped", default="", help="What the zip holds, such as otio,srt. [default: everything]")
@click.option("-o", "--output", type=FOLDER, help="Folder. [default: hand-off in the film's folder]")
def export(folder: Path, formats: str, zipped: str, output: Path | None) -> None:
    """Write the cut for an editor, with the media beside it."""
    from vitascope.film import finish

    for path, losses in finish.export(_open(folder), formats.split(","), output, zipped=zipped):
        print(path, flush=True)
        for loss in () if path.suffix == ".zip" and "jianying" not in path.name else losses:  # it has report.json
            _say(f"  note: {loss}")


@film.command("import-cut")
@click.argument("folder", type=FOLDER)
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Accept all differences.")
def import_cut(folder: Path, file: Path, yes: bool) -> None:
    """Read a cut that an editor has changed (OTIO, FCPXML, EDL), show what differs, and take it over."""
    from vitascope.film import finish

    opened = _open(folder)
    differences = finish.compare(opened, file)
    for difference in differences:
        print(difference.text)
    if not differences:
        _say("The cut is the same.")
        return
    if not yes and not (sys.stdin.isatty() and click.confirm(f"Take over {len(differences)} differences?", err=True)):
        _say("Nothing was changed. Take them over with --yes.")
        return
    finish.accept(opened, differences)
    _say("The cut is taken over. What is longer than its take is out of date now: vitascope film plan")


@film.command()
@click.argument("template", type=FOLDER, help="Folder of a film with {variables} in its words.")
@click.argument("table", type=FILE, help="CSV or TSV: a column for each variable, a row for each product.")
@click.option("-o", "--output", type=FOLDER, required=True, help="Folder of the batch.")
@click.option(
    "--axes", "axes_file", type=FILE, help="JSON: hook, body, call_to_action, language, aspect, translations."
)
@click.option("--size", help="Width x height of the films, in the place of the template's.")
@click.option("--plan", "only_plan", is_flag=True, help="Count, and make nothing.")
@click.option("--verdicts", type=FILE, help="What the contact sheet exported, for the ZIP.")
@click.option("--zip", "packed", type=FILE, help="Also pack the films that were not rejected into this ZIP.")
def variants(
    template: Path,
    table: Path,
    output: Path,
    axes_file: Path | None,
    size: str | None,
    only_plan: bool,
    verdicts: Path | None,
    packed: Path | None,
) -> None:
    """Many films of one template: each row of a table times hooks, languages and aspects."""
    from vitascope import strictjson
    from vitascope.film import begin
    from vitascope.film import variants as batches
    from vitascope.film.variants import making, manifest
    from vitascope.film.variants.axes import Axes, axes
    from vitascope.film.variants.rows import rows

    made_of = _open(template)
    try:
        chosen = axes(strictjson.loads(begin.read_text(axes_file))) if axes_file else Axes()
    except ValueError as error:
        raise BadSpec(f"{axes_file} is not JSON: {error}.", hint='Such as {"hook": ["Cold coffee?"]}.') from error
    batch = batches.plan(made_of.film, rows(begin.read_text(table)), chosen)
    for one in (*batch.skipped, *batch.duplicates):
        _say(f"left out: {one.name}: {one.why}")
    for warning in batch.warnings:
        _say(f"note: {warning}")
    _say(
        f"{batch.count} films of {batch.asked}, {float(batch.seconds()):.0f} s in all; "
        f"{len(batch.clips())} takes and {len(batch.voices())} voices to be made."
    )
    title = making.heading(made_of.film, output)
    if only_plan:
        if not (output / "batch.json").exists():  # or what was made would look as if it were not
            making.write(batch, output, {}, title=title, language=made_of.film.language)
            print(output / "index.html", flush=True)
        return
    done = making.make(
        batch, output, template=made_of, size=_size(size) if size else None,
        progress=lambda variant, at, total: _say(f"{at + 1}/{total} {variant.name}"),
    )  # fmt: skip
    if packed:
        said = manifest.verdicts(begin.read_text(verdicts), batch) if verdicts else {}
        count = making.pack(output, packed, said, title=title, language=made_of.film.language)
        _say(f"{count} films in {packed}")
    print(output / "index.html", flush=True)
    failed = {name: one.error for name, one in done.items() if one.error}
    for name, why in failed.items():
        _say(f"not made: {name}: {why}")
    if failed:
        raise VitascopeError(
            f"{len(failed)} of {batch.count} films failed.", hint="The others are there; run it again."
        )


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


def _open(folder: Path) -> FilmFolder:
    from vitascope.film.folder import FilmFolder

    return FilmFolder.open(folder)


def _change(opened: FilmFolder, patch: dict[str, Any]) -> None:
    from vitascope.film import edit

    opened.change(edit.apply(opened.film, patch))


def _shot(film: Film, name: str) -> str:
    """The id of a shot by its label or id."""
    found = next((key for key in film.shots if name in (key, film.label(key)) or name.upper() == film.label(key)), "")
    if not found:
        raise BadSpec(f'The film has no shot "{name[:40]}".', hint="They are listed by: vitascope film plan FOLDER")
    return found


def _name(film: Film, of: str) -> str:
    if of in film.shots:
        return film.label(of)
    return next((film.label(key) for key, shot in film.shots.items() if any(line.id == of for line in shot.lines)), of)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise BadSpec(f'The size is "{text[:20]}".', hint="Width x height, such as 1280x720.", field="size")
    return int(width), int(height)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class _Progress:
    """One line for each thing that is made, with a bar where there is a terminal."""

    def __init__(self, film: Film, total: int):
        self.film, self.total, self.at, self._last = film, total, 0, ""
        self._bar: Any = None

    def __call__(self, task: Any, stage: str, done: int, total: int) -> None:
        key = f"{task.of} {task.kind}"
        if key != self._last:
            self.at, self._last = self.at + 1, key
            self.close()
            _say(f"{self.at}/{max(self.total, self.at)} {_name(self.film, task.of)} {task.kind}")
            if sys.stderr.isatty():
                self._bar = _Bar(stage)
        if self._bar is not None:
            self._bar(stage, done, total)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _Bar:
    """A bar with the time left; silent where there is no terminal."""

    def __init__(self, stage: str):
        self._stage = stage
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if stage != self._stage or self._bar is None:
            from tqdm import tqdm

            self.close()
            self._stage, self._bar = stage, tqdm(total=total, desc=f"{stage:<6}", leave=False, miniters=1)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
