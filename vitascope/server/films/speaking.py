"""Who can speak here, and what cannot be spoken: asked before a voice is ordered, so that nobody waits for nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

from vitascope.errors import NotSupported
from vitascope.film import voices
from vitascope.film.document import Film
from vitascope.orders.film_plan import Item, Plan, Refused
from vitascope.server.context import Context

HINT = "Install one: docs/voices.md says how. Without a voice the captions stand alone."


def speakers(context: Context) -> tuple[Any, ...]:
    return voices.speakers(context.settings)


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
    plan.sent += [f"The words of {count} lines go to {where}." for where, count in sent.items()]


def _without(items: list[Item], gone: set[int]) -> list[Item]:
    """The items that stay, with the places that they name as they are then."""
    kept = [(place, item) for place, item in enumerate(items) if id(item) not in gone]
    moved = {place: number for number, (place, _) in enumerate(kept)}
    return [
        dataclasses.replace(item, waits_for=moved[item.waits_for]) if item.waits_for is not None else item
        for _, item in kept
    ]
