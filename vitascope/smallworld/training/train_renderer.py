"""Train the renderer and the words it reads: flags -> single frames -> model -> loop. A killed run goes on exactly.

Half of the places are near a thing or its shadow: most show nothing but ground.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import data
from vitascope.smallworld.training.blocks import places
from vitascope.smallworld.training.latents import Latents, tokens_of
from vitascope.smallworld.training.rays import MISS, SHADOW_MISS
from vitascope.smallworld.training.renderer import Renderer, RendererConfig, channel_weights, unlikeness
from vitascope.smallworld.training.train_loop import descend, run_flags


def flags_from(argv=None) -> argparse.Namespace:
    ask = argparse.ArgumentParser(description=__doc__)
    run_flags(ask, steps=6000, muon_lr=3e-3, adam_lr=3e-3)
    ask.add_argument("--batch", type=int, default=96, help="frames")
    ask.add_argument("--places", type=int, default=24, help="of each frame")
    return ask.parse_args(argv)


def make_batch(latents: Latents, tokenizer: Tokenizer, flags, step: int) -> dict[str, torch.Tensor]:
    """The inputs of a step as tensors: a function of (seed, step) and of the clips present."""
    rng = np.random.default_rng([flags.seed, step, 2])
    chosen = latents.single(rng, flags.batch)
    shown = [entry.at(np.array([number])) for entry, number in chosen]
    words = [tokens_of(entry.facts, tokenizer, rng) for entry, _ in chosen]
    x = torch.stack([x.float() for x, _ in shown])
    batch = {
        "x": x,
        "camera": torch.from_numpy(np.stack([rows for _, rows in shown])),
        "layout": torch.from_numpy(np.stack([entry.layout[[number]] for entry, number in chosen]).astype(np.float32)),
        "tokens": torch.from_numpy(np.stack(words)),
        "draw": torch.from_numpy(rng.random((flags.batch, x.shape[-2] * x.shape[-1]), dtype=np.float32)),
    }
    return {name: value.to(flags.device) for name, value in batch.items()}


def loss_of(model: Renderer, b: dict[str, torch.Tensor], weights: torch.Tensor, count: int):
    """`unlikeness` of the sketch over `count` places of each frame, those near things first. Places that show things
    count three times.
    """
    h, w = b["x"].shape[-2:]
    with torch.no_grad():
        ground, things = model.look(b["camera"], b["layout"], h, w)  # (B, 1, P, RAYS, .)
        miss, shadow = things[..., MISS], things[..., SHADOW_MISS]
        near = ((miss < 2) & (miss > 0)).any(-1) | ((shadow < 2) & (shadow > 0)).any(-1)
        shown = (3 * ((miss < 1.05) & (miss > 0)).float().mean(-1)).clamp(max=1)
        order = (b["draw"][:, None] + 0.8 * near).topk(min(count, h * w), dim=-1).indices  # (B, 1, places)

        def pick(values):
            extra = values.shape[3:]
            index = order.reshape(*order.shape, *(1 for _ in extra)).expand(*order.shape, *extra)
            return values.gather(2, index)

        ground, things, target, shown = pick(ground), pick(things), pick(model.unit(b["x"])), pick(shown)
    _, pooled = model.text(b["tokens"])
    sketch, doubt = model.sketch(pooled, ground, things, places(h, w, target.device)[order])
    error = (sketch.float() - target).square()
    return (unlikeness(error, doubt, weights) * (1 + 2 * shown)).mean()


def main(argv=None) -> Renderer:
    """Train up to --steps, or as far as --stop-after and --stop-at let it, and return the model as it then is."""
    flags = flags_from(argv)
    torch.manual_seed(flags.seed)
    codec = data.load_codec(flags.codec, flags.device)
    weights = channel_weights(codec).detach()
    latents = Latents(flags.data, codec, flags.device)
    latents.refresh()
    tokenizer = Tokenizer()
    model = Renderer(RendererConfig()).to(flags.device)
    centre, spread = latents.statistics()
    model.centre.copy_(centre), model.spread.copy_(spread)
    if flags.compile:
        model.look = torch.compile(model.look)

    def loss_at(step: int) -> torch.Tensor:
        return loss_of(model, make_batch(latents, tokenizer, flags, step), weights, flags.places)

    descend("renderer", model, loss_at, flags)
    return model


if __name__ == "__main__":
    main()
