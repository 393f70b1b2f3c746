"""Makes the pictures of the README and the docs: `python docs/pictures.py [reel] [strip] [world] [film]`; the
last shows what `make film` has made.

Nothing is picked: seeds 0 to 7, first come.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

import vitascope
from vitascope.media import video
from vitascope.media.poster import contact_sheet
from vitascope.smallworld.world import scene as scenes
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.stage import set_stage

HERE = Path(__file__).parent
FPS = 8  # of moving pictures
PROMPTS = (
    "a large red ball bounces on snow at sunset",
    "a small blue metal cube slides to the right on grass at noon",
    "a large yellow cone spins on stone at night, the camera orbits left",
    "a large green cylinder on sand under a cloudy sky, the camera pushes in fast",
    "一个紫色的大球在石地上向左滚动",
    "a small orange cube jumps on grass at sunset, the camera pans right",
    "a large pink ball drops on sand at noon",
    "a white cylinder shrinks on stone at sunset, the camera cranes up",
)


def strip() -> np.ndarray:
    """What the committed weights make: prompt number n with seed n."""
    clips = [vitascope.generate(prompt, seed=seed).frames for seed, prompt in enumerate(tqdm(PROMPTS, unit="clip"))]
    return contact_sheet(clips, count=6)


def reel() -> None:
    """The first three of them, side by side and moving."""
    clips = [vitascope.generate(prompt, seed=seed).frames[::2] for seed, prompt in enumerate(PROMPTS[:3])]
    frames = [Image.fromarray(np.concatenate(row, axis=1)) for row in zip(*clips, strict=True)]
    first, *rest = frames
    first.save(HERE / "reel.webp", save_all=True, append_images=rest, duration=125, loop=0, quality=70, method=6)


def world() -> np.ndarray:
    """What the world itself looks like: scenes 0 to 7 at 192 px."""
    clips = []
    for seed in tqdm(range(8), unit="scene"):
        stage = set_stage(scenes.sample(seed), 81)
        clips.append(render(stage[np.linspace(0, 80, 6).round().astype(int)], 192, 192))
    return contact_sheet(clips, count=6)


def film() -> None:
    """The shots of the sample film as it was rendered, side by side: two seconds from the middle of each, moving."""
    made = vitascope.film(folder=HERE.parent / "films" / "morning")
    rate, pieces = made.timeline.rate, made.timeline.pieces
    starts = [round((piece.start + max(piece.seconds - 2, 0) / 2) * rate) for piece in pieces]
    wanted = {start + round(step * rate / FPS): (shot, step) for shot, start in enumerate(starts) for step in range(16)}
    sheets = [Image.new("RGB", (5 * 256, -(-len(pieces) // 5) * 144)) for _ in range(16)]
    for at, frame in enumerate(video.read_frames(made.path / "film.mp4")):
        if at in wanted:
            shot, step = wanted[at]
            small = Image.fromarray(frame).resize((256, 144), Image.Resampling.LANCZOS)
            sheets[step].paste(small, (shot % 5 * 256, shot // 5 * 144))
    first, *rest = sheets
    first.save(
        HERE / "film.webp", save_all=True, append_images=rest, duration=1000 // FPS, loop=0, quality=60, method=6
    )


if __name__ == "__main__":
    for name in sys.argv[1:] or ("reel", "strip", "world", "film"):
        if name in ("reel", "film"):
            {"reel": reel, "film": film}[name]()
            continue
        picture = Image.fromarray({"strip": strip, "world": world}[name]())
        picture.thumbnail((1000, 4000), Image.Resampling.LANCZOS)
        picture.save(HERE / f"{name}.png", optimize=True)
