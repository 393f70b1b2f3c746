"""What layout and renderer are trained on, in memory: every rendered clip and still as latents with its facts and its
camera. It knows where they come from and how a batch is put together, and nothing of noise or of the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from vitascope.smallworld.dimensions import ASPECTS
from vitascope.smallworld.inference.conditions import camera_features
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import data
from vitascope.smallworld.training.codec import Codec
from vitascope.smallworld.world import captions
from vitascope.smallworld.world import scene as scenes
from vitascope.smallworld.world.facts import LOOKS_KEPT, Facts


def tokens_of(facts: Facts, tokenizer: Tokenizer, rng: np.random.Generator, looks: float = LOOKS_KEPT) -> np.ndarray:
    """Some of the facts as tokens (L,), see `captions.drop`; one text in ten says nothing, for guidance."""
    kept = captions.drop(facts, rng, looks)
    return tokenizer.encode("" if rng.random() < 0.1 else captions.canonical(kept))


@dataclass(frozen=True)
class Entry:
    """Latents of one scene: all eleven latent frames of a clip, or the one of a still."""

    window: data.Window
    facts: Facts
    latents: torch.Tensor  # (T, C, h, w) float16
    camera: np.ndarray  # (T, 17)

    def at(self, index: np.ndarray) -> tuple[torch.Tensor, np.ndarray]:
        """Latents and camera of these latent frames of the window; a still has its own alone."""
        return (self.latents[index], self.camera[index]) if len(self.latents) > 1 else (self.latents, self.camera)

    @cached_property
    def layout(self) -> np.ndarray:
        """(11, SLOTS, LAYOUT_FEATURES) float16, of the whole window also for a still."""
        return data.laid_out(self.window)[0].astype(np.float16)


class Latents:
    """Every rendered clip and still as latents, encoded once. Clips are grouped by shape, stills also by the latent
    frame they show, so that a batch has one of each.
    """

    def __init__(self, folder: Path, codec: Codec, device: str):
        self.folder, self.codec, self.device = folder, codec, device
        self.read: set[Path] = set()
        self.clips: dict[str, list[Entry]] = {aspect: [] for aspect in ASPECTS}
        self.stills: dict[tuple[str, int], list[Entry]] = {}

    def refresh(self, most: int = 10**9) -> None:
        new = [
            (kind, shard)
            for kind in ("thumbs", "stills", "latents")
            for shard in data.shards(kind, self.folder)
            if shard not in self.read
        ][:most]
        for kind, shard in tqdm(new, desc="clips", disable=len(new) < 8, unit="shard"):
            self.read.add(shard)
            with np.load(shard) as file:
                for name in file.files:
                    if not name.endswith(".path"):
                        found = data.encode(self.codec, file[name], self.device) if kind == "thumbs" else file[name]
                        window = data.Window.of(int(name))
                        rows = camera_features(file[f"{name}.path"].reshape(-1, 2, 8))
                        facts = captions.facts_of(scenes.sample(window.seed))
                        self.add(Entry(window, facts, torch.from_numpy(found), rows))

    def add(self, entry: Entry) -> None:
        aspect = entry.window.aspect
        group = self.clips[aspect]
        if len(entry.latents) == 1:
            group = self.stills.setdefault((aspect, entry.window.still), [])
        group.append(entry)

    def __len__(self) -> int:
        return sum(map(len, self.clips.values())) + sum(map(len, self.stills.values()))

    def batch(self, rng: np.random.Generator, tokens: int, index: np.ndarray) -> list[Entry]:
        """Scenes of one shape that have the latent frames of `index`, as many as give about that many tokens."""
        groups = {
            aspect: [*clips, *self.stills.get((aspect, int(index[0])), [])] if len(index) == 1 else clips
            for aspect, clips in self.clips.items()
        }
        sizes = np.array([len(group) for group in groups.values()], float)
        group = groups[list(groups)[int(rng.choice(len(sizes), p=sizes / sizes.sum()))]]
        each = len(index) * group[0].latents[0, 0].numel()
        return [group[int(i)] for i in rng.integers(len(group), size=max(1, tokens // each))]

    def single(self, rng: np.random.Generator, count: int) -> list[tuple[Entry, int]]:
        """Scenes of one shape, each with the number of one of its latent frames; a still has one alone."""
        groups = [group for group in (*self.clips.values(), *self.stills.values()) if group]
        sizes = np.array([len(group) * len(group[0].latents) ** 0.5 for group in groups])
        group = groups[int(rng.choice(len(groups), p=sizes / sizes.sum()))]
        entries = [group[int(i)] for i in rng.integers(len(group), size=count)]
        return [
            (one, int(rng.integers(len(one.latents))) if len(one.latents) > 1 else one.window.still) for one in entries
        ]

    def statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation (C,) of each channel over everything read so far."""
        count, total, square = 0, torch.zeros(()), torch.zeros(())
        for entry in (entry for group in (*self.clips.values(), *self.stills.values()) for entry in group):
            values = entry.latents.transpose(0, 1).flatten(1).double()
            count += values.shape[1]
            total, square = total + values.sum(1), square + values.square().sum(1)
        mean = total / count
        return mean.float(), (square / count - mean**2).sqrt().float()
