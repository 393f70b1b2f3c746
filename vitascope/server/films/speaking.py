"""Who can speak here, and what cannot be spoken: asked before a voice is ordered, so that nobody waits for nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

from vitascope.errors import NotSupported, UnknownId
from vitascope.film import voices
from vitascope.film.checks.finding import counted
from vitascope.film.document import Film
from vitascope.orders.film_plan import Item, Plan, Refused
from vitascope.server.context import Context

HINT = "Install one: docs/voices.md says how. Without a voice the captions stand alone."


def speakers(context: Context) -> tuple[Any, ...]:
    return voices.speakers(context.settings)


def refuse_unknown(context: Context, before: Film | None, after: Film) -> None:
    """Raises UnknownId for a voice that the cast did not name before and that nobody here has."""
    old = before.cast if before else {}
    new = [key for key, one in after.cast.items() if key not in old or one.voice != old[key].voice]
    new = [key for key in new if after.cast[key].voice.engine or after.cast[key].voice.name]
    if not new:
        return
    here = [(card.engine, card.name) for speaker in speakers(context) for card in speaker.voices()]
    for key in new:
        voice = after.cast[key].voice
        engines = [engine for engine, _ in here if voice.engine in ("", engine)]
        names = [name for engine, name in here if engine in engines]
        if not engines or (voice.name and voice.name not in names):
            field, wrong = ("name", voice.name) if engines else ("engine", voice.engine)
            raise UnknownId(
                f'No voice here has the {field} "{wrong[:60]}".', hint="GET /v1/voices lists them; empty: any.",
                field=f"cast.{key}.voice.{field}",
            )  # fmt: skip


def refuse_voices(context: Context, film: Film, plan: Plan) -> None:
    """Voices of the plan for which nobody is here move to what is refused; words that would leave are told."""
    wanted = [item for item in plan.items if item.kind == "voice"]
    if not wanted:
        return
    cast = voices.casting(film, speakers(context))
    silent: list[Item] = []
    sent: dict[str, int] = {}
    for item in wanted:
        line = film.line(item.of)
        found = cast.get(line.speaker) if line else None
        if not found:
            silent.append(item)
        elif told := getattr(found[0], "sends_to", ""):
            sent[told] = sent.get(told, 0) + 1
    for item in silent:
        why = NotSupported(f"No voice that speaks {film.language} is here.", hint=HINT)
        plan.refused.append(Refused(item.of, "voice", item.label, why))
    gone = {id(item) for item in silent}
    plan.items = _without(plan.items, gone)
    plan.sent += [f"The words of {counted(count, 'line')} go to {where}." for where, count in sent.items()]


def _without(items: list[Item], gone: set[int]) -> list[Item]:
    """The items that stay, with the places that they name as they are then."""
    kept = [(place, item) for place, item in enumerate(items) if id(item) not in gone]
    moved = {place: number for number, (place, _) in enumerate(kept)}
    return [
        dataclasses.replace(item, waits_for=moved[item.waits_for]) if item.waits_for is not None else item
        for _, item in kept
    ]
