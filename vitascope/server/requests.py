"""From what is asked (`Asked`, of any dialect) to what will be made: pictures opened, the clip to be continued found,
the model and its nearest size chosen. The price and the order itself are made of the same `Order`, so a quote is the
charge.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from vitascope import ask, pricing
from vitascope.clip import FPS, CameraPath, ClipSpec, ModelCard
from vitascope.errors import BadSpec, Conflict
from vitascope.orders import admission, pipeline
from vitascope.server import model_aliases, out_of_world, sizes
from vitascope.server.auth import Actor
from vitascope.server.context import Context
from vitascope.server.files import media_inputs
from vitascope.store import limits, projects, recipes
from vitascope.store.jobs import Job
from vitascope.vendors.fields import bad
from vitascope.vendors.openai import dialect as openai
from vitascope.vendors.request import DEFAULT_SECONDS, Asked

DRAFT_STEPS = 4  # a draft is drawn in a fourth of the steps
NIGHT_BEGINS, NIGHT_ENDS = 23, 7  # hours of the account's own time


@dataclass(frozen=True, kw_only=True)
class Order:
    """What will be made, `n` times, and what came before it."""

    spec: ClipSpec
    card: ModelCard
    n: int = 1
    lane: str = "normal"
    draft: bool = False
    drafted: int = 0  # units paid for the draft that is being finished
    project_id: str | None = None
    parent_clip_id: str | None = None
    relation: str | None = None
    request: dict[str, Any] = field(default_factory=dict)


def order(context: Context, actor: Actor, asked: Asked, *, dialect: str = "openai") -> Order:
    """A new clip, or one that continues another. Raises what is wrong with it; nothing is kept yet."""
    card = card_of(context, asked.model, dialect)
    continued = media_inputs.source(context, actor, asked.extend, card, fit=asked.fit) if asked.extend else None
    first, last = (media_inputs.picture(context, actor, sent, name) for sent, name in _pictures(asked))
    if continued:
        source, parent = continued.source, continued.parent
        spec, notes = _bare(asked, card, (source.width, source.height)), [*asked.notes, *continued.notes]
        spec = dataclasses.replace(spec, extend=source)
    else:
        shown, parent = first or last, None
        size, note = sizes.nearest(card, asked.size, asked.aspect, given=shown.image.size if shown else None)
        spec, notes = _bare(asked, card, size), [*asked.notes, *([note] if note else [])]
    spec = ask.changed(spec, image=first, last_image=last, camera=_camera(asked.camera), fit=asked.fit, notes=notes)
    card.check(spec)
    notes += _length_note(asked, spec) + _outside_note(spec)
    return Order(
        spec=spec,
        card=card,
        n=asked.n,
        lane=asked.lane,
        draft=asked.draft,
        project_id=_project(context, actor, asked.project_id),
        parent_clip_id=parent.id if parent else None,
        relation="extend" if parent else None,
        request=_request(asked, dialect, notes),
    )


def again(context: Context, actor: Actor, job: Job, asked: Asked, *, relation: str, dialect: str = "openai") -> Order:
    """The same clip with what is asked here in the place of its own: another prompt (remix), another seed (rerun), or
    all the steps that its draft left out (finish). Its seed stays, so that what was not asked to change does not.
    """
    if not job.done or (relation != "rerun" and job.state != "succeeded"):  # what failed can be run again as it was
        raise Conflict(f"The video is {openai.STATUS[job.state]}.", hint="Wait until it is completed.")
    with context.store.read() as tx:
        spec = ClipSpec.from_dict(recipes.whole(tx, actor.id, job.spec))
    card = card_of(context, asked.model or job.model, dialect)
    shape = sizes.nearest(card, asked.size, asked.aspect) if asked.size or asked.aspect else (spec.shape, "")
    first, last = (media_inputs.picture(context, actor, sent, name) for sent, name in _pictures(asked))
    if shape[0] != spec.shape:
        _refuse_other_shape(spec, shape[0], bool(first), bool(last))
    seed = asked.seed if asked.seed is not None else (None if relation == "rerun" else spec.seed)
    whole = asked.steps or _kept_steps(job, spec, card, relation, asked.draft)
    changed: dict[str, Any] = {
        "prompt": asked.prompt or spec.prompt,
        "negative_prompt": asked.negative_prompt or spec.negative_prompt,
        "seconds": spec.seconds if asked.seconds is None else asked.seconds,
        "steps": _steps(whole, asked.draft and relation != "finish"),
        "guidance": spec.guidance if asked.guidance is None else asked.guidance,
        "model": card.name,
    }
    if not spec.extend:
        changed |= {"size": None, "aspect": sizes.aspect_of(shape[0])}
        if sizes.ASPECTS[changed["aspect"]] != shape[0]:
            changed["size"] = shape[0]
    spec = dataclasses.replace(spec, seed=seed, **changed)
    notes = [*asked.notes, *([shape[1]] if shape[1] else [])]
    spec = ask.changed(spec, image=first, last_image=last, camera=_camera(asked.camera), fit=asked.fit, notes=notes)
    card.check(spec)
    kept = (job.request or {}).get("metadata") or {}
    request = _request(asked, dialect, notes + _outside_note(spec))
    request |= {"steps": whole} if request["draft"] else {}
    return Order(
        spec=spec,
        card=card,
        n=asked.n,
        lane=asked.lane,
        draft=asked.draft and relation != "finish",
        drafted=job.units if relation == "finish" else 0,
        project_id=_project(context, actor, asked.project_id) or job.project_id,
        parent_clip_id=job.clip_id,
        relation=relation if job.clip_id else None,
        request={**request, "metadata": request.get("metadata") or kept},
    )


def _kept_steps(job: Job, spec: ClipSpec, card: ModelCard, relation: str, draft: bool) -> int:
    """Those it had; a draft that is finished, or drafted anew, gets all that it was asked for."""
    if relation != "finish" and not (draft and (job.request or {}).get("draft")):
        return spec.steps
    if not (job.request or {}).get("draft"):
        raise Conflict("The video is no draft.", hint="Make a rerun, or a remix, of it.")
    return int((job.request or {}).get("steps") or card.steps)


def price(context: Context, actor: Actor, order: Order) -> pricing.Quote:
    """What this order will cost, by the same function that charges it."""
    return pricing.quote(
        order.spec,
        order.card,
        n=order.n,
        plan=context.plan(actor.account),
        draft=order.draft,
        prices=context.prices,
        lane=order.lane,
        drafted=order.drafted,
    )


def submit(
    context: Context,
    actor: Actor,
    order: Order,
    *,
    idempotency: str | None = None,
    also: Callable[[Connection, list[Job]], None] | None = None,
) -> list[Job]:
    """Put the order into the queue: one job for each take. `also` is done in the same transaction."""
    return pipeline.submit(
        context.store,
        context.blobs,
        actor.account,
        order.spec,
        n=order.n,
        card=order.card,
        plan=context.plan(actor.account),
        prices=context.prices,
        rules=context.rules,
        request=order.request,
        project_id=order.project_id,
        lane=order.lane,
        idempotency=idempotency,
        parent=order.parent_clip_id,
        relation=order.relation,
        credits=context.settings.credits,
        draft=order.draft,
        drafted=order.drafted,
        run_after=begins(context, actor, order),
        also=also,
    )


def begins(context: Context, actor: Actor, order: Order) -> float:
    """From when on this order is due; 0 for at once."""
    return _tonight(context, actor) if order.lane == "offpeak" else 0.0


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


def card_of(context: Context, name: str, dialect: str = "openai") -> ModelCard:
    """The model that is meant by this name, which may be another vendor's. Raises UnknownModel."""
    with context.store.read() as tx:
        own = model_aliases.read(tx)
    return model_aliases.resolve(name, context.cards, own, context.settings.model, dialect=dialect)


def _bare(asked: Asked, card: ModelCard, size: tuple[int, int]) -> ClipSpec:
    aspect = sizes.aspect_of(size)
    return ClipSpec(
        prompt=asked.prompt,
        negative_prompt=asked.negative_prompt,
        seconds=0.0 if asked.still else DEFAULT_SECONDS if asked.seconds is None else asked.seconds,
        aspect=aspect,
        size=None if sizes.ASPECTS[aspect] == size else size,
        seed=asked.seed,
        steps=_steps(card.steps if asked.steps is None else asked.steps, asked.draft),
        guidance=asked.guidance,
        model=card.name,
    )


def _steps(steps: int, draft: bool) -> int:
    return max(1, steps // DRAFT_STEPS) if draft else steps


def _camera(path: CameraPath | None) -> CameraPath | None:
    """The path, if its words are ones the world's cameras know."""
    try:
        return ask.camera_path(path)
    except BadSpec as error:
        raise bad("camera", error.message, error.hint) from error


def _length_note(asked: Asked, spec: ClipSpec) -> list[str]:
    made = 0.0 if spec.is_still else (spec.new_frames - (0 if spec.extend else 1)) / FPS
    if asked.still or asked.seconds is None or abs(made - asked.seconds) < 0.01:
        return []
    return [f"{asked.seconds:g} seconds were asked; {made:g} are made, because clips come in groups of frames."]


def _outside_note(spec: ClipSpec) -> list[str]:
    return [out_of_world.NOTE] if out_of_world.outside(spec.prompt, spec.model) else []


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


def _pictures(asked: Asked) -> tuple[tuple[Any, str], tuple[Any, str]]:
    return (asked.image, "The first picture"), (asked.last_image, "The last picture")


def _refuse_other_shape(spec: ClipSpec, size: tuple[int, int], first: bool, last: bool) -> None:
    if spec.extend or (spec.image and not first) or (spec.last_image and not last):
        raise bad("size", f"A clip with given pictures cannot become {size[0]}x{size[1]}.", "Send them again with it.")
