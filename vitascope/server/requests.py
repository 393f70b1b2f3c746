"""From what is asked (`Asked`, of any dialect) to what will be made: pictures opened, the clip to be continued found,
the model and its nearest size chosen. The price and the order itself are made of the same `Order`, so a quote is the
charge.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from vitascope import ask, pricing
from vitascope.clip import MAX_REFERENCES, ClipSpec, Reference
from vitascope.engines import registry
from vitascope.engines.card import ModelCard
from vitascope.errors import BadSpec, Conflict, NotSupported, UnknownModel
from vitascope.media.upright import Seen
from vitascope.orders import admission
from vitascope.orders import submit as submitting
from vitascope.orders.order import Order
from vitascope.server import fitting, model_aliases, model_routes, out_of_world
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import media_inputs
from vitascope.store import limits, projects, recipes
from vitascope.store.inputs import File
from vitascope.store.jobs import Job
from vitascope.vendors.fields import bad
from vitascope.vendors.openai import dialect as openai
from vitascope.vendors.request import Asked

NIGHT_BEGINS, NIGHT_ENDS = 23, 7  # hours of the account's own time


def order(context: Context, actor: Actor, asked: Asked, *, dialect: str = "openai") -> Order:
    """A new clip, or one that continues another. Raises what is wrong with it; nothing is kept yet."""
    if named := route(context, actor, asked.model):
        return model_routes.choose(
            context, actor, asked, named, lambda one: order(context, actor, one, dialect=dialect)
        )
    card = card_of(context, actor, asked.model, dialect)
    continued = media_inputs.source(context, actor, asked.extend, card.format, fit=asked.fit) if asked.extend else None
    first, last = _pictures(context, actor, asked)
    asked = fitting.heard(asked, card)
    notes, parent = list(asked.notes), None
    spec = fitting.bare(asked, card)
    if continued:
        parent = continued.parent
        spec, notes = dataclasses.replace(spec, extend=continued.source), [*notes, *continued.notes]
    else:
        shown = first or last
        size, note = fitting.nearest(
            card, asked.size, asked.aspect, given=shown.image.size if shown else None, tier=asked.tier
        )
        spec, notes = dataclasses.replace(spec, size=size, tier=asked.tier), [*notes, *([note] if note else [])]
    references, files = _references(context, actor, asked, card)
    spec = dataclasses.replace(spec, references=references)
    spec = _fitted(
        context,
        actor,
        spec,
        card,
        asked,
        first,
        last,
        notes,
        told_length=asked.seconds is not None and not asked.still,
    )
    return Order(
        spec=spec,
        card=card,
        files=(*files, *_originals(first, last)),
        n=asked.n,
        lane=asked.lane,
        draft=asked.draft and bool(card.format.steps),
        max_units=asked.max_units,
        run_after=begins(context, actor, asked.lane),
        project_id=_project(context, actor, asked.project_id),
        parent_clip_id=parent.id if parent else None,
        relation="extend" if parent else None,
        request=_request(asked, dialect, notes + _outside_note(spec, card)),
    )


def again(context: Context, actor: Actor, job: Job, asked: Asked, *, relation: str, dialect: str = "openai") -> Order:
    """The same clip with what is asked here in the place of its own: another prompt (remix), another seed (rerun), or
    all the steps that its draft left out (finish). Its seed stays, so that what was not asked to change does not.
    """
    if not job.done or (relation != "rerun" and job.state != "succeeded"):  # what failed can be run again as it was
        raise Conflict(f"The video is {openai.STATUS[job.state]}.", hint="Wait until it is completed.")
    if named := route(context, actor, asked.model):
        make = partial(again, context, actor, job, relation=relation, dialect=dialect)
        return model_routes.choose(context, actor, asked, named, make)
    with context.store.read() as tx:
        spec = ClipSpec.from_dict(recipes.whole(tx, actor.id, job.spec))
    card, before = card_of(context, actor, asked.model or job.model, dialect), job.resolved.size
    asked = fitting.heard(asked, card)
    told = asked.size or asked.aspect or asked.tier
    size, note = fitting.nearest(card, asked.size, asked.aspect, tier=asked.tier) if told else (before, "")
    first, last = _pictures(context, actor, asked)
    if size != before:
        _refuse_other_shape(spec, size, bool(first), bool(last))
    seed = asked.seed if asked.seed is not None else (None if relation == "rerun" else spec.seed)
    whole = asked.steps or _kept_steps(job, spec, card, relation, asked.draft)
    changed: dict[str, Any] = {
        "prompt": asked.prompt or spec.prompt,
        "negative_prompt": asked.negative_prompt or spec.negative_prompt,
        "seconds": spec.seconds if asked.seconds is None else asked.seconds,
        "steps": fitting.steps(card, whole, asked.draft and relation != "finish"),
        "guidance": spec.guidance if asked.guidance is None else asked.guidance,
        **fitting.extras(asked),
    }
    if not spec.extend:
        changed |= {"size": size, "aspect": "", "tier": ""}
    references, files = _references(context, actor, asked, card)
    if references:
        changed["references"] = references
    spec = dataclasses.replace(spec, seed=seed, **changed)
    notes = [*asked.notes, *([note] if note else [])]
    spec = _fitted(context, actor, spec, card, asked, first, last, notes, told_length=False)
    kept = (job.request or {}).get("metadata") or {}
    request = _request(asked, dialect, notes + _outside_note(spec, card))
    request |= {"steps": whole} if request["draft"] else {}
    return Order(
        spec=spec,
        card=card,
        files=(*files, *_originals(first, last)),
        n=asked.n,
        lane=asked.lane,
        draft=asked.draft and relation != "finish" and bool(card.format.steps),
        drafted=job.units if relation == "finish" else 0,
        max_units=asked.max_units,
        run_after=begins(context, actor, asked.lane),
        project_id=_project(context, actor, asked.project_id) or job.project_id,
        parent_clip_id=job.clip_id,
        relation=relation if job.clip_id else None,
        request={**request, "metadata": request.get("metadata") or kept},
    )


def _fitted(
    context: Context,
    actor: Actor,
    spec: ClipSpec,
    card: ModelCard,
    asked: Asked,
    first: Any,
    last: Any,
    notes: list[str],
    *,
    told_length: bool,
) -> ClipSpec:
    """The spec with its pictures and camera; `notes` is told what was changed. A length that was
    not asked for is not told. Raises BadSpec, which names the models that can make it when this one cannot.
    """
    told: list[str] = []
    try:
        spec = ask.changed(
            spec,
            card,
            image=first,
            last_image=last,
            camera=fitting.camera(asked.camera, card),
            fit=asked.fit,
            notes=told,
        )
    except BadSpec as error:
        wanted = {"image": first is not None or spec.image, "last_image": last is not None or spec.last_image}
        given = [mode for mode, there in (wanted | {"camera": asked.camera}).items() if there]
        raise _with_others(error, spec, card, context, actor, given) from error
    if asked.draft and not card.format.steps:
        notes.append(f"{card.name} has no steps to leave out, so it has no drafts: the whole clip is made.")
    length = card.format.length_note(spec, name=card.name)
    notes += [note for note in told if told_length or note != length]
    return spec


def _with_others(
    error: BadSpec, spec: ClipSpec, card: ModelCard, context: Context, actor: Actor, given: list[str]
) -> BadSpec:
    free = dataclasses.replace(spec, size=None, image=None, last_image=None)  # those were made to fit this model
    cards = [one for one in context.offered(actor.account) if not context.settings.credits or context.prices.of(one)]
    able = registry.others(free, card, cards, given)
    if not able:
        return error
    return BadSpec(error.message, hint=f"{error.hint} {', '.join(able[:5])} can.", field=error.field)


def _kept_steps(job: Job, spec: ClipSpec, card: ModelCard, relation: str, draft: bool) -> int | None:
    """Those it had; a draft that is finished, or drafted anew, gets all that it was asked for."""
    if relation != "finish" and not (draft and (job.request or {}).get("draft")):
        return spec.steps
    if not (job.request or {}).get("draft"):
        raise Conflict("The video is not a draft.", hint="Make a rerun, or a remix, of it.")
    return int((job.request or {}).get("steps") or card.format.steps) or None


def price(context: Context, actor: Actor, order: Order) -> pricing.Quote:
    """What this order will cost."""
    return submitting.price(order, plan=context.plan(actor.account), prices=context.prices)


def submit(
    context: Context,
    actor: Actor,
    order: Order,
    *,
    idempotency: str | None = None,
    also: Callable[[Connection, list[Job]], None] | None = None,
) -> list[Job]:
    """Put the order into the queue: one job for each take. `also` is done in the same transaction."""
    return submitting.submit(
        context.store,
        actor.account,
        order,
        blobs=context.blobs,
        plan=context.plan(actor.account),
        prices=context.prices,
        rules=context.rules,
        credits=context.settings.credits,
        key_id=actor.key_id,
        idempotency=idempotency,
        also=also,
    )


def begins(context: Context, actor: Actor, lane: str) -> float:
    """From when on an order in this lane is due; 0 for at once."""
    return _tonight(context, actor) if lane == "offpeak" else 0.0


def _tonight(context: Context, actor: Actor) -> float:
    """When the account's night begins: now, if it is night there. An idle machine takes the job before that."""
    here = datetime.fromtimestamp(context.now(), admission.zone(actor.account))
    if here.hour >= NIGHT_BEGINS or here.hour < NIGHT_ENDS:
        return context.now()
    return here.replace(hour=NIGHT_BEGINS, minute=0, second=0, microsecond=0).timestamp()


def admit(context: Context, actor: Actor) -> None:
    """Count a request that makes something against the account's plan. Raises TooMany."""
    plan = context.plan(actor.account)
    rate = max(1, plan.requests_per_minute)
    with context.store.begin() as tx:
        limits.take(tx, f"make:{actor.id}", context.now(), per_second=rate / 60, burst=rate, what="requests for clips")


def light_spec(data: dict[str, Any]) -> ClipSpec:
    """A job's spec for showing it: without its pictures and its parents' recipes, which take long to read."""
    extend = {**data["extend"], "recipe": None} if data.get("extend") else None
    return ClipSpec.from_dict({**data, "image": None, "last_image": None, "extend": extend})


def route(context: Context, actor: Actor, name: str) -> model_routes.Route | None:
    """Of models that the account may order; also by the operator's own name for it. None: it is no route."""
    if not name:
        return None
    with context.store.read() as tx:
        own = model_aliases.read(tx)
    found = model_routes.find(context, own.get(name, name))
    offered = context.offered(actor.account)
    return (found[0], [card for card in found[1] if card in offered]) if found else None


def card_of(context: Context, actor: Actor, name: str, dialect: str = "openai") -> ModelCard:
    """The model that is meant by this name, which may be another vendor's; without a name, the default. Raises
    UnknownModel, and NotSupported for a model whose file cannot be used.
    """
    if not name and (usual := context.card(context.settings.model)):
        return usual
    with context.store.read() as tx:
        own = model_aliases.read(tx)
    try:
        offered = context.offered(actor.account)
        return model_aliases.resolve(
            name, context.cards, own, context.settings.model, offered=offered, dialect=dialect,
            routes=[one for one in model_routes.names(context) if (found := model_routes.find(context, one)) and
                    any(card in offered for card in found[1])],
        )  # fmt: skip
    except UnknownModel as error:
        if (name or context.settings.model) not in context.models.faults():
            raise
        raise NotSupported(
            f"{name or context.settings.model} cannot be used on this server now.",
            hint=f"{error.hint} The operator sees why with `vitascope doctor`.",
        ) from error


def _outside_note(spec: ClipSpec, card: ModelCard) -> list[str]:
    warning = out_of_world.warning(card, spec.prompt)
    return [warning] if warning else []


def _request(asked: Asked, dialect: str, notes: list[str]) -> dict[str, Any]:
    return {
        "dialect": dialect,
        "model": asked.model,
        "size": f"{asked.size[0]}x{asked.size[1]}" if asked.size else asked.aspect,
        "draft": asked.draft,
        "steps": asked.steps,
        "metadata": asked.metadata,
        "echo": asked.echo,
        "notes": notes,
        **({"operation": asked.operation} if asked.operation else {}),
        **({"external_id": asked.external_id} if asked.external_id else {}),
        **({"n": asked.n} if asked.n > 1 else {}),
        **({"seconds": asked.seconds} if asked.seconds is not None else {}),
    }


def _project(context: Context, actor: Actor, project_id: str) -> str | None:
    """The project's id, if it is one of the account's."""
    if not project_id:
        return None
    with context.store.read() as tx:
        return projects.project(tx, actor.id, project_id).id


def _references(
    context: Context, actor: Actor, asked: Asked, card: ModelCard
) -> tuple[tuple[Reference, ...], list[File]]:
    """They are looked at only for a model that takes some."""
    if not asked.references:
        return (), []
    if len(asked.references) > MAX_REFERENCES:
        raise bad("references", f"There are {len(asked.references)} references.", f"At most {MAX_REFERENCES}.")
    if "references" not in card.modes:
        able = ", ".join([one.name for one in context.offered(actor.account) if "references" in one.modes][:5])
        hint = f"{able} can." if able else "Leave them out."
        raise bad("references", f"{card.name} does not take references.", hint)
    read = [media_inputs.reference(context, actor, one, number) for number, one in enumerate(asked.references, 1)]
    return tuple(reference for reference, _ in read), [file for _, file in read]


def _originals(*seen: Seen | None) -> Iterable[File]:
    """The files of the given pictures that are files of pictures, and no frames of clips."""
    return [file for one in seen if one and (file := media_inputs.original(one))]


def _pictures(context: Context, actor: Actor, asked: Asked) -> list[Seen | None]:
    """The first and the last one, as far as they are given."""
    given = ((asked.image, "The first picture"), (asked.last_image, "The last picture"))
    return [None if sent is None else media_inputs.picture(context, actor, sent, name) for sent, name in given]


def _refuse_other_shape(spec: ClipSpec, size: tuple[int, int], first: bool, last: bool) -> None:
    if spec.extend or (spec.image and not first) or (spec.last_image and not last):
        raise bad("size", f"A clip with given pictures cannot become {size[0]}x{size[1]}.", "Send them again with it.")
