"""/v1/keys: keys for programs. Whole they are shown once, when they are made."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from vitascope.errors import NotAllowed
from vitascope.server.auth import Asking, Here, Who
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Deleted, Page, Said, page
from vitascope.store import accounts

router = APIRouter(route_class=Asking, prefix="/v1/keys", tags=["keys"])


class CreateKey(Said):
    name: str = Field("key", max_length=100)
    pair: bool = Field(False, description="An access/secret pair, for clients that sign tokens as Kling's do.")


class KeyView(Answer):
    id: str
    object: Literal["key"] = "key"
    name: str
    prefix: str = Field(description="How it begins; the whole key is kept nowhere.")
    access_key: str | None
    created_at: float
    last_used_at: float | None
    revoked_at: float | None


class NewKeyView(Answer):
    id: str
    object: Literal["key"] = "key"
    name: str
    key: str | None = Field(description="Shown once.")
    access_key: str | None
    secret_key: str | None = Field(description="Of a pair; shown once.")


@router.post("", status_code=201, responses=errors(409, 422))
def create_key(context: Here, actor: Who, said: CreateKey) -> NewKeyView:
    """Make a key. Keep it: it is not shown again."""
    if actor.by == "token":
        raise NotAllowed("A signed token makes no keys.", hint="Make it in the studio, or with a key.")
    with context.store.begin() as tx:
        new = accounts.create_key(tx, actor.id, said.name, context.now(), said.pair)
    return NewKeyView(
        id=new.id,
        name=new.name,
        key=new.key or None,
        access_key=new.access or None,
        secret_key=new.secret or None,
    )


@router.get("", responses=errors())
def list_keys(context: Here, actor: Who) -> Page[KeyView]:
    """The account's keys that are good, the oldest first."""
    with context.store.read() as tx:
        return page(accounts.keys(tx, actor.id), accounts.MAX_KEYS)  # type: ignore[return-value]


@router.delete("/{key_id}", responses=errors(404))
def revoke_key(context: Here, actor: Who, key_id: str) -> Deleted:
    """From now on it opens nothing."""
    with context.store.begin() as tx:
        accounts.revoke_key(tx, actor.id, key_id, context.now())
    return Deleted(id=key_id, object="key.deleted")
