"""What a reading comes to: the things that stay, in the world's order, with only what the built-in model can be told.

Whatever does not fit (a second thing that moves, a camera move that the world lacks) is marked as not known, never
dropped in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vitascope.smallworld.world.facts import MOTION_WORDS, ThingFacts
from vitascope.smallworld.world.scene import MOTIONS

MOST_THINGS = 3
#: Camera verb -> the way it takes when none is said, and its kind of move for each way.
_CAMERA = {
    "still": ("", {"": "still"}),
    "push": ("in", {"in": "push in", "out": "pull out"}),
    "pull": ("out", {"in": "push in", "out": "pull out"}),
    "orbit": ("left", {"left": "orbit left", "right": "orbit right"}),
    "pan": ("left", {"left": "pan left", "right": "pan right", "up": "tilt up", "down": "tilt down"}),
    "tilt": ("up", {"up": "tilt up", "down": "tilt down", "left": "roll left", "right": "roll right"}),
    "crane": ("up", {"up": "crane up", "down": "crane down"}),
    "roll": ("left", {"left": "roll left", "right": "roll right"}),
    "zoom": ("in", {"in": "zoom in", "out": "zoom out"}),
    "move": ("", {"in": "push in", "out": "pull out", "up": "crane up", "down": "crane down"}),
}


@dataclass(eq=False)
class Term:
    """A span of the prompt and what it means; `known` turns False when nothing can be made of it after all."""

    text: str
    meaning: str = ""
    known: bool = True
    why: str = ""  # it is not told, where that is no want of knowledge: "left_out", "too_many"

    def told(self) -> str:
        return self.text if self.meaning in ("", self.text) else f"{self.text} = {self.meaning}"


@dataclass(eq=False)
class Noun:
    """A thing while it is being read. A stranger has a noun that the world lacks."""

    stranger: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    target: Noun | None = None  # what it pushes or goes round

    def get(self, name: str) -> str:
        return self.facts.get(name, "")

    @property
    def moves(self) -> bool:
        return self.get("motion") not in ("", "stand")

    def set(self, name: str, value: str, term: Term) -> None:
        """The first value said stays; another one is not known."""
        had = self.get(name)
        if value and had in ("", value):
            self.facts[name], self.terms[name] = value, term
        elif name == "material" and "metal" in (value, had):
            self.facts[name] = "metal"  # "shiny metal": metal shines
        elif value:
            term.known = False

    def forget(self, *names: str) -> None:
        """Takes the facts back, all of them when none is named: their terms are not known."""
        for name in names or tuple(self.facts):
            self.facts.pop(name, None)
            if name in self.terms:
                self.terms[name].known = False


def settle_things(nouns: list[Noun]) -> tuple[ThingFacts, ...]:
    """At most three things, the one that moves first, the one it acts on second."""
    nouns = _without_strangers(nouns)
    for noun in nouns:
        _settle_motion(noun)
    nouns = [noun for noun in nouns if noun.facts]
    if not nouns:
        return ()
    main = next((noun for noun in nouns if noun.moves), nouns[0])
    order = [main, *(noun for noun in nouns if noun is main.target and noun is not main)]
    order += [noun for noun in nouns if noun not in order]
    for other in order[1:]:
        if other.moves:
            other.forget("motion", "direction", "speed", "to_colour")  # one thing moves; the others stand anyway
        other.facts.pop("motion", None)
    for extra in order[MOST_THINGS:]:
        for term in extra.terms.values():
            term.why = term.why or "too_many"
        extra.forget()
    kept = (order[0], *(noun for noun in order[1:MOST_THINGS] if noun.facts))
    return tuple(ThingFacts(**noun.facts) for noun in kept)


def _without_strangers(nouns: list[Noun]) -> list[Noun]:
    """ "A dragon pushes a blue cube": something pushes it. But "a dragon and a red ball" is a red ball."""
    strangers = [noun for noun in nouns if noun.stranger]
    if len(strangers) == len(nouns):
        kept = next((noun for noun in strangers if noun.facts), None)
    else:
        kept = next((noun for noun in strangers if noun.moves and noun.target and not noun.target.stranger), None)
    for noun in strangers:
        if noun is not kept:
            noun.forget()
    return [noun for noun in nouns if noun is kept or not noun.stranger]


def _settle_motion(noun: Noun) -> None:
    kind = noun.get("motion")
    if kind == "spin or orbit":
        kind = noun.facts["motion"] = "orbit" if noun.target else "spin"
    if kind == "move":
        kind = "slide" if noun.get("direction") else ""
        noun.facts["motion"] = kind
    if not kind:
        noun.forget("motion", "direction", "speed", "to_colour")
        return
    noun.terms["motion"].meaning = MOTION_WORDS[kind]
    if noun.get("direction") not in ("", *MOTIONS[kind]):
        noun.forget("direction")
    if kind == "stand":
        noun.forget("speed")
    if kind != "recolour":
        noun.forget("to_colour")


def settle_camera(said: dict[str, tuple[str, Term]]) -> tuple[str, str]:
    """(camera, camera_speed) of the verb, way and speed that were said."""
    nothing = Term("")
    verb, verb_term = said.get("move", ("", nothing))
    way, way_term = said.get("way", ("", nothing))
    speed, speed_term = said.get("speed", ("", nothing))
    if verb in _CAMERA:
        usual, kinds = _CAMERA[verb]
        if way and way not in kinds:
            way_term.known = False
            way = ""
        kind = kinds.get(way or usual, "")
    else:  # the way is in the verb
        kind, way_term.known = verb, not way or verb.endswith(way)
    if not kind:
        verb_term.known = way_term.known = speed_term.known = False
        return "", ""
    if kind == "still":
        speed_term.known, speed = False, ""
    verb_term.meaning = f"camera {kind}"
    return kind, speed
