"""/v1/webhooks: tell another server what happened, signed by the Standard Webhooks scheme."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from vitascope.server.auth import Asking, Here, Who
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Deleted, Page, Said, page
from vitascope.store import deliveries, webhooks
from vitascope.store.webhooks import Webhook

router = APIRouter(route_class=Asking, prefix="/v1/webhooks", tags=["webhooks"])
Events = list[str]
Url = Annotated[
    str, Field(min_length=1, max_length=2000, json_schema_extra={"format": "uri", "pattern": r"^https?://[^\s/?#]+"})
]


class CreateWebhook(Said):
    url: Url
    events: Events = Field(list(webhooks.USUAL), max_length=50, description=f"Of {', '.join(webhooks.KINDS)}.")


class WebhookChanges(Said):
    url: Url | None = None
    events: Events | None = Field(None, max_length=50)
    enabled: bool | None = None
    new_secret: bool = False


class WebhookView(Answer):
    id: str
    object: Literal["webhook"] = "webhook"
    url: str
    events: Events
    enabled: bool
    created_at: float
    secret: str | None = Field(None, description="What messages are signed with. Shown when it is made, or made anew.")


class DeliveryView(Answer):
    id: str
    event: str
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    next_at: float
    last_status: int | None
    last_error: str | None
    payload: dict[str, Any]
    created_at: float


@router.post("", status_code=201, responses=errors(400, 422))
def create_webhook(context: Here, actor: Who, said: CreateWebhook) -> WebhookView:
    """A new endpoint. Its secret is in the answer, and in no later one."""
    context.outside.check(actor.id, said.url)  # again before each message: a name may lead elsewhere by then
    with context.store.begin() as tx:
        made = webhooks.create(tx, actor.id, said.url, events=said.events, now=context.now())
    return _view(made, secret=True)


@router.get("", responses=errors())
def list_webhooks(context: Here, actor: Who) -> Page[WebhookView]:
    """The oldest first."""
    with context.store.read() as tx:
        found = webhooks.page(tx, actor.id)
    return page([_view(hook) for hook in found], webhooks.MAX_ENDPOINTS)  # type: ignore[return-value]


@router.get("/{webhook_id}", responses=errors(404))
def retrieve_webhook(context: Here, actor: Who, webhook_id: str) -> WebhookView:
    with context.store.read() as tx:
        return _view(webhooks.get(tx, actor.id, webhook_id))


@router.patch("/{webhook_id}", responses=errors(400, 404, 422))
def change_webhook(context: Here, actor: Who, webhook_id: str, said: WebhookChanges) -> WebhookView:
    """Another address, other events, on or off, or a new secret."""
    if said.url is not None:
        context.outside.check(actor.id, said.url)
    with context.store.begin() as tx:
        changed = webhooks.change(
            tx,
            actor.id,
            webhook_id,
            now=context.now(),
            url=said.url,
            events=said.events,
            enabled=said.enabled,
            new_secret_wanted=said.new_secret,
        )
    return _view(changed, secret=said.new_secret)


@router.delete("/{webhook_id}", responses=errors(404))
def delete_webhook(context: Here, actor: Who, webhook_id: str) -> Deleted:
    """With all its messages."""
    with context.store.begin() as tx:
        webhooks.delete(tx, actor.id, webhook_id)
    return Deleted(id=webhook_id, object="webhook.deleted")


@router.get("/{webhook_id}/deliveries", responses=errors(404))
def list_deliveries(context: Here, actor: Who, webhook_id: str) -> Page[DeliveryView]:
    """Its last messages and how they fared, the newest first."""
    with context.store.read() as tx:
        found = deliveries.history(tx, actor.id, webhook_id)
    return page([_delivery(item) for item in found], len(found))  # type: ignore[return-value]


@router.post("/{webhook_id}/test", status_code=201, responses=errors(404))
def try_webhook(context: Here, actor: Who, webhook_id: str) -> DeliveryView:
    """Send a message that tells nothing, to see whether it arrives."""
    with context.store.begin() as tx:
        return _delivery(deliveries.try_out(tx, actor.id, webhook_id, context.now()))


def _view(hook: Webhook, *, secret: bool = False) -> WebhookView:
    return WebhookView(
        id=hook.id,
        url=hook.url,
        events=list(hook.events),
        enabled=hook.disabled_at is None,
        created_at=hook.created_at,
        secret=hook.secret if secret else None,
    )


def _delivery(item: deliveries.Delivery) -> DeliveryView:
    same = ("id", "state", "attempts", "next_at", "last_status", "last_error", "payload", "created_at")
    return DeliveryView(event=item.event_kind, **{name: getattr(item, name) for name in same})
