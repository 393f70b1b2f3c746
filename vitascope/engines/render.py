"""From a spec to a file, with nothing but an engine: it draws, the writer writes while frames arrive, and nothing is
kept that grows with the clip's length. It knows of no job and no account.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vitascope import __version__
from vitascope.clip import FPS, ClipSpec, ModelCard, Recipe, Source
from vitascope.engines.protocol import Draft, Engine, Frame, Frames
from vitascope.errors import BadClip, BadSpec
from vitascope.media import picture, video
from vitascope.media import recipe as recipes
from vitascope.media.atomic_write import written_aside
from vitascope.media.sound import Sound, UnreadableSound

_ORIGINAL = "Give the clip itself: restore it, or send it again."
_SOURCE = "The clip to be continued"  # where it lies is nobody's business
Progress = Callable[[str, int, int], None]  # ("steps" or "frames", how many are done, of how many)
Begun = Callable[[Draft], None]  # called once, when the words are read and before the first step
Fetch = Callable[[Source, Path], bool]  # puts a clip that is kept somewhere to this path, if it is there and whole
Through = Callable[[Iterator[Frame]], Iterator[Frame]]  # looks at the frames, or changes them, on their way to the file


class Stopped(Exception):
    """The work is no longer wanted here. Raised by those who watch it; not a fault."""


class Cancelled(Stopped):
    """Whoever asked for the clip does not want it any more."""


def _unwatched(stage: str, done: int, total: int) -> None:
    pass


def _unread(draft: Draft) -> None:
    pass


def _nowhere(source: Source, path: Path) -> bool:
    return False


@dataclass(frozen=True)
class Clip:
    """A finished work: its recipe, and its frames in memory (`draw`) or in a file (`make`)."""

    recipe: Recipe
    path: Path | None = None
    held: Frames | None = field(default=None, repr=False, compare=False)
    held_sound: Sound | None = field(default=None, repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)  # what was changed of the pictures and clips given

    @property
    def sound(self) -> Sound | None:
        """None: it has none. Read from the file when it is not held."""
        if self.held is not None or not self.path or self.path.suffix.lower() == ".png":
            return self.held_sound
        return video.read_sound(self.path)

    @property
    def frames(self) -> Frames:
        """(T, H, W, 3) uint8; read from the file when they are not held."""
        if self.held is not None:
            return self.held
        assert self.path, "a clip is in memory or in a file"
        return np.stack(list(_file_frames(self.path)))

    @property
    def fps(self) -> int:
        return FPS

    def save(self, path: str | Path) -> Path:
        """Write it as .mp4 (or .png, if it is a still) with its recipe inside. The same clip is always the same
        bytes.
        """
        target = Path(path)
        if self.path and self.path.suffix.lower() == target.suffix.lower():
            with written_aside(target) as aside:
                shutil.copyfile(self.path, aside)
        else:
            _write(target, self.recipe, iter(self.frames), self.sound)
        return target


def make(
    spec: ClipSpec,
    engine: Engine,
    out: Path,
    *,
    progress: Progress = _unwatched,
    begun: Begun = _unread,
    through: Through = iter,
) -> Clip:
    """Draw the clip into `out`, which appears when it is whole. The place is tried before the work begins."""
    recipe = recipe_for(spec, engine.card)
    frames = through(drawn(recipe.spec, engine, progress=progress, begun=begun))
    _write(out, recipe, frames, kept_sound(spec))
    return Clip(recipe, path=out)


def draw(spec: ClipSpec, engine: Engine, *, progress: Progress = _unwatched, begun: Begun = _unread) -> Clip:
    """Draw the clip into memory."""
    recipe = recipe_for(spec, engine.card)
    frames = np.empty((spec.frames, spec.shape[1], spec.shape[0], 3), np.uint8)
    for index, frame in enumerate(drawn(recipe.spec, engine, progress=progress, begun=begun)):
        frames[index] = frame
    return Clip(recipe, held=frames, held_sound=kept_sound(spec))


def recipe_for(spec: ClipSpec, card: ModelCard) -> Recipe:
    assert spec.seed is not None, "the seed is drawn by ask.takes"
    return Recipe(spec=spec, model=card.name, weights=card.weights, version=__version__)


def drawn(spec: ClipSpec, engine: Engine, *, progress: Progress, begun: Begun) -> Iterator[Frame]:
    """All frames of the clip in order: those of the clip being continued, if there is one, then the engine's."""
    engine.card.check(spec)
    draft = engine.begin(spec)
    begun(draft)
    progress("steps", 0, draft.step_count)
    while not draft.done:
        engine.step([draft])
        progress("steps", draft.step_index, draft.step_count)
    count, old = 0, spec.frames - spec.new_frames
    for frame in _continued(spec, engine.frames(draft)):
        count += 1
        yield frame
        progress("frames", count, spec.frames)
    assert count == spec.frames, f"the engine made {count - old} of {spec.new_frames} frames"


def with_source(
    spec: ClipSpec, engine: Engine, folder: Path, *, progress: Progress = _unwatched, fetch: Fetch = _nowhere
) -> ClipSpec:
    """The spec with the clip it continues at hand. One that cannot be fetched is made again from its recipe in
    `folder`, down to the first of its line. Raises BadClip when it cannot be had.
    """
    source = spec.extend
    if not source or source.path:
        return spec
    path = folder / f"{source.sha256[:16]}.mp4"
    if not path.exists() and not fetch(source, path):
        if not source.recipe:
            message = f"{_SOURCE} is not here, and it has no recipe to make it again."
            raise BadClip(message, hint=_ORIGINAL)
        parent = with_source(source.recipe.spec, engine, folder, progress=progress, fetch=fetch)
        make(parent, engine, path, progress=progress)
    if sha256(path) != source.sha256:
        message = f"{_SOURCE} is not here, and came out differently when it was made again."
        raise BadClip(message, hint=_ORIGINAL)
    return dataclasses.replace(spec, extend=dataclasses.replace(source, path=str(path)))


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kept_sound(spec: ClipSpec) -> Sound | None:
    """That of the clip being continued; it is silent where that ends. One that cannot be read is left out, which was
    said when the clip came in.
    """
    if not spec.extend:
        return None
    with suppress(UnreadableSound):
        return video.read_sound(Path(spec.extend.path), name=_SOURCE, seconds=spec.extend.frames / FPS)
    return None


def _continued(spec: ClipSpec, new: Iterator[Frame]) -> Iterator[Frame]:
    if spec.extend:
        yield from video.read_frames(Path(spec.extend.path), name=_SOURCE, frames=spec.extend.frames)
    yield from new


def _write(out: Path, recipe: Recipe, frames: Iterator[Frame], sound: Sound | None = None) -> None:
    spec = recipe.spec
    _check_suffix(out, spec)
    if out.suffix.lower() == ".png":
        with written_aside(out) as aside:
            picture.write_png(aside, next(frames), comment=recipes.to_text(recipe))
    else:
        with video.writing(out, *spec.shape, recipe=recipe, sound=sound) as writer:
            for frame in frames:
                writer.write(frame)


def _check_suffix(out: Path, spec: ClipSpec) -> None:
    suffix = out.suffix.lower()
    if suffix == ".png" and not spec.is_still:
        raise BadSpec(f"{out} would be one picture, the clip is many.", hint="Write an .mp4, or ask for 0 seconds.")
    if suffix not in (".png", ".mp4"):
        raise BadSpec(f"{out} is neither .mp4 nor .png.", hint="Clips are written as .mp4, stills also as .png.")


def _file_frames(path: Path) -> Iterator[Frame]:
    if path.suffix.lower() == ".png":
        return iter([np.asarray(picture.read(path))])
    return video.read_frames(path)
