"""The prompt reader: English or Chinese words -> facts of the world, and an honest list of the words it does not know.

No grammar, two passes: `clauses` cuts the prompt at marks and joints and says which part speaks of the camera;
`Sentence` goes through the terms in order and gives each adjective to its noun, each motion to its subject, each way to
its motion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vitascope.smallworld.reader.clauses import clauses
from vitascope.smallworld.reader.resolve import MOST_THINGS
from vitascope.smallworld.reader.sentence import Sentence
from vitascope.smallworld.world import words as w
from vitascope.smallworld.world.facts import GROUND_WORDS, MOTION_WORDS, SKY_WORDS, Facts, ThingFacts, canonical

_CHINESE = {
    "": "", "small": "小", "large": "大", "left": "向左", "right": "向右", "slow": "慢速", "fast": "快速",
    "grass": "草地", "sand": "沙地", "snow": "雪地", "stone": "石板地",
    "noon": "正午", "sunset": "日落", "night": "夜晚", "overcast": "阴天",
    "still": "静止", "push in": "推近", "pull out": "拉远", "pan left": "左摇", "pan right": "右摇",
    "tilt up": "上摇", "tilt down": "下摇", "orbit left": "向左环绕", "orbit right": "向右环绕",
    "crane up": "升起", "crane down": "下降", "roll left": "向左滚转", "roll right": "向右滚转",
    "zoom in": "变焦推近", "zoom out": "变焦拉远",
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What the built-in model will be told of a prompt, and what it will not."""

    facts: Facts
    canonical: str  # what the model's text encoder reads
    understood: tuple[str, ...]  # words of the prompt, with what they mean where that is another word
    unknown: tuple[str, ...]  # words of the prompt that the model is not told
    language: str  # en or zh
    left_out: tuple[str, ...] = ()  # what shall not be there: "no red ball"
    too_many: tuple[str, ...] = ()  # words of things beyond the third
    chosen: tuple[str, ...] = ()  # what the model is told of ground and sky though nobody named it


def read(prompt: str) -> Reading:
    """The prompt as facts. Never fails: words that mean nothing here are listed as unknown."""
    sentence = Sentence()
    for clause in clauses(prompt):
        sentence.take(clause)
    facts, terms, left_out = sentence.finish()
    return Reading(
        facts=facts,
        canonical=canonical(facts),
        understood=_unique(term.told() for term in terms if term.known and not term.why),
        unknown=_unique(term.text for term in terms if not term.known and not term.why),
        language=_language(prompt),
        left_out=_unique(left_out),
        too_many=_unique(term.text for term in terms if term.why == "too_many"),
    )


def unwanted(prompt: str, negative: str) -> Reading:
    """What shall not be there: by the words beside the prompt, and by every "no" in it."""
    return read(", ".join(part for part in (negative, *read(prompt).left_out) if part.strip()))


def describe(reading: Reading, language: str = "en") -> str:
    """One line for people: what was understood, and what is not known to the built-in model."""
    told = phrases(reading, language)
    known = {"en": "understood: ", "zh": "已理解："}[language]
    unknown = {"en": "not known to the built-in model: ", "zh": "内置模型不认识："}[language]
    comma, semicolon = {"en": (", ", "; "), "zh": ("、", "；")}[language]
    parts = [known + comma.join(told)] if told else [{"en": "nothing understood", "zh": "没有能理解的内容"}[language]]
    left_out = {"en": "left out: ", "zh": "不画："}[language]
    too_many = {"en": f"{MOST_THINGS} things at most: ", "zh": f"最多 {MOST_THINGS} 样："}[language]
    for name, words in ((left_out, reading.left_out), (too_many, reading.too_many), (unknown, reading.unknown)):
        if words:
            parts.append(name + comma.join(words))
    return semicolon.join(parts)


def phrases(reading: Reading, language: str) -> list[str]:
    """What was understood, a few words for each fact: "red ball", "rolls right", "on snow"."""
    return _told_zh(reading.facts) if language == "zh" else _told_en(reading.facts)


def _told_en(facts: Facts) -> list[str]:
    told = []
    for thing in facts.things:
        looks = f"{thing.colour} {thing.shape}".strip()
        motion = f"{MOTION_WORDS[thing.motion]} {thing.to_colour} {thing.direction}" if thing.motion else ""
        told += [looks, thing.size, thing.material, " ".join(motion.split()), thing.speed]
    camera = f"camera {facts.camera} {facts.camera_speed}".strip() if facts.camera else ""
    told += [GROUND_WORDS.get(facts.ground, ""), SKY_WORDS.get(facts.sky, ""), camera]
    return [word for word in told if word]


def _told_zh(facts: Facts) -> list[str]:
    told = []
    for thing in facts.things:
        told += [_looks_zh(thing), _CHINESE[thing.size], _first(w.MATERIAL_WORDS, thing.material)]
        told += [_CHINESE[thing.direction] + _motion_zh(thing), _CHINESE[thing.speed]]
    told += [_CHINESE[facts.ground], _CHINESE[facts.sky]]
    if facts.camera:
        told.append("镜头" + _CHINESE[facts.camera_speed] + _CHINESE[facts.camera])
    return [word for word in told if word]


def _looks_zh(thing: ThingFacts) -> str:
    colour, shape = _first(w.COLOUR_WORDS, thing.colour), _first(w.SHAPE_WORDS, thing.shape)
    return f"{colour}{'的' if colour and shape else ''}{shape}"


def _motion_zh(thing: ThingFacts) -> str:
    if thing.motion == "recolour":
        return "变成" + _first(w.COLOUR_WORDS, thing.to_colour) if thing.to_colour else "变色"
    return {"orbit": "环绕", "push": "推动", "stand": "静止"}.get(thing.motion) or _first(w.MOTION_VERBS, thing.motion)


def _first(table: dict[str, w.Words], term: str) -> str:
    return table[term].zh[0] if term else ""


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _language(prompt: str) -> str:
    """Chinese as soon as there is one Chinese character for every four letters; Japanese, which has kana, is not."""
    if any("\u3041" <= char <= "\u30ff" for char in prompt):
        return "en"
    chinese = sum("\u3400" <= char <= "\u9fff" for char in prompt)
    letters = sum(char.isascii() and char.isalpha() for char in prompt)
    return "zh" if chinese and chinese * 4 >= letters else "en"
