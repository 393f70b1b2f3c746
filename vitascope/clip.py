"""The nouns: what is asked for (`ClipSpec` and what is given with it), what that comes to with a model (`Shape`), and
the record from which the same clip can be made again (`Recipe`). Frozen and pure: nothing here reads a file, a clock or
the environment, and nothing here knows a model. What a model can do is in `engines/card.py`.

Every face (Python, command line, HTTP) fills one `ClipSpec`, which checks itself when it is built; a model's card then
says what it comes to. A spec, shape or recipe turned into a dict and back is equal to itself.
"""

from __future__ import annotations

import base64
import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from vitascope import clip_format_1
from vitascope.errors import BadSpec
from vitascope.exact import exact

MAX_SECONDS = 600.0  # of any clip; a model's card says less
MAX_FRAMES = 36_001  # of a clip that is continued: 600 seconds at 60 frames a second
MAX_PROMPT = 2_000  # characters
MAX_SEED = 2**32 - 1
MAX_STEPS = 1_000
MAX_GUIDANCE = 100
MAX_SIDE = 4096  # of any clip, given or made
MAX_NAME = 100  # characters of a model's name, a version, a hash of weights
MAX_REFERENCES, MAX_LORAS, MAX_OPTIONS = 16, 8, 50
MAX_GENERATIONS = 120  # of recipes inside each other
MAX_GIVEN_BYTES = 32 * 2**20  # of all pictures in a recipe and its parents
MAX_COPY_BYTES = 64 * 2**10  # of a small copy for the eye
ASPECT_NAMES = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9")
REFERENCE_KINDS = ("image", "video", "audio")
RECIPE_FORMAT = 2
#: What reading such data raises.
_DAMAGED = (TypeError, KeyError, ValueError, AttributeError, IndexError, OverflowError)
_ASPECT = re.compile(r"(\d{1,5}(?:\.\d{1,3})?):(\d{1,5}(?:\.\d{1,3})?)", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_REFERENCE_NAME = re.compile(r"[\w-]{1,40}")
Size = tuple[int, int]


@dataclass(frozen=True)
class Picture:
    """A given picture, fitted to the clip's size. `media.picture` makes and reads them.

    `png`: its bytes. Empty: they are not here, and `fitted` is their SHA-256; `small` may then be a small copy for the
    eye (JPEG). `sha256` and `name` are of the file that was given, if it was a file. `fit`: how it was fitted, "crop",
    or "pad" with bars of `colour` ("#000000"). Both are empty in recipes of before they were kept.
    """

    png: bytes = field(repr=False)
    width: int
    height: int
    sha256: str = ""
    name: str = ""
    fit: str = ""
    colour: str = ""
    fitted: str = ""
    small: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        _check_sides("A given picture", self.width, self.height)
        if len(self.png) > 4 * self.width * self.height + 2**16:
            raise BadSpec(
                f"A given picture of {self.width}x{self.height} has {len(self.png):,} bytes.",
                hint="Nothing but its pixels belongs into it.",
            )
        if len(self.small) > MAX_COPY_BYTES:
            raise BadSpec(
                f"The copy of a given picture has {len(self.small):,} bytes.", hint=f"At most {MAX_COPY_BYTES:,}."
            )
        _check_file(self.sha256, self.name)
        if self.fitted and not _DIGEST.fullmatch(self.fitted):
            raise BadSpec("The SHA-256 of a given picture is wrong.", hint="64 hexadecimal digits.")
        if self.fit not in ("", "crop", "pad") or len(self.colour) > MAX_NAME:
            raise BadSpec(f'A given picture cannot be fitted by "{self.fit[:20]}".', hint="crop or pad.")

    def to_dict(self) -> dict[str, Any]:
        """What is empty is left out, so that an old recipe stays as it was."""
        pixels = {"png": _in_base64(self.png)} if self.png else {"fitted": self.fitted}
        words = {name: getattr(self, name) for name in ("sha256", "name", "fit", "colour") if getattr(self, name)}
        small = {"small": _in_base64(self.small)} if self.small and not self.png else {}
        return {**pixels, "width": self.width, "height": self.height, **words, **small}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Picture:
        width, height = int(data["width"]), int(data["height"])
        sha256, name, fit, colour = (str(data.get(key, "")) for key in ("sha256", "name", "fit", "colour"))
        if data.get("png"):
            png = base64.b64decode(data["png"], validate=True)
            return cls(png, width, height, sha256, name, fit, colour)
        small = base64.b64decode(data.get("small", ""), validate=True)
        return cls(b"", width, height, sha256, name, fit, colour, str(data["fitted"]), small)


@dataclass(frozen=True)
class SourceClip:
    """The clip to be continued. `path` says where it lies now and is no part of what it is: the hash is."""

    sha256: str
    frames: int
    width: int
    height: int
    fps: Fraction
    recipe: Recipe | None = None
    path: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        _check_sides("The clip to be continued", self.width, self.height)
        if not 1 <= self.frames <= MAX_FRAMES:
            raise BadSpec(
                f"The clip to be continued has {self.frames:,} frames.", hint=f"1 to {MAX_FRAMES:,}.", field="extend"
            )
        if not 0 < self.fps <= 1000:
            raise BadSpec(
                f"The clip to be continued has {float(self.fps):g} frames a second.",
                hint="More than 0, at most 1000.",
                field="extend",
            )
        if len(self.sha256) > MAX_NAME:
            raise BadSpec("The hash of the clip to be continued is none.", hint="64 hexadecimal digits.")
        if self.recipe:
            self.recipe.check_parents()

    def to_dict(self) -> dict[str, Any]:
        return {
            "sha256": self.sha256,
            "frames": self.frames,
            "width": self.width,
            "height": self.height,
            "fps": str(self.fps),
            "recipe": self.recipe.to_dict() if self.recipe else None,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SourceClip:
        recipe = Recipe.from_dict(data["recipe"]) if data.get("recipe") else None
        fps = exact(str(data.get("fps", clip_format_1.FPS)))
        frames, width, height = (int(data[name]) for name in ("frames", "width", "height"))
        return cls(str(data["sha256"]), frames, width, height, fps, recipe)


#: What the numbers of a camera's row are, and how far each may go (radians, world units). Beyond that nothing is seen.
CAMERA_RANGES = (
    ("azimuth", -100.0, 100.0), ("elevation", -100.0, 100.0), ("log distance", -1.0, 5.0), ("target x", -100.0, 100.0),
    ("target y", -100.0, 100.0), ("target z", -100.0, 100.0), ("roll", -100.0, 100.0), ("field of view", 0.0, 3.0),
)  # fmt: skip


@dataclass(frozen=True)
class CameraPath:
    """How the camera moves: in words ("orbit left"), or as numbers, one row of eight for each moment.

    A row is azimuth, elevation, log distance, target x, y, z, roll, field of view (radians and world units). Rows are
    spread evenly over the clip, so a path need not know how many frames there will be.
    """

    words: str = ""
    points: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if bool(self.words) == bool(self.points):
            raise BadSpec(
                "A camera path is either words or numbers.", hint='For example camera="orbit left".', field="camera"
            )
        if len(self.words) > 200:
            raise BadSpec(
                f"The camera's words have {len(self.words):,} characters.",
                hint='A move is short: "push in".',
                field="camera",
            )
        if len(self.points) > MAX_FRAMES:
            raise BadSpec(
                f"The camera path has {len(self.points):,} rows.", hint=f"At most {MAX_FRAMES}.", field="camera"
            )
        for number, row in enumerate(self.points):
            if len(row) != 8 or not all(math.isfinite(value) for value in row):
                raise BadSpec(
                    f"Row {number} of the camera path is not eight finite numbers.",
                    hint=", ".join(name for name, _, _ in CAMERA_RANGES),
                    field="camera",
                )
            for value, (name, low, high) in zip(row, CAMERA_RANGES, strict=True):
                if not low <= value <= high:
                    raise BadSpec(
                        f"Row {number} of the camera path has the {name} {value:g}.",
                        hint=f"{low:g} to {high:g}.",
                        field="camera",
                    )

    def at(self, frames: int) -> tuple[tuple[float, ...], ...]:
        """The numeric path as `frames` rows, linear between its own."""
        last = len(self.points) - 1
        rows = []
        for index in range(frames):
            place = last * index / max(frames - 1, 1)
            low = min(int(place), last)
            high, part = min(low + 1, last), place - low
            rows.append(tuple(a + (b - a) * part for a, b in zip(self.points[low], self.points[high], strict=True)))
        return tuple(rows)

    def to_dict(self) -> dict[str, Any]:
        return {"words": self.words} if self.words else {"points": [list(row) for row in self.points]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CameraPath:
        rows = data.get("points", ())
        return cls(str(data.get("words", "")), tuple(tuple(float(value) for value in row) for row in rows))


@dataclass(frozen=True)
class Reference:
    """A picture, clip or sound that shows who or what is in the new clip. `name` is how the prompt calls it (@name),
    `file` what its file is called, `small` a small copy of a picture for the eye (JPEG). `path` says where the file
    lies now, for the engine to open it; it is no part of what the reference is.
    """

    kind: str  # image, video or audio
    sha256: str
    name: str = ""
    file: str = ""
    small: bytes = field(default=b"", repr=False)
    path: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.kind not in REFERENCE_KINDS:
            raise BadSpec(
                f'A reference cannot be "{self.kind[:20]}".', hint=f"{', '.join(REFERENCE_KINDS)}.", field="references"
            )
        if not _DIGEST.fullmatch(self.sha256):
            raise BadSpec(
                "A reference is named by the SHA-256 of its file.", hint="64 hexadecimal digits.", field="references"
            )
        if self.name and not _REFERENCE_NAME.fullmatch(self.name):
            raise BadSpec(
                f'A reference cannot be called "{self.name[:40]}".',
                hint="Letters, digits, - and _, at most 40.",
                field="references",
            )
        _check_file("", self.file)
        if len(self.small) > MAX_COPY_BYTES:
            raise BadSpec(
                f"The copy of a reference has {len(self.small):,} bytes.",
                hint=f"At most {MAX_COPY_BYTES:,}.",
                field="references",
            )

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = {"kind": self.kind, "sha256": self.sha256, "name": self.name}
        if self.file:
            data["file"] = self.file
        if self.small:
            data["small"] = _in_base64(self.small)
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Reference:
        small = base64.b64decode(data.get("small", ""), validate=True)
        name, file = str(data.get("name", "")), str(data.get("file", ""))
        return cls(str(data["kind"]), str(data["sha256"]), name, file, small)


@dataclass(frozen=True)
class Lora:
    """A LoRA that the model's card lists, and how strongly it is applied."""

    name: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME:
            raise BadSpec("A LoRA has no name.", hint="The model's card lists them.", field="loras")
        if not math.isfinite(self.weight) or not -4 <= self.weight <= 4:
            raise BadSpec(
                f'The weight of the LoRA "{self.name}" is {self.weight:g}.', hint="-4 to 4; 1 is usual.", field="loras"
            )

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Lora:
        return cls(str(data["name"]), float(data.get("weight", 1.0)))


#: Values of a model's own options: the card says which there are and what each may be.
Option = bool | int | float | str


@dataclass(frozen=True, kw_only=True)
class ClipSpec:
    """What is asked for, in the user's terms. It knows no model: what a value left out means, how many frames there
    are, and whether a model can make it at all, `ModelCard.resolve` says.

    `seconds=0` asks for a still; with `extend`, `seconds` is what comes after the given clip. `aspect` is width:height
    ("16:9"), `size` (width, height) in pixels, `tier` a vendor's name of a resolution ("720p").
    """

    prompt: str
    negative_prompt: str = ""
    image: Picture | None = None
    last_image: Picture | None = None
    extend: SourceClip | None = None
    references: tuple[Reference, ...] = ()
    camera: CameraPath | None = None
    seconds: float = 5.0
    aspect: str = ""
    size: Size | None = None
    tier: str = ""
    sound: bool | None = None  # None: as the model does it
    preset: str = ""
    loras: tuple[Lora, ...] = ()
    options: tuple[tuple[str, Option], ...] = ()  # of the model, sorted by name
    seed: int | None = None  # None: one is drawn when the clip is ordered, and kept in the recipe
    steps: int | None = None
    guidance: float | None = None

    def __post_init__(self) -> None:
        self._check_words()
        self._check_numbers()
        self._check_given()

    @property
    def is_still(self) -> bool:
        return self.seconds == 0

    @property
    def is_words_alone(self) -> bool:
        """No picture, clip or reference is given."""
        return not (self.image or self.last_image or self.extend or self.references)

    @property
    def exact_seconds(self) -> Fraction:
        """`seconds` as the fraction that was meant: 1/24 of a second, not the binary number beside it."""
        return Fraction(self.seconds).limit_denominator(1_000_000)

    def _check_words(self) -> None:
        for name, words in (("prompt", self.prompt), ("negative_prompt", self.negative_prompt)):
            told = f"The {name.replace('_', ' ')}"
            if len(words) > MAX_PROMPT:
                raise BadSpec(
                    f"{told} has {len(words):,} characters.",
                    hint=f"At most {MAX_PROMPT:,} are read; shorten it.",
                    field=name,
                )
            if any("\ud800" <= letter <= "\udfff" for letter in words):
                raise BadSpec(f"{told} is not valid text.", hint="Give it in UTF-8.", field=name)
        for name, words in (("tier", self.tier), ("preset", self.preset), ("aspect", self.aspect)):
            if len(words) > MAX_NAME:
                raise BadSpec(f"The {name} has {len(words):,} characters.", hint=f"At most {MAX_NAME}.", field=name)
        if not self.prompt.strip():
            raise BadSpec(
                "The prompt is empty.",
                hint='Say what to show, for example "a large red ball bounces on snow".',
                field="prompt",
            )

    def _check_numbers(self) -> None:
        if not math.isfinite(self.seconds) or not 0 <= self.seconds <= MAX_SECONDS:
            raise BadSpec(
                f"seconds must be 0 (a still) to {MAX_SECONDS:g}, got {self.seconds:g}.",
                hint="0 makes a still; each model has a longest length of its own.",
                field="seconds",
            )
        if self.aspect:
            ratio(self.aspect)
        if self.size and not all(1 <= side <= MAX_SIDE for side in self.size):
            raise BadSpec(
                f"Invalid size {self.size[0]}x{self.size[1]}.", hint=f"Each side is 1 to {MAX_SIDE}.", field="size"
            )
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            raise BadSpec(
                f"seed must be 0 to {MAX_SEED}, got {self.seed}.",
                hint=f"0 to {MAX_SEED}; leave it out to have one drawn.",
                field="seed",
            )
        if self.steps is not None and not 1 <= self.steps <= MAX_STEPS:
            raise BadSpec(
                f"steps must be 1 to {MAX_STEPS}, got {self.steps}.", hint="Leave it out for the usual.", field="steps"
            )
        if self.guidance is not None and not 0 <= self.guidance <= MAX_GUIDANCE:
            raise BadSpec(
                f"guidance must be 0 to {MAX_GUIDANCE}, got {self.guidance:g}.",
                hint="1 changes nothing; leave it out for the usual.",
                field="guidance",
            )

    def _check_given(self) -> None:
        if self.extend and self.image:
            raise BadSpec(
                "A continued clip already has its first picture.", hint="Give image or extend, not both.", field="image"
            )
        if self.is_still and (self.extend or self.image or self.last_image):
            raise BadSpec(
                "A still has no room for a given picture.", hint="Ask for more than 0 seconds.", field="seconds"
            )
        if len(self.references) > MAX_REFERENCES:
            raise BadSpec(
                f"There are {len(self.references)} references.", hint=f"At most {MAX_REFERENCES}.", field="references"
            )
        names = [reference.name for reference in self.references if reference.name]
        if len(set(names)) < len(names):
            raise BadSpec("Two references have the same name.", hint="Give each its own.", field="references")
        if len(self.loras) > MAX_LORAS:
            raise BadSpec(f"There are {len(self.loras)} LoRAs.", hint=f"At most {MAX_LORAS}.", field="loras")
        if len(self.options) > MAX_OPTIONS:
            raise BadSpec(f"There are {len(self.options)} options.", hint=f"At most {MAX_OPTIONS}.", field="options")
        for name, value in self.options:
            if len(name) > MAX_NAME or (isinstance(value, str) and len(value) > MAX_PROMPT):
                raise BadSpec(
                    f'The option "{name[:40]}" or its value is too long.',
                    hint=f"At most {MAX_NAME} and {MAX_PROMPT:,} characters.",
                    field="options",
                )
            if isinstance(value, float) and not math.isfinite(value):
                raise BadSpec(f'The option "{name}" is not a finite number.', hint="Give a number.", field="options")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, every field named, so that a later change of a default changes no old recipe."""
        data: dict[str, Any] = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        for name in ("image", "last_image", "extend", "camera"):
            data[name] = data[name].to_dict() if data[name] else None
        for name in ("references", "loras"):
            data[name] = [item.to_dict() for item in data[name]]
        data["options"] = dict(self.options)
        data["size"] = list(self.size) if self.size else None
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ClipSpec:
        """Also of format 1, whose specs named their model besides; all else in them means the same."""
        kinds: dict[str, Any] = {"image": Picture, "last_image": Picture, "extend": SourceClip, "camera": CameraPath}
        lists: dict[str, Any] = {"references": Reference, "loras": Lora}
        try:
            values = dict(data)
            values.pop("model", None)
            for name, kind in kinds.items():
                values[name] = kind.from_dict(values[name]) if values.get(name) else None
            for name, kind in lists.items():
                values[name] = tuple(kind.from_dict(item) for item in values.get(name) or ())
            values["options"] = options(values.get("options") or {})
            if values.get("size"):
                values["size"] = (int(values["size"][0]), int(values["size"][1]))
            for name in ("steps", "seed"):
                if type(values.get(name, 1)) is not int and values[name] is not None:
                    raise TypeError(f"{name} is not an integer")
            return cls(**values)
        except _DAMAGED as error:
            raise BadSpec(f"The spec cannot be read: {error}.", hint="Is it from a newer Vitascope?") from error


def options(given: Mapping[str, Any]) -> tuple[tuple[str, Option], ...]:
    """Options as a spec holds them. Raises BadSpec for a value that is neither a flag, a number nor a text."""
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, Option):
            raise BadSpec(
                f'The option "{str(name)[:40]}" is not a flag, a number or a text.',
                hint="The model's card says what each may be.",
                field="options",
            )
    return tuple(sorted(given.items()))


def ratio(aspect: str) -> Fraction:
    """Width over height of "16:9". Raises BadSpec."""
    found = _ASPECT.fullmatch(aspect)
    wide, high = (Fraction(found[1]), Fraction(found[2])) if found else (Fraction(0), Fraction(0))
    if not high or not Fraction(1, 20) <= wide / high <= 20:
        raise BadSpec(f'Unknown aspect "{aspect[:20]}".', hint='Width:height, for example "16:9".', field="aspect")
    return wide / high


def aspect_of(size: Size) -> str:
    """The name of the shape that is nearest to this size's, of those that people name."""
    shape = math.log(size[0] / size[1])
    return min(ASPECT_NAMES, key=lambda name: abs(shape - math.log(ratio(name))))


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a spec comes to with a model: the one answer of `ClipFormat.resolve`. Exact: no floats.

    `frames` are those that the engine makes, `given` those of the clip that is continued, before them.
    """

    width: int
    height: int
    frames: int
    fps: Fraction
    given: int = 0
    steps: int = 0  # 0: the model has no steps to choose
    guidance: float | None = None  # None: the model has none
    sound: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        _check_sides("The clip", self.width, self.height)
        if not (1 <= self.frames <= MAX_FRAMES and 0 <= self.given <= MAX_FRAMES and 0 <= self.steps <= MAX_STEPS):
            raise BadSpec(
                f"A clip of {self.frames:,} frames after {self.given:,}, in {self.steps:,} steps, cannot be made.",
                hint=f"At most {MAX_FRAMES:,} frames and {MAX_STEPS:,} steps.",
            )
        if not 0 < self.fps <= 1000:
            raise BadSpec(f"fps must be above 0 and at most 1000, got {float(self.fps):g}.", hint="Such as 24.")

    @property
    def size(self) -> Size:
        return self.width, self.height

    @property
    def total(self) -> int:
        """Frames of the finished clip."""
        return self.given + self.frames

    @property
    def is_still(self) -> bool:
        return self.total == 1

    @property
    def seconds(self) -> Fraction:
        """Seconds sold: the first frame of a new clip is free."""
        return (self.frames - (0 if self.given else 1)) / self.fps

    @property
    def total_seconds(self) -> Fraction:
        """Seconds of the finished clip, from its first frame to its last."""
        return (self.total - 1) / self.fps

    def to_dict(self) -> dict[str, Any]:
        data = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return {**data, "fps": str(self.fps), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Shape:
        try:
            numbers = {name: int(data[name]) for name in ("width", "height", "frames", "given", "steps")}
            guidance = data.get("guidance")
            return cls(
                **numbers,
                fps=exact(str(data["fps"])),
                guidance=None if guidance is None else float(guidance),
                sound=bool(data.get("sound")),
                notes=tuple(str(note) for note in data.get("notes") or ()),
            )
        except _DAMAGED as error:
            raise BadSpec(f"The shape cannot be read: {error}.", hint="Is it from a newer Vitascope?") from error


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that is needed to make a clip again: the spec with its exact seed, what it came to, the model and the hash of
    its weights, the version.

    The parents of a continued clip are inside `spec.extend.recipe`.
    """

    spec: ClipSpec
    shape: Shape
    model: str
    weights: str  # SHA-256 over the model's files; empty: a vendor's, which are not here
    version: str  # of Vitascope
    written: int = field(default=RECIPE_FORMAT, compare=False)  # the format that it was read in

    def __post_init__(self) -> None:
        for what, text in (("model", self.model), ("weights", self.weights), ("version", self.version)):
            if len(text) > MAX_NAME:
                raise BadSpec(f"The recipe's {what} has {len(text):,} characters.", hint=f"At most {MAX_NAME}.")

    def check_parents(self) -> None:
        """Raises BadSpec when it and those inside it are more, or larger, than any clip needs."""
        recipe: Recipe | None = self
        generations = size = 0
        while recipe:
            spec = recipe.spec
            generations += 1
            size += sum(len(picture.png) for picture in (spec.image, spec.last_image) if picture)
            if generations > MAX_GENERATIONS or size > MAX_GIVEN_BYTES:
                raise BadSpec(
                    f"The recipe holds more than {MAX_GENERATIONS} clips or {MAX_GIVEN_BYTES >> 20} MB of pictures.",
                    hint="Continue the clip without its recipe.",
                )
            recipe = spec.extend.recipe if spec.extend else None

    def to_dict(self) -> dict[str, Any]:
        data = {
            "format": RECIPE_FORMAT,
            "vitascope": self.version,
            "model": {"name": self.model, "weights": self.weights},
            "spec": self.spec.to_dict(),
            "shape": self.shape.to_dict(),
        }
        return data if self.written == RECIPE_FORMAT else {**data, "written": self.written}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Recipe:
        """Also of format 1, which is read for ever: its shape follows from the rules that all models had then."""
        try:
            model, written = data["model"], int(data["format"])
            if written not in (1, RECIPE_FORMAT):
                raise BadSpec(
                    f"The recipe has format {written}, this version reads 1 and {RECIPE_FORMAT}.",
                    hint="Update Vitascope.",
                )
            spec = ClipSpec.from_dict(data["spec"])
            shape = Shape.from_dict(data["shape"] if written > 1 else clip_format_1.shape(data["spec"]))
            name, weights, version = str(model["name"]), str(model["weights"]), str(data["vitascope"])
            before = int(data.get("written", written))
        except _DAMAGED as error:
            raise BadSpec(f"The recipe cannot be read: {error}.", hint="Is it from a newer Vitascope?") from error
        return cls(spec=spec, shape=shape, model=name, weights=weights, version=version, written=before)


def _check_sides(what: str, width: int, height: int) -> None:
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise BadSpec(f"{what} is {width}x{height}.", hint=f"Each side 1 to {MAX_SIDE}.")


def _check_file(sha256: str, name: str) -> None:
    if sha256 and not _DIGEST.fullmatch(sha256):
        raise BadSpec("The SHA-256 of a given file is wrong.", hint="64 hexadecimal digits.")
    if len(name) > MAX_NAME:
        raise BadSpec(f"The name of a given file has {len(name):,} characters.", hint=f"At most {MAX_NAME}.")


def _in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
