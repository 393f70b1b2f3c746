"""The codec on the CPU runtime, one latent frame at a time: frames in, latents out, and back. Memory does not grow
with length.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitascope.smallworld.dimensions import GROUP
from vitascope.smallworld.inference.conditions import TAPS
from vitascope.smallworld.inference.session import Session

PATCH = 16  # pixels of the half-size pictures that one latent place stands for

Array = npt.NDArray[np.float32]
Frames = npt.NDArray[np.uint8]


class Encoder:
    def __init__(self, file: Path, threads: int = 0):
        self._session = Session(file, threads)

    def still(self, pixels: Frames) -> Array:
        """One picture (H, W, 3) uint8 as a latent frame (C, H/32, W/32)."""
        return self.clip(pixels[None])[0]

    def clip(self, frames: Frames) -> Array:
        """Frames (T, H, W, 3) uint8 as latents (T', C, H/32, W/32). The last group ends with the last frame; a first
        group that is not whole (the one frame of a clip that begins here) is filled with its first frame.
        """
        last = range((len(frames) - 1) % GROUP, len(frames), GROUP)
        taps = [np.concatenate([_half(frames[max(number + tap, 0)]) for tap in TAPS]) for number in last]
        return self._session.run(taps=np.stack(taps))["latent"]

    def look_back(self, latents: Array) -> Frames:
        """The last frame of each group (T', H/2, W/2, 3) uint8 at half size, as the latents (T', C, H/32, W/32) alone
        tell it. The encoder is linear, so its pseudo-inverse does that: coarser than the decoder at a hundredth of the
        work, which is what a preview wants.
        """
        offset, back = self._inverse
        _, _, h, w = latents.shape
        patches = (np.moveaxis(latents, 1, -1) - offset) @ back
        pictures = patches.reshape(-1, h, w, 3, PATCH, PATCH).transpose(0, 1, 4, 2, 5, 3)
        return np.clip(pictures.reshape(-1, h * PATCH, w * PATCH, 3) * 255 + 0.5, 0, 255).astype(np.uint8)

    @cached_property
    def _inverse(self) -> tuple[Array, Array]:
        """What the encoder makes of nothing (C,), and the way from a latent place (C,) to its patch of the second tap
        (3 * PATCH * PATCH).
        """
        size = 2 * 3 * PATCH * PATCH
        units = np.eye(size + 1, size, dtype=np.float32)  # the last one is black
        seen = self._session.run(taps=units.reshape(-1, 6, PATCH, PATCH))["latent"][:, :, 0, 0]
        matrix = seen[:-1] - seen[-1]  # (taps, C); its columns are far from alike, so the short way is exact enough
        return seen[-1], np.linalg.solve(matrix.T @ matrix, matrix.T)[:, size // 2 :]


class Decoder:
    def __init__(self, file: Path, threads: int = 0):
        self._session = Session(file, threads)

    def groups(self, latents: Array) -> Iterator[Frames]:
        """The GROUP frames (GROUP, H, W, 3) uint8 of each latent frame (T', C, h, w), in order, as they are decoded."""
        _, _, h, w = latents.shape
        memory = _memories(self._session, h * 32, w * 32)
        for number, latent in enumerate(latents):
            first = np.array([float(number == 0)], np.float32)
            result = self._session.run(latent=latent[None], first=first, **memory)
            memory = {name: result[f"new_{name}"] for name in memory}
            yield result["frames"]


def _memories(session: Session, height: int, width: int) -> dict[str, Array]:
    """Blank memories of a graph: its inputs called memory_<number>_<channels>_<pixels of one place>."""
    out = {}
    for name in session.inputs:
        if name.startswith("memory_"):
            channels, coarse = (int(part) for part in name.split("_")[2:])
            out[name] = np.zeros((1, channels, height // coarse, width // coarse), np.float32)
    return out


def _half(frame: Frames) -> Array:
    """(H, W, 3) uint8 -> (3, H/2, W/2) in [0, 1], each pixel the mean of four."""
    height, width, _ = frame.shape
    mean = frame.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3), dtype=np.float32)
    return np.moveaxis(mean / np.float32(255), -1, 0)
