"""Draws what the studio's first screen shows, with the weights of this package: example clips that play, and small
pictures of the things, grounds and skies that the model knows. Which they are stands in `src/start/examples.json`.

They are small files in `drawn/`, which git ignores, and are drawn again only when their words or the weights change.
The clips are of the very frames that the service makes of the same words and seed, only packed smaller.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

STUDIO = Path(__file__).resolve().parent
LIST = STUDIO / "src" / "start" / "examples.json"
DRAWN = STUDIO / "drawn"
WEIGHTS = STUDIO.parent / "vitascope" / "weights" / "manifest.json"
ASPECT, SECONDS = "16:9", 5
X264 = {"crf": "22", "preset": "veryslow", "tune": "film", "x264-params": "threads=1:lookahead-threads=1"}
WORD_WIDTH = 200  # pixels of a word's picture
QUALITY = 82  # of pictures, as WebP
PACKED = 1  # raised when files are packed in another way


@dataclass(frozen=True)
class Example:
    """One line of the list, and the name of its files, which says what they are made of."""

    name: str
    prompt: str
    seed: int
    crop: tuple[float, float, float, float] | None  # shares of the picture: left, top, right, bottom; None: a clip
    key: str

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(f"{self.name}.{self.key}{suffix}" for suffix in ((".webp",) if self.crop else (".mp4", ".webp")))


def draw(listed: Path = LIST, drawn: Path = DRAWN, weights: Path = WEIGHTS) -> None:
    """Those that are missing; files of no example of the list are removed."""
    wanted = list(examples(listed, weights))
    missing = [example for example in wanted if not all((drawn / name).is_file() for name in example.files)]
    drawn.mkdir(exist_ok=True)
    if missing:
        print(f"drawing {len(missing)} examples with the built-in model, once", file=sys.stderr, flush=True)
        _draw(missing, drawn)
    kept = {name for example in wanted for name in example.files}
    for file in drawn.iterdir():
        if file.name not in kept:
            file.unlink()


def examples(listed: Path, weights: Path) -> Iterator[Example]:
    if not listed.is_file():
        return
    told = json.loads(listed.read_text("utf-8"))
    model = sha256(weights.read_bytes()).hexdigest() if weights.is_file() else ""
    for line in [*told["clips"], *told["words"]]:
        crop = tuple(line["crop"]) if "crop" in line else None
        made_of: list[Any] = [line["en"], line["seed"], crop, ASPECT, SECONDS, X264, WORD_WIDTH, QUALITY, PACKED, model]
        key = sha256(json.dumps(made_of).encode()).hexdigest()[:10]
        yield Example(line["name"], line["en"], line["seed"], crop, key)


def _draw(missing: list[Example], drawn: Path) -> None:
    """The engine is loaded only here: a build with nothing to draw needs none."""
    from PIL import Image

    from vitascope import ask
    from vitascope.engines import registry, render
    from vitascope.media.poster import poster

    model = registry.load(registry.BUILT_IN)
    for example in missing:
        seconds = 0 if example.crop else SECONDS
        spec = ask.spec(example.prompt, model.card, seconds=seconds, aspect=ASPECT, seed=example.seed)
        frames = render.draw(spec, model).frames
        picture = Image.fromarray(poster(frames))
        for name in example.files:
            aside = drawn / f"{name}.part"
            if name.endswith(".mp4"):
                _pack(frames, model.card.format.fps, aside)
            else:
                (_cropped(picture, example.crop) if example.crop else picture).save(aside, "WEBP", quality=QUALITY)
            aside.rename(drawn / name)


def _cropped(picture: Any, crop: tuple[float, float, float, float]) -> Any:
    width, height = picture.size
    part = picture.crop(tuple(round(share * side) for share, side in zip(crop, (width, height) * 2, strict=True)))
    return part.resize((WORD_WIDTH, round(WORD_WIDTH * part.height / part.width)))


def _pack(frames: Any, fps: Any, file: Path) -> None:
    """As the service writes its clips, only smaller: the same colours, and one thread, so the same bytes each time."""
    import av
    from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

    with av.open(str(file), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as box:
        stream: Any = box.add_stream("libx264", rate=fps, options=X264)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        context = stream.codec_context
        context.thread_count = 1
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(
                format="yuv420p",
                src_colorspace=Colorspace.ITU709,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
            )
            box.mux(stream.encode(picture))
        box.mux(stream.encode(None))


if __name__ == "__main__":
    draw()
