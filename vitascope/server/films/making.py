"""What a film lacks is priced and ordered: `quote` and `make` plan the same, so what was shown is what is charged.
Opening pictures takes time, so the film is planned first and looked at again in the transaction; when somebody changed
it meanwhile it is planned anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from vitascope.errors import BadSpec, Blocked, Conflict, FilmChanged, OverBudget
from vitascope.film.plan import Wish
from vitascope.film.take import Take, Takes
from vitascope.media.upright import Seen
from vitascope.orders import batch, following, speech
from vitascope.orders.batch import Step
from vitascope.orders.film_batch import Item, Plan, Refused
from vitascope.orders.order import Order
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import media_inputs
from vitascope.server.films import planning, speaking
from vitascope.store import film_takes, films, idempotency, ids, recipes
from vitascope.store import library as clips
from vitascope.store.films import Row
from vitascope.store.inputs import File
from vitascope.store.jobs import Job
from vitascope.vendors.request import AskedReference

TRIES = 3  # to order a film that others change at the same time


@dataclass(frozen=True)
class Planned:
    """A plan, and what the film was when it was made."""

    row: Row
    takes: tuple[Take, ...]
    counted: int  # takes that were ever asked for
    plan: Plan


@dataclass(frozen=True)
class Made:
    """`items`: as they are shown. The same request with the same key answers the same."""

    batch_id: str
    units: int
    items: list[dict[str, Any]]


class _Changed(Exception):
    """Somebody was quicker."""


def planned(context: Context, actor: Actor, film_id: str, wish: Wish, *, version: int | None = None) -> Planned:
    """What is to be made now. Raises FilmChanged when the film is not of this version any more, BadSpec for an id that
    it has not.
    """
    with context.store.read() as tx:
        row = films.get(tx, actor.id, film_id)
        takes = Takes(one.take for one in film_takes.shown(tx, film_id))
        counted = film_takes.count(tx, film_id)
    if row.trashed_at is not None:
        raise Conflict("The film is in the trash.", hint="Restore it first.")
    if version is not None and version != row.version:
        raise FilmChanged(
            f"The film is at version {row.version}, not {version}.", hint="Look at its price again.",
            more={"version": row.version, "conflicts": []},
        )  # fmt: skip
    film = row.film
    known = {*film.shots, *film.scenes, *film.cues, *(one.id for shot in film.shots.values() for one in shot.lines)}
    if unknown := sorted(wish.ids - known):
        raise BadSpec(f'The film has no "{unknown[0]}".', hint="ids: of shots, lines, cues or scenes.", field="ids")
    plan = planning.planner(context, actor, film, takes, wish, new_id=_ids(context)).made()
    speaking.refuse_voices(context, actor, film, plan)
    return Planned(row, takes, counted, plan)


def make(
    context: Context,
    actor: Actor,
    film_id: str,
    wish: Wish,
    *,
    version: int | None = None,
    max_units: int | None = None,
    key: str | None = None,
) -> Made:
    """Order all of it or nothing. Raises Blocked when a part of it cannot be made, OverBudget, and what an order
    raises.
    """
    once = (key, _fingerprint(film_id, wish)) if key else None
    if before := _answered(context, actor, once):
        return before
    for _ in range(TRIES):
        found = planned(context, actor, film_id, wish, version=version)
        if found.plan.refused:
            raise _blocked(found.plan.refused)
        if not found.plan.items:
            return _nothing(context, actor, once)
        try:
            batch_id = _submit(context, actor, found, max_units, once)
            return _answered(context, actor, once) or Made(batch_id, found.plan.units, items(found.plan))
        except _Changed:
            continue
    raise FilmChanged("The film is being changed by others just now.", hint="Try again in a moment.")


def _answered(context: Context, actor: Actor, once: tuple[str, str] | None) -> Made | None:
    """What the same request with the same key was answered."""
    if not once:
        return None
    with context.store.begin() as tx:  # it locks the account
        answer = idempotency.recall(tx, actor.id, *once)
    return Made(str(answer["batch"]), answer.get("units", 0), answer.get("items", [])) if answer else None


def _nothing(context: Context, actor: Actor, once: tuple[str, str] | None) -> Made:
    """Remembered too: sent again, the request does not make what somebody has added since."""
    if once:
        with context.store.begin() as tx:
            if not idempotency.recall(tx, actor.id, *once):
                idempotency.remember(tx, actor.id, *once, {"batch": "", "units": 0, "items": []}, context.now())
    return Made("", 0, [])


def _submit(context: Context, actor: Actor, found: Planned, max_units: int | None, once: tuple[str, str] | None) -> str:
    row, plan = found.row, found.plan
    clips_wanted = [(place, item) for place, item in enumerate(plan.items) if item.card]
    places = {place: number for number, (place, _) in enumerate(clips_wanted)}
    steps = []
    for _, item in clips_wanted:
        after: int | str | None = places[item.waits_for] if item.waits_for is not None else item.job or None
        steps.append(Step(_order(context, actor, row, item), after))

    def before(tx: Connection) -> None:
        current = films.locked(tx, actor.id, row.id)
        if current.version != row.version or film_takes.count(tx, row.id) != found.counted:
            raise _Changed

    def also(tx: Connection, placed: list[list[Job]], units: int) -> None:
        now = context.now()
        _check_budget(tx, row, units)
        speech.refuse_costs(tx, actor.id, plan.spoken, now)
        for (_, item), made in zip(clips_wanted, placed, strict=True):
            for take_id, job in zip(item.ids, made, strict=True):
                film_takes.add(
                    tx, actor.id, row.id, now, id=take_id, of=item.of, kind=item.kind, digest=item.digest,
                    state="ordered", job_id=job.id, engine=job.model, attempts=0 if item.joins else 1,
                )  # fmt: skip
        for item in plan.items:
            if not item.card:
                film_takes.add(
                    tx, actor.id, row.id, now, id=item.ids[0], of=item.of, kind=item.kind, digest=item.digest,
                    state="waiting",
                )  # fmt: skip
        films.tell(tx, row, now)

    batch_id, _ = batch.submit(
        context.store,
        actor.account,
        steps,
        blobs=context.blobs,
        plan=context.plan(actor.account),
        prices=context.prices,
        rules=context.rules,
        credits=context.settings.credits,
        key_id=actor.key_id,
        max_units=max_units,
        before=before,
        also=also,
        once=once,
        told={"units": plan.units, "items": items(plan)},
    )
    return batch_id


def budget_left(tx: Connection, row: Row) -> int | None:
    """Units that the film may still cost; None: it has no budget."""
    budget = row.document.get("budget")
    if budget is None:
        return None
    cost = film_takes.cost(tx, row.id)
    return round(float(budget) * 100) - cost.spent - cost.running


def _check_budget(tx: Connection, row: Row, units: int) -> None:
    """The account is locked, so no other order of this film is between the look and the charge."""
    left = budget_left(tx, row)
    if left is not None and units > max(left, 0):
        raise OverBudget(units, left)


def _order(context: Context, actor: Actor, row: Row, item: Item) -> Order:
    """With the pictures that are there. What another job makes is put in when its turn comes."""
    assert item.card
    assert item.spec
    assert item.shape
    spec, card, files, notes = item.spec, item.card, list[File](), list(item.notes)
    follows, parent = {}, None
    if item.start and item.start.media and item.mode in ("image", "continue"):
        seen = Seen(following.last_frame(context.blobs, item.start.media.key), name=item.start.clip or item.start.id)
        spec = dataclasses.replace(spec, image=following.fitted(seen, item.shape.size))
    elif item.start and item.mode == "extend":
        with context.store.read() as tx:
            parent = clips.get(tx, actor.id, item.start.clip)
            whole = recipes.whole_recipe(tx, actor.id, parent.recipe)
        spec = dataclasses.replace(spec, extend=following.source_of(parent, whole))
    elif item.after:
        follows = {following.FOLLOWS: "extend" if item.mode == "extend" else "image"}
    coming = ("image",) if follows and item.mode != "extend" else ()
    if item.references:
        asked = [AskedReference(given={"id": given}, kind="image", name=name) for name, given in item.references]
        read = [media_inputs.reference(context, actor, one, number) for number, one in enumerate(asked, 1)]
        spec = dataclasses.replace(spec, references=tuple(reference for reference, _ in read))
        files = [file for _, file in read]
    request: dict[str, Any] = {
        "dialect": "openai",
        "model": card.name,
        "size": "x".join(map(str, item.shape.size)),
        "draft": False,
        "steps": None,
        "metadata": {"film": row.id, "shot": item.label},
        "echo": {},
        "notes": notes,
        **follows,
        **({following.JOINS: item.start.clip if item.start else ""} if item.joins else {}),
    }
    return Order(
        spec=spec,
        card=card,
        n=len(item.ids),
        files=tuple(files),
        coming=coming,
        project_id=row.project_id,
        parent_clip_id=parent.id if parent else None,
        relation="extend" if parent else None,
        request=request,
    )


def _ids(context: Context) -> Callable[[], str]:
    return lambda: ids.new_id(ids.TAKE, context.now())


def _fingerprint(film_id: str, wish: Wish) -> str:
    told = {**dataclasses.asdict(wish), "ids": sorted(wish.ids)}
    return hashlib.sha256(json.dumps([film_id, told], sort_keys=True).encode()).hexdigest()


def _blocked(refused: list[Refused]) -> Blocked:
    first = refused[0]
    more = f" {len(refused) - 1} more cannot be made either." if len(refused) > 1 else ""
    return Blocked(
        f"{first.error.message}{more}",
        hint=first.error.hint or "Change it, or leave it out.",
        more={"refused": [told(one) for one in refused[:200]]},
    )


def items(plan: Plan) -> list[dict[str, Any]]:
    """What is made, as it is shown."""
    return [
        {
            "of": one.of, "kind": one.kind, "label": one.label, "n": len(one.ids), "credits": one.units / 100,
            "model": one.card.name if one.card else "", "mode": one.mode,
            "seconds": str(one.shape.seconds) if one.shape else "",
            "size": "x".join(map(str, one.shape.size)) if one.shape else "",
            "after": one.after, "notes": list(one.notes),
        }
        for one in plan.items
    ]  # fmt: skip


def told(one: Refused) -> dict[str, Any]:
    """What cannot be made, as it is shown."""
    error = one.error
    return {
        "of": one.of, "kind": one.kind, "label": one.label, "code": error.code, "message": error.message,
        "hint": error.hint,
    }  # fmt: skip
