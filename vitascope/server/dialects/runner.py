"""Runs the routes of every dialect: who asks, what is to be done, and the answer in the dialect's own words. It knows
no vendor; a dialect knows nothing of what happens here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vitascope.errors import NotSupported
from vitascope.orders import admission
from vitascope.server import auth
from vitascope.server.auth import Actor
from vitascope.server.dialects import file_operations, job_lookup, job_operations
from vitascope.server.dialects.exchange import Said, Turn, job_of, looker, one_view, shown
from vitascope.store import ledger
from vitascope.vendors import api, id_formats
from vitascope.vendors.api import Grant, Reply
from vitascope.vendors.view import View


def answer(turn: Turn) -> Said:
    """What the route says. Raises what went wrong; the caller says that in the dialect."""
    route = turn.route
    if route.does == "say":
        return shown(turn)
    if route.open and route.does == "secret":
        return shown(turn, turn.context.secrets(""))
    if route.open:
        raise TypeError(f"{turn.dialect.name}: {route.path} may not be open")
    if route.does == "receive" and file_operations.has_ticket(turn):
        return file_operations.received(turn, turn.call.query["account"])
    actor, once = identify(turn)
    if route.does == "refuse":
        raise NotSupported(f"No model here can {route.refused}.", hint=route.hint or "Ask for what the models can.")
    return _DO[route.does](turn, actor, once)


def admit(turn: Turn) -> None:
    """Whether a known caller sends this, as far as its head tells. Raises NotSignedIn, NotAllowed."""
    if turn.route.open or (turn.route.does == "receive" and file_operations.has_ticket(turn)):
        return
    given = turn.dialect.auth(turn.call) if turn.dialect.auth else None
    if isinstance(given, api.Signed):
        auth.known_pair(turn.context, given.access)  # what was signed is only known at the end of the body
    else:
        identify(turn)


def check(turn: Turn) -> None:
    """The same with the whole body at hand, so that a signature over it is believed before it is read as JSON."""
    if turn.dialect.auth and not turn.route.open:
        identify(turn)


def look(turn: Turn, actor: Actor, job_id: str) -> View:
    """The job once more, as it is now."""
    with turn.context.store.read() as tx:
        job = job_lookup.one(tx, actor.id, job_id, skin=id_formats.HEX, family=turn.family)
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
    if isinstance(given, api.Signed):
        return auth.by_signature(context, given.access, given.verify), given.once
    if isinstance(given, api.Key) and given.text:
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
    balance = api.Balance(
        credits=found.available / 100,
        held=found.held / 100,
        plan=plan.name,
        account_id=actor.id,
        grants=grants,
        parallel=plan.concurrency,
    )
    return shown(turn, balance)


def _models(turn: Turn, actor: Actor, _once: str) -> Reply:
    usual = turn.context.settings.model
    return shown(turn, tuple(sorted(turn.context.offered(actor.account), key=lambda card: card.name != usual)))


def _secret(turn: Turn, actor: Actor, _once: str) -> Reply:
    return shown(turn, turn.context.secrets(actor.id))


_DO: Mapping[str, Callable[[Turn, Actor, str], Said]] = {
    "create": job_operations.create,
    "again": job_operations.create,
    "get": job_operations.get,
    "list": job_operations.listed,
    "cancel": job_operations.cancel,
    "delete": job_operations.delete,
    "withdraw": job_operations.withdraw,
    "content": job_operations.content,
    "ticket": file_operations.ticket,
    "receive": file_operations.receive,
    "upload": file_operations.upload,
    "file": file_operations.file,
    "files": file_operations.files,
    "drop": file_operations.drop,
    "balance": _balance,
    "models": _models,
    "secret": _secret,
}
