"""A batch of variants in a folder: each variant a film of its own under `films/`, its mp4 beside it, and on top the
manifest (`batch.json`, `batch.csv`) and the contact sheet (`index.html`). What two variants share is made once. It may
be stopped at any time and goes on where it was; a changed cell makes its own film anew and no other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image

from vitascope.engines.protocol import StepEngine
from vitascope.errors import BadSpec, VitascopeError
from vitascope.film import finish, plan, produce
from vitascope.film.document import Film
from vitascope.film.folder import FilmFolder
from vitascope.film.plan import Task
from vitascope.film.render import frame_at
from vitascope.film.take import Kind, Media, Take
from vitascope.film.timeline import timeline
from vitascope.film.variants import Plan, Variant
from vitascope.film.variants.manifest import Outcome, Verdict, as_csv, as_json, manifest
from vitascope.film.variants.sheet import contact_sheet
from vitascope.media import picture
from vitascope.media.atomic_write import written_aside

PICTURES = 3  # frames of each film on the contact sheet
_DONE = "made.json"  # in a variant's folder: the digest of what its mp4 was made from
#: Called with the variant, how many are done, and of how many.
Progress = Callable[[Variant, int, int], None]


def make(
    batch: Plan,
    folder: Path,
    *,
    template: FilmFolder,
    size: tuple[int, int] | None = None,
    progress: Progress = lambda variant, done, total: None,
) -> dict[str, Outcome]:
    """What became of each variant, by name. One that fails stops no other. `template`: its pictures, such as a logo,
    go into every film that names them.
    """
    outcomes: dict[str, Outcome] = {}
    shared: dict[tuple[Kind, str], tuple[FilmFolder, Take]] = {}
    engines: dict[str, StepEngine[Any]] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for number, variant in enumerate(batch.variants):
        progress(variant, number, len(batch.variants))
        try:
            outcomes[variant.name] = _one(variant, template, folder, shared, engines, size)
        except VitascopeError as error:
            outcomes[variant.name] = Outcome(error=f"{error.message} {error.hint}".strip())
        write(batch, folder, outcomes, title=heading(template.film, folder), language=template.film.language)
    return outcomes


def missing(batch: Plan, folder: Path) -> dict[str, int]:
    """How many takes of each kind `make` would make there; what several films share counts once."""
    found: Counter[str] = Counter()
    there: set[tuple[str, str]] = set()
    for variant in batch.variants:
        try:
            takes = FilmFolder.open(folder / "films" / variant.name).takes
        except VitascopeError:  # not begun, or begun anew
            takes = ()
        wanted = {(task.kind, task.digest) for task in plan.tasks(variant.film, takes, stale=True)} - there
        found.update(kind for kind, _ in wanted)
        there |= wanted | {(take.kind, take.digest) for take in takes if take.media}
    return found


def write(
    batch: Plan,
    folder: Path,
    outcomes: Mapping[str, Outcome],
    verdicts: Mapping[str, Verdict] = {},
    *,
    title: str,
    language: str = "en",
) -> None:
    """The manifest and the contact sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _pages(manifest(batch, outcomes, verdicts), title=title, language=language):
        with written_aside(folder / name) as aside:
            aside.write_text(text, "utf-8")


def heading(template: Film, folder: Path) -> str:
    """Of the contact sheet: the template's title, or the folder's name where that is a film's alone."""
    return folder.name if "{" in template.title else template.title


def pack(
    folder: Path, target: Path, verdicts: Mapping[str, Verdict], *, title: str, language: str = "en"
) -> tuple[int, int, int]:
    """A ZIP of the accepted films, or of all that were made and not rejected where none was accepted, with their
    captions and a manifest and contact sheet of what is in it. How many films are in it, how many of these nobody
    decided on, and how many of those that are left out.
    """
    listed = json.loads((folder / "batch.json").read_text("utf-8"))
    some = "accept" in verdicts.values()
    films, left, out = [], [], list(listed["skipped"])
    for film in listed["films"]:
        film["verdict"] = verdict = verdicts.get(film["name"], film["verdict"])
        if film["file"] and (verdict == "accept" if some else verdict != "reject"):
            films.append(film)
        else:
            left += [film] if film["file"] else []
            why = film["error"] or ("It was rejected." if verdict == "reject" else "It was not accepted.")
            out.append({"name": film["name"], "row": film["row"], "why": why})
    listed |= {"films": films, "skipped": out}
    with written_aside(target) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as box:
        for film in films:
            beside = (Path(film["file"]).with_suffix(suffix).name for suffix in (".srt", ".vtt"))
            captions = [name for name in beside if (folder / name).is_file()]
            for name in (film["file"], *film["pictures"], *captions):
                box.write(folder / name, name)
        for name, text in _pages(listed, title=title, language=language):
            box.writestr(name, text)
    undecided = sum(not film["verdict"] for film in films)
    return len(films), undecided, sum(film["verdict"] == "" for film in left)


def _pages(listed: dict[str, Any], *, title: str, language: str) -> Iterator[tuple[str, str]]:
    """The name and the text of the manifest and of the contact sheet."""
    yield "batch.json", as_json(listed)
    yield "batch.csv", as_csv(listed)
    yield "index.html", contact_sheet(listed, title=title, language=language)


def _one(
    variant: Variant,
    template: FilmFolder,
    folder: Path,
    shared: dict[tuple[Kind, str], tuple[FilmFolder, Take]],
    engines: dict[str, StepEngine[Any]],
    size: tuple[int, int] | None,
) -> Outcome:
    own = _opened(variant, folder / "films" / variant.name)
    target = folder / f"{variant.name}.mp4"
    now = json.dumps([variant.digest, size, *_brought(template, own)])
    marker = own.path / _DONE
    if not (target.is_file() and marker.is_file() and marker.read_text("utf-8") == now):
        while tasks := plan.tasks(own.film, own.takes, stale=True):
            copied = [_copied(own, task, shared) for task in tasks]
            if not any(copied):
                done = produce.make(own, tasks, engines=engines)
                if done.failed or done.skipped:
                    return Outcome(error=(done.failed or done.skipped)[0][1])
                break
        finish.render(own, target, size=size)
        with written_aside(marker) as aside:
            aside.write_text(now, "utf-8")
    for take in own.takes:
        if take.media:
            shared.setdefault((take.kind, take.digest), (own, take))
    return Outcome(
        file=target.name,
        seconds=float(timeline(own.film, own.takes).seconds),
        pictures=tuple(_pictures(own, folder, variant.name)),
    )


def _brought(template: FilmFolder, own: FilmFolder) -> Iterator[str]:
    """The template's pictures, laid into a film that draws them: the SHA-256 of each. Raises BadSpec for one that is
    missing, before anything is made.
    """
    for name in sorted({overlay.picture for overlay in own.film.overlays.values() if overlay.picture}):
        try:
            data = template.locate(Media(key=name, seconds=Fraction(0))).read_bytes()
        except (VitascopeError, OSError) as error:
            raise BadSpec(
                f"{name[:80]} is not in the template's folder.", hint="Put the picture there, and run it again."
            ) from error
        with written_aside(own.place(*name.split("/"))) as aside:
            aside.write_bytes(data)
        yield hashlib.sha256(data).hexdigest()


def _opened(variant: Variant, path: Path) -> FilmFolder:
    """Its folder, with the film as the table has it now; what was made of it before stays."""
    try:
        own = FilmFolder.open(path)
    except VitascopeError:
        shutil.rmtree(path, ignore_errors=True)
        return FilmFolder.make(path, variant.film)
    wanted = variant.film.model_copy(update={"identity": own.film.identity})
    if own.film != wanted:
        own.change(wanted)
    return own


def _copied(own: FilmFolder, task: Task, shared: Mapping[tuple[Kind, str], tuple[FilmFolder, Take]]) -> bool:
    """Whether another variant has the same and it was taken over."""
    found = shared.get((task.kind, task.digest))
    if not found:
        return False
    other, take = found
    assert take.media, "only what is made is shared"
    if task.kind == "clip" and take.media.seconds < plan.take_seconds(own.film, own.takes, task.of):
        return False
    if any(mine.id == take.id for mine in own.takes):
        return False
    with written_aside(own.place(*take.media.key.split("/"))) as aside:
        shutil.copyfile(other.locate(take.media), aside)
    own.add(Take.from_dict({**take.to_dict(), "of": task.of}))
    return True


def _pictures(own: FilmFolder, folder: Path, name: str) -> Iterator[str]:

    shown = timeline(own.film, own.takes)
    (folder / "pictures").mkdir(exist_ok=True)
    for number in range(PICTURES):
        key = f"pictures/{name}_{number + 1}.jpg"
        at = shown.seconds * (2 * number + 1) / (2 * PICTURES)
        frame = frame_at(shown, at, locate=own.locate, overlays=tuple(own.film.overlays.values()))
        with written_aside(folder / key) as aside:
            aside.write_bytes(picture.small(Image.fromarray(frame)))
        yield key
