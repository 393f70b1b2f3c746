"""Runs the routes of every dialect: who asks, what is to be done, and the answer in the dialect's own words. It knows
no vendor; a dialect knows nothing of what happens here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vitascope.errors import NotSupported
from vitascope.fleet import admission
from vitascope.server import acts, auth, filing, finding
from vitascope.server.auth import Actor
from vitascope.server.dialects import speech
from vitascope.server.dialects.speech import Grant, Reply, View
from vitascope.server.turn import Said, Turn, job_of, looker, one_view, shown
from vitascope.store import ledger


def answer(turn: Turn) -> Said:
    """What the route says. Raises what went wrong; whoever called says that in the dialect."""
    route = turn.route
    if route.does == "say":
        return shown(turn)
    if route.open and route.does == "secret":
        return shown(turn, turn.context.secrets(""))
    if route.open:
        raise TypeError(f"{turn.dialect.name}: {route.path} may not be open")
    if route.does == "receive" and filing.has_ticket(turn):
        return filing.received(turn, turn.call.query["account"])
    actor, once = identify(turn)
    if route.does == "refuse":
        raise NotSupported(f"No model here can {route.refused}.", hint=route.hint or "Ask for what the models can.")
    return _DO[route.does](turn, actor, once)


def look(turn: Turn, actor: Actor, job_id: str) -> View:
    """The job once more, as it is now."""
    with turn.context.store.read() as tx:
        job = finding.one(tx, actor.id, job_id, skin=speech.HEX, family=turn.family)
        return looker(turn, actor).views(tx, [job])[0]


def view_of(turn: Turn) -> tuple[Actor, View]:
    """Who asks, and the job that is meant: for answers that are held open."""
    actor, _ = identify(turn)
    with turn.context.store.read() as tx:
        return actor, one_view(turn, actor, tx, job_of(turn, actor, tx))


def identify(turn: Turn) -> tuple[Actor, str]:
    """(who asks, the name of a signature that makes what it makes only once, or empty)."""
    context, call = turn.context, turn.call
    given = turn.dialect.auth(call) if turn.dialect.auth else None
    if isinstance(given, speech.Signed):
        return auth.by_signature(context, given.access, given.verify), given.once
    if isinstance(given, speech.Key) and given.text:
        return auth.by_credential(context, given.text), ""
    if not auth.given_key(call.headers) and (key := call.query.get("key", "")):
        return auth.by_credential(context, key), ""
    return auth.identify(context, turn.request), ""


def _balance(turn: Turn, actor: Actor, _once: str) -> Reply:
    context, now, plan = turn.context, turn.context.now(), turn.context.plan(actor.account)
    with context.store.begin() as tx:
        if context.settings.credits:
            ledger.ensure_daily(tx, actor.id, plan, now, admission.zone(actor.account))
        found = ledger.balance(tx, actor.id, now)
        born = ledger.born(tx, [bucket.id for bucket in found.buckets])
    grants = tuple(
        Grant(
            id=one.id,
            kind=one.kind,
            total=one.units / 100,
            remaining=one.available / 100,
            created=born[one.id],
            expires=one.expires_at,
        )
        for one in found.buckets
    )
    balance = speech.Balance(
        credits=found.available / 100,
        held=found.held / 100,
        plan=plan.name,
        account_id=actor.id,
        grants=grants,
        parallel=plan.concurrency,
    )
    return shown(turn, balance)


def _models(turn: Turn, _actor: Actor, _once: str) -> Reply:
    usual = turn.context.settings.model
    return shown(turn, tuple(sorted(turn.context.cards, key=lambda card: card.name != usual)))


def _secret(turn: Turn, actor: Actor, _once: str) -> Reply:
    return shown(turn, turn.context.secrets(actor.id))


_DO: Mapping[str, Callable[[Turn, Actor, str], Said]] = {
    "create": acts.create,
    "again": acts.create,
    "get": acts.get,
    "list": acts.listed,
    "cancel": acts.cancel,
    "delete": acts.delete,
    "withdraw": acts.withdraw,
    "content": acts.content,
    "ticket": filing.ticket,
    "receive": filing.receive,
    "upload": filing.upload,
    "file": filing.file,
    "files": filing.files,
    "drop": filing.drop,
    "balance": _balance,
    "models": _models,
    "secret": _secret,
}
