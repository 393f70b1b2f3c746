"""Train the layout: flags -> scenes -> model -> loop. A killed run goes on exactly.

A layout needs no picture, so scenes are made as they are needed and none is seen twice. Half of the batches are
rendered clips and stills: of these some latent frames are given, as a picture is or the clip that is continued, and the
layout is read off them.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from vitascope.smallworld.dimensions import ASPECTS, GROUP
from vitascope.smallworld.inference import flow
from vitascope.smallworld.inference.conditions import (
    CONTEXT,
    LASTING,
    LAYOUT_FEATURES,
    MOVING,
    PER_TAP,
    TAPS,
    camera_features,
)
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import data
from vitascope.smallworld.training.latents import Latents, tokens_of
from vitascope.smallworld.training.layout import GAPS, Layout, LayoutConfig
from vitascope.smallworld.training.rays import Rays
from vitascope.smallworld.training.train_loop import descend, run_flags
from vitascope.smallworld.world import captions
from vitascope.smallworld.world import scene as scenes
from vitascope.smallworld.world.facts import LOOKS_KEPT

LOOKS_SHOWN = 0.6  # how likely shapes and colours are named where given frames show them
STEADY = 0.05  # a known frame's layout is never known better, in deviations


def flags_from(argv=None) -> argparse.Namespace:
    ask = argparse.ArgumentParser(description=__doc__)
    run_flags(ask, steps=4000, muon_lr=3e-3, adam_lr=1e-3)
    ask.add_argument("--batch", type=int, default=64, help="clips; half as many where latent frames are given")
    ask.add_argument("--spoil", type=float, default=0.4, help="most noise on given latents, in their deviations")
    ask.add_argument(
        "--turned", type=float, default=0.3, help="share of other clips in which another motion is taken up"
    )
    return ask.parse_args(argv)


def choose_given(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Which latent frames of a window are given: the first, first and last, a beginning, any one or any two."""
    kinds = (np.arange(1), np.unique([0, frames - 1]), np.arange(min(frames, CONTEXT)))
    kind = int(rng.choice(5, p=(0.25, 0.1, 0.3, 0.25, 0.1)))
    return kinds[kind] if kind < 3 else np.sort(rng.choice(frames, size=min(frames, kind - 2), replace=False))


def make_batch(latents: Latents, tokenizer: Tokenizer, flags, step: int) -> dict[str, torch.Tensor]:
    """The inputs of a step as tensors: a function of (seed, step) and of the clips present."""
    rng = np.random.default_rng([flags.seed, step, 1])
    frames = data.LATENT_FRAMES if rng.random() < 0.85 else int(rng.integers(1, data.LATENT_FRAMES))
    index = np.arange(frames)
    w, h = (side // 32 for side in ASPECTS["1:1"])  # places of a square picture
    if rng.random() < 0.5 and any(latents.clips.values()):
        at = choose_given(frames, rng)
        clips = latents.batch(rng, flags.batch // 2 * len(at) * h * w, at)
        windows = [clip.window for clip in clips]
        given = torch.stack([clip.at(at)[0].float() for clip in clips])
    else:
        windows = [data.Window.of(int(seed)) for seed in rng.integers(*data.TRAIN_SEEDS, size=flags.batch)]
        if frames > CONTEXT:
            windows = [turned(window, rng) if rng.random() < flags.turned else window for window in windows]
        at = np.zeros(0, np.int64)
        given = torch.zeros(len(windows), 0, latents.codec.config.channels, h, w)
    spoilt = flags.spoil * rng.random((len(windows), 1, 1, 1, 1), dtype=np.float32) ** 2
    layouts, rows, words = [], [], []
    for window in windows:
        layout, path = data.laid_out(window, index)
        layouts.append(layout)
        rows.append(camera_features(path.reshape(-1, len(TAPS), 8)) * np.float32(rng.random() > 0.06))
        scene = scenes.sample(window.seed)
        told = scene.moving(window.then.motion) if window.then else scene
        words.append(tokens_of(captions.facts_of(told), tokenizer, rng, LOOKS_SHOWN if len(at) else LOOKS_KEPT))
    b = len(windows)
    t = np.repeat(1 / (1 + np.exp(0.3 - 1.2 * rng.standard_normal((b, 1)))), frames, axis=1)
    if frames > 1 and rng.random() < 0.3:  # known from the window before
        t[:, : min(frames - 1, int(rng.choice((1, CONTEXT), p=(0.25, 0.75))))] = 0
    t[[window.then is not None for window in windows], :CONTEXT] = 0
    batch = {
        "layout": torch.from_numpy(np.stack(layouts)),
        "noise": torch.from_numpy(rng.standard_normal((b, *layouts[0].shape), dtype=np.float32)),
        "t": torch.from_numpy(t.astype(np.float32)),
        "index": torch.from_numpy(index),
        "continues": torch.tensor([float(window.start > 0) for window in windows]),
        "camera": torch.from_numpy(np.stack(rows)),
        "tokens": torch.from_numpy(np.stack(words)),
        "given": given,
        "spoilt": torch.from_numpy(spoilt * rng.standard_normal(given.shape, dtype=np.float32)),
        "given_index": torch.from_numpy(at),
    }
    return {name: value.to(flags.device) for name, value in batch.items()}


def turned(window: data.Window, rng: np.random.Generator) -> data.Window:
    """As when a clip is continued with other words: behind the frames that are known the main thing takes up another
    motion.
    """
    motion = scenes.taken_up(scenes.sample(window.seed), rng)
    start = int(rng.integers(1, 24))
    then = scenes.Then(motion, (start + CONTEXT - 1) * GROUP) if motion else None
    return replace(window, start=start, then=then)


def importance() -> torch.Tensor:
    """(LAYOUT_FEATURES,), mean 1: where a thing is, how large and of what colour shows most, which way it is turned
    least.
    """
    tap = torch.full((PER_TAP,), 0.5)
    tap[MOVING["centre"]] = tap[MOVING["extent"]] = 3.0
    lasting = torch.ones(LAYOUT_FEATURES - len(TAPS) * PER_TAP)
    lasting[LASTING["quadric"]], lasting[LASTING["colour"]] = 1.5, 3.0
    weights = torch.cat([*[tap] * len(TAPS), lasting])
    return weights / weights.mean()


def loss_of(model: Layout, b: dict[str, torch.Tensor], weights: torch.Tensor):
    """Weighted mean square velocity error over the frames that are not known; of given ones is known what the glance
    makes out. And how far off that is, not squared: things out of sight, which nobody can make out, would be most of
    the squares.
    """
    t, at = b["t"], b["given_index"]
    clean = model.unit(b["layout"])
    known, unlike = clean, torch.zeros((), device=clean.device)
    if len(at):
        given, camera = b["given"] + b["spoilt"] * model.latent_spread[:, None, None], b["camera"][:, at]
        found = model.look(b["tokens"], given, b["index"][at], camera).float()
        known, t = known.clone(), t.clone()
        known[:, at], t[:, at] = found.detach(), 0
        unlike = (F.smooth_l1_loss(found, clean[:, at], beta=0.1, reduction="none") * weights).mean()
        unlike = unlike + aside(model.layout(found), b["layout"][:, at], camera).mean()
    here = t == 0
    mean, deviation = model.prior(clean, here, b["index"])  # whatever is made out wrong goes on as it was made out
    differs = (clean - mean) / deviation
    x = flow.blend(differs, b["noise"], t[:, :, None, None]) * ~here[:, :, None, None]
    v, *_ = model(x, known, t, b["index"], b["continues"], b["camera"], b["tokens"])
    asked = (~here).float()[:, :, None, None].expand_as(v)
    error = (v.float() - flow.velocity(differs, b["noise"])).square() * weights
    return (error * asked).sum() / asked.sum().clamp(min=1) + unlike


def aside(found: torch.Tensor, layout: torch.Tensor, camera: torch.Tensor) -> torch.Tensor:
    """How far from where a camera (B, K, 17) sees the things of a layout those of another are, (B, K, S, taps), in
    about a quarter of the picture; 0 for empty slots.
    """
    eye = Rays.of(camera, 1, 1).eye.transpose(2, 3)  # (B, K, 1, taps, 3)
    ways = []
    for each in (found, layout):
        moving = each[..., : len(TAPS) * PER_TAP].unflatten(-1, (len(TAPS), PER_TAP))
        ways.append(F.normalize(moving[..., MOVING["centre"]] - eye, dim=-1))
    here = moving[..., MOVING["extent"]].amax(-1) > 0
    return 8 * torch.linalg.vector_norm(ways[0] - ways[1] + 1e-6, dim=-1) * here


def statistics(count: int = 2000) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Over the layouts of so many scenes: mean and standard deviation (LAYOUT_FEATURES,), and in these deviations by
    how much frames differ that are so far from each other (GAPS, S, LAYOUT_FEATURES), but STEADY at least. What hardly
    any thing does is a sixth of what these do, or their squares would be all that a run learns from.
    """
    windows = (data.Window.of(seed) for seed in range(data.TRAIN_SEEDS[0], data.TRAIN_SEEDS[0] + count))
    layouts = torch.from_numpy(np.stack([data.laid_out(window)[0] for window in windows]))
    rows = layouts.flatten(0, -2)
    mean, spread = rows.mean(0), rows.std(0).clamp(min=0.05)
    layouts = layouts / spread
    drift = []
    for gap in range(GAPS):
        differ = (layouts[:, gap:] - layouts[:, : GAPS - gap]).abs().flatten(0, 1)
        drift.append(torch.maximum(differ.square().mean(0).sqrt(), differ.amax(0) / 6))
    return mean, spread, torch.stack(drift).clamp(min=STEADY)


def main(argv=None) -> Layout:
    """Train up to --steps, or as far as --stop-after and --stop-at let it, and return the model as it then is."""
    flags = flags_from(argv)
    torch.manual_seed(flags.seed)
    latents = Latents(flags.data, data.load_codec(flags.codec, flags.device), flags.device)
    latents.refresh()
    tokenizer = Tokenizer()
    model = Layout(LayoutConfig()).to(flags.device)
    known = model.centre, model.spread, model.drift, model.latent_centre, model.latent_spread
    for kept, found in zip(known, (*statistics(), *latents.statistics()), strict=True):
        kept.copy_(found)
    weights = importance().to(flags.device)
    if flags.compile:
        for block in (*model.blocks, *model.glance.blocks):
            block.compile(dynamic=True)

    def loss_at(step: int) -> torch.Tensor:
        return loss_of(model, make_batch(latents, tokenizer, flags, step), weights)

    descend("layout", model, loss_at, flags)
    return model


if __name__ == "__main__":
    main()
