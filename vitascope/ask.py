"""From loose words, paths and numbers to one `ClipSpec`. The Python face and the command line both ask here, so they
can do the same.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from PIL import Image

from vitascope.clip import ASPECTS, FPS, MAX_SEED, CameraPath, ClipSpec, Size, Source
from vitascope.config import settings
from vitascope.engines.protocol import Frame
from vitascope.engines.render import Clip, sha256
from vitascope.errors import BadSpec
from vitascope.media import incoming, picture, recipe
from vitascope.media.incoming import Footage
from vitascope.media.picture import Fit
from vitascope.media.upright import Seen
from vitascope.smallworld.reader import reader
from vitascope.smallworld.world.scene import CAMERAS

PictureLike = str | Path | Image.Image | Frame | Seen
ClipLike = str | Path | Clip
SILENT = "The sound of the clip to be continued is kept; what is added to it is silent."
_CALLED = {"image": "The first picture", "last_image": "The last picture", "extend": "The clip to be continued"}
CameraLike = str | CameraPath | Sequence[Sequence[float]]


def spec(
    prompt: str,
    *,
    image: PictureLike | None = None,
    last_image: PictureLike | None = None,
    aspect: str | None = None,
    size: Size | None = None,
    **asked: Any,
) -> ClipSpec:
    """A new spec. None leaves a value to what is given with it, to the settings or to the default."""
    start, end = _opened(image, "image"), _opened(last_image, "last_image")
    if not aspect and not size and (given := start or end):
        aspect = nearest_aspect(*given.image.size)
    bare = ClipSpec(prompt=prompt, model=settings().model)
    return changed(bare, image=start, last_image=end, aspect=aspect, size=size, **asked)


def changed(
    spec: ClipSpec,
    *,
    image: PictureLike | None = None,
    last_image: PictureLike | None = None,
    extend: str | Path | None = None,
    camera: CameraLike | None = None,
    aspect: str | None = None,
    size: Size | None = None,
    fit: Fit = "crop",
    folder: str | Path = "",
    notes: list[str] | None = None,
    **plain: Any,
) -> ClipSpec:
    """The spec with what is given here in the place of its own; None changes nothing. `fit`: whether what has another
    shape is cut or padded. `folder`: where a clip of another rate or size is written anew. `notes`: a list that is told
    what was changed of what is given.
    """
    told: list[str] = [] if notes is None else notes
    if fit not in ("crop", "pad"):
        raise BadSpec(f'fit is "{fit}".', hint="crop or pad.", field="fit")
    if aspect and size:
        raise BadSpec("Both aspect and size are given.", hint="Give one of them.", field="size")
    if extend and (aspect or size):
        raise BadSpec(
            "A continued clip keeps its own shape.",
            hint="Leave out aspect and size.",
            field="size" if size else "aspect",
        )
    new = {name: value for name, value in plain.items() if value is not None}
    if aspect:
        new |= {"aspect": aspect, "size": None}
    if size:
        new["size"] = size
    if camera is not None:
        new["camera"] = camera_path(camera)
    if extend is not None:
        new["extend"], changes = source(
            incoming.clip(Path(extend), name=str(extend)), folder=Path(folder) if folder else None, fit=fit
        )
        told += changes
    spec = dataclasses.replace(spec, **new)  # checks all but the pictures, whose size is now known
    fitted: dict[str, Any] = {}
    for name, given in (("image", image), ("last_image", last_image)):
        if opened := _opened(given, name):
            fitted[name] = picture.fit(opened.image, *spec.shape, fit)
            cut = picture.fit_note(opened.image.size, spec.shape, fit)
            told += incoming.told(_CALLED[name], (*opened.notes, *([cut] if cut else [])))
    return dataclasses.replace(spec, **fitted) if fitted else spec


def takes(spec: ClipSpec, n: int) -> list[ClipSpec]:
    """`n` specs that differ in their seeds, which follow each other; the first is drawn when none is given."""
    if not 1 <= n <= 100:
        raise BadSpec(f"{n} takes cannot be made.", hint="1 to 100.", field="n")
    first = secrets.randbelow(MAX_SEED + 2 - n) if spec.seed is None else spec.seed
    return [dataclasses.replace(spec, seed=first + number) for number in range(n)]


def targets(output: str | None, specs: list[ClipSpec]) -> list[Path]:
    """Where each take goes. A folder gets files named after the prompt and the seed; several takes of one file are
    numbered.
    """
    if output is None or output.endswith(("/", "\\")) or os.path.isdir(output):
        kind = ".png" if specs[0].is_still else ".mp4"
        slug = re.sub(r"\W+", "-", specs[0].prompt.lower())[:48].strip("-") or "clip"
        return [Path(output or ".") / f"{slug}-{spec.seed}{kind}" for spec in specs]
    path = Path(output)
    if len(specs) == 1:
        return [path]
    return [path.with_stem(f"{path.stem}-{number}") for number in range(1, len(specs) + 1)]


def nearest_aspect(width: int, height: int) -> str:
    """The aspect that cuts least off a picture of this shape."""
    return min(ASPECTS, key=lambda name: _unlike(ASPECTS[name], (width, height)))


def _unlike(one: Size, other: Size) -> float:
    """How far apart two shapes are."""
    return float(abs(np.log(one[0] / one[1]) - np.log(other[0] / other[1])))


def camera_path(given: CameraLike | None) -> CameraPath | None:
    """Words the world's cameras know, the name of a .json file, or rows of eight numbers."""
    if given is None or isinstance(given, CameraPath):
        path = given
    elif not isinstance(given, str):
        path = CameraPath(points=_rows(given))
    elif given.lower().endswith(".json"):
        path = _camera_file(Path(given))
    else:
        path = CameraPath(words=given.strip())
    if path and path.words and not reader.read(f"[{path.words}]").facts.camera:
        raise BadSpec(
            f'"{path.words}" is no camera move known here.',
            hint=f"Known: {', '.join(CAMERAS)}; slow or fast.",
            field="camera",
        )
    return path


def source(
    clip: Footage,
    *,
    folder: Path | None = None,
    sizes: Sequence[Size] = tuple(ASPECTS.values()),
    fps: int = FPS,
    fit: Fit = "crop",
) -> tuple[Source, list[str]]:
    """This clip, to be continued, and notes on what was changed. One of another rate or size than the model makes is
    written anew in `folder` (a new temporary one, if none is given), and the recipe in it no longer tells of it.
    """
    info, path = clip.info, clip.path
    if incoming.fits(clip, sizes, fps):
        changes, kept = incoming.notes_on(clip), recipe.find(path, name=clip.name)
        made = Source(sha256(path), info.frames, info.width, info.height, kept, str(path))
    else:
        size = min(sizes, key=lambda one: _unlike(one, (info.width, info.height)))
        target = (folder or Path(mkdtemp(prefix="vitascope-"))) / f"source-{sha256(path)[:16]}.mp4"
        changes = incoming.conform(clip, target, size=size, fps=fps, fit=fit)
        frames = max(1, round(info.seconds * fps))
        made = Source(sha256(target), frames, *size, None, str(target))
    notes = list(incoming.told(_CALLED["extend"], changes))
    return made, [*notes, *([SILENT] if info.sound else [])]


def as_file(clip: ClipLike | None, folder: str) -> str | Path | None:
    """A clip that is only in memory, written into this folder; anything else as it is."""
    if not isinstance(clip, Clip) or clip.path:
        return clip.path if isinstance(clip, Clip) else clip
    path = Path(folder) / "source.mp4"
    clip.save(path)
    return path


def _camera_file(path: Path) -> CameraPath:
    try:
        with open(path, "rb") as file:
            text = file.read(2**20 + 1)
        if len(text) > 2**20:
            raise BadSpec(f"{path} is too large for a camera path.", hint="At most 1 MB.", field="camera")
        data = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise BadSpec(
            f"Cannot read the camera path {path}: {error}.",
            hint="Give a JSON list of rows of eight numbers.",
            field="camera",
        ) from error
    if isinstance(data, dict):
        data = data.get("points", [])
    return CameraPath(points=_rows(data))


def _rows(given: Any) -> tuple[tuple[float, ...], ...]:
    try:
        rows = tuple(tuple(float(value) for value in row) for row in given)
    except (TypeError, ValueError, OverflowError) as error:
        message = "The camera path is not a list of rows of numbers."
        raise BadSpec(message, hint="Each row has eight.", field="camera") from error
    if not rows:
        raise BadSpec("The camera path has no rows.", hint="Each row has eight numbers.", field="camera")
    return rows


def _opened(given: PictureLike | None, name: str) -> Seen | None:
    """Of a clip that is given as a picture: its last frame to begin with, its first one to end with."""
    if given is None:
        return None
    return incoming.picture(given, moment="last" if name == "image" else "first")
