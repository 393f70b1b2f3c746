"""Checkpoints for a journey: the averaged weights as float16 safetensors in pieces of at most 15 MiB, and back."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from vitascope.smallworld.training.checkpoint import read

PIECE_BYTES = 15 * 2**20


def pack(checkpoint: Path, out: Path, name: str) -> list[Path]:
    """Write `<name>-<number>.safetensors`, their meta data inside, and return them."""
    state = read(checkpoint)
    meta = {"meta": json.dumps(state["meta"] | {"log": state["meta"]["log"][-20:]}, default=str)}
    pieces: list[dict[str, torch.Tensor]] = [{}]
    for key, value in state["ema"]["weights"].items():
        value = value.half().contiguous()
        if sum(v.nbytes for v in pieces[-1].values()) + value.nbytes > PIECE_BYTES and pieces[-1]:
            pieces.append({})
        pieces[-1][key] = value
    files = [out / f"{name}-{number}.safetensors" for number in range(len(pieces))]
    for file, piece in zip(files, pieces, strict=True):
        save_file(piece, file, metadata=meta)
    return files


def unpack(folder: Path, name: str, checkpoint: Path) -> None:
    """Turn the pieces back into a checkpoint folder that `export` reads (averaged weights only)."""
    weights: dict[str, torch.Tensor] = {}
    files = sorted(folder.glob(f"{name}-*.safetensors"))
    for file in files:
        weights |= {key: value.float() for key, value in load_file(file).items()}
    with safe_open(files[0], framework="pt") as opened:
        meta = json.loads(opened.metadata()["meta"])
    checkpoint.mkdir(parents=True, exist_ok=True)
    torch.save({"meta": meta, "ema": {"updates": 0, "weights": weights}}, checkpoint / "checkpoint.pt")
    (checkpoint / "checkpoint.json").write_text(json.dumps(meta, indent=1))


def main(argv=None) -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--codec", type=Path, required=True, help="checkpoint folder of the codec")
    ask.add_argument("--layout", type=Path, required=True, help="checkpoint folder of the layout")
    ask.add_argument("--renderer", type=Path, required=True, help="checkpoint folder of the renderer")
    ask.add_argument("--out", type=Path, required=True, help="folder of the pieces")
    ask.add_argument("--unpack", action="store_true", help="from the pieces to the checkpoint folders")
    flags = ask.parse_args(argv)
    for name, checkpoint in (("codec", flags.codec), ("layout", flags.layout), ("renderer", flags.renderer)):
        if flags.unpack:
            unpack(flags.out, name, checkpoint)
        else:
            print(*pack(checkpoint, flags.out, name), sep="\n")


if __name__ == "__main__":
    main()
