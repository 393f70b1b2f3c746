"""A weights folder -> checkpoint folders to train on from: what `export` wrote, read back as float32. Optimisers are
not in it; a run begins from such a folder with `--begin`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import checkpoint
from vitascope.smallworld.training.codec import Codec
from vitascope.smallworld.training.layout import Layout, LayoutConfig
from vitascope.smallworld.training.renderer import Renderer, RendererConfig

GRAPHS = {"codec": ("encoder", "decoder"), "layout": ("layout", "glance"), "renderer": ("text", "sketch")}


def tensors(file: Path) -> dict[str, torch.Tensor]:
    """The weights of a graph by the names they have in their modules. The matrix of a product has lost its name and
    lies transposed; it is found by the product's.
    """
    graph = onnx.load(file).graph
    stored = {
        one.name.removesuffix("_half"): torch.from_numpy(numpy_helper.to_array(one).astype(np.float32))
        for one in graph.initializer
    }
    named = {name: value for name, value in stored.items() if not name.startswith("onnx::")}
    for node in graph.node:
        matrix = stored.get(node.input[-1]) if node.op_type == "MatMul" else None
        if matrix is not None and node.input[-1] not in named:
            path = node.name.strip("/").split("/")[:-1]
            nested = zip(path, [*path[1:], ""], strict=True)  # a list's name stands there alone and before its number
            inner = [part for part, after in nested if not after.startswith(f"{part}.")]
            named[f"{'.'.join(inner)}.weight"] = matrix.T.contiguous()
    return named


def fill(model: nn.Module, kind: str, folder: Path) -> None:
    """Set every weight of the model from the folder's graphs. Raises ValueError if one is not there. In the graphs of
    the first edition the renderer is a part of its DiT.
    """
    found: dict[str, torch.Tensor] = {}
    for graph in GRAPHS[kind]:
        named = tensors(folder / f"{graph}.onnx")
        found |= {name.removeprefix(f"{kind}.").removeprefix("dit."): value for name, value in named.items()}
    state = {name: found.get(name, found.get(f"{name}.1")) for name in model.state_dict()}
    missing = [name for name, value in state.items() if value is None]
    if missing:
        raise ValueError(f"The graphs in {folder} hold no {', '.join(missing)}: they are another version's.")
    model.load_state_dict(state)


def main(argv=None) -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--weights", type=Path, default=Path("vitascope/smallworld/weights"), help="weights folder")
    ask.add_argument("--out", type=Path, required=True, help="gets the checkpoint folders codec, layout and renderer")
    flags = ask.parse_args(argv)
    manifest = json.loads((flags.weights / "manifest.json").read_text("utf-8"))
    trained = manifest["trained"]
    models = {"codec": Codec(), "layout": Layout(LayoutConfig()), "renderer": Renderer(RendererConfig())}
    for kind, model in models.items():
        fill(model, kind, flags.weights)
        meta = {"kind": kind, "step": trained.get(f"{kind}_steps", 0), "vocabulary": Tokenizer().vocab_hash}
        checkpoint.save(flags.out / kind, meta, **{kind: model, "ema": checkpoint.Ema(model, 0.998)})


if __name__ == "__main__":
    main()
