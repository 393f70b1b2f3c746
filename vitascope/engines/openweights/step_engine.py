"""Open models as a step engine. Each run is a call of a diffusers pipeline, made a step at a time (`stepwise.py`), with
a shell, a scheduler and a generator of its own; only the modules are shared.
"""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import PIL.Image
import torch

from vitascope.clip import ClipSpec, Shape, SourceClip
from vitascope.engines.card import ModelCard
from vitascope.engines.openweights import card_check, load, place, reference_video, schedulers, source
from vitascope.engines.openweights import preview as previews
from vitascope.engines.openweights.family import Asked, Family, Rule, family
from vitascope.engines.openweights.loras import Adapters, Chosen
from vitascope.engines.openweights.source import Preset
from vitascope.engines.openweights.stepwise import Stepwise, shell
from vitascope.errors import BadEngine, BadSpec, NoMemory
from vitascope.frames import Frame, Frames
from vitascope.media import picture, video
from vitascope.media.sound import Sound

T = TypeVar("T")


@dataclass(frozen=True)
class Words:
    """What was encoded of the prompt, and what the model's text encoder has no room for."""

    understood: tuple[str, ...]
    unknown: tuple[str, ...] = ()


@dataclass(eq=False)
class OpenRun:
    spec: ClipSpec
    shape: Shape
    asked: Asked
    reading: Words
    loras: Chosen
    call: Stepwise = field(repr=False)
    step_index: int = 0
    again: bool = False  # its steps were begun again, on a lower rung

    @property
    def step_count(self) -> int:
        return self.call.total

    @property
    def done(self) -> bool:
        return self.call.result is not None


class OpenEngine:
    """One loaded model. Everything but `frames` must be called in one thread, as a scheduler does."""

    def __init__(self, card: ModelCard, table: Mapping[str, Any]):
        self.card = card
        self._source = source.read(table, card.name)
        self._family: Family = family(self._source.family)
        device = load.device_of(self._source.device)
        free = place.measured(device)
        self._parts = load.load(self._family, self._source, device)
        self._rule: Rule = self._family.rule(self._parts)
        card_check.check(card, self._family, self._parts)
        self._templates: dict[str, Any] = {}
        self._adapters = self._load_loras()
        longest = card.format.sizes[0], card.format.count(card.format.longest)
        self._place = place.place(self._family, self._parts, self._source.memory, longest, free)

    @property
    def rung(self) -> str:
        """How the model is in memory now, of `memory.RUNGS`."""
        return self._place.rung

    def begin(self, spec: ClipSpec, shape: Shape) -> OpenRun:
        """Words and pictures are encoded and the noise is drawn, up to the first step. Raises NoMemory."""
        assert spec.seed is not None, "the seed is drawn before the engine begins"
        return self._in_memory(lambda: self._begin(spec, shape))

    def _begin(self, spec: ClipSpec, shape: Shape) -> OpenRun:
        preset = self._source.presets.get(spec.preset, Preset())
        asked = self._asked(spec, shape, preset)
        self._check_size(asked)
        kind = self._family.pipeline(self._parts, asked)
        scheduler = schedulers.changed(self._parts["scheduler"], preset.scheduler, preset.shift or self._source.shift)
        own = shell(self._template(kind), scheduler, self._parts.device)
        told: dict[str, Any] = {
            "prompt": spec.prompt,
            "negative_prompt": spec.negative_prompt,
            "width": asked.width,
            "height": asked.height,
            "num_frames": asked.frames,
            "num_inference_steps": asked.steps,
            "generator": asked.generator,
            "output_type": "latent",
        }
        takes = inspect.signature(type(own).__call__).parameters
        told = {name: value for name, value in told.items() if name in takes}
        told |= self._family.arguments(self._parts, asked)
        self._family.prepare(own, self._parts, asked)
        chosen = tuple(({**preset.loras, **{lora.name: lora.weight for lora in spec.loras}}).items())
        self._adapters.apply(chosen)  # pictures may go through a transformer before the first step
        call = Stepwise(own, {name: value for name, value in told.items() if value is not None})
        left_out = () if "negative_prompt" in takes or not spec.negative_prompt else (spec.negative_prompt,)
        return OpenRun(spec, shape, asked, self._words(spec.prompt, left_out), chosen, call)

    def step(self, runs: list[OpenRun]) -> None:
        for run in runs:  # one by one: batches would change a run's numbers with its neighbours
            if not run.done:
                self._adapters.apply(run.loras)
                if not self._steps(run):
                    self._begin_again(run)
                run.step_index = run.call.made
                self._check_numbers(run)

    def _in_memory(self, stage: Callable[[], T]) -> T:
        """What `stage` gives. Where the device has not enough memory for it, it is made once again on the rung below.
        Raises NoMemory where that is not enough, or there is none.
        """
        for last in (False, True):
            try:
                return stage()
            except Exception as error:
                if not place.is_full(error):
                    raise
            # outside of the handler, as the error holds on to what was on the device
            if last or not self._place.lower():
                break
        raise NoMemory

    def _steps(self, run: OpenRun) -> bool:
        """A step; False: there is not enough memory, and the call has ended."""
        try:
            run.call.step()
        except Exception as error:
            if not place.is_full(error):
                raise
            return False
        return True

    def _begin_again(self, run: OpenRun) -> None:
        """The pipeline's call ended with the error, so all its steps are made again, on the rung below."""
        if run.again or not self._place.lower():
            raise NoMemory
        run.again = True
        run.call = self._in_memory(lambda: self._begin(run.spec, run.shape)).call

    def preview(self, run: OpenRun) -> Frames:
        """The clean latents as they are expected now, through a matrix: no decoder runs."""
        clean = run.call.scheduler.clean
        if clean is None:
            clean = run.call.scheduler.seen
        if clean is None:  # before the first step there is nothing but noise
            return np.full((1, 8, 8, 3), 128, np.uint8)
        return previews.look(self._matrix, self._family.latents(self._parts, clean, run.asked))

    def sound(self, run: OpenRun) -> Sound | None:
        if not run.shape.sound or run.call.result is None:
            return None
        sound = self._in_memory(lambda: self._sound(run))
        if sound is None:
            raise BadEngine(f"{self.card.name} makes no sound; its card says that it does.")
        first = Fraction(0)
        if run.shape.given:  # till its first new frame a clip has its own
            first = (len(run.asked.context) - 1) / run.asked.fps + 1 / run.shape.fps
        start, end = (round(sound.rate * at) for at in (first, first + run.shape.frames / run.shape.fps))
        return Sound(sound.between(start, end), sound.rate)

    def _sound(self, run: OpenRun) -> Sound | None:
        self._place.use("audio_vae")
        with torch.no_grad():
            return self._family.sound(self._parts, run.call.result or (), run.asked)

    def frames(self, run: OpenRun) -> Iterator[Frame]:
        """Decoded a few at a time. Of a continued clip the first are its last frames drawn again, and left out."""
        assert run.call.result is not None, "the steps come first"
        made = self._decoded(run)
        if run.shape.given:
            made = _conformed(itertools.islice(made, len(run.asked.context) - 1, None), run.asked.fps, run.shape)
        yield from made

    def _decoded(self, run: OpenRun) -> Iterator[Frame]:
        wanted, count = (run.asked.height, run.asked.width, 3), 0
        for pixels in self._pixels(run):
            for frame in pixels:
                if frame.shape != wanted:
                    raise BadEngine(f"{self.card.name} made frames of {_size(frame)}, asked were {run.shape.size}.")
                count += 1
                yield frame
        if count != run.asked.frames:
            raise BadEngine(f"{self.card.name} made {count} frames, asked were {run.asked.frames}.")

    def _pixels(self, run: OpenRun) -> Iterator[Frames]:
        """Frames (T, H, W, 3). Where the memory is not enough, they are decoded from the first one again, once, and
        those that were given already are left out.
        """
        given, again = 0, False
        pieces, left_out = self._pieces(run), 0
        while True:
            pixels: Frames | None = None
            try:
                pixels = next(pieces, None)
                if pixels is None:
                    return
            except Exception as error:
                if not place.is_full(error):
                    raise
            if pixels is None:
                if again or not self._place.lower(decoding=True):
                    raise NoMemory
                again, pieces, left_out = True, self._pieces(run), given
                continue
            fresh = pixels[left_out:]
            left_out -= len(pixels) - len(fresh)
            given += len(fresh)
            yield fresh

    def _pieces(self, run: OpenRun) -> Iterator[Frames]:
        pieces = self._family.decoded(self._parts, run.call.result or (), run.asked)
        while True:
            with torch.no_grad():  # never across a yield: it would hold where the frames are taken
                self._place.use("vae")
                piece = next(pieces, None)
                if piece is None:
                    return
                pixels: Frames = (piece.float() * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
            yield pixels

    @functools.cached_property
    def _matrix(self) -> previews.Matrix:
        return previews.fit(self._family, self._parts)

    def _template(self, kind: str) -> Any:
        if kind not in self._templates:
            import diffusers

            # some pipelines change their tokenizer at their first call, and others ask it when they are made
            own = {name: copy.copy(one) for name, one in self._parts.modules.items() if name.startswith("tokenizer")}
            known = {**self._parts.modules, **self._parts.values, **own}
            made: Any = getattr(diffusers, kind)
            names = inspect.signature(made.__init__).parameters
            self._templates[kind] = made(**{name: known[name] for name in names if name in known})
        return self._templates[kind]

    def _load_loras(self) -> Adapters:
        pipeline = self._template(self._family.lora_pipeline) if self._source.loras else None
        return Adapters(pipeline, self._family, self._parts, self._source.loras)

    def _asked(self, spec: ClipSpec, shape: Shape, preset: Preset) -> Asked:
        low = self._source.guidance_low if preset.guidance is None else preset.guidance_low
        if spec.guidance is not None:
            low = None  # both experts as the user wants it
        first, last = spec.image, spec.last_image
        image = PIL.Image.fromarray(picture.pixels(first)) if first else None
        frames, context = shape.frames, self._ending(spec.extend)
        if context:
            image = context[-1]
            frames = len(context) + self.card.format.count(shape.frames / shape.fps, extension=True)
        modes = self._family.modes(self._parts)
        if last and not image:
            raise BadSpec("A last picture alone cannot be used.", hint="Give the first one too.", field="image")
        given = {kind: [one for one in spec.references if one.kind == kind] for kind in ("image", "video")}
        if not image and not spec.references and "text" not in modes:
            raise BadSpec(f"{self.card.name} needs a picture.", hint="Give an image, or a clip.", field="image")
        return Asked(
            prompt=spec.prompt,
            negative_prompt=spec.negative_prompt,
            width=shape.width,
            height=shape.height,
            frames=frames,
            fps=self.card.format.fps,
            steps=shape.steps,
            guidance=shape.guidance,
            guidance_low=low,
            image=image,
            last_image=PIL.Image.fromarray(picture.pixels(last)) if last else None,
            context=context,
            sound=shape.sound,
            pictures=tuple(picture.read(Path(one.path)) for one in given["image"]),
            video=reference_video.frames(given["video"][0], shape.size, frames, self._rate) if given["video"] else (),
            strength=self._strength(spec),
            sigmas=self._sigmas(preset, shape.steps),
            # of the processor: the same noise on every device
            generator=torch.Generator().manual_seed(spec.seed or 0),
        )

    @property
    def _rate(self) -> Fraction:
        return self.card.format.fps

    def _strength(self, spec: ClipSpec) -> float | None:
        usual = {option.name: option.default for option in self.card.options}
        value = {**usual, **dict(spec.options)}.get("strength")
        return None if value is None else float(value)

    def _sigmas(self, preset: Preset, steps: int) -> tuple[float, ...]:
        """Those of the model where as many steps are asked as they are for; else the scheduler's own."""
        return next((one for one in (preset.sigmas, self._source.sigmas) if len(one) == steps), ())

    def _ending(self, source: SourceClip | None) -> tuple[PIL.Image.Image, ...]:
        """The last frames of a clip that is continued, at the model's rate: one and whole groups."""
        if not source:
            return ()
        own = source.fps / self.card.format.fps  # the clip's frames for one of the model's
        there = 1 + int((source.frames - 1) / own)
        count = min(self._family.context(self._parts), there)
        count = 1 + (count - 1) // self._rule.group * self._rule.group
        back = [round((count - 1 - number) * own) for number in range(count)]
        tail = video.tail(source.path, back[0] + 1, frames=source.frames)
        return tuple(PIL.Image.fromarray(tail[-1 - number]) for number in back)

    def _words(self, prompt: str, left_out: tuple[str, ...]) -> Words:
        """Counted by the tokenizer: what the text encoder has no room for is said, not left out in silence."""
        reader = self._parts[self._family.reader]
        tokens = reader(prompt, add_special_tokens=False)["input_ids"]
        most = self._family.tokens(self._parts) - 1  # one ends the text
        if len(tokens) <= most:
            return Words((prompt,), left_out)
        kept, left = (reader.decode(some) for some in (tokens[:most], tokens[most:]))
        return Words((kept,), (left, *left_out))

    def _check_size(self, asked: Asked) -> None:
        """The pipelines would round with a line in a log; here it is refused."""
        rule = self._rule
        if asked.width % rule.side or asked.height % rule.side:
            raise BadEngine(
                f"{self.card.name} cannot make {asked.width}x{asked.height}: sides are multiples of {rule.side}."
            )
        if (asked.frames - rule.first) % rule.group and not asked.still:
            raise BadEngine(
                f"{self.card.name} cannot make {asked.frames} frames, only {rule.first} and groups of {rule.group}."
            )

    def _check_numbers(self, run: OpenRun) -> None:
        made = [run.call.scheduler.seen, *(run.call.result or ())]
        if not all(bool(torch.isfinite(one).all()) for one in made if isinstance(one, torch.Tensor)):
            run.call.close()
            kind = f"{str(self._parts.dtype).removeprefix('torch.')} on {self._parts.device.type}"
            raise BadEngine(
                f"Step {run.step_index} of {run.step_count} gave values that are not numbers ({kind}).",
                hint="A damaged file, a LoRA that is too strong, or float16; try bfloat16 or float32.",
            )


def _size(frame: Frame) -> str:
    return f"{frame.shape[1]}x{frame.shape[0]}"


def _conformed(frames: Iterator[Frame], own: Fraction, shape: Shape) -> Iterator[Frame]:
    """What follows the first of these frames, which come at the model's rate, as `shape.frames` at the clip's: at each
    moment the latest one, so that nothing moves faster or slower.
    """
    frame, taken = next(frames), 0
    for number in range(1, shape.frames + 1):
        while taken < int(number * own / shape.fps):
            frame, taken = next(frames), taken + 1
        yield frame
    for _ in frames:  # so that their number is checked
        pass
