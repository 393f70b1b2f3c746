"""Checkpoints: everything a run needs to go on exactly (weights, moving average, optimiser, position), and a readable
JSON beside it. They hold tensors and plain values, and are read as nothing else: a file from elsewhere can't run code.

Random numbers are drawn anew from (seed, step) at every step, so the position is the whole random state.
"""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vitascope.errors import BadWeights


class Ema:
    """Exponential moving average of a model's weights; early on the horizon grows with the number of updates."""

    def __init__(self, model: nn.Module, decay: float):
        self.decay, self.updates = decay, 0
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.updates += 1
        decay = min(self.decay, self.updates / (self.updates + 10))
        mine, theirs = [], []
        for name, value in model.state_dict().items():
            mine.append(self.weights[name])
            theirs.append(value)
        torch._foreach_lerp_(mine, theirs, 1 - decay)

    def state_dict(self) -> dict[str, Any]:
        return {"updates": self.updates, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.updates = state["updates"]
        for name, value in state["weights"].items():
            self.weights[name].copy_(value)


def save(folder: Path, meta: dict[str, Any], **parts: Any) -> None:
    """Write `checkpoint.pt` and `checkpoint.json`, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    meta = json.loads(json.dumps(meta, default=str))  # paths among the flags become texts
    state = {"meta": meta} | {name: part.state_dict() for name, part in parts.items()}
    torch.save(state, folder / "checkpoint.pt.part")
    os.replace(folder / "checkpoint.pt.part", folder / "checkpoint.pt")
    (folder / "checkpoint.json.part").write_text(json.dumps(meta, indent=1))
    os.replace(folder / "checkpoint.json.part", folder / "checkpoint.json")


def read(folder: Path) -> dict[str, Any]:
    """All of the folder's checkpoint, on the processor."""
    file = folder / "checkpoint.pt"
    try:
        with torch.serialization.safe_globals([type(folder)]):  # 0.1.0 wrote paths
            state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        hint = "Take a checkpoint that `vitascope train` wrote, or train anew."
        raise BadWeights(f"{file} holds more than tensors and plain values, or is damaged.", hint=hint) from error
    return state


def load(folder: Path, **parts: Any) -> dict[str, Any]:
    """Restore the parts from the folder's checkpoint and return its meta; an empty one if there is none yet."""
    if not (folder / "checkpoint.pt").exists():
        return {}
    state = read(folder)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    meta: dict[str, Any] = state["meta"]
    return meta
