"""What a model can do, as data: `ModelCard`, and its `ClipFormat`, which is the one place where what is asked (a
`ClipSpec`) and what a model makes meet. Pure and exact: fractions, no floats.

A card is read from a TOML file (`model_file.py`) or built by an engine's own code.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from vitascope.clip import MAX_SECONDS, MAX_SIDE, MAX_STEPS, ClipSpec, Option, Shape, Size, ratio
from vitascope.errors import BadSpec

MODES = ("text", "image", "last_image", "extend", "still", "camera", "references")
SOUNDS = ("never", "optional", "always")
HOOKS = ("reader", "search_terms", "judge", "cameras")
DEFAULT_SECONDS = 5.0
ALIKE = 0.06  # two shapes whose ratios differ by less are called the same: 352x192 is 16:9


@dataclass(frozen=True)
class Tier:
    """A resolution by a vendor's name, with the sizes that it stands for."""

    name: str
    sizes: tuple[Size, ...]


@dataclass(frozen=True, kw_only=True)
class ClipFormat:
    """Which frames a model makes: `first` of them and then whole groups of `group`, `fps` a second, in one of `sizes`.

    `tiers`: sizes by name; the first tier is taken when none is asked for, and `sizes` is then all of theirs.
    `any_size`: other sizes too, whose sides are multiples of `side` and whose area is not above that of the largest.
    `lengths`: the only lengths in seconds, where a model has such a list.
    `any_rate`: a clip of any rate is continued at its own; else only one of this rate.
    """

    fps: Fraction
    first: int = 1
    group: int = 1
    side: int = 1
    sizes: tuple[Size, ...] = ()
    tiers: tuple[Tier, ...] = ()
    any_size: bool = False
    any_rate: bool = False
    lengths: tuple[Fraction, ...] = ()
    min_seconds: Fraction = Fraction(0)
    max_seconds: Fraction = Fraction(10)  # of what is made at once; 0: stills only
    max_total_seconds: Fraction = Fraction(MAX_SECONDS)  # with the clip that it continues
    steps: int = 0  # taken when none are asked for; 0: it has no steps to choose
    max_steps: int = MAX_STEPS
    guidance: float | None = None  # taken when none is asked for; None: it has none

    def __post_init__(self) -> None:
        every = dict.fromkeys((*self.sizes, *(size for tier in self.tiers for size in tier.sizes)))
        object.__setattr__(self, "sizes", tuple(every))
        if not self.sizes:
            raise BadSpec("A format has no sizes.", hint="List them in `sizes`, or in `tiers`.", field="sizes")
        for width, height in self.sizes:
            if not all(2 <= side <= MAX_SIDE and side % 2 == 0 and side % self.side == 0 for side in (width, height)):
                raise BadSpec(
                    f"The size {width}x{height} of a format cannot be made.",
                    hint=f"Sides are even multiples of `side` ({self.side}), 2 to {MAX_SIDE}.",
                    field="sizes",
                )
        if not 0 < self.fps <= 1000:
            raise BadSpec(f"fps must be above 0 and at most 1000, got {float(self.fps):g}.", hint="Such as 24.")
        if not 1 <= min(self.first, self.group) <= max(self.first, self.group) <= 1000:
            raise BadSpec("first and group of a format must be 1 to 1000.", hint="Such as 1 and 4.")
        if not 0 <= self.min_seconds <= self.longest:
            raise BadSpec("min_seconds must be 0 or more, and at most max_seconds.", hint="Leave it out for 0.")
        if any(not 0 < length <= MAX_SECONDS for length in self.lengths) or not 0 <= self.max_seconds <= MAX_SECONDS:
            raise BadSpec(f"lengths and max_seconds must be 0 to {MAX_SECONDS:g}.", hint="Only max_seconds may be 0.")
        if not self.longest <= self.max_total_seconds <= MAX_SECONDS:
            raise BadSpec(
                f"max_total_seconds must be from the longest length to {MAX_SECONDS:g}.", hint="Leave it out for 600."
            )
        if not 0 <= self.steps <= self.max_steps <= MAX_STEPS:
            raise BadSpec(
                f"steps must be 0 to max_steps, and max_steps at most {MAX_STEPS}.", hint="Leave both out for none."
            )

    def resolve(self, spec: ClipSpec, *, name: str = "this model") -> Shape:
        """What the spec comes to. Raises BadSpec, naming the field, for what the model called `name` cannot make."""
        notes: list[str] = []
        width, height = self._size(spec, name, notes)
        given = spec.extend.frames if spec.extend else 0
        frames, fps = self._frames(spec, name), self._rate(spec)
        shape = Shape(width=width, height=height, frames=frames, given=given, fps=fps)
        if fps != self.fps:
            less = "some of its frames are shown twice" if fps > self.fps else "some of its frames are left out"
            notes.append(
                f"The clip goes on at its own {float(fps):g} frames a second; {name} makes "
                f"{float(self.fps):g}, so {less}."
            )
        if note := self._length_note(spec, shape.seconds, name):
            notes.append(note)
        if shape.total > 1 and shape.total_seconds > self.max_total_seconds:
            raise BadSpec(
                f"The clip would have {float(shape.total_seconds):g} seconds.",
                hint=f"{name} makes clips of up to {float(self.max_total_seconds):g} seconds in all.",
                field="seconds",
            )
        steps = self._steps(spec, name, notes)
        guidance = self.guidance if spec.guidance is None else spec.guidance
        if self.guidance is None and spec.guidance is not None:
            notes.append(f"{name} has no guidance; {spec.guidance:g} is left out.")
            guidance = None
        return dataclasses.replace(shape, steps=steps, guidance=guidance, notes=tuple(notes))

    def length_note(self, spec: ClipSpec, *, name: str = "this model") -> str:
        """What is said of a length that is not quite the one asked for; else empty."""
        frames = self._frames(spec, name)
        return self._length_note(spec, (frames - (0 if spec.extend else 1)) / self._rate(spec), name)

    def _length_note(self, spec: ClipSpec, made: Fraction, name: str) -> str:
        if abs(made - spec.exact_seconds) < Fraction(1, 100):
            return ""
        return f"{spec.seconds:g} seconds were asked; {float(made):g} are made, the next length that {name} has."

    def count(self, seconds: Fraction, *, extension: bool = False) -> int:
        """The smallest number of frames that this many seconds need: (frames - 1) / fps >= seconds. An extension
        counts all of its frames, which are new.
        """
        if not seconds:
            return 1
        if extension:
            return self.group * max(1, math.ceil(seconds * self.fps / self.group))
        more = math.ceil((seconds * self.fps + 1 - self.first) / self.group)
        return self.first + self.group * max(more, 0)

    @property
    def longest(self) -> Fraction:
        """Seconds that can be made at once; 0: stills only."""
        return max(self.lengths) if self.lengths else self.max_seconds

    def has(self, size: Size) -> bool:
        if size in self.sizes:
            return True
        largest = max(width * height for width, height in self.sizes)
        return self.any_size and all(side % self.side == 0 for side in size) and size[0] * size[1] <= largest

    def nearest(self, size: Size, tier: str = "") -> Size:
        """The size that comes nearest, of a tier if one is named: in shape, and then in area."""
        if self.has(size) and not tier:
            return size

        def far(made: Size) -> tuple[float, float]:
            shape = abs(math.log(made[0] / made[1]) - math.log(size[0] / size[1]))
            return round(shape, 1), abs(math.log(made[0] * made[1]) - math.log(size[0] * size[1]))

        return min(self.of_tier(tier) if tier else self.sizes, key=far)

    def of_aspect(self, aspect: str, tier: str = "") -> tuple[Size, bool]:
        """The largest size of about this shape, and whether its shape is the one asked for."""
        wanted = math.log(ratio(aspect))

        def far(made: Size) -> tuple[float, int]:
            return round(abs(math.log(made[0] / made[1]) - wanted), 1), -made[0] * made[1]

        size = min(self.of_tier(tier), key=far)
        return size, abs(math.log(size[0] / size[1]) - wanted) < ALIKE

    def of_tier(self, tier: str) -> tuple[Size, ...]:
        """The sizes of this tier; of the first one when none is named, of all where there are no tiers."""
        if not self.tiers:
            return self.sizes
        return next((one.sizes for one in self.tiers if one.name == tier), self.tiers[0].sizes)

    def _size(self, spec: ClipSpec, name: str, notes: list[str]) -> Size:
        if spec.tier and spec.tier not in [tier.name for tier in self.tiers]:
            known = ", ".join(tier.name for tier in self.tiers)
            hint = f"{name} has {known}." if known else f"{name} has no tiers; give a size or an aspect."
            raise BadSpec(f'Unknown tier "{spec.tier[:40]}".', hint=hint, field="tier")
        if spec.extend:
            size = (spec.extend.width, spec.extend.height)
        elif spec.size:
            size = spec.size
        elif spec.aspect:
            size, alike = self.of_aspect(spec.aspect, spec.tier)
            if not alike:
                notes.append(f"{spec.aspect} was asked; {name} makes {size[0]}x{size[1]}, the nearest shape it can.")
        else:
            size = self.of_tier(spec.tier)[0]
        if not self.has(size):
            sizes = _sizes(self.sizes)
            hint = f"{name} makes {sizes}."
            if self.any_size:
                hint = f"Sides are multiples of {self.side}, the area at most that of the largest of {sizes}."
            raise BadSpec(f"{name} cannot make {size[0]}x{size[1]}.", hint=hint, field="size")
        return size

    def _frames(self, spec: ClipSpec, name: str) -> int:
        asked = spec.exact_seconds
        if not asked:
            return 1
        most = self.longest
        if not most:
            raise BadSpec(f"{name} makes stills only.", hint="Ask for 0 seconds.", field="seconds")
        if asked > most:
            raise BadSpec(
                f"{name} cannot make {spec.seconds:g} seconds.", hint=f"At most {float(most):g}.", field="seconds"
            )
        longer = [length for length in self.lengths if length >= asked]
        wanted = min(longer) if longer else max(asked, self.min_seconds)
        rate = self._rate(spec)
        if spec.extend and spec.extend.fps != rate:
            raise BadSpec(
                f"The clip to be continued has {float(spec.extend.fps):g} frames a second, {name} makes "
                f"{float(self.fps):g}.",
                hint="Convert it first.",
                field="extend",
            )
        return self.count(wanted, extension=spec.extend is not None) if rate == self.fps else math.ceil(wanted * rate)

    def rate_for(self, measured: float) -> Fraction:
        """Frames a second at which a clip of this rate is continued: its own, exactly, or the model's."""
        return Fraction(measured).limit_denominator(1001) if self.any_rate else self.fps

    def _rate(self, spec: ClipSpec) -> Fraction:
        """Frames a second of what is made: those of the clip that it continues, where the model can do that."""
        return spec.extend.fps if spec.extend and self.any_rate else self.fps

    def _steps(self, spec: ClipSpec, name: str, notes: list[str]) -> int:
        if not self.steps:
            if spec.steps is not None:
                notes.append(f"{name} has no steps to choose; {spec.steps} is left out.")
            return 0
        if spec.steps is not None and spec.steps > self.max_steps:
            raise BadSpec(
                f"steps must be 1 to {self.max_steps} with {name}, got {spec.steps}.",
                hint=f"{self.steps} is usual.",
                field="steps",
            )
        return spec.steps or self.steps


@dataclass(frozen=True, kw_only=True)
class OptionCard:
    """An option that only this model has. `kind`: flag, integer, number, text or choice."""

    name: str
    kind: str
    default: Option | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    title: str = ""

    def check(self, value: Option) -> None:
        """Raises BadSpec when the option cannot be this."""
        kinds: dict[str, tuple[type, ...]] = {
            "flag": (bool,), "integer": (int,), "number": (int, float), "text": (str,), "choice": (str,),
        }  # fmt: skip
        good = isinstance(value, kinds[self.kind]) and (self.kind == "flag" or not isinstance(value, bool))
        if good and isinstance(value, int | float) and not isinstance(value, bool):
            good = (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        if good and self.kind == "choice":
            good = value in self.choices
        if not good:
            raise BadSpec(
                f'The option "{self.name}" cannot be {str(value)[:40]!r}.', hint=f"{self._may_be}.", field="options"
            )

    @property
    def _may_be(self) -> str:
        if self.kind == "choice":
            return f"One of {', '.join(self.choices)}"
        if self.kind == "flag":
            return "true or false"
        low = "" if self.low is None else f" from {self.low:g}"
        high = "" if self.high is None else f" up to {self.high:g}"
        return {"integer": "An integer", "number": "A number", "text": "A text"}[self.kind] + low + high


@dataclass(frozen=True, kw_only=True)
class PresetDefaults:
    """What is taken with a preset when it is not asked for; None: as without the preset."""

    steps: int | None = None
    guidance: float | None = None


@dataclass(frozen=True, kw_only=True)
class ModelPrice:
    """In units of credits (100 = 1 credit). A second costs `second` at `steps` steps in the smallest size class;
    `steps` 0: however many steps there are. `source` and `date` say where a vendor's price was read, and when.
    """

    second: Fraction
    still: Fraction
    steps: int = 0
    source: str = ""
    date: str = ""


@dataclass(frozen=True, kw_only=True)
class CostRate:
    """What a clip of at most `pixels` costs at its vendor, in micro-dollars: `second` for each second and `clip` once.
    `length`: only clips of so many seconds. `sound`: only clips with sound, or only those without; None: both.
    """

    pixels: int
    second: int = 0
    clip: int = 0
    length: Fraction | None = None
    sound: bool | None = None

    def fits(self, shape: Shape) -> bool:
        return (
            shape.width * shape.height <= self.pixels
            and self.sound in (None, shape.sound)
            and self.length in (None, shape.seconds)
        )


@dataclass(frozen=True, kw_only=True)
class VendorCost:
    """A vendor's price list for a model. `source` and `date`: where it was read, and when."""

    rates: tuple[CostRate, ...]
    source: str = ""
    date: str = ""

    def of(self, shape: Shape) -> int | None:
        """Micro-dollars of a clip of this shape, by the cheapest rate that fits; None: the list does not say."""
        fitting = [rate for rate in self.rates if rate.fits(shape)]
        costs = [math.ceil(rate.second * shape.seconds) + rate.clip for rate in fitting]
        return min(costs) if costs else None


@dataclass(frozen=True, kw_only=True)
class Licence:
    """What a model's licence says, as data."""

    id: str = "Apache-2.0"
    url: str = ""
    sha256: str = ""  # of its text
    excluded: tuple[str, ...] = ()  # territories, as ISO 3166 codes
    revenue_limit: str = ""
    notice: str = ""  # words that must be shown
    outputs: str = ""  # what it says of the clips made
    must_mark: bool = False  # clips must be marked as generated

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What a model is and can do, with its honest limits."""

    name: str
    title: str
    format: ClipFormat
    modes: tuple[str, ...] = ("text",)  # of MODES
    sound: str = "never"  # of SOUNDS
    references: Mapping[str, int] = field(default_factory=dict, hash=False)  # how many of each kind
    pictures_in_recipe: bool = False  # given pictures whole, so that a clip's file alone makes it again; else copies
    loras: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    preset_defaults: Mapping[str, PresetDefaults] = field(default_factory=dict, hash=False)  # of those that change them
    options: tuple[OptionCard, ...] = ()
    languages: tuple[str, ...] = ("en", "zh")
    needs: str = "cpu"  # the device; see `jobs.needs`
    gigabytes: float = 0.0  # of memory on the device
    parameters: int = 0
    size_bytes: int = 0
    weights: str = ""  # SHA-256 over the files; empty: they are not here
    licence: Licence = Licence()
    first_edition: bool = False  # an engine given by `--engine module:factory`
    price: ModelPrice | None = None  # None: the operator's price list has it, or it cannot be ordered for credits
    cost: VendorCost | None = None  # what a vendor takes for it; None: unknown, or it is made here
    limits: str = ""
    hints: tuple[str, ...] = ()  # how its makers want it asked, a sentence each
    scores: Mapping[str, float] = field(default_factory=dict, hash=False)
    hooks: Mapping[str, str] = field(default_factory=dict, hash=False)  # of HOOKS: "module:name", loaded when asked for

    def resolve(self, spec: ClipSpec, *, given: Collection[str] = ()) -> Shape:
        """What this spec comes to with this model. `given`: modes of what will be put into it, such as "image" for a
        picture that is still to be fitted. Raises BadSpec, naming the field, for what it cannot do.
        """
        self._check_modes(spec, given)
        self._check_extras(spec)
        preset = self.preset_defaults.get(spec.preset, PresetDefaults())
        steps = preset.steps if spec.steps is None else spec.steps
        guidance = preset.guidance if spec.guidance is None else spec.guidance
        told = dataclasses.replace(spec, steps=steps, guidance=guidance)
        shape = self.format.resolve(told, name=self.name)
        for name, picture in (("image", spec.image), ("last_image", spec.last_image)):
            if picture and (picture.width, picture.height) != shape.size:
                raise BadSpec(
                    f"A given picture is {picture.width}x{picture.height}, the clip {shape.width}x{shape.height}.",
                    hint="Fit the picture to the clip first.",
                    field=name,
                )
        return dataclasses.replace(shape, sound=self._sound(spec))

    def _check_modes(self, spec: ClipSpec, coming: Collection[str]) -> None:
        asked = {
            "image": spec.image,
            "last_image": spec.last_image,
            "extend": spec.extend,
            "camera": spec.camera,
            "still": spec.is_still,
            "references": spec.references,
        }
        there = {mode for mode, given in asked.items() if given or mode in coming}
        for mode in asked:
            if mode in there and mode not in self.modes:
                raise BadSpec(
                    f"{self.name} does not take {mode}.",
                    hint=f"It takes {', '.join(self.modes)}.",
                    field="seconds" if mode == "still" else mode,
                )
        if "text" not in self.modes and not there & {"image", "last_image", "extend", "references"}:
            raise BadSpec(f"{self.name} needs more than words.", hint=f"Give {' or '.join(self.modes)}.", field="image")

    def _check_extras(self, spec: ClipSpec) -> None:
        kinds = [reference.kind for reference in spec.references]
        for kind in dict.fromkeys(kinds):
            if kinds.count(kind) > self.references.get(kind, 0):
                raise BadSpec(
                    f"{self.name} takes {self.references.get(kind, 0)} references of the kind {kind}, "
                    f"got {kinds.count(kind)}.",
                    hint="Leave some out.",
                    field="references",
                )
        if spec.preset and spec.preset not in self.presets:
            raise self._unknown("preset", spec.preset, self.presets)
        for lora in spec.loras:
            if lora.name not in self.loras:
                raise self._unknown("LoRA", lora.name, self.loras, field="loras")
        known = {option.name: option for option in self.options}
        for name, value in spec.options:
            if name not in known:
                raise self._unknown("option", name, tuple(known), field="options")
            known[name].check(value)

    def _unknown(self, what: str, name: str, known: tuple[str, ...], *, field: str = "") -> BadSpec:
        hint = f"It has {', '.join(known)}." if known else "It has none."
        return BadSpec(f'{self.name} has no {what} "{name[:40]}".', hint=hint, field=field or what)

    def _sound(self, spec: ClipSpec) -> bool:
        if spec.sound and (self.sound == "never" or spec.is_still):
            why = "a still has no sound" if spec.is_still else f"{self.name} makes none"
            raise BadSpec(f"Sound was asked; {why}.", hint="Leave sound out.", field="sound")
        if spec.sound is False and self.sound == "always":
            raise BadSpec(f"{self.name} always makes sound.", hint="Leave sound out, and mute the clip.", field="sound")
        return not spec.is_still and (self.sound == "always" or bool(spec.sound))


def _sizes(sizes: tuple[Size, ...]) -> str:
    return ", ".join(f"{width}x{height}" for width, height in sizes)
