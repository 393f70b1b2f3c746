"""torch -> the CPU runtime: six ONNX files and a manifest in a weights folder. Refuses when the outputs differ.

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

from vitascope.media.atomic_write import written_aside
from vitascope.smallworld.dimensions import GROUP
from vitascope.smallworld.inference.bundle import weights_hash
from vitascope.smallworld.inference.session import Session
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import checkpoint
from vitascope.smallworld.training.codec import Codec
from vitascope.smallworld.training.graphs import graphs
from vitascope.smallworld.training.layout import Layout, LayoutConfig
from vitascope.smallworld.training.renderer import Renderer, RendererConfig

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
            dynamic_axes=dynamic, dynamo=False, do_constant_folding=not reorders(module),
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


def reorders(module: nn.Module) -> bool:
    """Whether it puts weights in another order. The runtime then does that when it opens the file, so that the weights
    keep their names in it, by which `unpack` finds them.
    """
    return any(name.split(".")[-1] == "order" for name, _ in module.named_buffers())


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


def export(codec: Codec, layout: Layout, renderer: Renderer, folder: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Write the weights folder anew and return its manifest. The old folder stays until the new one is whole."""
    codec.eval(), layout.eval(), renderer.eval()
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="weights-") as room:
        files, differences = {}, {}
        for name, (module, inputs, outputs, dynamic) in graphs(codec, layout, renderer).items():
            file = Path(room) / name
            differences[name] = round(write_graph(file, module, inputs, outputs, dynamic), 6)
            files[name] = {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "bytes": file.stat().st_size}
        manifest = {
            "files": files,
            "vocabulary": Tokenizer().vocab_hash,
            "channels": renderer.config.channels,
            "group": GROUP,
            "parameters": sum(p.numel() for model in (codec, layout, renderer) for p in model.parameters()),
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
    ask.add_argument("--renderer", type=Path, help="checkpoint folder of the renderer")
    ask.add_argument("--scores", type=Path, help="only record this exam, of `vitascope exam --json`, in the manifest")
    ask.add_argument("--out", type=Path, required=True, help="weights folder")
    ask.add_argument("--guidance", type=float, default=1.5)
    flags = ask.parse_args(argv)
    if flags.scores:
        record_scores(flags.out, json.loads(flags.scores.read_text("utf-8")))
        return
    if not (flags.codec and flags.layout and flags.renderer):
        ask.error("--codec, --layout and --renderer are needed, or --scores")
    codec, layout, renderer = Codec(), Layout(LayoutConfig()), Renderer(RendererConfig())
    models: dict[str, nn.Module] = {"codec": codec, "layout": layout, "renderer": renderer}
    trained = {}
    for (kind, model), folder in zip(models.items(), (flags.codec, flags.layout, flags.renderer), strict=True):
        state = checkpoint.read(folder)
        model.load_state_dict(state["ema"]["weights"])
        trained[f"{kind}_steps"] = state["meta"]["step"]
    about = {
        "name": "vitascope-nano",
        "title": "Vitascope nano: the built-in model",
        "trained": trained,
        "guidance": flags.guidance,
    }
    manifest = export(codec, layout, renderer, flags.out, about)
    for name, file in manifest["files"].items():
        off = manifest["difference_from_torch"][name]
        print(f"{name}: {file['bytes'] / 2**20:.1f} MiB, differs from torch by {off:.4f}")


if __name__ == "__main__":
    main()
