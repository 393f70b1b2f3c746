"""Operations on files that are sent beforehand; `sent` keeps them."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from starlette.datastructures import UploadFile

from vitascope.server.auth import Actor
from vitascope.server.dialects.exchange import Turn, shown
from vitascope.server.files import client_files
from vitascope.store import handles
from vitascope.vendors import api
from vitascope.vendors.api import Call, Reply


def ticket(turn: Turn, actor: Actor, _once: str) -> Reply:
    assert turn.route.parse
    return _file_shown(turn, client_files.ticket(turn.context, actor.id, turn.route.parse(turn.call)))


def upload(turn: Turn, actor: Actor, _once: str) -> Reply:
    wanted = turn.route.parse(turn.call) if turn.route.parse else api.Upload(id="", handle="")
    given = _sent_file(turn.call)
    if isinstance(given, UploadFile):
        kind, name = wanted.media_type or given.content_type or "", wanted.name or given.filename or ""
        wanted = dataclasses.replace(wanted, media_type=kind, name=name)
    ticket = client_files.ticket(turn.context, actor.id, wanted)
    return _file_shown(turn, client_files.receive(turn.context, actor.id, ticket.name, given))


def receive(turn: Turn, actor: Actor, _once: str) -> Reply:
    return received(turn, actor.id)


def received(turn: Turn, account_id: str) -> Reply:
    return _file_shown(
        turn, client_files.receive(turn.context, account_id, _file_id(turn, account_id), _sent_file(turn.call))
    )


def has_ticket(turn: Turn) -> bool:
    """Whether the right to send comes with the address, as `Upload.put_url` has it."""
    query = turn.call.query
    until, signature, account_id = (query.get(name, "") for name in ("until", "signature", "account"))
    if not (until and signature and account_id):
        return False
    end = int(until) if re.fullmatch(r"\d{1,12}", until, re.ASCII) else 0
    client_files.check(turn.context, account_id, _file_id(turn, account_id), end, signature)
    return True


def file(turn: Turn, actor: Actor, _once: str) -> Reply:
    return _file_shown(turn, client_files.get(turn.context, actor.id, _file_id(turn, actor.id)))


def drop(turn: Turn, actor: Actor, _once: str) -> Reply:
    return _file_shown(turn, client_files.drop(turn.context, actor.id, _file_id(turn, actor.id)))


def files(turn: Turn, actor: Actor, _once: str) -> Reply:
    with turn.context.store.read() as tx:
        found = handles.page(tx, actor.id, handles.UPLOAD)
    skin = turn.route.skin or turn.dialect.upload_skin
    return shown(turn, [client_files.shown(turn.context, turn.origin, one, skin) for one in found])


def _sent_file(call: Call) -> Any:
    """The file of a form, whatever it is called there, or the bytes of the body."""
    return next((value for value in call.fields.values() if isinstance(value, UploadFile)), call.raw)


def _file_shown(turn: Turn, found: handles.Handle) -> Reply:
    skin = turn.route.skin or turn.dialect.upload_skin
    return shown(turn, client_files.shown(turn.context, turn.origin, found, skin))


def _file_id(turn: Turn, account_id: str) -> str:
    return client_files.named(
        turn.context, account_id, turn.route.id(turn.call), turn.route.skin or turn.dialect.upload_skin
    )
