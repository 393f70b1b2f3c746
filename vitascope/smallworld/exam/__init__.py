"""The exam: what a model really knows, read from the pixels of its clips.

Clips are made from prompts of unseen scenes, a judge without weights says what each shows, and that is held against
what was asked. Beside the model's share of right answers stand the judge's own (the same scenes, rendered) and chance
(clips with one another's prompts).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from vitascope import __version__
from vitascope.engines import registry
from vitascope.engines import render as drawing
from vitascope.engines.protocol import StepEngine
from vitascope.errors import BadSpec
from vitascope.frames import Frames
from vitascope.media.atomic_write import check_place, written_aside
from vitascope.smallworld.dimensions import ASPECTS
from vitascope.smallworld.exam import reconstruction, sheet
from vitascope.smallworld.exam.contact import save_contact
from vitascope.smallworld.exam.judge import MOMENTS, Parse, marks, parse
from vitascope.smallworld.exam.prompts import Question, bank
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.stage import set_stage, start_of

QUICK, FULL = 200, 1000  # clips


def run(
    model: str | None = None,
    quick: bool = False,
    json_path: Path | None = None,
    *,
    aspect: str = "1:1",
    clips: int | None = None,
    contact_path: Path | None = None,
) -> str:
    """Examine a model and return the sheet as text. `clips` overrides their number, `contact_path` shows some."""
    for path in (json_path, contact_path):
        if path:
            check_place(path)
    if aspect not in ASPECTS:
        raise BadSpec(f'Unknown aspect "{aspect}".', hint=f"One of {', '.join(ASPECTS)}.", field="aspect")
    questions = bank(clips or (QUICK if quick else FULL), aspect=aspect)
    maker = registry.load(model or registry.BUILT_IN)
    name = maker.card.name
    made: list[Parse] = []
    true: list[Parse] = []
    shown: list[Frames] = []
    for question in tqdm(questions, desc="exam", unit="clip"):
        frames = drawn(maker, name, question)
        shown += [frames] if contact_path and len(shown) < 24 else []
        made.append(seen(frames, question))
        true.append(seen(truth(question), question))
    columns = {
        "model": sheet.scores([marks(clip, question.facts) for clip, question in zip(made, questions, strict=True)]),
        "ground truth": sheet.scores(
            [marks(clip, question.facts) for clip, question in zip(true, questions, strict=True)]
        ),
        "chance": sheet.scores(shuffled(made, questions)),
    }
    result: dict[str, Any] = {
        "model": name,
        "weights": maker.card.weights,
        "vitascope": __version__,
        "clips": len(questions),
        "aspect": aspect,
        "seeds": [questions[0].scene.seed, questions[-1].scene.seed],
        "scores": {
            title: {skill: score.to_dict() for skill, score in column.items()} for title, column in columns.items()
        },
        "doubtful": sheet.doubtful(columns["ground truth"]),
        "codec": reconstruction.measure(name, questions),
        "parses": [_row(*each) for each in zip(questions, made, true, strict=True)],
    }
    if contact_path:
        save_contact(contact_path, shown)
    if json_path:
        with written_aside(json_path) as aside:
            aside.write_text(json.dumps(result, indent=1, ensure_ascii=False), "utf-8")
    return sheet.text(result, columns)


def drawn(maker: StepEngine, name: str, question: Question) -> Frames:
    """What the model makes of the question's prompt, at the judged moments."""
    return drawing.draw(question.spec(), maker).frames[MOMENTS]


def truth(question: Question) -> Frames:
    """What a perfect model would make of it: the question's own scene."""
    width, height = ASPECTS[question.aspect]
    return render(set_stage(question.scene, int(MOMENTS[-1]) + 1)[MOMENTS], width, height)


def seen(frames: Frames, question: Question) -> Parse:
    """The judge is told where the camera starts, and nothing else of the question."""
    return parse(frames, start_of(question.scene))


def shuffled(clips: list[Parse], questions: list[Question]) -> list[dict[str, bool]]:
    """Marks of each clip against the prompt of another."""
    away = max(1, len(clips) // 2)
    return [marks(clips[(index + away) % len(clips)], question.facts) for index, question in enumerate(questions)]


def _row(question: Question, made: Parse, true: Parse) -> dict[str, Any]:
    return {
        "seed": question.scene.seed,
        "prompt": question.prompt,
        "asked": asdict(question.facts),
        "model": asdict(made),
        "ground truth": asdict(true),
    }
