"""The embedded engine: the committed weights on the CPU runtime. No torch.

A clip is made in windows of eleven latent frames, each in two steps: its layout is planned, then rendered to latents.
The first window holds what is given (a picture at its first place, the end of a continued clip at its first four, a
last picture at its last); every later window is given the last four latent frames of the one before. Latents are small,
so a minute of them is kept; frames are decoded one group at a time and never kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vitascope.clip import ClipSpec, Shape, SourceClip
from vitascope.config import cores, settings
from vitascope.engines.card import ModelCard
from vitascope.frames import Frame, Frames
from vitascope.media import picture, video
from vitascope.smallworld.dimensions import GROUP
from vitascope.smallworld.inference import conditions, identify
from vitascope.smallworld.inference.bundle import Bundle, weights_folder
from vitascope.smallworld.inference.codec import Decoder, Encoder
from vitascope.smallworld.inference.conditions import CONTEXT, LAYOUT_FEATURES
from vitascope.smallworld.inference.denoiser import Denoiser
from vitascope.smallworld.inference.layout import Asked, Layouts, Sketch
from vitascope.smallworld.inference.session import Session
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.reader import reader
from vitascope.smallworld.world.facts import Facts, canonical
from vitascope.smallworld.world.stage import SLOTS

WINDOW = 11  # latent frames the model was trained on
FACTOR = 32  # pixels of one latent place
ALIKE = 0.8  # how unlike a clip the sketch from its recipe may be: it is at most 0.5, of a mirrored clip 0.9 and more

STEPS = 2  # of a window: it is planned, then rendered
KNOWN = 16  # clips of which is remembered how they were laid out

Array = npt.NDArray[np.float32]


@dataclass
class EmbeddedRun:
    """A clip on its way. `latents` holds what is finished, context first."""

    spec: ClipSpec
    shape: Shape
    reading: reader.Reading
    starts: list[int]  # first latent frame of each window
    total: int  # latent frames, context included
    context: int  # latent frames of the source before the new ones
    continues: bool  # the source began before the context
    camera: Array  # (total, 17)
    tokens: npt.NDArray[np.int64]  # (2, L): asked and unasked
    told: Facts  # what is asked
    words: dict[str, Array]  # "pooled" (1, D) of it; of the first edition's models also "states" (1, L, D)
    latents: Array  # (total, C, h, w), filled from the start; the last one at once where its picture is given
    pictures: dict[int, Frame]  # what is given as a picture, by the number of its latent frame
    layout: Array  # (T, S, F) of the last window that was planned; before the first one, of the context if it is known
    step_index: int = 0
    rendered: Array | None = None  # (T, C, h, w): that window's latents

    @property
    def step_count(self) -> int:
        return STEPS * len(self.starts)

    @property
    def done(self) -> bool:
        return self.step_index >= self.step_count


class EmbeddedEngine:
    """`threads` 0: as many as there are cores. `card`: what is said of it, that of the folder's own model file if not
    given. Raises BadWeights if the folder's model is missing, damaged or another version's.
    """

    def __init__(self, folder: Path, threads: int = 0, card: ModelCard | None = None):
        self._bundle = Bundle(folder)
        self.card = card or self._bundle.card
        self._manifest: dict[str, Any] = self._bundle.manifest
        self._tokenizer = Tokenizer()
        threads = threads or cores()
        self._text = Session(folder / "text.onnx", 1)  # so small that threads would only wait for each other
        self._layouts = Layouts(folder, 1)
        self._denoiser = Denoiser.of(self._bundle, threads)
        self._encoder = Encoder(folder / "encoder.onnx", 1)
        self._known: dict[tuple[ClipSpec, Shape], EmbeddedRun] = {}  # laid out to their end, the newest last
        self._decoder = Decoder(folder / "decoder.onnx", max(1, threads - 1))  # one is left to who takes the frames

    def begin(self, spec: ClipSpec, shape: Shape) -> EmbeddedRun:
        assert spec.seed is not None, "the seed is drawn before the engine begins"
        context, before = self._room(spec, shape), self._followed(spec.extend)
        if not spec.extend:
            draft = self._planned(spec, shape, context, before)
        else:
            groups = len(context) + 1  # one more, to warm the encoder's memory
            tail = video.tail(Path(spec.extend.path), groups * GROUP, frames=spec.extend.frames)
            context = self._encoder.clip(tail)[-len(context) :]
            if before and self._ending(before, context).unlike(context) > ALIKE:
                before = None  # its recipe is of another clip, or it was worked on since
            draft = self._planned(spec, shape, context, before)
            draft.pictures[len(context) - 1] = tail[-1]
        return draft

    def step(self, drafts: list[EmbeddedRun]) -> None:
        for draft in drafts:  # one by one: a neighbour must not change a byte, and a CPU gains little from batches
            if not draft.done:
                self._step(draft)

    def preview(self, draft: EmbeddedRun) -> Frames:
        """One frame at half size of every latent frame of the window that was planned last, or of the first. No decoder
        runs; a window that is looked at before it is rendered is rendered for that, and not again.
        """
        number = max(draft.step_index - 1, 0) // STEPS
        start = draft.starts[0 if draft.done else number]
        if draft.step_index % STEPS:
            return self._encoder.look_back(self._rendered(draft, number))
        return self._encoder.look_back(draft.latents[start : start + self._size(draft)])

    def sound(self, draft: EmbeddedRun) -> None:
        return None

    def frames(self, draft: EmbeddedRun) -> Iterator[Frame]:
        """The new frames. The codec knows given pictures only roughly, so the groups before and behind one fade between
        it and what is drawn of it: nothing jumps there.
        """
        first = not draft.context  # a clip's first latent frame stands for one frame alone
        behind: Array | None = None  # how far the picture before this group is from what is drawn of it
        for number, group in enumerate(self._decoder.groups(draft.latents)):
            here = draft.pictures[number] - group[-1].astype(np.float32) if number in draft.pictures else None
            if number >= draft.context:  # those before only warm the decoder's memory
                faded = _faded(group, here, behind)
                yield from faded[-1:] if first and number == 0 else faded
            behind = here

    def _tokens(self, facts: Facts) -> npt.NDArray[np.int64]:
        return self._tokenizer.encode(canonical(facts))[None]

    def _planned(self, spec: ClipSpec, shape: Shape, context: Array, before: EmbeddedRun | None) -> EmbeddedRun:
        """The draft of a clip before its first window is laid out. `context`: latents (K, C, h, w) of the end of the
        clip that it continues; `before`: the draft of that clip, if it is known.
        """
        reading = reader.read(spec.prompt)
        total = len(context) + (1 if shape.is_still else -(-shape.frames // GROUP))
        latents = np.zeros((total, *context.shape[1:]), np.float32)
        latents[: len(context)] = context
        given = ((0, spec.image), (total - 1, spec.last_image))
        pictures = {number: picture.pixels(one) for number, one in given if one}
        for number, pixels in pictures.items():
            latents[number] = self._encoder.still(pixels)
        path = conditions.tap_rows(conditions.camera_path(spec, shape, reading.facts))
        camera = conditions.camera_features(path[len(path) - total :])
        told = conditions.told(spec, reading.facts, before.told if before else None)
        layout = np.zeros((0, SLOTS, LAYOUT_FEATURES), np.float32)
        if before:
            layout = before.layout[-len(context) :]
            told = identify.recognised(told, lambda _: self._ending(before, context), context)
        elif len(context) or spec.image:
            told = identify.recognised(told, *self._glance(latents[: len(context) or 1], camera, 0))
        elif spec.last_image:
            told = identify.recognised(told, *self._glance(latents[-1:], camera[-1:], min(WINDOW, total) - 1))
        unwanted = reader.unwanted(spec.prompt, spec.negative_prompt)
        tokens = np.concatenate([self._tokens(told), self._tokenizer.encode(unwanted.canonical)[None]])
        return EmbeddedRun(
            spec=spec,
            shape=shape,
            reading=replace(reading, chosen=identify.unnamed(told, reading.facts)),
            starts=_windows(total, len(context)),
            total=total,
            context=len(context),
            continues=shape.total > 1 + GROUP * (total - 1),
            camera=camera,
            tokens=tokens,
            told=told,
            words=self._text.run(tokens=tokens[:1]),
            latents=latents,
            pictures=pictures,
            layout=layout,
        )

    def _followed(self, source: SourceClip | None) -> EmbeddedRun | None:
        """The draft of the clip that is continued, laid out to its end: that follows from its recipe alone, and is done
        before a pixel is drawn. None where the recipe is not one of these weights.
        """
        recipe = source.recipe if source else None
        if not source or not recipe or recipe.weights != self.card.weights:
            return None
        spec, shape = recipe.spec, recipe.shape
        if (shape.total, shape.size) != (source.frames, (source.width, source.height)):
            return None
        if known := self._known.get((spec, shape)):
            return known
        before = self._followed(spec.extend)
        if spec.extend and not before:
            return None
        draft = self._planned(spec, shape, self._room(spec, shape), before)
        for number in range(len(draft.starts)):
            self._lay_out(draft, number)
        self._remember(draft)
        return draft

    def _remember(self, draft: EmbeddedRun) -> None:
        """A draft that is laid out to its end, for clips that go on from it; without its pictures, which are large."""
        self._known[draft.spec, draft.shape] = replace(draft, latents=draft.latents[:0], pictures={}, rendered=None)
        if len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]

    def _ending(self, draft: EmbeddedRun, context: Array) -> Sketch:
        """What a draft that is laid out to its end tells of its last frames, as many as are in the context."""
        tail = slice(-len(context), None)
        return self._layouts.sketch(draft.layout[tail], context, draft.camera[tail], draft.words["pooled"])

    def _glance(self, given: Array, camera: Array, first: int) -> tuple[Callable[[Facts], Sketch], Array]:
        """How given frames (K, C, h, w) look to whom is told of some facts, and they. `first`: their first number in
        the window.
        """

        def seen(facts: Facts) -> Sketch:
            tokens = self._tokens(facts)
            pooled = self._text.run(tokens=tokens)["pooled"]
            return self._layouts.seen(tokens, pooled, given, first + np.arange(len(given)), camera[: len(given)])

        return seen, given

    def _room(self, spec: ClipSpec, shape: Shape) -> Array:
        """Room for the latents (K, C, h, w) of the end of the clip that it continues."""
        width, height = shape.size
        count = min(CONTEXT, 1 + (spec.extend.frames - 1) // GROUP) if spec.extend else 0
        return np.zeros((count, self._manifest["channels"], height // FACTOR, width // FACTOR), np.float32)

    def _given(self, draft: EmbeddedRun, start: int, size: int) -> npt.NDArray[np.bool_]:
        """Which latent frames of the window are given."""
        given = np.zeros(size, bool)
        number = draft.starts.index(start)
        if number == 0:
            given[: draft.context or bool(draft.spec.image)] = True
        else:
            given[: self._shared(draft, number)] = True
        if draft.spec.last_image and start + size == draft.total:
            given[-1] = True
        return given

    def _shared(self, draft: EmbeddedRun, number: int) -> int:
        """How many latent frames a window shares with the one before."""
        return draft.starts[number - 1] + self._size(draft) - draft.starts[number]

    def _size(self, draft: EmbeddedRun) -> int:
        return min(WINDOW, draft.total)

    def _lay_out(self, draft: EmbeddedRun, number: int) -> None:
        """Draw a window's layout, that of the frames it shares with what is laid out already being known."""
        start, size = draft.starts[number], self._size(draft)
        window = slice(start, start + size)
        known = draft.layout[len(draft.layout) - self._shared(draft, number) :] if number else draft.layout
        unread = self._given(draft, start, size) & (np.arange(size) >= len(known))
        asked = Asked(
            tokens=draft.tokens,
            pooled=draft.words["pooled"],
            camera=draft.camera[window],
            continues=start > 0 or draft.continues,
            given=draft.latents[window][unread],
            given_index=unread.nonzero()[0],
            known=known,
            guidance=float(self._manifest["guidance"] if draft.shape.guidance is None else draft.shape.guidance),
        )
        draft.layout = self._layouts.draw(asked, np.random.default_rng([7005, int(draft.spec.seed or 0), number]))

    def _step(self, draft: EmbeddedRun) -> None:
        number, planned = divmod(draft.step_index, STEPS)
        if planned:
            start = draft.starts[number]
            draft.latents[start : start + self._size(draft)] = self._rendered(draft, number)
            draft.rendered = None
        else:
            self._lay_out(draft, number)
        draft.step_index += 1
        if draft.done and not draft.spec.extend:  # one that goes on was told of its source's pixels, not of its recipe
            self._remember(draft)

    def _rendered(self, draft: EmbeddedRun, number: int) -> Array:
        """The latents (T, C, h, w) of the window that was planned last, what is given among them. Worked out once."""
        if draft.rendered is None:
            start, size = draft.starts[number], self._size(draft)
            window = slice(start, start + size)
            latents, camera = draft.latents[window], draft.camera[window]
            given = self._given(draft, start, size)
            sketch = self._layouts.sketch(draft.layout, latents, camera, draft.words["pooled"])
            made = sketch.latents
            if self._denoiser:
                rng = np.random.default_rng([int(draft.spec.seed or 0), number])
                continues = start > 0 or draft.continues
                made = self._denoiser.run(
                    sketch, latents, given, camera, draft.words, continues, draft.shape.steps, rng
                )
            draft.rendered = np.where(given[:, None, None, None], latents, made)
        return draft.rendered


def open_engine(card: ModelCard, source: Mapping[str, Any]) -> EmbeddedEngine:
    """The engine of a model file. `source.folder`: of other weights than the settings'."""
    return EmbeddedEngine(weights_folder(source), settings().threads, card)


def _faded(group: Frames, here: Array | None, behind: Array | None) -> Frames:
    """A group (GROUP, H, W, 3) that ends as far from what is drawn as `here` says and begins as far as `behind`, both
    (H, W, 3) in grey levels.
    """
    if here is None and behind is None:
        return group
    rising = (np.arange(1, GROUP + 1, dtype=np.float32) / GROUP)[:, None, None, None]
    faded = group.astype(np.float32)
    if here is not None:
        faded += rising * here
    if behind is not None:
        faded += (1 - rising) * behind
    return (faded.clip(0, 255) + 0.5).astype(np.uint8)


def _windows(total: int, context: int) -> list[int]:
    """First latent frame of each window. All are full (or there is one); each has at least CONTEXT frames from the one
    before.
    """
    if total <= WINDOW:
        return [0]
    starts = list(range(0, total - WINDOW, WINDOW - CONTEXT))
    return [*starts, total - WINDOW]


def frames_hash(frames: Iterator[Frame]) -> str:
    """SHA-256 over frames in order: what "the same clip" means in tests and reports."""
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(frame.tobytes())
    return digest.hexdigest()
