"""The film document: everything that people decide, and nothing that can be computed or that was made of it.

A versioned JSON object. What has an identity (cast, scenes, shots, cues) stands in objects by id beside lists that
give the order, so that a change to one shot is a small JSON merge patch (RFC 7396) that does not touch its neighbours.
Frozen and pure: editing makes a new document (`edit.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vitascope.errors import BadSpec, UnknownId
from vitascope.film.times import RATES, Seconds, Speed

FORMAT = 1
MAX_SHOTS, MAX_SCENES, MAX_CAST, MAX_CUES, MAX_ITEMS = 2_000, 500, 300, 200, 5_000
MAX_SOURCE = 400_000  # characters of a script
_SIDES = "Both sides must be even numbers from 64 to 4096"

Id = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")]
Text = Annotated[str, Field(max_length=4_000)]
Name = Annotated[str, Field(max_length=200)]
Gain = Annotated[float, Field(ge=-60, le=24, description="Decibels.", allow_inf_nan=False)]


class Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Noun):
    """The text as it was given. It is never rewritten; lines point into it."""

    text: Annotated[str, Field(max_length=MAX_SOURCE)] = ""
    form: Literal["", "fountain", "screenplay_zh", "table", "plain", "idea", "adapted"] = ""


class Voice(Noun):
    """Who speaks for a character. Empty: the first voice of the film's language that is here."""

    engine: Name = ""
    name: Name = ""
    speed: Annotated[float, Field(ge=0.5, le=2.0, allow_inf_nan=False)] = 1.0


class Member(Noun):
    """A character, place or thing."""

    kind: Literal["character", "place", "prop"] = "character"
    name: Annotated[str, Field(min_length=1, max_length=100)]
    aliases: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    looks: Text = ""
    references: Annotated[
        tuple[Name, ...], Field(max_length=8, description="Library clips, or SHA-256 of inputs.")
    ] = ()
    voice: Voice = Voice()


class Line(Noun):
    """Words that are spoken or shown: the only place of them. Captions, voices and lengths follow from it."""

    id: Id
    kind: Literal["dialogue", "voice_over", "title", "sound"] = "dialogue"
    speaker: Annotated[str, Field(max_length=32, description="Id of a cast member; empty: nobody in particular.")] = ""
    text: Text
    manner: Annotated[str, Field(max_length=200, description='How it is said, as in "(whispering)".')] = ""
    span: Annotated[tuple[int, int] | None, Field(description="Where it stands in the source, in characters.")] = None
    spoken_by: Annotated[
        Literal["voice", "take", "nobody"], Field(description="Never both: the take's sound or a made voice.")
    ] = "voice"

    @property
    def is_spoken(self) -> bool:
        """Not where there is nothing to say: an emoji or three dots alone are shown, and nobody waits for a voice."""
        words = any(letter.isalnum() for letter in self.text)
        return self.kind in ("dialogue", "voice_over") and self.spoken_by != "nobody" and words


class Shot(Noun):
    """One action, or one spoken line."""

    action: Annotated[Text, Field(description="What is seen, in the script's words, with names of the cast.")] = ""
    framing: Annotated[str, Field(max_length=60, description="Shot size, such as close-up.")] = ""
    angle: Annotated[str, Field(max_length=60)] = ""
    camera: Annotated[str, Field(max_length=200, description="Camera move in words.")] = ""
    cast: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    seconds: Annotated[Seconds | None, Field(description="As asked; null: follows from action and lines.")] = None
    lines: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    prompt: Annotated[Text, Field(description="Overrides the prompt that follows from the shot.")] = ""
    start: Annotated[
        Literal["new", "still", "continue"],
        Field(description="new: from words; still: from its chosen still; continue: from the last frame before it."),
    ] = "new"
    transition: Annotated[Literal["cut", "dissolve"], Field(description="Into this shot.")] = "cut"
    model: Name = ""
    seed: Annotated[int | None, Field(ge=0, le=2**32 - 1)] = None
    note: Text = ""
    locked: bool = False
    still: Annotated[str, Field(max_length=60, description="Id of the chosen still; empty: the newest.")] = ""
    take: Annotated[str, Field(max_length=60, description="Id of the chosen take; empty: the newest.")] = ""
    number: Annotated[str, Field(max_length=20, description="As the script numbers it.")] = ""


class Scene(Noun):
    heading: Name = ""
    place: Annotated[str, Field(max_length=32, description="Id of a place of the cast.")] = ""
    time: Name = ""
    number: Annotated[str, Field(max_length=20)] = ""
    shots: Annotated[tuple[Id, ...], Field(max_length=MAX_SHOTS)] = ()


class Cue(Noun):
    """Music or a sound effect under the film."""

    kind: Literal["music", "sound"] = "music"
    file: Annotated[str, Field(max_length=100, description="An own file: SHA-256 of an input. Empty: composed.")] = ""
    mood: Literal["calm", "bright", "tense", "sad", "grand", "playful"] = "bright"
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    bpm: Annotated[int | None, Field(ge=40, le=240, description="Null: chosen so that cuts fall on beats.")] = None
    start: Seconds = Fraction(0)
    end: Annotated[Seconds | None, Field(description="Null: the film's end.")] = None
    offset: Annotated[Seconds, Field(description="Where in the file it begins.")] = Fraction(0)
    gain: Gain = -12.0
    duck: Annotated[bool, Field(description="Lower while somebody speaks.")] = True
    fade_in: Seconds = Fraction(0)
    fade_out: Seconds = Fraction(1)


class CutItem(Noun):
    """One piece of picture in the cut. What is null follows from the shot."""

    id: Id
    shot: Annotated[str, Field(max_length=32, description="Empty: a foreign clip.")] = ""
    take: Annotated[str, Field(max_length=60, description="Empty: the shot's chosen take.")] = ""
    file: Annotated[str, Field(max_length=100, description="A foreign clip: id of a library clip.")] = ""
    source_in: Annotated[Seconds | None, Field(description="Where in the take it begins.")] = None
    seconds: Annotated[Seconds | None, Field(description="How long it is shown.")] = None
    speed: Speed = Fraction(1)
    gap: Annotated[Seconds, Field(description="Black before it.")] = Fraction(0)
    dissolve: Annotated[Seconds | None, Field(description="Length of the dissolve into it; 0: a cut.")] = None
    gain: Annotated[Gain, Field(description="Of the take's own sound.")] = 0.0


class Cut(Noun):
    """Empty: the cut follows from the shots. A shot that is in neither list comes behind the shot before it."""

    items: Annotated[tuple[CutItem, ...], Field(max_length=MAX_ITEMS)] = ()
    left_out: Annotated[tuple[Id, ...], Field(max_length=MAX_SHOTS)] = ()


class Overlay(Noun):
    """Drawn over the picture by the compositor, never by a model: logo, price, disclaimer."""

    text: Annotated[str, Field(max_length=500)] = ""
    picture: Annotated[str, Field(max_length=100, description="SHA-256 of an input.")] = ""
    place: Literal["top left", "top", "top right", "centre", "bottom left", "bottom", "bottom right"] = "bottom right"
    height: Annotated[float, Field(gt=0, le=1, description="Share of the film's height.")] = 0.08
    start: Seconds = Fraction(0)
    end: Seconds | None = None


class Captions(Noun):
    show: Literal["burned", "file", "none"] = "burned"
    style: Literal["outline", "box", "plain"] = "outline"
    size: Annotated[float, Field(ge=0.02, le=0.15, description="Of a line, as a share of the short side.")] = 0.055
    speakers: Annotated[bool, Field(description="Write who speaks.")] = False


class Approval(Noun):
    """Somebody looked and said yes. It holds for what was seen: its digest."""

    by: Name
    at: Annotated[float, Field(description="Unix time.", allow_inf_nan=False)]
    digest: Annotated[str, Field(max_length=64)]


class _Unknown(ValueError):
    """One part of a film names another that is not there."""

    def __init__(self, path: str, told: str):
        super().__init__(told)
        self.path = path


class Film(Noun):
    format: Literal[1] = 1
    identity: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]{0,64}$",
            description="Which film it is, for a cut that comes back; a copy keeps it. Empty: of before there was one.",
        ),
    ] = ""
    title: Annotated[str, Field(min_length=1, max_length=200)] = "Untitled film"
    kind: Literal["story", "narration", "advert"] = "story"
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    rate: Annotated[Literal["23.976", "24", "25", "29.97", "30", "50", "60"], Field(description="Edit rate.")] = "24"
    width: Annotated[int, Field(ge=64, le=4096, multiple_of=2)] = 1280
    height: Annotated[int, Field(ge=64, le=4096, multiple_of=2)] = 720
    style: Text = ""
    negative: Text = ""
    model: Annotated[Name, Field(description="Makes the takes; empty: the server's default.")] = ""
    still_model: Name = ""
    budget: Annotated[float | None, Field(ge=0, le=1e9, description="Credits; null: no limit.")] = None
    dissolve: Annotated[Seconds, Field(description="Length of a dissolve where none is given.")] = Fraction(1, 2)
    loudness: Annotated[float, Field(ge=-40, le=-5, description="LUFS of the finished film.")] = -16.0
    source: Source = Source()
    cast: Annotated[dict[Id, Member], Field(max_length=MAX_CAST)] = {}
    scene_order: Annotated[tuple[Id, ...], Field(max_length=MAX_SCENES)] = ()
    scenes: Annotated[dict[Id, Scene], Field(max_length=MAX_SCENES)] = {}
    shots: Annotated[dict[Id, Shot], Field(max_length=MAX_SHOTS)] = {}
    cues: Annotated[dict[Id, Cue], Field(max_length=MAX_CUES)] = {}
    cut: Cut = Cut()
    overlays: Annotated[dict[Id, Overlay], Field(max_length=50)] = {}
    captions: Captions = Captions()
    gates: dict[Literal["breakdown", "stills", "cut"], Approval] = {}

    @model_validator(mode="after")
    def _check_references(self) -> Film:
        for path, name, known, told in self._names():
            if name not in known:
                raise _Unknown(path, told.format(name))
        if sorted(self.scene_order) != sorted(self.scenes):
            raise ValueError("scene_order must name every scene once")
        placed = [shot for scene in self.scenes.values() for shot in scene.shots]
        if sorted(placed) != sorted(self.shots):
            raise ValueError("the scenes must name every shot once")
        ids = [line.id for shot in self.shots.values() for line in shot.lines]
        if len(set(ids)) != len(ids):
            raise ValueError("two lines have the same id")
        items = [item.id for item in self.cut.items]
        if len(set(items)) != len(items):
            raise ValueError("two items of the cut have the same id")
        return self

    def _names(self) -> Iterator[tuple[str, str, Collection[str], str]]:
        """Where one part names another: the path, the id, those that are there, and what is told of one that is not."""
        for at, name in enumerate(self.scene_order):
            yield f"scene_order.{at}", name, self.scenes, "scene {} is not there"
        for key, scene in self.scenes.items():
            if scene.place:
                yield f"scenes.{key}.place", scene.place, self.cast, "the scene is at {}, which is not in the cast"
            for at, name in enumerate(scene.shots):
                yield f"scenes.{key}.shots.{at}", name, self.shots, "shot {} is not there"
        for key, shot in self.shots.items():
            for at, name in enumerate(shot.cast):
                yield f"shots.{key}.cast.{at}", name, self.cast, "{} is not in the cast"
            for at, line in enumerate(shot.lines):
                if line.speaker:
                    yield f"shots.{key}.lines.{at}.speaker", line.speaker, self.cast, "{} is not in the cast"
        for at, item in enumerate(self.cut.items):
            if item.shot:
                yield f"cut.items.{at}.shot", item.shot, self.shots, "shot {} is not there"

    @property
    def fps(self) -> Fraction:
        """The edit rate, exactly."""
        return RATES[self.rate]

    @property
    def aspect(self) -> Fraction:
        return Fraction(self.width, self.height)

    def in_order(self) -> Iterator[tuple[str, Scene, str, Shot]]:
        """Scene id, scene, shot id, shot, as they are told."""
        for scene_id in self.scene_order:
            scene = self.scenes[scene_id]
            for shot_id in scene.shots:
                yield scene_id, scene, shot_id, self.shots[shot_id]

    def label(self, shot_id: str) -> str:
        """Such as "S02-03": its scene's and its own place, counted from 1. Every export has it in the clips' names."""
        for number, scene_id in enumerate(self.scene_order, 1):
            if shot_id in self.scenes[scene_id].shots:
                return f"S{number:02}-{self.scenes[scene_id].shots.index(shot_id) + 1:02}"
        raise KeyError(shot_id)

    def before(self, shot_id: str) -> str:
        """The shot before it in its scene; empty for a scene's first."""
        for scene in self.scenes.values():
            if shot_id in scene.shots:
                at = scene.shots.index(shot_id)
                return scene.shots[at - 1] if at else ""
        raise KeyError(shot_id)

    def line(self, line_id: str) -> Line | None:
        return next((line for shot in self.shots.values() for line in shot.lines if line.id == line_id), None)

    def to_dict(self) -> dict[str, Any]:
        """What is as it would be anyway is left out, so that patches and files stay small."""
        return self.model_dump(mode="json", exclude_defaults=True) | {"format": FORMAT, "title": self.title}


def sized(size: tuple[int, int]) -> tuple[int, int]:
    """The same width and height. Raises BadSpec where no film has these."""
    if any(side < 64 or side > 4096 or side % 2 for side in size):
        raise BadSpec(f"A film cannot be {size[0]}x{size[1]}.", hint=f"{_SIDES}.", field="size")
    return size


def read(data: Any) -> Film:
    """Raises BadSpec that names the place, such as shots.k3.seconds; UnknownId where it names what is not there."""
    try:
        return Film.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        unknown = first.get("ctx", {}).get("error")
        if isinstance(unknown, _Unknown):
            raise UnknownId(
                f"The film is not in order at {unknown.path}: {unknown}.",
                hint="Name what is there, or add it with the same change.",
                field=unknown.path,
            ) from error
        place = ".".join(str(part) for part in first["loc"])
        told = _SIDES.lower() if place in ("width", "height") else first["msg"].removeprefix("Value error, ")
        raise BadSpec(
            f"The film is not in order{f' at {place[:100]}' if place else ''}: {told}.",
            hint="The form of a film is described in docs/films.md.",
            field=place[:200],
        ) from error
