"""What the model makes of the clips that the codec learns from, so that the decoder learns to show that too: shards
`drawn` beside the shards `pixels`, of the same clips.

The layout is the true one; the sketch and the DiT draw from it in plain Euler steps. Their latents are off in other
ways than noise is: an edge that is not sure lies between its places.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from vitascope.clip import GROUP
from vitascope.smallworld.inference import flow
from vitascope.smallworld.inference.conditions import camera_features, layout_of
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import checkpoint, data
from vitascope.smallworld.training.codec import FACTOR
from vitascope.smallworld.training.dit import PRESETS, VideoDiT
from vitascope.smallworld.world import captions
from vitascope.smallworld.world import scene as scenes


@torch.no_grad()
def draw(dit: VideoDiT, seeds: list[int], h: int, w: int, temperature: float, steps: int = 4) -> torch.Tensor:
    """Latents (B, T', C, h, w) of the clips that `data.render_pixels` shows of these scenes."""
    device, index = dit.centre.device, np.arange(1 + data.PIXEL_FRAMES // GROUP)
    tokenizer = Tokenizer()
    layouts, cameras, words, starts = [], [], [], []
    for seed in seeds:
        scene, first = scenes.sample(seed), data.moment(seed)
        stage, path = data.stage_at(scene, first + data.tap_frames(index))
        layouts.append(layout_of(stage))
        cameras.append(camera_features(path.reshape(len(index), -1, path.shape[-1])))
        words.append(tokenizer.encode(captions.canonical(captions.facts_of(scene))))
        starts.append(np.float32(first > 0))
    camera, layout, tokens, continues = (
        torch.from_numpy(np.stack(each)).to(device) for each in (cameras, layouts, words, starts)
    )
    states, pooled = dit.text(tokens)
    sketch, doubt = dit.sketched(camera, pooled, layout, h, w)
    noise = torch.randn(sketch.shape, generator=torch.Generator().manual_seed(seeds[0])).to(device)
    rest, zero = temperature * noise, torch.zeros(len(seeds), device=device)
    told = (torch.from_numpy(index).to(device), continues, camera, states, pooled, sketch, doubt)
    for t, t_next in pairwise(flow.timesteps(steps, 1.0)):
        times = torch.full(rest.shape[:2], float(t), device=device)
        rest = flow.euler(rest, dit.denoise(rest, times, zero, *told), t - t_next)
    return sketch + doubt * rest


def main(argv=None) -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--data", type=Path, required=True, help="folder of pixel shards")
    ask.add_argument("--dit", type=Path, required=True, help="checkpoint folder of the DiT")
    ask.add_argument("--temperature", type=float, default=0.2, help="as in the export")
    ask.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    flags = ask.parse_args(argv)
    state = checkpoint.read(flags.dit)
    dit = VideoDiT(PRESETS[state["meta"]["preset"]])
    dit.load_state_dict(state["ema"]["weights"])
    dit = dit.to(flags.device).eval()
    for shard in tqdm(data.shards("pixels", flags.data), desc="drawn", unit="shard"):
        with np.load(shard) as file:
            names = file.files
            h, w = (side // FACTOR for side in file[names[0]].shape[1:3])
        latents = draw(dit, [int(name) for name in names], h, w, flags.temperature).half().cpu().numpy()
        data.write_whole(data.drawn_beside(shard), dict(zip(names, latents, strict=True)))


if __name__ == "__main__":
    main()
