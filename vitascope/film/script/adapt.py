"""What a language model does for a script: make one out of an idea or a story, break scenes down into shots, and word
prompts. It never writes spoken words of a script: they have numbers, and it says in which shot each number stands.
Where its answers can't be used, the rules take over and a warning says so.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vitascope.film import wording
from vitascope.film.document import MAX_SHOTS, Film, Line, Member, Scene, Shot
from vitascope.film.script import Breakdown, Warning, breakdown, read
from vitascope.film.script.sentences import words
from vitascope.film.script.write import write
from vitascope.outbound.llm import Llm, NoAnswer

_LONGEST_SCENE = 16_000  # characters that are sent for one scene
_PROMPTS_AT_ONCE = 20


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _NewShot(_Form):
    action: str = Field(description="What is seen, in one sentence, with the names of who is in it.")
    framing: str = Field(description="Shot size, such as close-up; may be empty.")
    angle: str
    camera: str = Field(description="Camera move in a few words; empty: the camera stands still.")
    cast: list[str] = Field(description="Names of who and what is seen.")
    lines: list[int] = Field(description="Numbers of the lines that are spoken or shown in this shot.")
    dissolve: bool = Field(description="Whether it begins with a dissolve.")


class Shots(_Form):
    shots: list[_NewShot]


class _Person(_Form):
    name: str
    looks: str = Field(description="How a picture of it looks, in one sentence.")


class _Spoken(_Form):
    kind: Literal["action", "dialogue", "voice_over", "title"]
    who: str = Field(description="Who speaks; empty for action and titles.")
    text: str


class _NewScene(_Form):
    place: str
    inside: bool
    time: str = Field(description="Such as DAY or 夜.")
    parts: Annotated[list[_Spoken], Field(max_length=100)]


class Story(_Form):
    title: str
    characters: Annotated[list[_Person], Field(max_length=50)]
    places: Annotated[list[_Person], Field(max_length=50)]
    scenes: Annotated[list[_NewScene], Field(min_length=1, max_length=100)]


class _Prompt(_Form):
    shot: str
    prompt: str


class Prompts(_Form):
    prompts: list[_Prompt]


_SHOTS = """You break one scene of a script down into shots of 2 to 10 seconds for a text-to-video model.
One action a shot; say only what is seen, in the language of the script. Every line number must stand in exactly one
shot, and in the same order. Lines of somebody who isn't seen (voice_over) go with a fitting picture."""
_STORY = """You are a screenwriter. Turn the text into the script of a short film in the language {language}, of about
{seconds} seconds: scenes with actions (one sentence each, only what is seen) and spoken lines. Words that are spoken in
the text are kept letter by letter and in order; don't leave any out."""
_PROMPTS = """You write prompts for the video model "{model}" in the language {language}. For each shot write one prompt
of one to three sentences: who and what is seen with its looks, the action, the place, light, framing and camera move.
Keep to the facts given. Don't write spoken words, titles or sound."""


def what_leaves(llm: Llm, text: str) -> str:
    """Told before anything is sent."""
    return llm.what_leaves(text)


def adapt(
    llm: Llm, text: str, *, language: str = "", seconds: int = 60, title: str = ""
) -> Breakdown:  # fmt: skip
    """The film of an idea or a story. Its source is the script that the model wrote (form "adapted"). Without a usable
    answer, that of the text itself by the rules.
    """
    plain = breakdown(text, form="plain", language=language, title=title)
    spoken = [" ".join(words(part.text)) for part in read(text, "plain").parts if part.kind == "speech"]
    spoken = [speech for speech in spoken if speech]

    def check(story: Story) -> str:
        said = [word for part in _said(story) for word in words(part.text)]
        missing = _first_missing(spoken, said)
        if missing:
            return f'these spoken words of the text are missing, or not in their order: "{missing}"'
        return "" if any(scene.parts for scene in story.scenes) else "no scene has any parts"

    task = _STORY.format(language=plain.film.language, seconds=seconds)
    try:
        story = llm.answer(task, text, Story, check)
    except NoAnswer as error:
        return Breakdown(plain.film, (*plain.warnings, _by_rules(error, "the script")), plain.form)
    script = write(_film(story, plain.film.language, title), "fountain")
    return breakdown(script, form="adapted", language=plain.film.language)


def break_down(llm: Llm, text: str, *, form: str = "", language: str = "", title: str = "") -> Breakdown:
    """Scenes, cast and spoken words by the rules, shots by the model, a scene at a time. A table says its shots itself,
    so nothing of it is sent.
    """
    found = breakdown(text, form=form, language=language, title=title)
    if found.form == "table":
        return found
    film, warnings = found.film, list(found.warnings)
    shots: dict[str, Shot] = {}
    scenes: dict[str, Scene] = {}
    stopped: NoAnswer | None = None
    for key, scene in film.scenes.items():
        made = [film.shots[shot] for shot in scene.shots]
        if made and not stopped:
            try:
                made = _scene_shots(llm, film, scene)
            except NoAnswer as error:
                warnings.append(_by_rules(error, f"scene {key.removeprefix('s')}"))
                stopped = error if error.unreachable else None
        ids = [f"k{len(shots) + number}" for number in range(1, len(made) + 1)]
        shots |= dict(zip(ids, made, strict=True))
        scenes[key] = scene.model_copy(update={"shots": tuple(ids)})
    if stopped:
        warnings.append(Warning(1, "The scenes after it were not sent; the rules broke them down."))
    if len(shots) > MAX_SHOTS:
        said = f"The model made {len(shots):,} shots, more than the {MAX_SHOTS:,} of a film; the rules' are taken."
        return Breakdown(film, (*warnings, Warning(1, said)), found.form)
    data = film.model_copy(update={"shots": shots, "scenes": scenes}).model_dump()
    return Breakdown(Film.model_validate(data), tuple(warnings), found.form)


def word_prompts(
    llm: Llm, film: Film, *, ids: Collection[str] = (), model: str = ""
) -> tuple[Film, tuple[Warning, ...]]:
    """The film with prompts for its shots, worded for this video model. `ids`: of shots; empty: all without a prompt
    that aren't locked. Shots for which no usable answer came keep the prompt that follows from them.
    """
    wanted = [
        (scene, key, shot) for _, scene, key, shot in film.in_order()
        if (key in ids if ids else not shot.prompt and not shot.locked)
    ]  # fmt: skip
    shots, warnings = dict(film.shots), []
    task = _PROMPTS.format(model=model or film.model or "unknown", language=film.language)
    for start in range(0, len(wanted), _PROMPTS_AT_ONCE):
        part = wanted[start : start + _PROMPTS_AT_ONCE]
        given = [{"shot": key, "facts": wording.prompt(film, scene, shot)} for scene, key, shot in part]
        keys = {key for _, key, _ in part}

        def check(answer: Prompts, keys: set[str] = keys) -> str:
            if sorted(one.shot for one in answer.prompts) != sorted(keys):
                return f"there must be one prompt for each of {', '.join(sorted(keys))}"
            return "" if all(0 < len(one.prompt.strip()) <= 2_000 for one in answer.prompts) else "a prompt is too long"

        try:
            answer = llm.answer(task, json.dumps(given, ensure_ascii=False), Prompts, check)
        except NoAnswer as error:
            warnings.append(_by_rules(error, f"{len(part)} prompts"))
            if error.unreachable:
                break
            continue
        for one in answer.prompts:
            shots[one.shot] = shots[one.shot].model_copy(update={"prompt": one.prompt.strip()})
    return film.model_copy(update={"shots": shots}), tuple(warnings)


def _by_rules(error: NoAnswer, what: str) -> Warning:
    return Warning(1, f"{error.message} {what[0].upper()}{what[1:]} came by the rules instead.")


def _scene_shots(llm: Llm, film: Film, scene: Scene) -> list[Shot]:
    """Raises NoAnswer."""
    seen = [(key, one) for key, one in film.cast.items() if one.kind != "place"]
    names = {name.casefold(): key for key, one in seen for name in (one.name, *one.aliases)}
    people = {one.name: one.looks for _, one in seen}
    lines: list[Line] = []
    told: list[dict[str, Any]] = []
    for key in scene.shots:
        shot = film.shots[key]
        if shot.action:
            told.append({"action": f"{shot.framing}: {shot.action}" if shot.framing else shot.action})
        for line in shot.lines:
            lines.append(line)
            who = film.cast[line.speaker].name if line.speaker else ""
            told.append({"line": len(lines), "kind": line.kind, "who": who, "text": line.text})
    given = json.dumps(
        {"language": film.language, "style": film.style, "cast": people, "scene": scene.heading, "script": told},
        ensure_ascii=False,
    )
    if len(given) > _LONGEST_SCENE:
        raise NoAnswer(f"The scene has {len(given):,} characters; {_LONGEST_SCENE:,} are sent at most.")

    def check(answer: Shots) -> str:
        numbers = [number for shot in answer.shots for number in shot.lines]
        if numbers != list(range(1, len(lines) + 1)):
            return f"the lines must be 1 to {len(lines)}, each once and in order, but are {numbers[:40]}"
        unknown = {name for shot in answer.shots for name in shot.cast if name.casefold() not in names}
        if unknown:
            return f"the cast has no {sorted(unknown)[0][:60]}; it has {', '.join(people)[:500]}"
        if not answer.shots or any(not shot.action.strip() for shot in answer.shots):
            return "every shot needs an action"
        most = max(4, 2 * len(scene.shots))
        if len(answer.shots) > most:
            return f"there are {len(answer.shots)} shots; at most {most} are wanted"
        return "" if max(len(shot.lines) for shot in answer.shots) <= 10 else "a shot has more than 10 lines"

    answer = llm.answer(_SHOTS, given, Shots, check)
    continues = len(scene.shots) > 1 and all(film.shots[key].start == "continue" for key in scene.shots[1:])
    return [
        Shot(
            action=" ".join(one.action.split())[:4_000], framing=one.framing[:60], angle=one.angle[:60],
            camera=one.camera[:200], cast=tuple(dict.fromkeys(names[name.casefold()] for name in one.cast))[:20],
            lines=tuple(lines[number - 1] for number in one.lines), transition="dissolve" if one.dissolve else "cut",
            start="continue" if continues and number else "new",
        )
        for number, one in enumerate(answer.shots)
    ]  # fmt: skip


def _said(story: Story) -> Iterable[_Spoken]:
    return (part for scene in story.scenes for part in scene.parts if part.kind in ("dialogue", "voice_over"))


def _first_missing(wanted: list[str], said: list[str]) -> str:
    """The first of these speeches whose words do not come in one piece, behind those of the speech before it."""
    text, at = f" {' '.join(said)} ", 0
    for speech in wanted:
        found = text.find(f" {speech} ", at)
        if found < 0:
            return speech[:80]
        at = found + len(speech) + 1
    return ""


def _film(story: Story, language: str, title: str) -> Film:
    """The story as a document, from which its script is written."""
    people = [Member(name=one.name.strip()[:100] or "?", looks=one.looks[:4_000]) for one in story.characters]
    places = [Member(kind="place", name=one.name.strip()[:100] or "?", looks=one.looks[:4_000]) for one in story.places]
    cast = {f"c{number}": one for number, one in enumerate([*people, *places], 1)}
    ids = {one.name.casefold(): key for key, one in cast.items() if one.kind == "character"}
    shots: dict[str, Shot] = {}
    scenes: dict[str, Scene] = {}
    count = 0
    for number, scene in enumerate(story.scenes, 1):
        here = []
        for part in scene.parts:
            if not part.text.strip():
                continue
            key = f"k{len(shots) + 1}"
            if part.kind == "action":
                shots[key] = Shot(action=" ".join(part.text.split())[:4_000])
            else:
                who = part.who.strip()
                if who and who.casefold() not in ids and part.kind != "title":
                    ids[who.casefold()] = f"c{len(cast) + 1}"
                    cast[ids[who.casefold()]] = Member(name=who[:100])
                count += 1
                speaker = ids.get(who.casefold(), "") if part.kind != "title" else ""
                line = Line(id=f"l{count}", kind=part.kind, speaker=speaker, text=" ".join(part.text.split())[:4_000])
                shots[key] = Shot(lines=(line,))
            here.append(key)
        heading = f"{'INT.' if scene.inside else 'EXT.'} {scene.place} - {scene.time}".rstrip(" -")
        scenes[f"s{number}"] = Scene(heading=" ".join(heading.split())[:200], shots=tuple(here))
    return Film(
        title=(title or story.title or "Untitled film")[:200], language=language, cast=cast, scene_order=tuple(scenes),
        scenes=scenes, shots=shots,
    )  # fmt: skip
