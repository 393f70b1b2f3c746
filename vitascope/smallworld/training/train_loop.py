"""The loop of a training that one process does: batches are functions of (seed, step), so a killed run goes on exactly.

The learning rate rises over fifty steps and falls to nothing over the last part of the run.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import checkpoint
from vitascope.smallworld.training.optim import halves, optimisers


def run_flags(ask: argparse.ArgumentParser, *, steps: int, muon_lr: float, adam_lr: float) -> None:
    """The flags that a run has, whatever it trains."""
    ask.add_argument("--data", type=Path, required=True, help="folder of shards")
    ask.add_argument("--codec", type=Path, required=True, help="checkpoint folder of the codec")
    ask.add_argument("--out", type=Path, required=True, help="checkpoint folder; goes on from there if it has one")
    ask.add_argument("--begin", type=Path, help="checkpoint folder whose averaged weights a new run begins with")
    ask.add_argument("--steps", type=int, default=steps, help="steps of the whole run, which the learning rate follows")
    ask.add_argument("--stop-after", type=float, default=math.inf, help="seconds after which this piece saves and ends")
    ask.add_argument("--stop-at", type=int, default=math.inf, help="step at which this piece saves and ends")
    ask.add_argument("--muon-lr", type=float, default=muon_lr)
    ask.add_argument("--adam-lr", type=float, default=adam_lr)
    ask.add_argument("--save-every", type=float, default=180)
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--compile", action="store_true")
    ask.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def begin_with(folder: Path | None, model: nn.Module) -> None:
    """Give the model those of its weights that the checkpoint has; the rest stay as they were drawn."""
    if folder:
        state = checkpoint.read(folder)
        model.load_state_dict(state["ema"]["weights"], strict=False)


def descend(
    kind: str, model: nn.Module, loss_at: Callable[[int], torch.Tensor], flags: argparse.Namespace, falling: float = 0.5
) -> None:
    """Train the model on `loss_at(step)` up to --steps, or as far as --stop-after and --stop-at let it; checkpoints say
    that they are of this kind. `falling`: the part of the run in which the learning rate falls.
    """
    begin_with(flags.begin, model)
    optims = optimisers(model, flags.muon_lr, flags.adam_lr)
    ema = checkpoint.Ema(model, 0.998)
    parts = {kind: model, "ema": ema, "muon": optims[0], "adam": optims[1]}
    state = checkpoint.load(flags.out, **parts)
    log, first = state.get("log", []), state.get("step", 0)
    vocabulary = Tokenizer().vocab_hash

    def save(step: int) -> None:
        meta = {"kind": kind, "step": step, "flags": vars(flags), "log": log[-1000:], "vocabulary": vocabulary}
        checkpoint.save(flags.out, meta, **parts)

    began = saved = time.monotonic()
    last = min(flags.steps, flags.stop_at)
    bar = tqdm(range(first, last), initial=first, total=flags.steps, desc=kind, mininterval=5)
    for step in bar:
        if time.monotonic() - began > flags.stop_after:
            last = step
            break
        scale = min(1.0, (step + 1) / 50) * min(1.0, (1 - step / flags.steps) / falling)
        for o, lr in zip(optims, (flags.muon_lr, flags.adam_lr), strict=True):
            o.param_groups[0]["lr"] = lr * scale
        with torch.autocast(torch.device(flags.device).type, torch.bfloat16, enabled=halves(flags.device)):
            loss = loss_at(step)
        for o in optims:
            o.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for o in optims:
            o.step()
        ema.update(model)
        if step % 10 == 0:
            log.append({"step": step, "loss": round(loss.item(), 4)})
            bar.set_postfix(loss=f"{loss.item():.3f}")
        if time.monotonic() - saved > flags.save_every:
            save(step + 1)
            saved = time.monotonic()
    save(last)
