"""The end of a film in a folder: rendered, handed to an editor, and taken back from one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vitascope.config import settings
from vitascope.errors import BadSpec, Conflict, NotFound, VitascopeError
from vitascope.film import captions as titles
from vitascope.film import handoff, lost, origin, produce, subtitles
from vitascope.film import render as rendering
from vitascope.film.document import Captions, Film
from vitascope.film.folder import FILM, FilmFolder, made_folder
from vitascope.film.handoff import Difference, bundle, identity
from vitascope.film.handoff.links import beside, file_names, safe_name
from vitascope.film.timeline import Timeline, shows_nothing, timeline
from vitascope.media.atomic_write import written_aside

BUNDLE = "zip"  # of everything; it stands beside the formats
CLIPS = (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".ts", ".mts")


@dataclass(frozen=True)
class Finished:
    """`loudness`: LUFS; None when the film is silent."""

    path: Path
    seconds: Fraction
    loudness: float | None
    notes: tuple[str, ...]


def render(
    folder: FilmFolder,
    output: Path | None = None,
    *,
    size: tuple[int, int] | None = None,
    captions: str | None = None,
    animatic: bool = False,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Finished:
    """The film as an mp4; with captions in files beside it unless there are none. Raises BadSpec when a take is missing
    and no animatic is asked for, NotSupported for a film without a shot, Conflict when another process works in the
    folder, unless `output` lies elsewhere.
    """
    target = output or folder.path / ("animatic.mp4" if animatic else "film.mp4")
    if target.suffix.lower() != ".mp4":
        raise BadSpec(f"{target.name} cannot be a film.", hint="Its name must end in .mp4.")
    with folder.writing(target):
        return _render(folder, target, size=size, captions=captions, animatic=animatic, progress=progress)


def _render(
    folder: FilmFolder,
    target: Path,
    *,
    size: tuple[int, int] | None,
    captions: str | None,
    animatic: bool,
    progress: Callable[[str, int, int], None],
) -> Finished:
    shown, now, film = _shown(folder), settings(), folder.film
    if not shown.pieces:
        raise shows_nothing(film)
    empty = [piece.name.removesuffix(" -") for piece in shown.pieces if piece.media is None or piece.is_still]
    if empty and not animatic:
        raise BadSpec(
            f"{len(empty)} of {len(shown.pieces)} pieces {'has' if len(empty) == 1 else 'have'} no take: "
            f"{', '.join(empty[:5])}.",
            hint="Make them: vitascope film make FOLDER. An animatic needs none: vitascope film render --from-stills",
        )
    style = film.captions
    if captions:
        style = Captions.model_validate({**style.model_dump(), "show": captions})
    events = titles.events(shown, style, language=film.language) if style.show != "none" else ()
    marks = rendering.FilmMarks(
        label="" if not now.label else "AI生成" if film.language.startswith("zh") else "AI",
        mark=film.title if now.mark else "",
        c2pa_home=now.home if now.c2pa else None,
        models=tuple(sorted({take.engine for take in folder.takes if take.kind in ("clip", "still") and not take.own})),
    )
    done = rendering.render(
        shown, target, locate=folder.locate, captions=events, style=style, overlays=tuple(film.overlays.values()),
        language=film.language, loudness=film.loudness, size=size, font=now.font, animatic=animatic, marks=marks,
        progress=lambda at, total: progress("frames", at, total),
        recipe_words=origin.comment(folder, shown, animatic=animatic),
    )  # fmt: skip
    if events:
        for suffix, text in ((".srt", subtitles.srt(events)), (".vtt", subtitles.vtt(events))):
            with written_aside(target.with_suffix(suffix)) as aside:
                aside.write_text(text, "utf-8")
    return Finished(target, done.seconds, done.loudness, _gathered((*lost.told(film, folder.takes), *done.notes)))


def export(
    folder: FilmFolder, formats: Sequence[str], output: Path | None = None, *, zipped: str = ""
) -> Iterator[tuple[Path, list[str]]]:
    """Each file with what it could not hold. The media lie beside them, under the clips' names, and the formats link
    to them there. `zipped`: what a ZIP holds, such as "otio,srt"; all of it if nothing is said. Raises BadSpec for an
    unknown format, Conflict as `render` does.
    """
    inside = bundle.chosen(zipped)
    known = names()
    wanted = known if "all" in formats else list(dict.fromkeys(name.strip().lower() for name in formats))
    if unknown := [name for name in wanted if name not in known]:
        raise BadSpec(f'There is no format "{unknown[0][:20]}".', hint=f"{', '.join(known)}, or all.", field="format")
    if zipped and BUNDLE not in wanted:
        raise BadSpec("Only a ZIP holds formats.", hint="--to zip --formats otio,srt", field="formats")
    target = output or folder.path / "hand-off"
    folder.identify()
    with folder.writing(target):
        yield from _export(folder, wanted, target, inside)


def _export(
    folder: FilmFolder, wanted: Sequence[str], target: Path, inside: Sequence[str]
) -> Iterator[tuple[Path, list[str]]]:
    shown, film = _shown(folder), folder.film
    made_folder(target)
    beside_it = file_names(shown)
    FilmFolder(target, film, folder.takes).save()  # as it was handed off: an edited cut is compared with that
    for media in shown.media:
        (target / beside_it[media.key]).parent.mkdir(exist_ok=True)
        with written_aside(target / beside_it[media.key]) as aside:
            shutil.copyfile(folder.locate(media), aside)
    for name in wanted:
        path = target / file_name(film, name)
        try:
            yield path, list(write_one(folder, shown, name, path, inside))
        except VitascopeError as error:
            if len(wanted) == 1:
                raise
            yield path, [f"not written: {error.message} {error.hint}".strip()]


def names() -> list[str]:
    """Of everything that a film is handed off as."""
    return [*handoff.FORMATS, *bundle.CAPTIONS, BUNDLE]


def file_name(film: Film, name: str) -> str:
    """What the file of this format is called."""
    form = handoff.FORMATS.get(name)
    suffix = "-jianying.zip" if name == "jianying" else form.suffix if form else f".{name}"
    return f"{safe_name(film.title)}{suffix}"


def write_one(
    folder: FilmFolder, shown: Timeline, name: str, path: Path, inside: Sequence[str] | None = None
) -> Sequence[str]:
    """The film in this format, with links to media that lie beside it; what the format could not hold. `inside`: of a
    ZIP, the formats that it holds.
    """
    film = folder.film
    if name in bundle.CAPTIONS:
        events = titles.events(shown, film.captions, language=film.language)
        with written_aside(path) as aside:
            aside.write_text(subtitles.srt(events) if name == "srt" else subtitles.vtt(events), "utf-8")
        return ()
    if name == BUNDLE:
        finished = folder.path / "film.mp4"
        more: dict[str, Path | bytes] = {"film.mp4": finished} if finished.is_file() else {}
        told = bundle.write_bundle(
            shown, film, folder.takes, files=folder.locate, target=path, formats=inside or bundle.chosen(""), more=more
        )
        return told.losses
    root = str(path.parent.resolve())
    return handoff.write(name, shown, film, media=beside(shown, root), target=path, files=folder.locate).losses


def compare(folder: FilmFolder, file: Path) -> tuple[Difference, ...]:
    """What an editor has changed in this OTIO, FCPXML or EDL file since it was handed off: `export` leaves the film of
    that moment beside its files. Without it the film as it is now is compared. Raises BadSpec for another film's.
    """
    film, takes = folder.film, folder.takes
    if (file.parent / FILM).is_file():
        before = FilmFolder.open(file.parent)
        identity.refuse_another(film, before.film.identity, before.film.title)
        film, takes = before.film, before.written  # their files lie there under other names
    try:
        cut = handoff.read(file, rate=film.fps)
    except OSError as error:
        raise NotFound(
            f"{file} cannot be read: {error.strerror}.", hint="Give the path of the cut that the editor exported."
        ) from error
    identity.refuse_another(folder.film, cut.film, cut.title)
    return handoff.compare(film, takes, timeline(film, takes), cut)


def accept(
    folder: FilmFolder,
    differences: tuple[Difference, ...],
    chosen: Collection[int] | None = None,
    *,
    media: Path | None = None,
) -> None:
    """The cut with the chosen ones, by their place; None: all. `media`: a folder with the files of clips that are not
    of the film; those that are needed are copied in. Raises BadSpec when one is not there, Conflict when the film was
    changed since the differences were found.
    """
    found_in, places = folder.film, range(len(differences)) if chosen is None else chosen
    files = _files(handoff.strangers(differences, places), media)
    with folder.editing():
        if folder.film != found_in:
            raise Conflict("The film was changed in between.", hint="Look at the differences again.")
        first = 1 + sum(not take.of for take in folder.takes)
        ids = {name: f"brought{number}" for number, name in enumerate(files, first)}
        cut = handoff.accept(folder.film, differences, places, files=ids, timeline=_shown(folder))
        for name, file in files.items():
            produce.foreign(folder, file, ids[name])
        folder.change(folder.film.model_copy(update={"cut": cut}))


def _files(wanted: Mapping[str, str], media: Path | None) -> dict[str, Path]:
    """The file of each clip, by its name: the clip's, or that which the cut names."""
    if not wanted:
        return {}
    if media is None:
        raise BadSpec(
            f'"{next(iter(wanted))[:60]}" is not of this film.',
            hint="Say where its file is (--media FOLDER), or take the others over without it (--only).",
        )
    if not media.is_dir():
        raise NotFound(f"{media} is no folder.", hint="Give the folder with the clips that the editor added.")
    there: dict[str, list[Path]] = {}
    for path in sorted(media.rglob("*")):
        if path.suffix.lower() in CLIPS and path.is_file():
            there.setdefault(path.stem.casefold(), []).append(path)
    found = {}
    for name, stem in wanted.items():
        files = there.get(stem.casefold()) or there.get(Path(name).stem.casefold()) or there.get(name.casefold()) or []
        if len(files) != 1:
            told = f"has {len(files)} files" if files else "has no clip"
            raise BadSpec(
                f'{media} {told} of the name "{(stem or name)[:60]}".', hint="The file must have the clip's name."
            )
        found[name] = files[0]
    return found


def _gathered(notes: Sequence[str]) -> tuple[str, ...]:
    """What was said of several pieces in the same words is said once, with their number."""
    found: dict[str, list[str]] = {}
    for note in notes:
        name, colon, rest = note.partition(": ")
        found.setdefault(rest if colon else note, []).append(name if colon else "")
    return tuple(
        said if names == [""] else f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {said}"
        for said, names in found.items()
    )


def _shown(folder: FilmFolder) -> Timeline:
    return timeline(folder.film, folder.takes)
