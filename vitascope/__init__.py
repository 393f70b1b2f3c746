"""Vitascope: an open AI video platform that runs on one's own machine.

    import vitascope as v

    clip = v.generate("a red ball bounces on snow at sunset", camera="orbit left", seconds=5, seed=7)
    clip.frames  # (T, H, W, 3) uint8
    clip.save("ball.mp4")

    film = v.film("script.fountain", "my-film")
    film.make()
    film.render()  # my-film/film.mp4

Importing is quick: the parts that make and write clips are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vitascope.ask import CameraLike, ClipLike, PictureLike, ReferenceLike
    from vitascope.clip import Size

__version__ = "0.1.0"
__all__ = ["__version__", "film", "generate"]


def __getattr__(name: str) -> Any:
    """`film` is loaded when it is first used."""
    if name == "film":
        return importlib.import_module("vitascope.film")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def generate(
    prompt: str,
    *,
    image: PictureLike | None = None,
    last_image: PictureLike | None = None,
    extend: ClipLike | None = None,
    references: Sequence[ReferenceLike] | None = None,
    camera: CameraLike | None = None,
    seconds: float | None = None,
    aspect: str | None = None,
    size: Size | None = None,
    tier: str | None = None,
    seed: int | None = None,
    steps: int | None = None,
    guidance: float | None = None,
    sound: bool | None = None,
    preset: str | None = None,
    loras: Mapping[str, float] | None = None,
    options: Mapping[str, bool | int | float | str] | None = None,
    n: int = 1,
    model: str | None = None,
    negative_prompt: str | None = None,
    fit: Literal["crop", "pad"] = "crop",
    num_inference_steps: int | None = None,
    guidance_scale: float | None = None,
    num_frames: int | None = None,
    height: int | None = None,
    width: int | None = None,
) -> Any:
    """A `Clip` of what the prompt says; with `n` above 1 a list of takes, with seeds seed, seed + 1 and so on.

    `image` and `last_image` are pictures to start from and to arrive at, `extend` a clip to continue by `seconds`.
    A picture or clip of another shape is cut to it, or padded with `fit="pad"`; a clip of another rate is converted;
    `clip.notes` say what was changed.
    `references` are pictures, clips and sounds that show who or what is in the clip, as files or with a name for the
    prompt: [{"image": "cat.png", "name": "cat"}].
    `camera` is words ("push in") or rows of eight numbers. Without `aspect`, `size` and `tier` the clip has the given
    picture's nearest shape, else the model's usual one. Without `seed` one is drawn; `clip.recipe.spec.seed` is the one
    used. What else there is (`sound`, `preset`, `loras`, `options`) the model's card says: `vitascope models`.

    The names of diffusers are taken too: `num_inference_steps`, `guidance_scale`, `num_frames`, `height` with `width`.
    """
    from dataclasses import replace
    from tempfile import TemporaryDirectory

    from vitascope import ask
    from vitascope.engines import registry, render
    from vitascope.errors import BadSpec

    if (height is None) != (width is None):
        raise BadSpec("Only one of height and width is given.", hint="Give both, or size.", field="size")
    if num_frames is not None and num_frames < 1:
        raise BadSpec(f"num_frames must be 1 or more, got {num_frames}.", hint="1 is a still.", field="seconds")
    if num_frames is not None and seconds is not None:
        raise BadSpec("Both seconds and num_frames are given.", hint="Give one of them.", field="seconds")
    card = registry.card(model or "")
    if num_frames is not None:
        seconds = float((num_frames - (0 if extend else 1)) / card.format.fps)
    with TemporaryDirectory(prefix="vitascope-") as folder:  # for clips to be continued that are not yet in a file
        notes: list[str] = []
        spec = ask.spec(
            prompt,
            card,
            negative_prompt=negative_prompt,
            image=image,
            last_image=last_image,
            extend=ask.as_file(extend, folder),
            references=references,
            camera=camera,
            seconds=seconds,
            aspect=aspect,
            size=size if width is None or height is None else (width, height),
            tier=tier,
            seed=seed,
            steps=num_inference_steps if steps is None else steps,
            guidance=guidance_scale if guidance is None else guidance,
            sound=sound,
            preset=preset,
            loras=loras,
            options=options,
            fit=fit,
            folder=folder,
            notes=notes,
        )
        maker = registry.load(card.name)
        drawn = (render.draw(take, maker) for take in ask.takes(spec, n))
        clips = [replace(clip, notes=tuple(notes)) for clip in drawn]
    return clips[0] if n == 1 else clips
