"""How much the codec alone loses: ground truth encoded and decoded again. No clip of the model can be sharper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vitascope.engines import registry
from vitascope.frames import Frames
from vitascope.smallworld.dimensions import ASPECTS
from vitascope.smallworld.exam.prompts import Question
from vitascope.smallworld.inference.bundle import weights_folder
from vitascope.smallworld.inference.codec import Decoder, Encoder
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.stage import set_stage

CLIPS, FRAMES = 12, 41


def measure(name: str, questions: Sequence[Question]) -> dict[str, float] | None:
    """Mean and worst PSNR in dB over clips of the first questions; None for an engine with another codec than ours."""
    if name != registry.BUILT_IN:
        return None
    folder = weights_folder()
    encoder, decoder = Encoder(folder / "encoder.onnx"), Decoder(folder / "decoder.onnx")
    values = []
    for question in questions[:CLIPS]:
        meant = render(set_stage(question.scene, FRAMES), *ASPECTS[question.aspect])
        values.append(psnr(there_and_back(meant, encoder, decoder), meant))
    return {"mean": float(np.mean(values)), "worst": float(np.min(values)), "clips": len(values)}


def there_and_back(frames: Frames, encoder: Encoder, decoder: Decoder) -> Frames:
    """Frames (1 + 8k, H, W, 3) through the codec."""
    groups = list(decoder.groups(encoder.clip(frames)))
    return np.concatenate([groups[0][-1:], *groups[1:]])  # the first latent frame stands for one frame alone


def psnr(made: Frames, meant: Frames) -> float:
    """Peak signal to noise ratio in dB of frames uint8."""
    error = float(np.square(made.astype(np.float32) - meant).mean(dtype=np.float64))
    return 10 * float(np.log10(255.0**2 / max(error, 1e-3)))
