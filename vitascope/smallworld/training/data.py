"""Rendered training data: shards of clips on disk, written by any number of processes, read while they still grow.

Four kinds. `pixels`: 17 frames at full size for the codec. `thumbs`: what the codec's encoder reads (half size, two
frames of every group of eight) for whole five-second clips, with the camera path at those frames. For layout and
renderer the same already encoded, a tenth of the size: `latents`, whole clips, and `stills`, one latent frame of a
clip, which shows eleven times as many scenes for the same rendering. A clip is named by its scene seed; captions are
made again from the scene on every visit, so one clip is seen under many wordings.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from vitascope.smallworld.dimensions import ASPECTS, GROUP
from vitascope.smallworld.inference.conditions import TAPS, layout_of
from vitascope.smallworld.training import checkpoint
from vitascope.smallworld.training.codec import Codec
from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world import scene as scenes
from vitascope.smallworld.world.render import render, render_batch
from vitascope.smallworld.world.stage import Stage, set_stage, start_of

PIXEL_FRAMES = 17
LATENT_FRAMES = 11  # of a five-second clip: 1 + 80 frames
TRAIN_SEEDS = (1_000_000, 900_000_000)  # scene seeds of training; everything below is for exams and tests


def tap_frames(groups: np.ndarray) -> np.ndarray:
    """Frame numbers that the encoder reads for these latent frames of a clip, two each. The first one reads frame 0
    twice.
    """
    return np.maximum(groups[:, None] * GROUP + np.array(TAPS), 0).ravel()


@dataclass
class Window:
    """Which part of which scene a clip shows. `start` > 0: it begins in the middle."""

    seed: int
    start: int  # first latent frame
    aspect: str
    then: scenes.Then | None = None  # the motion that is taken up within it

    @classmethod
    def of(cls, seed: int) -> Window:
        rng = np.random.default_rng([7100, seed])
        aspect = ("1:1", "16:9", "9:16")[int(rng.choice(3, p=[0.76, 0.12, 0.12]))]
        start = int(rng.integers(2, 24)) if rng.random() < 0.25 else 0
        return cls(seed, start, aspect)

    @property
    def still(self) -> int:
        """The latent frame of the window that a still of it shows."""
        return int(np.random.default_rng([7102, self.seed]).integers(LATENT_FRAMES))

    def tap_frames(self, index: np.ndarray | None = None) -> np.ndarray:
        """`tap_frames` of these latent frames of the window; by default of all."""
        return tap_frames(self.start + (np.arange(LATENT_FRAMES) if index is None else index))


def stage_at(scene: scenes.World, frames: np.ndarray, then: scenes.Then | None = None):
    """The stage and the camera path (len(frames), 8) at these frame numbers."""
    first, last = int(frames.min()), int(frames.max())
    path = cameras.path(scene.camera, last - first + 1, start_of(scene), first)
    return set_stage(scene, last - first + 1, first, path, then)[frames - first], path[frames - first]


def render_thumbs(window: Window, index: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Encoder inputs (2 * latent frames, H/2, W/2, 3) uint8 and their camera rows (.., 8) float32, of all latent frames
    of the window or of those of `index`.
    """
    width, height = ASPECTS[window.aspect]
    stage, path = stage_at(scenes.sample(window.seed), window.tap_frames(index))
    return render(stage, width // 2, height // 2), path.astype(np.float32)


def laid_out(window: Window, index: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Layouts (T', SLOTS, LAYOUT_FEATURES) and camera rows (2 * T', 8) of the window's latent frames, all of them or
    those of `index`. Nothing is rendered: under a millisecond.
    """
    stage, path = stage_at(scenes.sample(window.seed), window.tap_frames(index), window.then)
    return layout_of(stage), path


def moment(seed: int) -> int:
    """The frame of the scene at which its pixels begin."""
    return int(np.random.default_rng([7101, seed]).integers(0, 65))


def render_pixels(seed: int, frames: int = PIXEL_FRAMES) -> np.ndarray:
    """Consecutive frames (frames, 256, 256, 3) uint8 from a random moment of the scene."""
    return render(set_stage(scenes.sample(seed), frames, moment(seed)), 256, 256)


def render_thumbs_torch(window: Window, device: str) -> tuple[np.ndarray, np.ndarray]:
    """`render_thumbs` by torch, all frames in one call, four rays a pixel everywhere."""
    width, height = ASPECTS[window.aspect]
    stage, path = stage_at(scenes.sample(window.seed), window.tap_frames())
    arrays = (torch.from_numpy(array).to(device) for array in (stage.bodies, stage.look, stage.camera))
    frames = render_batch(torch, Stage(*arrays), width // 2, height // 2)
    return (frames * 255 + 0.5).clamp(0, 255).byte().cpu().numpy(), path.astype(np.float32)


def write_shards(
    kind: str,
    folder: Path,
    first_seed: int,
    clips: int,
    per_shard: int = 24,
    codec=None,
    device: str = "cpu",
    aspect: str | None = None,
) -> None:
    """Render `clips` scenes from `first_seed` on into npz shards, those of one aspect alone if it is given. A shard
    appears whole or not at all; those present are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for seed in tqdm(range(first_seed, first_seed + clips, per_shard), desc=kind, unit="shard"):
        target = folder / f"{kind}-{seed}.npz"
        if target.exists():
            continue
        seeds = [
            s for s in range(seed, min(seed + per_shard, first_seed + clips)) if aspect in (None, Window.of(s).aspect)
        ]
        arrays: dict[str, Any] = {}
        if kind == "pixels":
            arrays = {f"{s}": render_pixels(s) for s in seeds}
        else:
            for s in seeds:
                window = Window.of(s)
                if kind == "stills":
                    thumbs, path = render_thumbs(window, np.array([window.still]))
                else:
                    thumbs, path = render_thumbs(window) if device == "cpu" else render_thumbs_torch(window, device)
                arrays[f"{s}"] = encode(codec, thumbs, device) if codec else thumbs
                arrays[f"{s}.path"] = path
        write_whole(target, arrays)


def write_whole(shard: Path, arrays: dict[str, Any]) -> None:
    """Write a shard; it appears whole or not at all."""
    with open(f"{shard}.part", "wb") as file:
        np.savez(file, **arrays)
    os.replace(f"{shard}.part", shard)


def load_codec(folder: Path, device: str) -> Codec:
    """The codec of a checkpoint folder, averaged weights."""
    codec = Codec()
    state = checkpoint.read(folder)
    codec.load_state_dict(state["ema"]["weights"])
    return codec.to(device).eval()


@torch.no_grad()
def encode(codec: Codec, thumbs: np.ndarray, device: str) -> np.ndarray:
    """Thumbs (2 T', H/2, W/2, 3) uint8 -> latents (T', C, H/32, W/32) float16."""
    taps = torch.from_numpy(thumbs).to(device).permute(0, 3, 1, 2).float() / 255
    return codec.encode(taps.unflatten(0, (-1, 2)).flatten(1, 2)[None])[0].half().cpu().numpy()


def shards(kind: str, folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{kind}-*.npz"), key=lambda p: int(p.stem.split("-")[1]))


def drawn_beside(pixels: Path) -> Path:
    """The shard of what the renderer makes of the clips of a shard of pixels."""
    return pixels.with_name(pixels.name.replace("pixels", "drawn"))


def main(argv=None) -> None:
    ask = argparse.ArgumentParser(description="Render training shards.")
    ask.add_argument("kind", choices=("pixels", "thumbs", "stills", "latents"))
    ask.add_argument("--out", type=Path, required=True)
    ask.add_argument("--first-seed", type=int, default=TRAIN_SEEDS[0])
    ask.add_argument("--clips", type=int, required=True)
    ask.add_argument("--per-shard", type=int, default=24)
    ask.add_argument("--codec", type=Path, help="checkpoint folder of the codec, for latents and stills")
    ask.add_argument(
        "--aspect",
        choices=tuple(ASPECTS),
        help="render only the scenes that have this aspect, about an eighth of them for 16:9 and 9:16",
    )
    ask.add_argument("--device", default="cpu", help="cuda: render by torch on a GPU")
    flags = ask.parse_args(argv)
    codec = load_codec(flags.codec, flags.device) if flags.kind in ("latents", "stills") else None
    write_shards(
        flags.kind, flags.out, flags.first_seed, flags.clips, flags.per_shard, codec, flags.device, flags.aspect
    )


if __name__ == "__main__":
    main()
