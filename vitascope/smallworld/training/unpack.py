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
from vitascope.smallworld.training.dit import PRESETS, VideoDiT
from vitascope.smallworld.training.layout import Layout, LayoutConfig

GRAPHS = {"codec": ("encoder", "decoder"), "layout": ("layout", "glance"), "dit": ("text", "sketch", "dit")}


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
    """Set every weight of the model from the folder's graphs. Raises ValueError if one is not there."""
    found: dict[str, torch.Tensor] = {}
    for graph in GRAPHS[kind]:
        found |= {name.removeprefix(f"{kind}."): value for name, value in tensors(folder / f"{graph}.onnx").items()}
    state = {name: found.get(name, found.get(f"{name}.1")) for name in model.state_dict()}
    missing = [name for name, value in state.items() if value is None]
    if missing:
        raise ValueError(f"The graphs in {folder} hold no {', '.join(missing)}: they are another version's.")
    model.load_state_dict(state)


def main(argv=None) -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--weights", type=Path, default=Path("vitascope/smallworld/weights"), help="weights folder")
    ask.add_argument("--out", type=Path, required=True, help="gets a checkpoint folder each for codec, layout and dit")
    flags = ask.parse_args(argv)
    manifest = json.loads((flags.weights / "manifest.json").read_text("utf-8"))
    preset, trained = manifest["preset"], manifest["trained"]
    models = {"codec": Codec(), "layout": Layout(LayoutConfig()), "dit": VideoDiT(PRESETS[preset])}
    for kind, model in models.items():
        fill(model, kind, flags.weights)
        meta = {"kind": kind, "step": trained[f"{kind}_steps"], "vocabulary": Tokenizer().vocab_hash}
        meta |= {"preset": preset, "samples": trained["samples"]} if kind == "dit" else {}
        checkpoint.save(flags.out / kind, meta, **{kind: model, "ema": checkpoint.Ema(model, 0.998)})


if __name__ == "__main__":
    main()
