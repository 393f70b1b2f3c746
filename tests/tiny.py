"""The real model made small: a codec that is fitted, a layout and a renderer that are drawn at random, in seconds. For
tests that need weights, not for anything to look at.
"""

import contextlib

import numpy as np
import pytest
import torch

from vitascope.smallworld.training import codec as codecs
from vitascope.smallworld.training import data, decoder_pairs, export, fit_linear, train_layout, train_renderer
from vitascope.smallworld.training.codec import CodecConfig
from vitascope.smallworld.training.layout import Layout, LayoutConfig
from vitascope.smallworld.training.renderer import Renderer, RendererConfig
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.scene import sample
from vitascope.smallworld.world.stage import set_stage

SIDE = 96  # pixels of a clip
CODEC = CodecConfig(channels=16, widths=(8, 12, 16, 24))
RENDERER = RendererConfig(width=64, heads=1, channels=16)
LAYOUT = LayoutConfig(width=64, depth=1, channels=16)


@contextlib.contextmanager
def sized():
    """Within it all three models and rendered clips are tiny, also for the training scripts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codecs, "CodecConfig", lambda: CODEC)
        for module in (export, train_layout):
            patch.setattr(module, "LayoutConfig", lambda: LAYOUT)
        for module in (export, train_renderer, decoder_pairs):
            patch.setattr(module, "RendererConfig", lambda: RENDERER)
        patch.setattr(data, "ASPECTS", {"1:1": (SIDE, SIDE), "16:9": (2 * SIDE, SIDE), "9:16": (SIDE, 2 * SIDE)})
        yield


def clips(seeds, side=64, frames=17):
    """Rendered clips (frames, side, side, 3) uint8, each with one thing."""
    return [render(set_stage(sample(seed, things=1), frames, 20), side, side) for seed in seeds]


def write_data(folder):
    """A folder of shards: thumbs clips, one of which begins in the middle of its scene, and pixel clips."""
    with sized():
        data.write_shards("thumbs", folder, first_seed=0, clips=3, per_shard=2)
    np.savez(folder / "pixels-0.npz", **{f"{seed}": clip for seed, clip in enumerate(clips(range(3)))})


def fit_codec(folder, out):
    """The codec fitted to the shards of `write_data`, its detail network untrained, as a checkpoint folder."""
    torch.manual_seed(0)
    with sized():
        fit_linear.main(["--data", str(folder), "--out", str(out), "--device", "cpu"])


def load_codec(folder):
    with sized():
        return data.load_codec(folder, "cpu")


def shaken(module, size=0.05, seed=1):
    """Noise on every weight, so that what starts at zero takes part too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(size * torch.randn(weight.shape, generator=generator))
    return module.eval()


def renderer(seed=1):
    torch.manual_seed(0)
    return shaken(Renderer(RENDERER), seed=seed)


def layout(seed=2):
    torch.manual_seed(0)
    return shaken(Layout(LAYOUT), seed=seed)


def export_all(codec_folder, layout, renderer, out):
    """The weights folder of the three, by way of checkpoints."""
    folders = {"layout": out.parent / "layout", "renderer": out.parent / "renderer"}
    for (kind, folder), model in zip(folders.items(), (layout, renderer), strict=True):
        folder.mkdir()
        meta = {"kind": kind, "step": 0}
        torch.save({"meta": meta, "ema": {"weights": model.state_dict()}}, folder / "checkpoint.pt")
    with sized():
        told = [f"--{kind}={folder}" for kind, folder in folders.items()]
        export.main(["--codec", str(codec_folder), *told, "--out", str(out)])
