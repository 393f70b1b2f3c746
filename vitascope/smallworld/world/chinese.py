"""Captions in Chinese."""

from __future__ import annotations

from vitascope.smallworld.world import words as w
from vitascope.smallworld.world.facts import Facts, ThingFacts
from vitascope.smallworld.world.wording import Choose


def compose(facts: Facts, choose: Choose) -> str:
    """Sentences most of the time, sometimes a list of tags."""
    where = choose(w.GROUND_PHRASES[facts.ground].zh) if facts.ground else ""
    when = choose(w.SKY_PHRASES[facts.sky].zh) if facts.sky else ""
    camera = _camera(facts, choose)
    if choose.chance(0.2):
        return "，".join(part for part in (*_tags(facts, choose), where, when, camera) if part)
    body, where = _things(facts, where, choose)
    parts = [when, f"{where}有{body}" if where and body else where + body]
    if when and choose.chance(0.4):
        parts.reverse()
    text = "，".join(part for part in parts if part)
    if not camera:
        return text + "。"
    if choose.chance(0.15):
        return f"{camera}，{text}。"
    return text + choose(("，", "。", "，同时")) + camera + "。" if text else camera + "。"


def _things(facts: Facts, where: str, choose: Choose) -> tuple[str, str]:
    """(what the things do, the ground that is still to be said)"""
    if not facts.things:
        return "", where
    main, others = facts.things[0], list(facts.things[1:])
    target = others.pop(0) if others and main.motion in ("orbit", "push") else None
    subject = _noun_phrase(main, choose)
    rest = "和".join(_noun_phrase(other, choose) for other in others)
    after = choose((f"，旁边是{rest}", f"，还有{rest}", f"，旁边有{rest}")) if rest else ""
    if not main.motion:
        return subject + after, where
    verb = _verb_phrase(main, target, choose)
    if where and choose.chance(0.6):
        return f"{subject}在{where}{verb}{after}", ""
    if choose.chance(0.2) and not target and main.motion not in ("orbit", "push"):
        return f"一个{verb}的{_noun_phrase(main, choose, count='')}{after}", where
    return subject + verb + after, where


def _tags(facts: Facts, choose: Choose) -> list[str]:
    if not facts.things:
        return []
    main, others = facts.things[0], list(facts.things[1:])
    target = others.pop(0) if others and main.motion in ("orbit", "push") else None
    tags = [_noun_phrase(main, choose, count="")]
    if main.motion:
        tags.append(_verb_phrase(main, target, choose))
    return tags + [_noun_phrase(other, choose) for other in others]


def _noun_phrase(thing: ThingFacts, choose: Choose, count: str = "一个") -> str:
    noun = choose(w.SHAPE_WORDS[thing.shape].zh) if thing.shape else choose(w.NAMELESS.zh)
    looks = []
    if thing.colour:
        looks.append(choose(w.COLOUR_WORDS[thing.colour].zh))
    if thing.material:
        looks.append(choose(w.MATERIAL_WORDS[thing.material].zh))
    if choose.chance(0.3):
        looks.reverse()
    size = choose(w.SIZE_WORDS[thing.size].zh) if thing.size else ""
    if size and choose.chance(0.5):  # "a red large ball"
        words = [*(f"{look}的" for look in looks), size.removesuffix("的")]
    else:
        words = [size and size.removesuffix("的") + "的", *(f"{look}{choose(('的', ''))}" for look in looks)]
    return count + "".join(words) + noun


def _verb_phrase(main: ThingFacts, target: ThingFacts | None, choose: Choose) -> str:
    speed = choose(w.SPEED_WORDS[main.speed].zh) if main.speed else ""
    way = choose(w.DIRECTION_PHRASES[main.direction].zh[:2]) if main.direction else ""
    if main.motion in ("orbit", "push"):
        acted_on = _noun_phrase(target, choose) if target else choose(("另一个物体", "另一个东西"))
        verb = choose(w.MOTION_VERBS[main.motion].zh) + acted_on
        if main.motion == "orbit":
            verb += choose(("转圈", "转动", "旋转"))
    elif main.motion == "recolour" and main.to_colour:
        verb = choose(w.RECOLOUR_TO.zh) + choose(w.COLOUR_WORDS[main.to_colour].zh)
    elif main.motion == "recolour":
        verb = choose(w.RECOLOUR.zh)
    else:
        verb = choose(w.MOTION_VERBS[main.motion].zh)
    return speed + way + verb if choose.chance(0.7) else way + speed + verb


def _camera(facts: Facts, choose: Choose) -> str:
    if not facts.camera:
        return ""
    if facts.camera == "still" and choose.chance(0.4):
        return choose(w.STILL_SHOTS.zh)
    base, way = facts.camera.split()[0], facts.camera.split()[-1]
    if facts.camera in w.CAMERA_PHRASES and (base == "zoom" or choose.chance(0.3)):
        verb = choose(w.CAMERA_PHRASES[facts.camera].zh)
    else:
        verb = choose(w.CAMERA_VERBS[base].zh)
        if way in ("left", "right", "up", "down"):
            verb = choose(w.CAMERA_WAYS[way].zh) + verb
    speed = choose(w.SPEED_WORDS[facts.camera_speed].zh) if facts.camera_speed else ""
    return choose(w.CAMERA_NAMES.zh) + speed + verb
