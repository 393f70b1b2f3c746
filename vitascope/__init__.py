"""Vitascope: an open AI video platform that runs on one's own machine.

    import vitascope as v

    clip = v.generate("a red ball bounces on snow at sunset", camera="orbit left", seconds=5, seed=7)
    clip.frames  # (T, H, W, 3) uint8
    clip.save("ball.mp4")

Importing is quick: the parts that make and write clips are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from vitascope.ask import CameraLike, ClipLike, PictureLike
    from vitascope.clip import Size

__version__ = "0.1.0"
__all__ = ["__version__", "generate"]


def generate(
    prompt: str,
    *,
    image: PictureLike | None = None,
    last_image: PictureLike | None = None,
    extend: ClipLike | None = None,
    camera: CameraLike | None = None,
    seconds: float = 5,
    aspect: str | None = None,
    size: Size | None = None,
    seed: int | None = None,
    steps: int | None = None,
    guidance: float | None = None,
    n: int = 1,
    model: str | None = None,
    negative_prompt: str | None = None,
    fit: Literal["crop", "pad"] = "crop",
) -> Any:
    """A `Clip` of what the prompt says; with `n` above 1 a list of takes, with seeds seed, seed + 1 and so on.

    `image` and `last_image` are pictures to start from and to arrive at, `extend` a clip to continue by `seconds`.
    A picture or clip of another shape is cut to it, or padded with `fit="pad"`; a clip of another rate is converted;
    `clip.notes` say what was changed.
    `camera` is words ("push in") or rows of eight numbers. Without `aspect` and `size` the clip has the given
    picture's nearest shape, else it is square. Without `seed` one is drawn; `clip.recipe.spec.seed` is the one used.
    """
    from dataclasses import replace
    from tempfile import TemporaryDirectory

    from vitascope import ask, engines
    from vitascope.engines import render

    with TemporaryDirectory(prefix="vitascope-") as folder:  # for clips to be continued that are not yet in a file
        notes: list[str] = []
        spec = ask.spec(
            prompt,
            negative_prompt=negative_prompt,
            image=image,
            last_image=last_image,
            extend=ask.as_file(extend, folder),
            camera=camera,
            seconds=seconds,
            aspect=aspect,
            size=size,
            seed=seed,
            steps=steps,
            guidance=guidance,
            model=model,
            fit=fit,
            folder=folder,
            notes=notes,
        )
        maker = engines.load(spec.model)
        drawn = (render.draw(take, maker) for take in ask.takes(spec, n))
        clips = [replace(clip, notes=tuple(notes)) for clip in drawn]
    return clips[0] if n == 1 else clips
