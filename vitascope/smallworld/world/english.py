"""Captions in English."""

from __future__ import annotations

from vitascope.smallworld.world import words as w
from vitascope.smallworld.world.facts import Facts, ThingFacts
from vitascope.smallworld.world.inflect import verb_forms
from vitascope.smallworld.world.wording import Choose, join


def compose(facts: Facts, choose: Choose) -> str:
    """Most are sentences ("A red ball rolls left on snow."), some lists ("red ball, rolling left, snow")."""
    where = [choose(w.GROUND_PHRASES[facts.ground].en)] if facts.ground else []
    when = [choose(w.SKY_PHRASES[facts.sky].en)] if facts.sky else []
    if choose.chance(0.2):
        return ", ".join([*_tags(facts, choose), *where, *when, *_camera(facts, choose, ("ing",))])
    setting = where + when
    if choose.chance(0.25):
        setting.reverse()
    if facts.camera and choose.chance(0.15):
        body = join(_things(facts, choose, ("s",)), *setting)
        return _sentences(join(*_camera(facts, choose, ("s",)), body, by=" as "))
    first = setting.pop() if setting and choose.chance(0.3) else ""
    body = join(first, join(_things(facts, choose, ("s", "s", "ing", "that")), *setting), by=", ")
    if facts.camera and choose.chance(0.5):
        return _sentences(join(body, *_camera(facts, choose, ("s", "ing")), by=", "))
    return _sentences(body, *_camera(facts, choose, ("s",)))


def _sentences(*texts: str) -> str:
    return " ".join(f"{text[:1].upper()}{text[1:]}." for text in texts if text)


def _things(facts: Facts, choose: Choose, forms: tuple[str, ...]) -> str:
    if not facts.things:
        return ""
    main, others = facts.things[0], list(facts.things[1:])
    target = others.pop(0) if others and main.motion in ("orbit", "push") else None
    subject = _noun_phrase(main, choose)
    if not main.motion:
        said = choose(("", "there is ")) + subject
    else:
        said = join(subject, _verb_phrase(main, target, choose, forms))
    if others:
        rest = " and ".join(_noun_phrase(other, choose) for other in others)
        said += choose(
            (f" next to {rest}", f" with {rest} nearby", f" and {rest} beside it", f", and there is also {rest}")
        )
    return said


def _tags(facts: Facts, choose: Choose) -> list[str]:
    if not facts.things:
        return []
    main, others = facts.things[0], list(facts.things[1:])
    target = others.pop(0) if others and main.motion in ("orbit", "push") else None
    tags = [_noun_phrase(main, choose, article=False)]
    if main.motion:
        tags.append(_verb_phrase(main, target, choose, ("ing",)))
    return tags + [_noun_phrase(other, choose) for other in others]


def _noun_phrase(thing: ThingFacts, choose: Choose, article: bool = True) -> str:
    size = choose(w.SIZE_WORDS[thing.size].en) if thing.size else ""
    colour = choose(w.COLOUR_WORDS[thing.colour].en) if thing.colour else ""
    material = choose(w.MATERIAL_WORDS[thing.material].en) if thing.material else ""
    noun = choose(w.SHAPE_WORDS[thing.shape].en) if thing.shape else choose(w.NAMELESS.en)
    after = ""
    if material and choose.chance(0.25):
        after = "made of metal" if thing.material == "metal" else f"with a {material} finish"
        material = ""
    looks = [colour, material] if choose.chance(0.5) else [material, colour]
    phrase = join(size, *looks, noun, after)
    return f"{_a(phrase)} {phrase}" if article else phrase


def _a(phrase: str) -> str:
    return "an" if phrase[0] in "aeiou" else "a"


def _verb_phrase(main: ThingFacts, target: ThingFacts | None, choose: Choose, forms: tuple[str, ...]) -> str:
    form = choose(forms)
    verb = _verb(main, choose, "s" if form == "that" else form)
    speed = choose(w.SPEED_WORDS[main.speed].en) if main.speed else ""
    way = choose(w.DIRECTION_PHRASES[main.direction].en[:2]) if main.direction else ""
    acted_on = ""
    if main.motion in ("orbit", "push"):
        acted_on = _noun_phrase(target, choose) if target else choose(("another thing", "another object"))
    if speed.endswith("ly") and choose.chance(0.4):
        verb, speed = f"{speed} {verb}", ""
    return join("that" if form == "that" else "", verb, acted_on, way, speed)


def _verb(main: ThingFacts, choose: Choose, form: str) -> str:
    if main.motion != "recolour":
        return choose(verb_forms(choose(w.MOTION_VERBS[main.motion].en))[form])
    if not main.to_colour:
        return verb_forms(choose(w.RECOLOUR.en))[form][0]
    return join(verb_forms(choose(w.RECOLOUR_TO.en))[form][0], choose(w.COLOUR_WORDS[main.to_colour].en))


def _camera(facts: Facts, choose: Choose, forms: tuple[str, ...]) -> list[str]:
    if not facts.camera:
        return []
    if facts.camera == "still" and choose.chance(0.4):
        return [choose(w.STILL_SHOTS.en)]
    base, way = facts.camera.split()[0], facts.camera.split()[-1]
    if facts.camera in w.CAMERA_PHRASES and (base == "zoom" or choose.chance(0.3)):
        verb, way = choose(w.CAMERA_PHRASES[facts.camera].en), ""
    else:
        verb = choose(w.CAMERA_VERBS[base].en)
        way = choose(w.CAMERA_WAYS[way].en) if way in ("left", "right", "up", "down") else ""
    speed = choose(w.SPEED_WORDS[facts.camera_speed].en) if facts.camera_speed else ""
    form = "s" if verb.startswith("be ") else choose(forms)
    verb = verb_forms(verb)[form][0]
    if speed.endswith("ly") and choose.chance(0.5):
        verb, speed = f"{speed} {verb}", ""
    subject = "the camera" if form == "s" else choose(("camera", "the camera"))
    return [join(subject, verb, way, speed)]
