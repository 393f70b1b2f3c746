"""torch -> the CPU runtime: seven ONNX files and a manifest in a weights folder. Refuses when the outputs differ.

Weights are stored as float16 and widened when a file is opened: half the size, and the arithmetic stays float32 (int8
was twice as fast but cost accuracy; see `dev/LOG.md`). Folders appear whole: everything is written aside and moved.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from vitascope.clip import GROUP
from vitascope.media.atomic_write import written_aside
from vitascope.smallworld.inference.bundle import weights_hash
from vitascope.smallworld.inference.session import Session
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import checkpoint
from vitascope.smallworld.training.codec import Codec
from vitascope.smallworld.training.dit import PRESETS, VideoDiT
from vitascope.smallworld.training.graphs import graphs
from vitascope.smallworld.training.layout import Layout, LayoutConfig

OPSET = 20
SMALL = 1024  # values; smaller tensors stay float32
TOLERANCE = 0.02  # relative root mean square difference between torch in float32 and the file with its float16 weights
LIMITS = (
    "Draws one small world: balls, cubes, cylinders and cones in eight colours on grass, sand, snow or stone under "
    "four skies, with their motions, effects and camera moves. A given picture is met as it is, and what becomes of it "
    "is drawn as that world; faces, text, places and everything else are not known."
)


def write_graph(
    file: Path, module: nn.Module, inputs: dict[str, torch.Tensor], outputs: list[str], dynamic: dict[str, Any]
) -> float:
    """Write one file and return its relative difference from torch. Raises ValueError if that is over TOLERANCE."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, tuple(inputs.values()), file, input_names=list(inputs), output_names=outputs, opset_version=OPSET,
            dynamic_axes=dynamic, dynamo=False,
        )  # fmt: skip
    onnx.save(halved(onnx.load(file)), file)
    with torch.no_grad():
        wanted = module(*inputs.values())
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    given = Session(file).run(**{name: value.numpy() for name, value in inputs.items()})
    worst = max(difference(want.numpy(), given[name]) for want, name in zip(wanted, outputs, strict=True))
    if not worst <= TOLERANCE:
        raise ValueError(f"{file.name} differs from torch by {worst:.3f}, more than {TOLERANCE}.")
    return worst


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """Root mean square of a - b over that of a."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(np.sqrt(np.mean((a - b) ** 2) / (np.mean(a**2) + 1e-12)))


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with its large weights as float16, each widened by a Cast that the runtime folds away when it opens
    the file.
    """
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) > SMALL:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}_half"))
            casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def export(codec: Codec, layout: Layout, dit: VideoDiT, folder: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Write the weights folder anew and return its manifest. The old folder stays until the new one is whole."""
    codec.eval(), layout.eval(), dit.eval()
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="weights-") as room:
        files, differences = {}, {}
        for name, (module, inputs, outputs, dynamic) in graphs(codec, layout, dit).items():
            file = Path(room) / name
            differences[name] = round(write_graph(file, module, inputs, outputs, dynamic), 6)
            files[name] = {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "bytes": file.stat().st_size}
        manifest = {
            "files": files,
            "vocabulary": Tokenizer().vocab_hash,
            "channels": dit.config.channels,
            "group": GROUP,
            "parameters": sum(p.numel() for model in (codec, layout, dit) for p in model.parameters()),
            "difference_from_torch": differences,
            "licence": "Apache-2.0",
            "limits": LIMITS,
        } | about
        (Path(room) / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(Path(room).iterdir(), key=lambda f: f.suffix == ".json"):  # the manifest last
            shutil.move(file, folder / file.name)
    return manifest


def record_scores(folder: Path, sheet: dict[str, Any]) -> None:
    """Write an exam's scores (per cent) into the manifest of the weights that sat it. Raises ValueError for others, and
    for an exam of clips that are not square: the manifest has room for one.
    """
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text("utf-8"))
    if sheet["weights"] != weights_hash(manifest):
        raise ValueError(f"The exam was sat by other weights than those in {folder}.")
    if sheet["aspect"] != "1:1":
        raise ValueError(f"The exam was of {sheet['aspect']}, the manifest holds that of 1:1.")
    manifest["scores"] = {skill: round(100 * score["share"], 1) for skill, score in sheet["scores"]["model"].items()}
    with written_aside(file) as aside:
        aside.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main(argv=None) -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--codec", type=Path, help="checkpoint folder of the codec")
    ask.add_argument("--layout", type=Path, help="checkpoint folder of the layout")
    ask.add_argument("--dit", type=Path, help="checkpoint folder of the DiT")
    ask.add_argument("--scores", type=Path, help="only record this exam, of `vitascope exam --json`, in the manifest")
    ask.add_argument("--out", type=Path, required=True, help="weights folder")
    ask.add_argument("--steps", type=int, default=4, help="default steps")
    ask.add_argument("--guidance", type=float, default=2.0)
    ask.add_argument("--shift", type=float, default=1.0)
    ask.add_argument("--temperature", type=float, default=1.0, help="deviation of the noise that a clip begins as")
    ask.add_argument("--no-shortcut", action="store_true", help="the run had not come to its larger steps yet")
    flags = ask.parse_args(argv)
    if flags.scores:
        record_scores(flags.out, json.loads(flags.scores.read_text("utf-8")))
        return
    if not (flags.codec and flags.layout and flags.dit):
        ask.error("--codec, --layout and --dit are needed, or --scores")
    codec_state = checkpoint.read(flags.codec)
    layout_state = checkpoint.read(flags.layout)
    dit_state = checkpoint.read(flags.dit)
    preset = dit_state["meta"]["preset"]
    codec, layout, dit = Codec(), Layout(LayoutConfig()), VideoDiT(PRESETS[preset])
    codec.load_state_dict(codec_state["ema"]["weights"])
    layout.load_state_dict(layout_state["ema"]["weights"])
    dit.load_state_dict(dit_state["ema"]["weights"])
    about = {
        "name": "vitascope-nano",
        "title": "Vitascope nano: the built-in model",
        "preset": preset,
        "trained": {
            "codec_steps": codec_state["meta"]["step"],
            "layout_steps": layout_state["meta"]["step"],
            "dit_steps": dit_state["meta"]["step"],
            "samples": dit_state["meta"]["samples"],
        },
        "steps": flags.steps,
        "guidance": flags.guidance,
        "shift": flags.shift,
        "shortcut": not flags.no_shortcut,
        "temperature": flags.temperature,
    }
    manifest = export(codec, layout, dit, flags.out, about)
    for name, file in manifest["files"].items():
        off = manifest["difference_from_torch"][name]
        print(f"{name}: {file['bytes'] / 2**20:.1f} MiB, differs from torch by {off:.4f}")


if __name__ == "__main__":
    main()
