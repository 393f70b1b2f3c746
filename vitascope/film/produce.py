"""Making what a film lacks, on this machine and without a server: voices, stills, takes, music, one after the other. It
may be stopped or killed at any moment; what was finished stays, and the next call goes on.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vitascope import ask
from vitascope.clip import aspect_of
from vitascope.config import settings
from vitascope.engines import registry, render
from vitascope.engines.card import ModelCard
from vitascope.engines.protocol import StepEngine
from vitascope.errors import BadSpec, Conflict, NotSupported, VitascopeError
from vitascope.film import edit, music, plan, state, voices, wording
from vitascope.film.document import Film
from vitascope.film.folder import FilmFolder
from vitascope.film.plan import Task
from vitascope.film.plural import counted
from vitascope.film.take import NOUNS, Kind, Media, Take, chosen, of_kind
from vitascope.film.timeline import timeline
from vitascope.media import incoming, picture, video
from vitascope.media.atomic_write import written_aside

_MUSIC: tuple[Kind, ...] = ("music",)
#: Called with what is being made, its stage, how many of how many parts are done.
Progress = Callable[[Task, str, int, int], None]


def unwatched(task: Task, stage: str, done: int, total: int) -> None:
    pass


@dataclass
class Outcome:
    """`asked`: how many were to be made, without lines that nobody here can speak."""

    asked: int = 0
    made: list[Take] = field(default_factory=list)
    failed: list[tuple[Task, str]] = field(default_factory=list)  # and why
    skipped: list[tuple[Task, str]] = field(default_factory=list)  # and for what it waits
    notes: list[str] = field(default_factory=list)


def make(
    folder: FilmFolder,
    tasks: list[Task],
    *,
    n: int = 1,
    progress: Progress = unwatched,
    speakers: Sequence[voices.Speaker] | None = None,
    engines: dict[str, StepEngine[Any]] | None = None,
) -> Outcome:
    """`n` takes of each shot; one of everything else. What fails blocks what goes on from it, and nothing else.
    Raises Conflict when another process works there, and before anything is made anew because `takes.json` was lost.
    `engines`: by model, those that are loaded; what is loaded besides is added, for the next film of a batch.
    """
    maker = _Maker(folder, progress, voices.speakers(settings()) if speakers is None else speakers, engines)
    with folder.working():
        if sum(folder.unnamed().values()) > 1:  # one alone may be what a killed process has left
            told, hint = folder.lost_list()
            raise Conflict(told, hint=hint)
        if silent := voiceless(folder.film, tasks, maker.speakers):
            maker.out.notes.append(unspoken(folder.film, silent))
            tasks = [task for task in tasks if task not in silent]
        maker.out.asked = count(tasks, n)
        for task in tasks:
            if why := maker.blocked(task):
                maker.out.skipped.append((task, why))
                continue
            try:
                for number in range(n if task.kind == "clip" else 1):
                    maker.one(task, number)
            except VitascopeError as error:
                maker.fail(task, f"{error.message} {error.hint}".strip())
        if maker.out.made and any(task.kind == "music" for task in tasks):
            for task in plan.tasks(
                folder.film, folder.takes, kinds=_MUSIC
            ):  # voices set lengths: it ends with the film
                before = [take for take in maker.out.made if (take.of, take.kind) == (task.of, task.kind)]
                maker.out.made = [take for take in maker.out.made if take not in before]  # it counts once
                maker.out.asked += not before
                maker.one(task, 0)
    return maker.out


class _Maker:
    def __init__(
        self,
        folder: FilmFolder,
        progress: Progress,
        speakers: Sequence[voices.Speaker],
        engines: dict[str, StepEngine[Any]] | None,
    ):
        self.folder, self.progress, self.speakers = folder, progress, speakers
        self.out = Outcome()
        self._engines = {} if engines is None else engines

    @property
    def film(self) -> Film:
        return self.folder.film

    def blocked(self, task: Task) -> str:
        lost = {failed.of for failed, _ in [*self.out.failed, *self.out.skipped]}
        if task.after in lost:
            return f"It goes on from {self.film.label(task.after)}, which was not made."
        if task.kind == "clip" and self.film.shots[task.of].start == "still" and task.of in lost:
            return "It starts from its still, which was not made."
        return ""

    def one(self, task: Task, number: int) -> None:
        steps = {"voice": self._voice, "still": self._still, "clip": self._clip, "music": self._music}
        self.out.made.append(self.folder.add(steps[task.kind](task, number)))

    def fail(self, task: Task, why: str) -> None:
        self.out.failed.append((task, why))
        self.folder.add(self._take(task, None, state="failed", error=why))

    def _take(self, task: Task, media: Media | None, **more: Any) -> Take:
        count = sum(take.of == task.of and take.kind == task.kind for take in self.folder.takes)
        digest = task.digest
        if task.kind != "music":  # what it goes on from may have been made since the plan
            digest = plan.digest_of(self.film, self.folder.takes, task.of, task.kind)
        name = f"{task.of}_{task.kind}{count + 1}"
        return Take(id=name, of=task.of, kind=task.kind, digest=digest, media=media, **more)

    def _target(self, task: Task, suffix: str) -> tuple[str, Path]:
        """A name that is free."""
        name = self.film.label(task.of) if task.of in self.film.shots else task.of
        place = {"voice": "voice", "music": "music", "still": "stills", "clip": "takes"}[task.kind]
        number = 1
        while (self.folder.path / place / f"{name}_{number}{suffix}").exists():
            number += 1
        key = f"{place}/{name}_{number}{suffix}"
        return key, self.folder.place(*key.split("/"))

    def _voice(self, task: Task, number: int) -> Take:
        line = self.film.line(task.of)
        assert line, "the plan names lines that are there"
        found = voices.choose(self.film, line, self.speakers)
        assert found, "lines that nobody can speak are left out before"
        language = voices.language_of(line.text, self.film.language)
        speaker, name = found
        self.progress(task, "voice", 0, 1)
        key, target = self._target(task, ".wav")
        speed = self.film.cast[line.speaker].voice.speed if line.speaker in self.film.cast else 1.0
        said = speaker.say(line.text, voice=name, speed=speed, language=language, target=target)
        self.progress(task, "voice", 1, 1)
        media = Media(key=key, seconds=said.seconds, sound=True)
        return self._take(task, media, engine=f"{speaker.name} {name}".strip(), words=tuple(said.words))

    def _music(self, task: Task, number: int) -> Take:
        cue = self.film.cues[task.of]
        self.progress(task, "music", 0, 1)
        seconds = plan.music_seconds(self.film, self.folder.takes, task.of)
        shown = timeline(self.film, self.folder.takes)
        cuts = [piece.start - cue.start for piece in shown.pieces if cue.start < piece.start < cue.start + seconds]
        key, target = self._target(task, ".wav")
        made = music.compose(cue.mood, cue.seed, seconds, cuts=cuts, bpm=cue.bpm, target=target)
        self.progress(task, "music", 1, 1)
        media = Media(key=key, seconds=made.seconds, sound=True)
        take = self._take(task, media, engine=f"composer, {float(made.bpm):.0f} bpm")
        return dataclasses.replace(take, digest=state.of_music(cue, seconds))

    def _still(self, task: Task, number: int) -> Take:
        shot = self.film.shots[task.of]
        card = registry.card(self.film.still_model or shot.model or self.film.model)
        key, target = self._target(task, ".png")
        clip = self._draw(task, card, target, seconds=0.0, seed=shot.seed)
        shape = clip.recipe.shape
        media = Media(key=key, seconds=Fraction(0), width=shape.width, height=shape.height)
        return self._take(task, media, engine=card.name)

    def _clip(self, task: Task, number: int) -> Take:
        shot = self.film.shots[task.of]
        card = registry.card(shot.model or self.film.model)
        wanted = plan.take_seconds(self.film, self.folder.takes, task.of)
        seconds = min(wanted, card.format.longest)
        if seconds < wanted:
            self.out.notes.append(
                f"{self.film.label(task.of)} wants {float(wanted):g} s and {card.name} makes {float(seconds):g} s: "
                "its last frame is held."
            )
        key, target = self._target(task, ".mp4")
        with TemporaryDirectory(prefix="vitascope-") as aside:
            image = self._begins(task, Path(aside))
            seed = None if shot.seed is None else shot.seed + number
            clip = self._draw(task, card, target, seconds=float(seconds), seed=seed, image=image)
        shape = clip.recipe.shape
        media = Media(
            key=key, seconds=shape.total_seconds, width=shape.width, height=shape.height, rate=shape.fps,
            sound=shape.sound,
        )  # fmt: skip
        return self._take(task, media, engine=card.name)

    def _begins(self, task: Task, aside: Path) -> Path | None:
        """The picture a take starts from, if it does."""
        shot = self.film.shots[task.of]
        if shot.start == "still" and (still := chosen(self.folder.takes, task.of, "still", shot.still)):
            assert still.media, "a chosen still is made"
            return self.folder.locate(still.media)
        earlier = self.film.before(task.of) if shot.start == "continue" else ""
        if earlier and (take := chosen(self.folder.takes, earlier, "clip", self.film.shots[earlier].take)):
            assert take.media, "a chosen take is made"
            last = aside / "last.png"
            picture.save(last, video.tail(self.folder.locate(take.media), 1)[-1])
            return last
        return None

    def _draw(
        self, task: Task, card: ModelCard, target: Path, *, seconds: float, seed: int | None, image: Path | None = None
    ) -> render.Clip:
        """By the engine of this model, on this machine."""
        scene = next(scene for scene in self.film.scenes.values() if task.of in scene.shots)
        words = wording.prompt(self.film, scene, self.film.shots[task.of], still=not seconds)
        told: list[str] = []
        with TemporaryDirectory(prefix="vitascope-") as folder:
            spec = ask.spec(
                words, card, image=image, seconds=seconds, aspect=aspect_of((self.film.width, self.film.height)),
                seed=seed, negative_prompt=self.film.negative or None, folder=folder, notes=told,
            )  # fmt: skip
            self.out.notes += [f"{self.film.label(task.of)}: {note}" for note in told]
            spec = ask.takes(spec, 1)[0]
            if card.needs == "remote":
                raise NotSupported(
                    f"{card.name} is made by another server.", hint="Make the film in the studio: vitascope studio"
                )
            engine = self._engines.get(card.name) or registry.load(card.name)
            self._engines[card.name] = engine
            return render.make(spec, engine, target, progress=lambda *told: self.progress(task, *told))


def own(folder: FilmFolder, shot_id: str, file: Path) -> Take:
    """A file of the user's as the chosen take of this shot, copied into the folder. No change of words makes it stale.
    Raises BadSpec, BadClip, Conflict.
    """
    footage = incoming.clip(file, name=file.name)
    with folder.editing():
        if shot_id not in folder.film.shots:
            raise BadSpec(f'The film has no shot "{shot_id[:40]}".', hint="Look at `document.shots`.")
        number = len(list(of_kind(folder.takes, shot_id, "clip"))) + 1
        name = f"{folder.film.label(shot_id)}_own{number}"
        take = folder.add(_brought(folder, file, footage.info, id=f"{shot_id}_own{number}", of=shot_id, name=name))
        folder.change(edit.apply(folder.film, {"shots": {shot_id: {"take": take.id}}}))
    return take


def foreign(folder: FilmFolder, file: Path, id: str) -> Take:
    """A file of the user's that is a take of no shot, as items of a cut name it; the caller holds the folder."""
    footage = incoming.clip(file, name=file.name)
    return folder.add(_brought(folder, file, footage.info, id=id, of="", name=id))


def _brought(folder: FilmFolder, file: Path, info: video.VideoInfo, *, id: str, of: str, name: str) -> Take:
    key = f"takes/{name}{file.suffix.lower()}"
    with written_aside(folder.place(*key.split("/"))) as aside:
        shutil.copyfile(file, aside)
    media = Media(
        key=key, seconds=Fraction(info.seconds).limit_denominator(90_000), width=info.width, height=info.height,
        rate=Fraction(info.fps).limit_denominator(1001), sound=info.sound,
    )  # fmt: skip
    return Take(id=id, of=of, kind="clip", digest="", media=media, engine="own file", own=True)


def voiceless(film: Film, tasks: Sequence[Task], speakers: Sequence[voices.Speaker] | None = None) -> list[Task]:
    """Lines of a plan that no voice which is here can speak."""
    asked = [(task, film.line(task.of)) for task in tasks if task.kind == "voice"]
    if not asked:
        return []
    lines = [line for _, line in asked if line]
    cast = voices.cast_lines(film, lines, voices.speakers(settings()) if speakers is None else speakers)
    return [task for task, line in asked if line and line.id not in cast]


def unspoken(film: Film, silent: Sequence[Task]) -> str:
    """Of lines that cannot be spoken, a sentence with a remedy."""
    lines = counted(len(silent), "line is", "lines are")
    told = [line.text for task in silent if (line := film.line(task.of))]
    languages = " or ".join(dict.fromkeys(voices.language_of(text, film.language) for text in told))
    return (
        f"{lines} captioned and not spoken: no voice for {languages} is installed here. "
        "docs/voices.md says how to add one."
    )


def count(tasks: Sequence[Task], n: int = 1) -> int:
    """How many things come of a plan, with `n` takes of each shot."""
    return sum(n if task.kind == "clip" else 1 for task in tasks)


def missing_words(tasks: list[Task], n: int = 1) -> Iterator[str]:
    """ "8 takes, 3 voices": what a plan comes to with `n` takes of each shot, for people."""
    order: tuple[Kind, ...] = ("voice", "still", "clip", "music")  # in which they are made
    for kind in order:
        if many := count([task for task in tasks if task.kind == kind], n):
            yield counted(many, *NOUNS[kind])
