"""Who can speak here, and what cannot be spoken: asked before a voice is ordered, so that nobody waits for nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from vitascope.errors import NotSupported, UnknownId
from vitascope.film import voices
from vitascope.film.document import Film, Line
from vitascope.film.plural import counted
from vitascope.film.voices.bought import Bought, Buy
from vitascope.orders import speech
from vitascope.orders.film_batch import Item, Plan, Refused
from vitascope.server.auth import Actor
from vitascope.server.context import Context

HINT = "Install one: docs/voices.md says how. Without a voice the captions stand alone."


def speakers(context: Context, actor: Actor, buy: Buy | None = None) -> tuple[voices.Speaker, ...]:
    """Who can speak for this account. Without `buy` those that are paid for are listed, and do not speak."""
    return speech.speakers(context.settings, actor.account, context.plan(actor.account), buy)


def voices_for(context: Context, actor: Actor, said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(engine, name) of each voice here, where this document or patch names one; else empty. Programs are asked, so
    it is done before a transaction, in which all others would wait for them.
    """
    cast = said.get("cast")
    if not isinstance(cast, dict) or not any(isinstance(one, dict) and one.get("voice") for one in cast.values()):
        return []
    return [(card.engine, card.name) for speaker in speakers(context, actor) for card in speaker.voices()]


def refuse_unknown(here: Sequence[tuple[str, str]], before: Film | None, after: Film) -> None:
    """Raises UnknownId for a voice that the cast did not name before and that is not `here`, as `voices_for` says."""
    old = before.cast if before else {}
    new = [key for key, one in after.cast.items() if key not in old or one.voice != old[key].voice]
    new = [key for key in new if after.cast[key].voice.engine or after.cast[key].voice.name]
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


def refuse_voices(context: Context, actor: Actor, film: Film, plan: Plan) -> None:
    """Voices of the plan for which nobody is here move to what is refused; words that would leave are told, with what
    they cost there.
    """
    wanted = [item for item in plan.items if item.kind == "voice"]
    if not wanted:
        return
    lines = {item.of: line for item in wanted if (line := film.line(item.of))}
    cast = voices.cast_lines(film, lines.values(), speakers(context, actor))
    silent: list[Item] = []
    sent: dict[voices.Speaker, list[Line]] = {}
    for item in wanted:
        line, found = lines.get(item.of), cast.get(item.of)
        if not line or not found:
            silent.append(item)
        elif found[0].sends_to:
            sent.setdefault(found[0], []).append(line)
    for item in silent:
        text = lines[item.of].text if item.of in lines else ""
        language = voices.language_of(text, film.language)
        why = NotSupported(f"No voice that speaks {language} is here.", hint=HINT)
        plan.refused.append(Refused(item.of, "voice", item.label, why))
    gone = {id(item) for item in silent}
    plan.items = _without(plan.items, gone)
    for speaker, theirs in sent.items():
        told = f"The words of {counted(len(theirs), 'line')} go to {speaker.sends_to}"
        if isinstance(speaker, Bought):
            costs = [speaker.offer.estimate(line.text) for line in theirs]
            plan.spoken[speaker.name] = costs
            told += f" and are bought there, for {_dollars(costs)} by the list of {speaker.offer.dated}"
        plan.sent.append(f"{told}.")


def _dollars(costs: list[int | None]) -> str:
    known = [cost for cost in costs if cost is not None]
    return f"about {sum(known) / 1e6:.4f} USD" if len(known) == len(costs) else "a price that is not known here"


def _without(items: list[Item], gone: set[int]) -> list[Item]:
    """The items that stay, with the places that they name as they are then."""
    kept = [(place, item) for place, item in enumerate(items) if id(item) not in gone]
    moved = {place: number for number, (place, _) in enumerate(kept)}
    return [
        dataclasses.replace(item, waits_for=moved[item.waits_for]) if item.waits_for is not None else item
        for _, item in kept
    ]
