"""From loose words, paths and numbers to one `ClipSpec`. The Python face and the command line both ask here, so they
can do the same.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from PIL import Image

from vitascope.clip import MAX_SEED, REFERENCE_KINDS, CameraPath, ClipSpec, Lora, Picture, Reference, Size, SourceClip
from vitascope.clip import options as option_pairs
from vitascope.engines import hooks
from vitascope.engines.card import DEFAULT_SECONDS, ClipFormat, ModelCard
from vitascope.engines.render import Clip
from vitascope.errors import BadSpec
from vitascope.frames import Frame
from vitascope.media import append, incoming, picture, recipe
from vitascope.media.incoming import Footage, sha256
from vitascope.media.picture import Fit
from vitascope.media.upright import Seen

PictureLike = str | Path | Image.Image | Frame | Seen
ReferenceLike = str | Path | Reference | Mapping[str, Any]
ClipLike = str | Path | Clip
SILENT = "The sound of the clip to be continued is kept; what is added to it is silent."
ENCODED_AGAIN = (
    "The clip to be continued was not encoded here as it is today, so it is encoded again with what is added."
)
_CALLED = {"image": "The first picture", "last_image": "The last picture", "extend": "The clip to be continued"}
CameraLike = str | CameraPath | Sequence[Sequence[float]]


def spec(
    prompt: str,
    card: ModelCard,
    *,
    image: PictureLike | None = None,
    last_image: PictureLike | None = None,
    aspect: str | None = None,
    size: Size | None = None,
    **asked: Any,
) -> ClipSpec:
    """A new spec for this model, from what `changed` takes. None leaves a value to what is given with it, to the
    settings or to the default.
    """
    start, end = _opened(image, "image"), _opened(last_image, "last_image")
    if not aspect and not size and (given := start or end):
        aspect = nearest_aspect(card, given.image.size)
    bare = ClipSpec(prompt=prompt, seconds=default_seconds(card))
    return changed(bare, card, image=start, last_image=end, aspect=aspect, size=size, **asked)


def changed(
    spec: ClipSpec,
    card: ModelCard,
    *,
    image: PictureLike | None = None,
    last_image: PictureLike | None = None,
    extend: str | Path | None = None,
    camera: CameraLike | None = None,
    aspect: str | None = None,
    size: Size | None = None,
    tier: str | None = None,
    options: Mapping[str, Any] | None = None,
    loras: Sequence[Lora | str] | Mapping[str, float] | None = None,
    references: Sequence[ReferenceLike] | None = None,
    fit: Fit | None = None,
    folder: str | Path = "",
    notes: list[str] | None = None,
    **plain: Any,
) -> ClipSpec:
    """The spec with what is given here in the place of its own; None changes nothing. Raises BadSpec when this model
    cannot make it.

    `fit`: whether what has another shape is cut or padded; None: as the picture that is replaced was, else cut.
    `references`: files, or tables with one under its kind, and its `name`: {"image": "cat.png", "name": "cat"}.
    `folder`: where a clip of another rate or size is written anew. `notes`: a list that is told what was changed of
    what is given.
    """
    told: list[str] = [] if notes is None else notes
    if fit not in (None, "crop", "pad"):
        raise BadSpec(f'fit is "{fit}".', hint="crop or pad.", field="fit")
    if size is not None and not (len(size) == 2 and all(isinstance(side, int) for side in size)):
        raise BadSpec(f"The size is {str(size)[:40]!r}.", hint="(width, height) in pixels.", field="size")
    seconds = plain.get("seconds")
    if seconds is not None and not isinstance(seconds, int | float):
        raise BadSpec(f"seconds must be a number, got {str(seconds)[:40]!r}.", hint="Such as 5.", field="seconds")
    if aspect and size:
        raise BadSpec("Both aspect and size are given.", hint="Give one of them.", field="size")
    if extend and (aspect or size or tier):
        raise BadSpec(
            "A continued clip keeps its own shape.",
            hint="Leave out aspect, size and tier.",
            field="size" if size else "aspect" if aspect else "tier",
        )
    new = {name: value for name, value in plain.items() if value is not None}
    if aspect:
        new |= {"aspect": aspect, "size": None}
    if size:
        new |= {"aspect": "", "size": size, "tier": ""}
    if tier:
        new |= {"tier": tier, "size": None}
    if camera is not None:
        new["camera"] = camera_path(camera, card)
    if options is not None:
        new["options"] = option_pairs(options)
    if loras is not None:
        if not isinstance(loras, Mapping):
            loras = {one.name: one.weight for one in map(_lora, loras)}
        new["loras"] = tuple(Lora(name, weight) for name, weight in loras.items())
    if references is not None:
        new["references"] = tuple(map(_reference, references))
    if extend is not None:
        footage = incoming.clip(Path(extend), name=str(extend))
        new["extend"], changes = source(
            footage, card.format, folder=Path(folder) if folder else None, fit=fit or "crop"
        )
        told += changes
    spec = dataclasses.replace(spec, **new)  # checks all but the pictures, whose size is now known
    pictures = (("image", image), ("last_image", last_image))
    coming = [name for name, given in pictures if given is not None or getattr(spec, name)]
    size = card.resolve(dataclasses.replace(spec, image=None, last_image=None), given=coming).size
    fitted: dict[str, Any] = {}
    for name, given in pictures:
        if opened := _opened(given, name):
            before: Picture | None = getattr(spec, name)
            how = fit or ("pad" if before and before.fit == "pad" else "crop")
            fitted[name] = picture.given(opened, *size, how)
            changes = [*opened.notes, picture.fit_note(opened.image.size, size, how)]
            if before and not before.png and before.sha256 != opened.sha256:
                changes.append("it is not the file that the recipe names")
            told += incoming.told(_CALLED[name], tuple(filter(None, changes)))
    spec = dataclasses.replace(spec, **fitted) if fitted else spec
    told += card.resolve(spec).notes
    return spec


def _reference(given: ReferenceLike) -> Reference:
    if isinstance(given, Reference):
        return given
    if isinstance(given, str | Path):
        return incoming.reference(Path(given))
    kinds = [kind for kind in REFERENCE_KINDS if kind in given] if isinstance(given, Mapping) else []
    if len(kinds) != 1 or set(given) - {kinds[0], "name"}:
        raise BadSpec(
            f"{str(given)[:60]!r} is not a reference.",
            hint='A path, or a table such as {"image": "cat.png", "name": "cat"}.',
            field="references",
        )
    return incoming.reference(Path(given[kinds[0]]), kind=kinds[0], name=str(given.get("name", "")))


def _lora(given: Any) -> Lora:
    if isinstance(given, Lora):
        return given
    if isinstance(given, str):
        return Lora(given)
    raise BadSpec(
        f"{str(given)[:40]!r} is not a LoRA.", hint='A name, or weights by name: {"film": 0.8}.', field="loras"
    )


def default_seconds(card: ModelCard) -> float:
    """The length of a clip for which none is asked: a still of a model that makes nothing else."""
    return min(float(card.format.longest), DEFAULT_SECONDS)


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


def nearest_aspect(card: ModelCard, size: Size) -> str:
    """The shape, of those that this model makes, that cuts least off a picture of this size: "16:9"."""
    width, height = card.format.nearest(size)
    return f"{width}:{height}"


def camera_path(given: CameraLike | None, card: ModelCard) -> CameraPath | None:
    """Words for a move, the name of a .json file, or rows of eight numbers. Raises BadSpec for words that this model's
    cameras do not know; a model without such a hook is given them as they are.
    """
    if given is None or isinstance(given, CameraPath):
        path = given
    elif not isinstance(given, str):
        path = CameraPath(points=_rows(given))
    elif given.lower().endswith(".json"):
        path = _camera_file(Path(given))
    else:
        path = CameraPath(words=given.strip())
    cameras = hooks.cameras(card) if path and path.words else None
    if path and cameras and not cameras.knows(path.words):
        raise BadSpec(
            f'"{path.words}" is no camera move known here.',
            hint=f"Known: {', '.join(cameras.moves)}; slow or fast.",
            field="camera",
        )
    return path


def source(
    clip: Footage, format: ClipFormat, *, folder: Path | None = None, fit: Fit = "crop"
) -> tuple[SourceClip, list[str]]:
    """This clip, to be continued by a model of this format, and notes on what was changed. One of another rate or size
    than the model makes is written anew in `folder` (a new temporary one, if none is given), and the recipe in it no
    longer tells of it.
    """
    info, path, again = clip.info, clip.path, list[str]()
    fps = format.rate_for(info.fps)
    if incoming.fits(clip, format.has, fps):
        changes, kept = incoming.notes_on(clip), recipe.find(path, name=clip.name)
        made = SourceClip(sha256(path), info.frames, info.width, info.height, fps, kept, str(path))
        if info.frames > 1 and not append.seam(path, info.frames, (info.width, info.height), fps):
            again = [ENCODED_AGAIN]
    else:
        size = format.nearest((info.width, info.height))
        target = (folder or Path(mkdtemp(prefix="vitascope-"))) / f"source-{sha256(path)[:16]}.mp4"
        changes = incoming.conform(clip, target, size=size, fps=fps, fit=fit)
        frames = incoming.frames_of(info, fps)
        made = SourceClip(sha256(target), frames, *size, fps, None, str(target))
    notes = list(incoming.told(_CALLED["extend"], changes))
    return made, [*notes, *again, *([SILENT] if info.sound else [])]


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
