"""Better words for a model: hints by rules, and what a language model is asked that writes them anew. Pure: nothing is
sent from here. A rewritten prompt is a proposal, which people see before it is used.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from vitascope.clip import MAX_PROMPT
from vitascope.engines.card import ModelCard
from vitascope.errors import Unavailable

SHORT = 8  # words; below that a model fills in most by itself
TOKENS = 500  # of an answer
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|「([^」]+)」")
_NEGATIVE = re.compile(r"\b(no|not|without|don't|never)\b|没有|不要", re.IGNORECASE)
_CAMERA = re.compile(
    r"\b(camera|shot|close-?up|pan|tilt|zoom|dolly|tracking|aerial|handheld|static)\b|镜头|特写|推|摇|航拍",
    re.IGNORECASE,
)
_LIGHT = re.compile(r"\b(light|lit|sun\w*|dawn|dusk|night|neon|shadow\w*|bright|dark)\b|光|夜|日落|晨", re.IGNORECASE)


class Hint(NamedTuple):
    """`name`: language, short, light, camera or negative, by rules; maker: as the makers of the model want it."""

    name: str
    text: str


def hints(prompt: str, card: ModelCard, *, negative_prompt: str = "") -> tuple[Hint, ...]:
    """What could be said better, by rules; the model's own hints last. Of an empty prompt these alone."""
    makers = tuple(Hint("maker", text) for text in card.hints)
    return (*_by_rules(prompt, card, negative_prompt), *makers) if prompt.strip() else makers


def _by_rules(prompt: str, card: ModelCard, negative_prompt: str) -> list[Hint]:
    found = []
    chinese, reads = bool(_CHINESE.search(prompt)), ", ".join(card.languages)
    if chinese and "zh" not in card.languages:
        found.append(Hint("language", f"{card.title} reads {reads}, not Chinese."))
    if not chinese and card.languages and "en" not in card.languages:
        found.append(Hint("language", f"{card.title} reads {reads}, not English."))
    if length(prompt) < SHORT:
        found.append(Hint("short", "Short: say who or what, what it does, where, in what light, and how it looks."))
    else:
        if not _LIGHT.search(prompt):
            found.append(Hint("light", "Nothing is said of the light: such as soft morning light, neon at night."))
        if not _CAMERA.search(prompt) and card.format.longest:
            found.append(Hint("camera", "Nothing is said of the camera: such as a slow push in, a static wide shot."))
    if _NEGATIVE.search(prompt) and not negative_prompt:
        text = "Models often draw what a prompt says is absent; put it into the negative prompt."
        found.append(Hint("negative", text))
    return found


def length(prompt: str) -> int:
    """In words; a Chinese character counts as half a word."""
    characters = len(_CHINESE.findall(prompt))
    return len(_CHINESE.sub(" ", prompt).split()) + characters // 2


def messages(prompt: str, card: ModelCard) -> list[dict[str, str]]:
    """What a language model is told, in the form of OpenAI's chat API."""
    what = "a video" if card.format.longest else "a picture"
    rules = [
        f"You write prompts for {card.title}, which makes {what} from one.",
        "Write the user's prompt anew: keep its subject, action, place, style and language; add what can be seen "
        "(looks, light, motion, camera) where it is not said.",
        "Keep words in quotation marks as they are. Add no people, brands or events that are not there.",
        *card.hints,
        f"At most {MAX_PROMPT // 2} characters. Answer with the new prompt alone.",
    ]
    if card.format.longest:
        rules.insert(2, f"It has at most {float(card.format.longest):g} seconds, so one or two actions.")
    return [{"role": "system", "content": "\n".join(rules)}, {"role": "user", "content": prompt}]


def read(answer: str, prompt: str) -> str:
    """The new prompt of what a language model answered. Raises Unavailable when it is none, is too long, or has lost
    words in quotation marks, which are to be spoken or drawn.
    """
    text = re.sub(r"<think>.*?</think>", "", answer, flags=re.DOTALL)
    text = re.sub(r"^\s*```\w*\n?|\n?```\s*$", "", text.strip()).strip()
    text = re.sub(r"^(?:new |rewritten )?prompt\s*:\s*", "", text, flags=re.IGNORECASE)
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        text = text[1:-1]
    text = " ".join(text.split())
    if not text:
        raise Unavailable("The language model gave no prompt.", hint="Use your own, or try again.")
    if len(text) > MAX_PROMPT:
        raise Unavailable(
            f"The language model gave {len(text):,} characters; {MAX_PROMPT:,} are read.", hint="Use your own."
        )
    lost = next((words for words in quoted(prompt) if words not in text), "")
    if lost:
        raise Unavailable(f'The language model left out "{lost[:60]}".', hint="Use your own, or try again.")
    return text


def quoted(prompt: str) -> tuple[str, ...]:
    """What is in quotation marks."""
    return tuple(next(filter(None, found)) for found in _QUOTED.findall(prompt))
