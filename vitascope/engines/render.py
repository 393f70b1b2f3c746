"""From a spec to a file, with nothing but an engine: it draws, the writer writes while frames arrive, and nothing is
kept that grows with the clip's length. It knows of no job and no account.
"""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vitascope import __version__
from vitascope.clip import RECIPE_FORMAT, ClipSpec, Recipe, Reference, Shape, SourceClip
from vitascope.engines.card import ModelCard
from vitascope.engines.protocol import Run, StepEngine, Stopped, at_work
from vitascope.errors import BadClip, BadEngine, BadPicture, BadSpec
from vitascope.frames import Frame, Frames
from vitascope.media import append, picture, video
from vitascope.media import recipe as recipes
from vitascope.media.atomic_write import written_aside
from vitascope.media.incoming import sha256 as sha256
from vitascope.media.sound import Sound, UnreadableSound, joined

AHEAD = 16  # frames drawn before the writer has taken them
_ORIGINAL = "Give the clip itself: restore it, or send it again."
_SOURCE = "The clip to be continued"  # where it lies is not told
Progress = Callable[[str, int, int], None]  # ("steps" or "frames", how many are done, of how many)
Begun = Callable[[Run], None]  # called once, when the words are read and before the first step
Fetch = Callable[[SourceClip, Path], bool]  # puts a clip that is kept somewhere to this path, if it is there and whole
Through = Callable[[Iterator[Frame]], Iterator[Frame]]  # looks at the frames, or changes them, on their way to the file
Past = Callable[[Iterator[Callable[[], Frame]]], None]  # looks at frames that are only copied; calling one draws it


class Cancelled(Stopped):
    """The clip is not wanted any more."""


def _unwatched(stage: str, done: int, total: int) -> None:
    pass


def _unread(run: Run) -> None:
    pass


def _unseen(frames: Iterator[Callable[[], Frame]]) -> None:
    pass


def _nowhere(source: SourceClip, path: Path) -> bool:
    return False


@dataclass(frozen=True)
class Clip:
    """A finished work: its recipe, and its frames in memory (`draw`) or in a file (`make`)."""

    recipe: Recipe
    path: Path | None = None
    held: Frames | None = field(default=None, repr=False, compare=False)  # without those of a clip that it continues
    held_sound: Sound | None = field(default=None, repr=False, compare=False)
    held_source: bytes = field(default=b"", repr=False, compare=False)  # the file of the clip that it continues
    notes: tuple[str, ...] = field(default=(), compare=False)  # what was changed of the pictures and clips given

    @property
    def sound(self) -> Sound | None:
        """None: it has none. Read from the file when it is not held."""
        if self.held is not None or not self.path or self.path.suffix.lower() == ".png":
            return self.held_sound
        return video.read_sound(self.path)

    @property
    def frames(self) -> Frames:
        """(T, H, W, 3) uint8; read from the file when they are not held. Those of a clip that this one continues are
        read when they are first asked for: to go on from a long clip costs nothing for what is not looked at.
        """
        if self.held is not None:
            return self._whole if self.held_source else self.held
        assert self.path, "a clip is in memory or in a file"
        return np.stack(list(_file_frames(self.path)))

    @cached_property
    def _whole(self) -> Frames:
        assert self.held is not None
        shape = self.recipe.shape
        whole = np.empty((shape.total, shape.height, shape.width, 3), np.uint8)
        for index, frame in enumerate(_continued(self.recipe.spec, iter(self.held), 0, self.held_source)):
            whole[index] = frame
        return whole

    @property
    def fps(self) -> Fraction:
        return self.recipe.shape.fps

    def save(self, path: str | Path) -> Path:
        """Write it as .mp4 (or .png, if it is a still) with its recipe inside. The same clip is always the same
        bytes.
        """
        target = Path(path)
        if self.path and self.path.suffix.lower() == target.suffix.lower():
            with written_aside(target) as aside:
                shutil.copyfile(self.path, aside)
        else:
            copied = _copied(self.recipe, self.held_source) if self.held_source else 0
            frames = iter(self.frames if self.held is None else self.held)
            if self.held_source:
                frames = _continued(self.recipe.spec, frames, copied, self.held_source)
            _write(target, self.recipe, frames, lambda: self.sound, source=self.held_source, copied=copied)
        return target


def make(
    spec: ClipSpec,
    engine: StepEngine[Any],
    out: Path,
    *,
    shape: Shape | None = None,
    progress: Progress = _unwatched,
    begun: Begun = _unread,
    through: Through = iter,
    past: Past | None = _unseen,
) -> Clip:
    """Draw the clip into `out`, which appears when it is whole. The place is tried before the work begins. `shape`:
    what the spec came to when it was ordered, if it was. What the clip continues is copied where that can be, and goes
    by `past`; without one all frames go `through` and are encoded.
    """
    recipe, heard = recipe_for(spec, engine.card, shape), _Heard()
    source = Path(spec.extend.path) if spec.extend else Path()
    copied = _copied(recipe, source) if past else 0
    made = drawn(recipe, engine, progress=progress, begun=begun, copied=copied, past=past or _unseen, heard=heard)
    recipe = kept(recipe, engine.card)
    _write(out, recipe, through(made), heard, source=source, copied=copied)
    return Clip(recipe, path=out)


def draw(spec: ClipSpec, engine: StepEngine[Any], *, progress: Progress = _unwatched, begun: Begun = _unread) -> Clip:
    """Draw the clip into memory. Of a clip that it continues the file is held, not its frames."""
    recipe, heard = recipe_for(spec, engine.card), _Heard()
    shape = recipe.shape
    frames = np.empty((shape.total - shape.given, shape.height, shape.width, 3), np.uint8)
    made = drawn(recipe, engine, progress=progress, begun=begun, copied=shape.given, heard=heard)
    for index, frame in enumerate(made):
        frames[index] = frame
    source = Path(spec.extend.path).read_bytes() if spec.extend else b""
    return Clip(kept(recipe, engine.card), held=frames, held_sound=heard(), held_source=source)


def recipe_for(spec: ClipSpec, card: ModelCard, shape: Shape | None = None) -> Recipe:
    """Raises BadSpec when the model cannot make it."""
    assert spec.seed is not None, "the seed is drawn by ask.takes"
    shape = shape or card.resolve(spec)
    return Recipe(spec=spec, shape=shape, model=card.name, weights=card.weights, version=__version__)


def kept(recipe: Recipe, card: ModelCard) -> Recipe:
    """The recipe as its file holds it: with the given pictures whole, where the card says so, else with their hashes
    and small copies, also in the recipes of the clips that this one continues.
    """
    return recipe if card.pictures_in_recipe else _copied_pictures(recipe)


def _copied_pictures(recipe: Recipe) -> Recipe:
    spec = recipe.spec
    changed: dict[str, Any] = {
        name: picture.copied(given) for name, given in (("image", spec.image), ("last_image", spec.last_image)) if given
    }
    if spec.references:
        changed["references"] = tuple(_copied_reference(reference) for reference in spec.references)
    if spec.extend and spec.extend.recipe:
        changed["extend"] = dataclasses.replace(spec.extend, recipe=_copied_pictures(spec.extend.recipe))
    return dataclasses.replace(recipe, spec=dataclasses.replace(spec, **changed)) if changed else recipe


def _copied_reference(reference: Reference) -> Reference:
    if reference.kind != "image" or not reference.path:
        return reference
    return dataclasses.replace(reference, small=picture.small(picture.read(Path(reference.path))))


def check_given(spec: ClipSpec) -> None:
    """Raises BadPicture, by name, for a picture or another given file that is not here; a recipe need not hold them."""
    for field_, option, given in (("image", "--image", spec.image), ("last_image", "--last-image", spec.last_image)):
        if given and not given.png:
            what = "The first picture" if field_ == "image" else "The last picture"
            raise _not_here(what, given.name, given.sha256 or given.fitted, option, field_)
    for number, reference in enumerate(spec.references, 1):
        if not reference.path:
            option = f"--reference {reference.kind}=FILE"
            raise _not_here(f"Reference {number}", reference.file, reference.sha256, option, "references")


def _not_here(what: str, name: str, digest: str, option: str, field_: str) -> BadPicture:
    message = f"{what} is not here: {name or 'a file without a name'}, SHA-256 {digest[:16]}."
    return BadPicture(message, hint=f"Give it with {option}.", field=field_)


class _Heard:
    """The sound of a clip that is being drawn: known when its steps are done, before its first frame."""

    def __init__(self) -> None:
        self.sound: Sound | None = None

    def __call__(self) -> Sound | None:
        return self.sound


def drawn(
    recipe: Recipe,
    engine: StepEngine[Any],
    *,
    progress: Progress,
    begun: Begun,
    copied: int = 0,
    past: Past = _unseen,
    heard: _Heard | None = None,
) -> Iterator[Frame]:
    """The frames of the clip in order: those of the clip being continued, if there is one, then the engine's. The first
    `copied` of them only go by `past`.
    """
    spec, shape = recipe.spec, recipe.shape
    check_given(spec)
    with at_work(recipe.model):
        run = engine.begin(spec, shape)
    begun(run)
    progress("steps", 0, run.step_count)
    while not run.done:
        with at_work(recipe.model):
            engine.step([run])
        progress("steps", run.step_index, run.step_count)
    if heard:
        with at_work(recipe.model):
            sound = engine.sound(run)
        heard.sound = joined(kept_sound(spec), sound, shape.given / shape.fps)
    if copied:
        past(itertools.islice(_kept(spec), copied))
        progress("frames", copied, shape.total)
    count = copied
    for frame in _continued(spec, _ahead(_frames(recipe.model, engine, run)), copied):
        count += 1
        yield frame
        progress("frames", count, shape.total)
    if count != shape.total:
        raise BadEngine(f"The engine of {recipe.model} made {count - shape.given} of {shape.frames} frames.")


def _frames(model: str, engine: StepEngine[Any], run: Run) -> Iterator[Frame]:
    with at_work(model):
        yield from engine.frames(run)


def with_source(
    spec: ClipSpec,
    engine: StepEngine[Any],
    folder: Path,
    *,
    progress: Progress = _unwatched,
    fetch: Fetch = _nowhere,
) -> ClipSpec:
    """The spec with the clip it continues at hand. One that cannot be fetched is made again from its recipe in
    `folder`, down to the first of its line. Raises BadClip when it cannot be had.
    """
    source = spec.extend
    if not source or source.path:
        return spec
    path, recipe, remade = folder / f"{source.sha256[:16]}.mp4", source.recipe, False
    if not path.exists() and not fetch(source, path):
        if not recipe:
            message = f"{_SOURCE} is not here, and it has no recipe to make it again."
            raise BadClip(message, hint=_ORIGINAL)
        other = other_weights(recipe, engine.card)
        if other and recipe.model != engine.card.name:
            message = f"{_SOURCE} is not here, and only {recipe.model} can make it again."
            raise BadClip(message, hint=_ORIGINAL)
        parent = with_source(recipe.spec, engine, folder, progress=progress, fetch=fetch)
        make(parent, engine, path, progress=progress)
        if parent.extend and sha256(path) != source.sha256:  # from when all of a longer clip was encoded again
            make(parent, engine, path, progress=progress, past=None)
        remade = not other and recipe.written < RECIPE_FORMAT  # the same frames, with a recipe in today's words
    if not remade and sha256(path) != source.sha256:
        message = f"{_SOURCE} is not here, and came out differently when it was made again."
        raise BadClip(f"{message} {other_weights(recipe, engine.card)}".strip(), hint=_ORIGINAL)
    return dataclasses.replace(spec, extend=dataclasses.replace(source, path=str(path)))


def other_weights(recipe: Recipe | None, card: ModelCard) -> str:
    """A note that names both weights, when the recipe's are not those of this model; else empty."""
    if not recipe or recipe.weights == card.weights:
        return ""
    return f"It was made with the weights {recipe.weights[:16]}, here are {card.weights[:16]}."


def kept_sound(spec: ClipSpec) -> Sound | None:
    """That of the clip being continued; it is silent where that ends. One that cannot be read is left out, which was
    said when the clip came in.
    """
    if not spec.extend:
        return None
    with suppress(UnreadableSound):
        seconds = float(spec.extend.frames / spec.extend.fps)
        return video.read_sound(Path(spec.extend.path), name=_SOURCE, seconds=seconds)
    return None


def _ahead(frames: Iterator[Frame], count: int = AHEAD) -> Iterator[Frame]:
    """The frames, drawn in a thread of its own while those before are written. At most `count` wait."""
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(next, frames, None) for _ in range(count))
        try:
            while (frame := waiting.popleft().result()) is not None:
                waiting.append(pool.submit(next, frames, None))
                yield frame
        finally:
            pool.shutdown(cancel_futures=True)


def _kept(spec: ClipSpec, source: bytes = b"") -> Iterator[Callable[[], Frame]]:
    """What draws each frame of the clip being continued; `source`: its file, where that is in memory."""
    if spec.extend:
        source_file = source or Path(spec.extend.path)
        yield from (draw for draw, _ in video.timed_frames(source_file, name=_SOURCE, frames=spec.extend.frames))


def _continued(spec: ClipSpec, new: Iterator[Frame], copied: int, source: bytes = b"") -> Iterator[Frame]:
    if spec.extend and copied < spec.extend.frames:
        yield from (draw() for draw in itertools.islice(_kept(spec, source), copied, None))
    yield from new


def _copied(recipe: Recipe, source: Path | bytes) -> int:
    """How many frames of the clip being continued are copied."""
    shape = recipe.shape
    return append.seam(source, shape.given, shape.size, shape.fps, name=_SOURCE) if shape.given else 0


def _write(
    out: Path,
    recipe: Recipe,
    frames: Iterator[Frame],
    sound: Callable[[], Sound | None],
    *,
    source: Path | bytes = b"",
    copied: int = 0,
) -> None:
    shape = recipe.shape
    _check_suffix(out, shape)
    if out.suffix.lower() == ".png":
        with written_aside(out) as aside:
            picture.write_png(aside, next(frames), comment=recipes.to_text(recipe))
    else:
        with video.writing(out, *shape.size, fps=shape.fps, recipe=recipe, sound=sound) as writer:
            for frame in frames:
                if copied and not writer.count:
                    writer.copy(append.packets(source, copied, shape.fps, name=_SOURCE))
                writer.write(frame)


def _check_suffix(out: Path, shape: Shape) -> None:
    suffix = out.suffix.lower()
    if suffix == ".png" and not shape.is_still:
        raise BadSpec(f"{out} would be one picture, the clip is many.", hint="Write an .mp4, or ask for 0 seconds.")
    if suffix not in (".png", ".mp4"):
        raise BadSpec(f"{out} is neither .mp4 nor .png.", hint="Clips are written as .mp4, stills also as .png.")


def _file_frames(path: Path) -> Iterator[Frame]:
    if path.suffix.lower() == ".png":
        return iter([np.asarray(picture.read(path))])
    return video.read_frames(path)
