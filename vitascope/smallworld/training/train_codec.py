"""Train the decoder's detail network on top of a fitted codec (`fit`): flags -> data -> codec -> loop.

Reads top to bottom; a killed run goes on exactly where its last checkpoint was. Encoder and base stay as they were
solved, so latents made before this training stay good. Once there is a renderer, a second run also learns to show what
that makes (`drawn`).
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from vitascope.smallworld.dimensions import GROUP
from vitascope.smallworld.training import checkpoint, data
from vitascope.smallworld.training.codec import FACTOR, taps_of
from vitascope.smallworld.training.optim import halves, optimisers

PLACES = 3  # of which a crop is the one where most moves: what moves is the hard part


def flags_from(argv=None) -> argparse.Namespace:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--data", type=Path, required=True, help="folder of pixel shards")
    ask.add_argument(
        "--fitted", type=Path, required=True, help="checkpoint folder of the fitted codec, or of an earlier run"
    )
    ask.add_argument("--out", type=Path, required=True, help="checkpoint folder; goes on from there if it has one")
    ask.add_argument(
        "--steps", type=int, default=6000, help="steps of the whole run: the learning rate falls to zero there"
    )
    ask.add_argument("--stop-after", type=float, default=math.inf, help="seconds after which this piece saves and ends")
    ask.add_argument("--stop-at", type=int, default=math.inf, help="step at which this piece saves and ends")
    ask.add_argument("--batch", type=int, default=4)
    ask.add_argument(
        "--crop",
        type=int,
        default=128,
        help="side of the training crops; the last fifth of the run sees whole pictures",
    )
    ask.add_argument(
        "--drawn",
        type=float,
        default=0,
        help="share of the crops whose latents are those that the renderer made",
    )
    ask.add_argument("--muon-lr", type=float, default=2e-3)
    ask.add_argument("--adam-lr", type=float, default=6e-4)
    ask.add_argument(
        "--latent-noise",
        type=float,
        default=0.05,
        help="standard deviation of noise on latents, so that near latents look alike",
    )
    ask.add_argument("--save-every", type=float, default=180, help="seconds between checkpoints")
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return ask.parse_args(argv)


class Crops:
    """Random crops of random clips. Every batch is a function of (seed, step) and of the shards on disk by then.
    `drawn`: the share of the crops that come with rendered latents; if there are any, clips without such are left out.
    """

    def __init__(self, folder: Path, seed: int, drawn: float = 0):
        self.folder, self.seed, self.drawn = folder, seed, drawn
        self.clips: list[tuple[np.ndarray, np.ndarray | None]] = []
        self.read: set[Path] = set()

    def refresh(self) -> None:
        for shard in data.shards("pixels", self.folder):
            beside = data.drawn_beside(shard)
            if shard not in self.read and (not self.drawn or beside.exists()):
                self.read.add(shard)
                latents = dict(np.load(beside)) if self.drawn else {}
                with np.load(shard) as file:
                    self.clips += [(file[name], latents.get(name)) for name in file.files]

    def batch(self, step: int, size: int, crop: int) -> tuple[torch.Tensor, dict[int, torch.Tensor]]:
        """(size, 9 or 17, 3, crop, crop) float in [0, 1], and by number the latents (T', C, crop/32, crop/32) that a
        renderer made of some of them; half of the others are mirrored. Short clips come in batches half as large again.
        """
        rng = np.random.default_rng([self.seed, step])
        short = rng.random() < 0.6
        out, drawn = [], {}
        for number in range(size + size // 2 if short else size):
            redrawn = rng.random() < self.drawn
            begin = GROUP * int(rng.integers(2)) if short and not redrawn else 0
            _, clip, y, x = max((self._place(rng, crop) for _ in range(PLACES)), key=lambda place: place[0])
            frames, latents = self.clips[clip]
            piece = frames[begin:][: GROUP + 1 if short else None, y : y + crop, x : x + crop]
            if redrawn:
                assert latents is not None
                h, w = y // FACTOR, x // FACTOR
                here = latents[: 1 + len(piece) // GROUP, :, h : h + crop // FACTOR, w : w + crop // FACTOR]
                drawn[number] = torch.from_numpy(here).float()
            out.append(piece[:, :, ::-1] if not redrawn and rng.random() < 0.5 else piece)
        return torch.from_numpy(np.stack(out)).permute(0, 1, 4, 2, 3).float() / 255, drawn

    def _place(self, rng: np.random.Generator, crop: int) -> tuple[float, int, int, int]:
        """How much moves in a crop, the number of its clip and where in it it begins."""
        clip = int(rng.integers(len(self.clips)))
        frames, _ = self.clips[clip]
        y, x = (FACTOR * int(rng.integers(max(0, side - crop) // FACTOR + 1)) for side in frames.shape[1:3])
        seen = frames[::GROUP, y : y + crop : 4, x : x + crop : 4].astype(np.int16)
        return float(np.abs(np.diff(seen, axis=0)).mean()), clip, y, x


def psnr(error_squared: float) -> float:
    return -10 * math.log10(max(error_squared, 1e-10))


def main(argv=None) -> None:
    flags = flags_from(argv)
    torch.manual_seed(flags.seed)
    codec = data.load_codec(flags.fitted, flags.device).to(memory_format=torch.channels_last)
    for part in (codec.encoder, codec.base):
        part.requires_grad_(False)
    optims = optimisers(codec.detail, flags.muon_lr, flags.adam_lr, inside=".")
    ema = checkpoint.Ema(codec, 0.998)
    parts = {"codec": codec, "ema": ema, "muon": optims[0], "adam": optims[1]}
    state = checkpoint.load(flags.out, **parts)
    crops = Crops(flags.data, flags.seed, flags.drawn)
    crops.refresh()
    assert crops.clips, f"no pixel shards in {flags.data}: run `vitascope train data pixels` first"

    def save(step: int) -> None:
        checkpoint.save(flags.out, {"kind": "codec", "step": step, "flags": vars(flags), "log": log[-400:]}, **parts)

    log = state.get("log", [])
    began = saved = time.monotonic()
    bar = tqdm(
        range(state.get("step", 0), flags.steps),
        initial=state.get("step", 0),
        total=flags.steps,
        desc="codec",
        mininterval=5,
    )
    for step in bar:
        if step >= flags.stop_at or time.monotonic() - began > flags.stop_after:
            save(step)
            return
        if step % 50 == 0:
            crops.refresh()
        scale = min(1.0, (step + 1) / 50) * min(1.0, (1 - step / flags.steps) / 0.6)
        for o, lr in zip(optims, (flags.muon_lr, flags.adam_lr), strict=True):
            o.param_groups[0]["lr"] = lr * scale
        whole = step >= 0.8 * flags.steps
        size, crop = (max(1, flags.batch // 4), 256) if whole else (flags.batch, flags.crop)
        frames, drawn = crops.batch(step, size, crop)
        frames = frames.to(flags.device)
        noise = torch.Generator(device="cpu").manual_seed(flags.seed * 1_000_003 + step)
        with torch.no_grad():
            latents = codec.encode(taps_of(frames))
        latents = latents + flags.latent_noise * torch.randn(latents.shape, generator=noise).to(latents)
        for number, instead in drawn.items():
            latents[number] = instead.to(latents)
        with torch.autocast(torch.device(flags.device).type, torch.bfloat16, enabled=halves(flags.device)):
            made = codec.decode(latents)[:, GROUP - 1 :].float()
        error = made - frames
        edge = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
        loss = (error.square() + 0.02**2).sqrt().mean() + 4 * error.square().mean() + 0.5 * edge
        for o in optims:
            o.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(codec.detail.parameters(), 1.0)
        for o in optims:
            o.step()
        ema.update(codec)
        if step % 25 == 0:
            score = psnr(F.mse_loss(made.detach().clamp(0, 1), frames).item())
            log.append(
                {"step": step, "loss": round(loss.item(), 5), "psnr": round(score, 2), "clips": len(crops.clips)}
            )
            bar.set_postfix(loss=f"{loss.item():.4f}", psnr=f"{score:.2f}", clips=len(crops.clips))
        if time.monotonic() - saved > flags.save_every:
            save(step + 1)
            saved = time.monotonic()
    save(flags.steps)


if __name__ == "__main__":
    main()
