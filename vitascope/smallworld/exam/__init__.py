"""The exam: what a model really knows, read from the pixels of its clips.

Clips are made from prompts of unseen scenes, a judge without weights says what each shows, and that is held against
what was asked. Beside the model's share of right answers stand the judge's own (the same scenes, rendered) and chance
(clips with one another's prompts). There are two exams: of one thing with its motion, ground, sky and camera, and of
two and three things together.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
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
from vitascope.smallworld.exam import judge, prompts, reconstruction, sheet
from vitascope.smallworld.exam import several as crowds
from vitascope.smallworld.exam.contact import save_contact
from vitascope.smallworld.exam.judge import MOMENTS
from vitascope.smallworld.exam.prompts import Question
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.stage import set_stage, start_of

QUICK, FULL = 200, 1000  # clips


@dataclass(frozen=True)
class Exam:
    """What is asked, how a clip is looked at, and what is right of it."""

    skills: tuple[str, ...]
    bank: Callable[..., list[Question]]
    parse: Callable[..., Any]
    marks: Callable[..., dict[str, bool]]


ONE = Exam(judge.SKILLS, prompts.bank, judge.parse, judge.marks)
SEVERAL = Exam(crowds.SKILLS, crowds.bank, crowds.parse, crowds.marks)


def run(
    model: str | None = None,
    quick: bool = False,
    json_path: Path | None = None,
    *,
    aspect: str = "1:1",
    clips: int | None = None,
    several: bool = False,
    contact_path: Path | None = None,
) -> str:
    """Examine a model and return the sheet as text. `clips` overrides their number, `contact_path` shows some, and
    `several` takes the exam of two and three things.

    Raises BadSpec for an unknown aspect and OutputFailed where a file could not be written, both before the work.
    """
    for path in (json_path, contact_path):
        if path:
            check_place(path)
    if aspect not in ASPECTS:
        raise BadSpec(f'Unknown aspect "{aspect}".', hint=f"One of {', '.join(ASPECTS)}.", field="aspect")
    exam = SEVERAL if several else ONE
    questions = exam.bank(clips or (QUICK if quick else FULL), aspect=aspect)
    maker = registry.load(model or registry.BUILT_IN)
    name = maker.card.name
    made: list[Any] = []
    true: list[Any] = []
    shown: list[Frames] = []
    for question in tqdm(questions, desc="exam", unit="clip"):
        frames = drawn(maker, name, question)
        shown += [frames] if contact_path and len(shown) < 24 else []
        made.append(seen(frames, question, exam))
        true.append(seen(truth(question), question, exam))
    answers = {"model": made, "ground truth": true, "chance": shuffled(made)}
    columns = {
        title: sheet.scores(
            [exam.marks(clip, question.facts) for clip, question in zip(clips_seen, questions, strict=True)],
            exam.skills,
        )
        for title, clips_seen in answers.items()
    }
    result: dict[str, Any] = {
        "model": name,
        "weights": maker.card.weights,
        "vitascope": __version__,
        "clips": len(questions),
        "aspect": aspect,
        "things": "two or three things" if several else "one thing",
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


def seen(frames: Frames, question: Question, exam: Exam = ONE) -> Any:
    """What the exam's judge makes out. It is told where the camera starts, and nothing else of the question."""
    return exam.parse(frames, start_of(question.scene))


def shuffled(clips: list[Any]) -> list[Any]:
    """What was seen, each in the place of another: to be held against prompts that it was not made from."""
    away = max(1, len(clips) // 2)
    return [clips[(index + away) % len(clips)] for index in range(len(clips))]


def _row(question: Question, made: Any, true: Any) -> dict[str, Any]:
    return {
        "seed": question.scene.seed,
        "prompt": question.prompt,
        "asked": asdict(question.facts),
        "model": asdict(made),
        "ground truth": asdict(true),
    }
