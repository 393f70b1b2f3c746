"""What the tests of open models share: cards and engines of the tiny pipelines, drawn clips, and plain calls to compare
with.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

import tiny_open
from vitascope.clip import ClipSpec, Lora, Reference
from vitascope.engines import render
from vitascope.engines.card import ClipFormat, ModelCard, OptionCard, PresetDefaults
from vitascope.engines.openweights.engine import open_engine
from vitascope.media import picture, video

STRENGTH = OptionCard(name="strength", kind="number", low=0, high=1, default=0.7)
SIZES = ((32, 32), (64, 32))
TEXT, PICTURES = ("text", "still"), ("image", "extend")


def card(modes=TEXT, *, side=16, group=4, sizes=SIZES, steps=3, fps=16, **more):
    form = {"fps": Fraction(fps), "group": group, "side": side, "sizes": sizes, "any_size": True, "any_rate": True}
    form = ClipFormat(**form, steps=steps, guidance=5.0)
    return ModelCard(name="tiny", title="tiny", modes=modes, format=form, **more)


def engine(name: str, root: Path, modes=TEXT, *, family="wan", source=None, **of_card):
    table = {"family": family, "folder": str(tiny_open.folder(name, root)), **(source or {})}
    of_card.setdefault("loras", tuple(table.get("loras", ())))
    presets = table.get("presets", {})
    defaults = {
        name: PresetDefaults(steps=one.get("steps"), guidance=one.get("guidance")) for name, one in presets.items()
    }
    of_card |= {"presets": tuple(presets), "preset_defaults": defaults}
    return open_engine(card(modes, **of_card), table)


class Engines:
    """Engines of tiny models, each loaded once."""

    def __init__(self, root):
        self._root = root
        self._made = {}

    def __call__(self, name, modes, **of_card):
        if (name, modes) not in self._made:
            self._made[name, modes] = engine(name, self._root, modes, **of_card)
        return self._made[name, modes]


def spec(prompt="a red ball", seed=1, **asked):
    return ClipSpec(prompt=prompt, seed=seed, **{"seconds": 0.5, "size": (32, 32), **asked})


def a_picture(seed=1, size=(32, 32)):
    noise = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return picture.fit(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC), *size)


def reference(kind, root, seed=1, frames=9, fps=16):
    """A reference of this kind with a file of its own, not of the clip's shape."""
    path = root / f"{kind}-{seed}-{frames}-{fps}.{'png' if kind == 'image' else 'mp4'}"
    if not path.exists():
        pictures = [picture.pixels(a_picture(seed + number, (96, 80))) for number in range(frames)]
        if kind == "image":
            Image.fromarray(pictures[0]).save(path)
        else:
            with video.writing(path, 96, 80, fps=Fraction(fps), recipe=None) as writer:
                for one in pictures:
                    writer.write(one)
    return Reference(kind, render.sha256(path), path=str(path))


def as_images(given, size=(32, 32), frames=9, fps=16):
    """The frames of a reference, cut to this size: at each moment at 16 a second the one that is shown."""
    if given.kind == "image":
        every = [Image.open(given.path)]
    else:
        every = [Image.fromarray(frame) for frame in video.read_frames(Path(given.path))]
        every = [every[int(number * fps / 16 + 1e-6)] for number in range(frames)]
    return [ImageOps.fit(one, size, method=Image.Resampling.LANCZOS) for one in every]


def as_image(one):
    return Image.fromarray(picture.pixels(one))


def gguf_file(path: Path, tensors, kind="Q8_0"):
    """Linear weights packed as this kind where their rows are long enough, all else as BF16: which diffusers leaves
    packed, too.
    """
    import gguf

    writer = gguf.GGUFWriter(path, "tiny")
    for name, tensor in tensors.items():
        data = tensor.float().numpy()
        fits = data.ndim == 2 and data.shape[-1] % 32 == 0
        chosen = gguf.GGMLQuantizationType[kind if fits else "BF16"]
        writer.add_tensor(name, gguf.quants.quantize(data, chosen), raw_dtype=chosen)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def loras(*chosen):
    return tuple(Lora(name, weight) for name, weight in chosen)


def begun(maker, take):
    return maker.begin(take, maker.card.resolve(take))


def finished(maker, run):
    while not run.done:
        maker.step([run])
    return np.stack(list(maker.frames(run)))


def drawn(maker, take):
    """All frames of this clip, made alone."""
    return finished(maker, begun(maker, take))


def plain(pipeline, take, *, frames=9, steps=3, guidance=5.0, **more):
    """What a plain call of the pipeline gives for this clip, as float frames from 0 to 1."""
    width, height = take.size
    told = {"prompt": take.prompt, "negative_prompt": take.negative_prompt, "width": width, "height": height}
    told |= {"num_frames": frames, "num_inference_steps": steps, "guidance_scale": guidance}
    made = pipeline(**told, generator=torch.Generator().manual_seed(take.seed), output_type="np", **more)
    return np.asarray(made.frames[0])


def bytes_of(frames):
    return (frames * 255).round().astype(np.uint8)


@functools.cache
def pipeline(kind: str, name: str, root: Path):
    """The pipeline of diffusers itself, loaded by its own code."""
    import diffusers

    made = getattr(diffusers, kind).from_pretrained(tiny_open.folder(name, root), dtype=torch.float32)
    made.set_progress_bar_config(disable=True)
    return made


def interleaved(maker, takes, alone, chance, *, leave=0.1):
    """Joins, steps and decodes at random; a run that leaves is begun again. Every one comes out as it did alone."""
    waiting, running, decoding, done = list(range(len(takes))), {}, {}, {}
    while len(done) < len(takes):
        what = chance.random()
        if waiting and what < 0.3:
            number = waiting.pop(chance.integers(len(waiting)))
            running[number] = begun(maker, takes[number])
        elif running and what < 0.8:
            number = chance.choice(list(running))
            if chance.random() < leave:
                del running[number]
                waiting.append(number)
                continue
            maker.step([running[number]])
            if running[number].done:
                decoding[number] = (maker.frames(running.pop(number)), [])
        elif decoding:
            number = chance.choice(list(decoding))
            frames, made = decoding[number]
            made.extend(frame for frame in [next(frames, None)] if frame is not None)
            if len(made) == len(alone[number]):
                assert next(frames, None) is None
                done[number] = np.stack(decoding.pop(number)[1])
    for number, frames in done.items():
        assert np.array_equal(frames, alone[number]), f"run {number} came out otherwise than alone"
