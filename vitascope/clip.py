"""The nouns: what can be asked for (`ClipSpec` and what is given with it), who can make it (`ModelCard`), and the
record from which the same bytes can be made again (`Recipe`). Frozen and pure: nothing here reads a file, a clock or
the environment.

Every face (Python, command line, HTTP) fills one `ClipSpec`; it checks itself when it is built, so a spec that exists
can be made. A spec or recipe turned into a dict and back is equal to itself.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

from vitascope.errors import BadSpec

FPS = 16
GROUP = 8  # frames in one latent group; a clip is its first frame and then whole groups
MAX_SECONDS = 60.0
MAX_FRAMES = 1 + int(MAX_SECONDS) * FPS
MAX_PROMPT = 2_000  # characters
MAX_SEED = 2**32 - 1
MAX_SIDE = 4096  # of any clip, given or made
MAX_NAME = 100  # characters of a model's name, a version, a hash of weights
MAX_GENERATIONS = MAX_FRAMES // GROUP  # of recipes inside each other: each clip added a group at least
MAX_GIVEN_BYTES = 32 * 2**20  # of all pictures in a recipe and its parents
ASPECTS = {"1:1": (256, 256), "16:9": (352, 192), "9:16": (192, 352)}  # (width, height)
RECIPE_FORMAT = 1
Size = tuple[int, int]


@dataclass(frozen=True)
class Picture:
    """A given picture, already fitted to the clip's size, as PNG bytes. `media.picture` makes and reads them."""

    png: bytes = field(repr=False)
    width: int
    height: int

    def __post_init__(self) -> None:
        _check_sides("A given picture", self.width, self.height)
        if len(self.png) > 4 * self.width * self.height + 2**16:
            raise BadSpec(
                f"A given picture of {self.width}x{self.height} has {len(self.png):,} bytes.",
                hint="Nothing but its pixels belongs into it.",
            )

    def to_dict(self) -> dict[str, Any]:
        return {"png": base64.b64encode(self.png).decode("ascii"), "width": self.width, "height": self.height}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Picture:
        return cls(base64.b64decode(data["png"], validate=True), int(data["width"]), int(data["height"]))


@dataclass(frozen=True)
class Source:
    """The clip to be continued. `path` says where it lies now and is no part of what it is: the hash is."""

    sha256: str
    frames: int
    width: int
    height: int
    recipe: Recipe | None = None
    path: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        _check_sides("The clip to be continued", self.width, self.height)
        if not 1 <= self.frames <= MAX_FRAMES:
            raise BadSpec(
                f"The clip to be continued has {self.frames:,} frames.", hint=f"1 to {MAX_FRAMES}.", field="extend"
            )
        if len(self.sha256) > MAX_NAME:
            raise BadSpec("The hash of the clip to be continued is none.", hint="64 hexadecimal digits.")
        if self.recipe:
            self.recipe.check_parents()

    def to_dict(self) -> dict[str, Any]:
        parent = self.recipe.to_dict() if self.recipe else None
        return {
            "sha256": self.sha256,
            "frames": self.frames,
            "width": self.width,
            "height": self.height,
            "recipe": parent,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Source:
        parent = Recipe.from_dict(data["recipe"]) if data.get("recipe") else None
        return cls(str(data["sha256"]), int(data["frames"]), int(data["width"]), int(data["height"]), parent)


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


@dataclass(frozen=True, kw_only=True)
class ClipSpec:
    """Everything asked for. `seconds=0` asks for a still; with `extend`, `seconds` is what comes after the given
    clip.
    """

    prompt: str
    negative_prompt: str = ""
    image: Picture | None = None
    last_image: Picture | None = None
    extend: Source | None = None
    camera: CameraPath | None = None
    seconds: float = 5.0
    aspect: str = "1:1"
    size: Size | None = None
    seed: int | None = None  # None: the pipeline draws one and writes it into the recipe
    steps: int = 4
    guidance: float | None = None  # None: what the model's card says
    model: str = "vitascope-nano"

    def __post_init__(self) -> None:
        self._check_words()
        self._check_numbers()
        self._check_given()

    @property
    def shape(self) -> Size:
        """(width, height): that of the clip being continued, else the size asked for, else the aspect's."""
        if self.extend:
            return self.extend.width, self.extend.height
        return self.size or ASPECTS[self.aspect]

    @property
    def is_still(self) -> bool:
        return self.seconds == 0

    @property
    def new_frames(self) -> int:
        """Frames the engine makes: 1 for a still, else whole groups (never shorter than asked), after a first one if
        it is new.
        """
        if self.is_still:
            return 1
        groups = max(1, math.ceil(self.seconds * FPS / GROUP - 1e-9))
        return groups * GROUP if self.extend else 1 + groups * GROUP

    @property
    def frames(self) -> int:
        """Frames of the finished clip."""
        return self.new_frames + (self.extend.frames if self.extend else 0)

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
        if len(self.model) > MAX_NAME:
            raise BadSpec(
                f"The model's name has {len(self.model):,} characters.", hint=f"At most {MAX_NAME}.", field="model"
            )
        if not self.prompt.strip():
            raise BadSpec(
                "The prompt is empty.",
                hint='Say what to show, for example "a large red ball bounces on snow".',
                field="prompt",
            )

    def _check_numbers(self) -> None:
        if not math.isfinite(self.seconds) or not 0 <= self.seconds <= MAX_SECONDS:
            raise BadSpec(f"{self.seconds:g} seconds cannot be made.", hint="0 (a still) to 60.", field="seconds")
        if self.aspect not in ASPECTS:
            raise BadSpec(f'Unknown aspect "{self.aspect}".', hint=f"One of {', '.join(ASPECTS)}.", field="aspect")
        if self.size and not all(32 <= side <= 4096 and side % 32 == 0 for side in self.size):
            raise BadSpec(
                f"{self.size[0]}x{self.size[1]} is no size for a clip.",
                hint=f"Sides are multiples of 32; {_sizes(ASPECTS.values())}.",
                field="size",
            )
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            hint = f"A whole number from 0 to {MAX_SEED}."
            raise BadSpec(f"The seed {self.seed} is out of range.", hint=hint, field="seed")
        if not 1 <= self.steps <= 64:
            raise BadSpec(f"{self.steps} steps cannot be made.", hint="1 to 64; 4 is usual.", field="steps")
        if self.guidance is not None and not 0 <= self.guidance <= 20:
            hint = "0 to 20; 1 changes nothing."
            raise BadSpec(f"Guidance {self.guidance:g} is out of range.", hint=hint, field="guidance")

    def _check_given(self) -> None:
        for name, picture in (("image", self.image), ("last_image", self.last_image)):
            if picture and (picture.width, picture.height) != self.shape:
                raise BadSpec(
                    f"A given picture is {picture.width}x{picture.height}, the clip {self.shape[0]}x{self.shape[1]}.",
                    hint="Fit the picture to the clip first.",
                    field=name,
                )
        if self.extend and self.image:
            raise BadSpec(
                "A continued clip already has its first picture.", hint="Give image or extend, not both.", field="image"
            )
        if self.is_still and (self.extend or self.image or self.last_image):
            raise BadSpec(
                "A still has no room for a given picture.", hint="Ask for more than 0 seconds.", field="seconds"
            )
        if self.frames > MAX_FRAMES:
            hint = f"At most {MAX_FRAMES}, about 60 seconds."
            raise BadSpec(f"The clip would have {self.frames} frames.", hint=hint, field="seconds")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, every field named, so that a later change of a default changes no old recipe."""
        data: dict[str, Any] = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        for name in ("image", "last_image", "extend", "camera"):
            data[name] = data[name].to_dict() if data[name] else None
        data["size"] = list(self.size) if self.size else None
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ClipSpec:
        kinds: dict[str, Any] = {"image": Picture, "last_image": Picture, "extend": Source, "camera": CameraPath}
        try:
            values = dict(data)
            for name, kind in kinds.items():
                values[name] = kind.from_dict(values[name]) if values.get(name) else None
            if values.get("size"):
                values["size"] = (int(values["size"][0]), int(values["size"][1]))
            for name in ("steps", "seed"):
                if type(values.get(name, 1)) is not int and values[name] is not None:
                    raise TypeError(f"{name} is not an integer")
            return cls(**values)
        except (TypeError, KeyError, ValueError, AttributeError, IndexError, binascii.Error) as error:
            raise BadSpec(f"The spec cannot be read: {error}.", hint="Is it from a newer Vitascope?") from error


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that is needed to make a clip again: the spec with its exact seed, the model and its weights' hash, the
    versions.

    The parents of a continued clip are inside `spec.extend.recipe`.
    """

    spec: ClipSpec
    model: str
    weights: str  # SHA-256 over the model's files
    version: str  # of Vitascope
    format: int = RECIPE_FORMAT

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
        model = {"name": self.model, "weights": self.weights}
        return {"format": self.format, "vitascope": self.version, "model": model, "spec": self.spec.to_dict()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Recipe:
        try:
            spec = ClipSpec.from_dict(data["spec"])
            model, written = data["model"], int(data["format"])
            name, weights, version = str(model["name"]), str(model["weights"]), str(data["vitascope"])
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise BadSpec(f"The recipe cannot be read: {error}.", hint="Is it from a newer Vitascope?") from error
        if written != RECIPE_FORMAT:
            raise BadSpec(
                f"The recipe has format {written}, this version reads {RECIPE_FORMAT}.", hint="Update Vitascope."
            )
        return cls(spec=spec, model=name, weights=weights, version=version, format=written)


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a model is and can do, with its honest limits."""

    name: str
    title: str
    modes: tuple[str, ...]  # of: text, image, last_image, extend, still, camera
    sizes: tuple[Size, ...]  # (width, height)
    max_seconds: float = MAX_SECONDS
    fps: int = FPS
    steps: int = 4
    languages: tuple[str, ...] = ("en", "zh")
    parameters: int = 0
    size_bytes: int = 0
    weights: str = ""  # SHA-256 over the files
    licence: str = "Apache-2.0"
    limits: str = ""
    scores: dict[str, float] = field(default_factory=dict, hash=False)
    guidance: float | None = None  # what it takes when none is asked for; None: it has none

    def check(self, spec: ClipSpec) -> None:
        """Raise BadSpec when this model cannot make what is asked."""
        if spec.shape not in self.sizes:
            raise BadSpec(
                f"{self.name} cannot make {spec.shape[0]}x{spec.shape[1]}.",
                hint=f"It makes {_sizes(self.sizes)}.",
                field="size",
            )
        if spec.seconds > self.max_seconds:
            hint = f"At most {self.max_seconds:g}."
            raise BadSpec(f"{self.name} cannot make {spec.seconds:g} seconds.", hint=hint, field="seconds")
        asked = {
            "image": spec.image,
            "last_image": spec.last_image,
            "extend": spec.extend,
            "camera": spec.camera,
            "still": spec.is_still,
        }
        for mode, given in asked.items():
            if given and mode not in self.modes:
                hint = f"It takes {', '.join(self.modes)}."
                raise BadSpec(
                    f"{self.name} does not take {mode}.", hint=hint, field="seconds" if mode == "still" else mode
                )


def _check_sides(what: str, width: int, height: int) -> None:
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise BadSpec(f"{what} is {width}x{height}.", hint=f"Each side 1 to {MAX_SIDE}.")


def _sizes(sizes: Any) -> str:
    return ", ".join(f"{width}x{height}" for width, height in sizes)
