"""A look at a run without its decoder: a matrix from latents to colours, fitted once for each model by least squares
on a few pictures that are made here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from vitascope.engines.openweights.family import Family, Parts
from vitascope.frames import Frames

SIDE = 128  # pixels, of the pictures; rounded up to what the model takes
PICTURES = 6
Matrix = npt.NDArray[np.float32]  # (C + 1, 3): the last row is added


def fit(family: Family, parts: Parts) -> Matrix:
    """Colours (0 to 1) from latents. The model's encoder runs on each picture once."""
    side = -(-SIDE // family.rule(parts).side) * family.rule(parts).side
    rows, colours = [], []
    for pixels in _pictures(side):
        with torch.no_grad():
            latents = family.encoded(parts, pixels.to(parts.device) * 2 - 1)
        small = torch.nn.functional.adaptive_avg_pool2d(pixels[0, :, 0], latents.shape[-2:])
        rows.append(latents.float().cpu().flatten(1).T.numpy())
        colours.append(small.flatten(1).T.numpy())
    known = np.concatenate(rows)
    known = np.concatenate([known, np.ones((len(known), 1), np.float32)], 1)
    matrix: Matrix = np.linalg.lstsq(known, np.concatenate(colours), rcond=1e-4)[0].astype(np.float32)
    return matrix


def look(matrix: Matrix, latents: torch.Tensor) -> Frames:
    """Frames (T, h, w, 3) uint8 of latents (C, T, h, w): one for each latent frame, a pixel for each place."""
    moved = latents.float().cpu().permute(1, 2, 3, 0).numpy()
    colours = moved @ matrix[:-1] + matrix[-1]
    return (colours.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _pictures(side: int) -> list[torch.Tensor]:
    """Pictures (1, 3, 1, side, side) from 0 to 1: smooth colours at several scales, as large areas and edges are."""
    chance = torch.Generator().manual_seed(0)
    made = []
    for number in range(PICTURES):
        coarse = torch.rand((1, 3, 2 + 3 * number, 2 + 3 * number), generator=chance)
        how = "bicubic" if number % 2 else "nearest"
        picture = torch.nn.functional.interpolate(coarse, size=(side, side), mode=how).clamp(0, 1)
        made.append(picture[:, :, None])
    return made
