"""What is exported: for each file of the weights folder a module, and the inputs and outputs that its graph has."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from vitascope.smallworld.inference.conditions import ASIDE, LAYOUT_FEATURES, TAPS, camera_features, layout_of
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training.codec import Codec, memory_shapes, pixels_of
from vitascope.smallworld.training.layout import Layout
from vitascope.smallworld.training.renderer import Renderer
from vitascope.smallworld.world.camera import Start
from vitascope.smallworld.world.scene import sample
from vitascope.smallworld.world.stage import SLOTS, set_stage


class TextGraph(nn.Module):
    def __init__(self, renderer: Renderer):
        super().__init__()
        self.text = renderer.text

    def forward(self, tokens):
        return self.text(tokens)[1]


def with_sun(layout, right):
    """A layout (B, T, S, LAYOUT_FEATURES) with the sun where it is `right` to the right, and else to the left, as far
    as its height and depth leave: between its two sides there is none.
    """
    up = layout[..., ASIDE + 1 : ASIDE + 3]
    aside = (1 - up.square().sum(-1, keepdim=True)).clamp(min=0.01).sqrt()
    return torch.cat([layout[..., :ASIDE], torch.where(right, aside, -aside), up], dim=-1)


class SketchGraph(nn.Module):
    """Layouts (1, T, S, LAYOUT_FEATURES) come as `Layout` draws them, at unit deviation. Beside their sketch: what they
    are in the world's units (T, S, LAYOUT_FEATURES).
    """

    def __init__(self, layout: Layout, renderer: Renderer):
        super().__init__()
        self.layout, self.renderer = layout, renderer

    def forward(self, x, camera, pooled, layout):
        layout = self.layout.layout(layout)
        right = layout[..., ASIDE : ASIDE + 1].mean((1, 2), keepdim=True) >= 0
        layout = with_sun(layout, right)
        return *self.renderer(camera, pooled, layout, *x.shape[-2:]), layout[0]


class GlanceGraph(nn.Module):
    """The layout of given frames (K, C, h, w) at unit deviation, twice (2, K, S, LAYOUT_FEATURES): with the sun on one
    side and on the other, for which one it is a glance cannot tell.
    """

    def __init__(self, layout: Layout):
        super().__init__()
        self.layout = layout

    def forward(self, tokens, given, index, camera):
        seen = self.layout.layout(self.layout.look(tokens, given, index, camera))
        sides = [with_sun(seen, torch.tensor(right)) for right in (True, False)]
        return self.layout.unit(torch.cat(sides))


class EncoderGraph(nn.Module):
    def __init__(self, codec: Codec):
        super().__init__()
        self.codec = codec

    def forward(self, taps):
        return self.codec.encode(taps[None])[0]


class DecoderGraph(nn.Module):
    """One latent frame to eight pictures of bytes."""

    def __init__(self, codec: Codec):
        super().__init__()
        self.codec = codec

    def forward(self, latent, first, *memory):
        cells, kept = self.codec.decode_step(latent, list(memory), first)
        return pixels_of((cells * 255 + 0.5).clamp(0, 255).to(torch.uint8)), *kept


def graphs(
    codec: Codec, layout: Layout, renderer: Renderer
) -> dict[str, tuple[nn.Module, dict[str, torch.Tensor], list[str], dict[str, dict[int, str]]]]:
    """File name -> module, example inputs by name, output names, dynamic axes."""
    c = renderer.config.channels
    b, frames, h, w = 2, 3, 6, 11
    generator = torch.Generator().manual_seed(1)

    def noise(*shape):
        return torch.randn(shape, generator=generator)

    prompts = ("large red ball rolls left, on snow", "")
    tokens = torch.from_numpy(np.stack([Tokenizer().encode(prompt) for prompt in prompts]))
    _, pooled = renderer.text(tokens[:1])
    text = {"tokens": tokens}
    camera = camera_features(
        np.stack([Start(distance=6.0 + i).row for i in range(frames * len(TAPS))]).reshape(-1, len(TAPS), 8)
    )
    stage = set_stage(sample(0), 2 * frames)
    look = {
        "x": noise(frames, c, h, w),
        "camera": torch.from_numpy(camera)[None],
        "pooled": pooled.detach(),
        "layout": layout.unit(torch.from_numpy(layout_of(stage))[None]),
    }
    lay = {
        **{name: noise(b, frames, SLOTS, LAYOUT_FEATURES) for name in ("x", "known")},
        "t": torch.tensor([[0.0, 0.5, 1.0], [0.2, 0.2, 0.2]]),
        "index": torch.tensor([0, 4, 10]),
        "continues": torch.tensor([0.0, 1.0]),
        "camera": noise(b, frames, 17),
        "tokens": tokens,
    }
    glance = {
        "tokens": tokens[:1],
        "given": noise(1, 2, c, h, w),
        "index": torch.tensor([0, 2]),
        "camera": torch.from_numpy(camera)[None, [0, 2]],
    }
    shapes = memory_shapes(codec.config)
    memory = {
        f"memory_{i}_{n}_{coarse}": noise(1, n, h * 32 // coarse, w * 32 // coarse)
        for i, (n, coarse) in enumerate(shapes)
    }
    places = {2: "h", 3: "w"}
    dynamic = {
        "text.onnx": {"tokens": {0: "b"}},
        "layout.onnx": {"x": {0: "b", 1: "t"}, "known": {0: "b", 1: "t"}, "t": {0: "b", 1: "t"}, "index": {0: "t"},
                        "continues": {0: "b"}, "camera": {0: "b", 1: "t"}, "tokens": {0: "b"}},
        "glance.onnx": {"given": {1: "k", 3: "h", 4: "w"}, "index": {0: "k"}, "camera": {1: "k"}},
        "sketch.onnx": {"x": {0: "t", 2: "h", 3: "w"}, "camera": {1: "t"}, "pooled": {0: "b"}, "layout": {1: "t"}},
        "encoder.onnx": {"taps": {0: "n", 2: "h", 3: "w"}},
        "decoder.onnx": {"latent": places} | {name: {2: f"{name}_h", 3: f"{name}_w"} for name in memory},
    }  # fmt: skip
    taps = {"taps": noise(2, 6, h * 16, w * 16).sigmoid()}
    latent = {"latent": noise(1, c, h, w), "first": torch.tensor([0.0])} | memory
    pictures = ["frames", *(f"new_{name}" for name in memory)]
    return {
        "text.onnx": (TextGraph(renderer), text, ["pooled"], dynamic["text.onnx"]),
        "layout.onnx": (layout, lay, ["velocity", "mean", "deviation"], dynamic["layout.onnx"]),
        "glance.onnx": (GlanceGraph(layout), glance, ["layouts"], dynamic["glance.onnx"]),
        "sketch.onnx": (SketchGraph(layout, renderer), look, ["sketch", "doubt", "world"], dynamic["sketch.onnx"]),
        "encoder.onnx": (EncoderGraph(codec), taps, ["latent"], dynamic["encoder.onnx"]),
        "decoder.onnx": (DecoderGraph(codec), latent, pictures, dynamic["decoder.onnx"]),
    }
