"""What the renderer makes of the clips that the codec learns from, so that the decoder learns to show that too: shards
`drawn` beside the shards `pixels`, of the same clips.

The layout is the true one. Rendered latents are off in other ways than noise is: an edge that is not sure lies between
its places.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from vitascope.smallworld.dimensions import GROUP
from vitascope.smallworld.inference.conditions import camera_features, layout_of
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import checkpoint, data
from vitascope.smallworld.training.codec import FACTOR
from vitascope.smallworld.training.renderer import Renderer, RendererConfig
from vitascope.smallworld.world import captions
from vitascope.smallworld.world import scene as scenes


@torch.no_grad()
def draw(renderer: Renderer, seeds: list[int], h: int, w: int) -> torch.Tensor:
    """Latents (B, T', C, h, w) of the clips that `data.render_pixels` shows of these scenes."""
    device, index = renderer.centre.device, np.arange(1 + data.PIXEL_FRAMES // GROUP)
    tokenizer = Tokenizer()
    layouts, cameras, words = [], [], []
    for seed in seeds:
        scene, first = scenes.sample(seed), data.moment(seed)
        stage, path = data.stage_at(scene, first + data.tap_frames(index))
        layouts.append(layout_of(stage))
        cameras.append(camera_features(path.reshape(len(index), -1, path.shape[-1])))
        words.append(tokenizer.encode(captions.canonical(captions.facts_of(scene))))
    camera, layout, tokens = (torch.from_numpy(np.stack(each)).to(device) for each in (cameras, layouts, words))
    latents, _ = renderer(camera, renderer.text(tokens)[1], layout, h, w)
    return latents


def main(argv=None) -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--data", type=Path, required=True, help="folder of pixel shards")
    ask.add_argument("--renderer", type=Path, required=True, help="checkpoint folder of the renderer")
    ask.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    flags = ask.parse_args(argv)
    renderer = Renderer(RendererConfig())
    renderer.load_state_dict(checkpoint.read(flags.renderer)["ema"]["weights"])
    renderer = renderer.to(flags.device).eval()
    for shard in tqdm(data.shards("pixels", flags.data), desc="drawn", unit="shard"):
        with np.load(shard) as file:
            names = file.files
            h, w = (side // FACTOR for side in file[names[0]].shape[1:3])
        latents = draw(renderer, [int(name) for name in names], h, w).half().cpu().numpy()
        data.write_whole(data.drawn_beside(shard), dict(zip(names, latents, strict=True)))


if __name__ == "__main__":
    main()
