"""The linear parts of the codec, solved in closed form: the encoder by principal components, the decoder's base by
least squares.

Descent needed hours for what these sums give in minutes (`dev/LOG.md`): the world's pictures are nearly linear in few
numbers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from vitascope.smallworld.dimensions import GROUP
from vitascope.smallworld.training import checkpoint, data
from vitascope.smallworld.training.codec import FACTOR, PATCH, Codec, taps_of

#: A component of standard deviation s is scaled by s^-WHITEN: 0 keeps the energy of pixels, 1 makes all components as
#: loud.
WHITEN = 0.7


@torch.no_grad()
def fit_encoder(codec: Codec, folder: Path, device: str, most: int = 200) -> float:
    """Principal components of the patches of thumbs. Returns the PSNR (dB) at which the kept components alone redraw
    them.
    """
    size = 6 * PATCH * PATCH
    count, mean, square = 0, torch.zeros(size, dtype=torch.float64), torch.zeros(size, size, dtype=torch.float64)
    unshuffle = codec.encoder[0]
    for shard in tqdm(data.shards("thumbs", folder)[:most], desc="components", unit="shard"):
        with np.load(shard) as file:
            for name in file.files:
                if name.endswith(".path"):
                    continue
                frames = torch.from_numpy(file[name]).to(device).permute(0, 3, 1, 2).float() / 255
                taps = frames.unflatten(0, (-1, 2)).flatten(1, 2)
                patches = unshuffle(taps).permute(0, 2, 3, 1).reshape(-1, size)
                count += len(patches)
                mean += patches.sum(0).double().cpu()
                square += (patches.T @ patches).double().cpu()
    mean /= count
    values, vectors = torch.linalg.eigh(square / count - torch.outer(mean, mean))
    values, vectors = values.flip(0), vectors.flip(1)
    kept = codec.config.channels
    gain = values[:kept].clamp(min=1e-9) ** (-WHITEN / 2)
    gain = gain / (values[:kept] * gain**2).mean().sqrt()
    weight = vectors[:, :kept].T * gain[:, None]
    codec.encoder[1].weight.copy_(weight.float()[:, :, None, None])
    codec.encoder[1].bias.copy_(-(weight @ mean).float())
    return float(-10 * torch.log10(values[kept:].sum() / size))


@torch.no_grad()
def fit_base(codec: Codec, clips: list[np.ndarray], device: str) -> float:
    """Least squares from (latent, latent before, 1) to eight frames of a patch. Returns the PSNR (dB) on the clips it
    was fitted to.
    """
    c = codec.config.channels
    rows = 2 * c + 1
    gram, cross = torch.zeros(rows, rows, dtype=torch.float64), torch.zeros(rows, GROUP * 3 * FACTOR**2)
    energy, count = 0.0, 0
    for clip in tqdm(clips, desc="base", unit="clip"):
        frames = torch.from_numpy(clip).to(device).permute(0, 3, 1, 2)[None].float() / 255
        latents = codec.encode(taps_of(frames))[0]
        before = torch.cat([latents[:1], latents[:-1]])
        padded = torch.cat([frames[0, :1].expand(GROUP - 1, -1, -1, -1), frames[0]])
        target = torch.nn.functional.pixel_unshuffle(padded.reshape(-1, GROUP * 3, *padded.shape[-2:]), FACTOR)
        given = torch.cat([latents, before, torch.ones_like(latents[:, :1])], 1).permute(0, 2, 3, 1).reshape(-1, rows)
        target = target.permute(0, 2, 3, 1).reshape(len(given), -1)
        gram += (given.T @ given).double().cpu()
        cross += (given.T @ target).cpu()
        energy += float(target.square().sum())
        count += target.numel()
    solution = torch.linalg.solve(gram + 1e-3 * torch.eye(rows, dtype=torch.float64), cross.double())
    error = energy - float((solution * (2 * cross.double() - gram @ solution)).sum())
    mix = codec.base[0].mix
    mix.weight.copy_(solution[:-1].T.float()[:, :, None, None])
    mix.bias.copy_(solution[-1].float())
    return -10 * float(np.log10(max(error, 1e-12) / count))


def main(argv=None) -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--data", type=Path, required=True)
    ask.add_argument("--out", type=Path, required=True)
    ask.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    flags = ask.parse_args(argv)
    codec = Codec().to(flags.device)
    parts = fit_encoder(codec, flags.data, flags.device)
    clips = []
    for shard in data.shards("pixels", flags.data):
        with np.load(shard) as file:
            clips += [file[name] for name in file.files]
    base = fit_base(codec, clips, flags.device)
    print(f"encoder: {parts:.1f} dB on what it reads; base: {base:.1f} dB")
    ema = checkpoint.Ema(codec, 0.998)
    meta = {"kind": "codec", "step": 0, "encoder_db": parts, "base_db": base, "log": []}
    checkpoint.save(flags.out, meta, codec=codec, ema=ema)


if __name__ == "__main__":
    main()
