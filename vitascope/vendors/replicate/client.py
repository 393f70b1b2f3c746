"""The other side of `dialect`: we are the client of Replicate. Pure. Never tried against Replicate itself: it is
written by the official SDK's source and its documentation, and tested against our own server, which that SDK tests
from the other side. Which fields a model takes is in its model file.

A lost order is found in the list by its words and its seed. Its result is there for an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Request, Seen, Steps, TaskOrder, Ticket, Unclear
from vitascope.vendors.field_names import FieldNames
from vitascope.vendors.task_client import TaskClient, Told, error_of, inner, segment

_PREDICTIONS = "/v1/predictions"


@dataclass(frozen=True)
class Client(TaskClient):
    """`model`: "owner/name"."""

    names: FieldNames = FieldNames()  # noqa: RUF009
    image_model: str = ""

    TELLS_SOUND: ClassVar = True
    CALL: ClassVar = "webhook"
    STATES: ClassVar = {
        "starting": "queued", "processing": "running", "succeeded": "done", "failed": "failed", "canceled": "cancelled",
        "aborted": "cancelled",
    }  # fmt: skip
    STOPS: ClassVar = ("queued", "running")

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        pictured = order.spec.image or order.spec.last_image
        model = segment(self.image_model if pictured and self.image_model else self.model, "-_./")
        path = f"/v1/models/{model}/predictions"
        return Request(method="POST", path=path, json={"input": self.names.fill(order)}, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"{_PREDICTIONS}/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        """What ran before it failed is billed."""
        why = str(told.get("error") or "")
        moderated = any(word in why.lower() for word in ("sensitive", "nsfw", "flagged", "policy", "safety"))
        return self.outcome(told.get("status"), code="policy" if moderated else "", why=why, billed="unknown")

    def address(self, told: Told) -> Any:
        output = told.get("output")
        return output[0] if isinstance(output, list) and output else output

    def stop(self, ticket: Ticket) -> Request | None:
        return Request(method="POST", path=f"{_PREDICTIONS}/{segment(ticket.handle)}/cancel", json={})

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        if answer.is_good:
            return None
        kind = str(inner(told, "invalid_fields", 0, "type") or "")
        return f"{kind} {told.get('title') or ''}".strip(), error_of(told)[1]

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        rows = self.told((yield Request(method="GET", path=_PREDICTIONS))).get("results")
        if not isinstance(rows, list):
            raise Unclear("its list of predictions cannot be read")
        wanted = self.names.fill(order)
        keys = [key for key in (self.names.prompt, self.names.seed) if key in wanted]
        if self.names.seed not in wanted:
            return None  # without a seed two orders may look alike
        ids = {
            str(row.get("id"))
            for row in rows
            if isinstance(row, dict) and all(inner(row, "input", key) == wanted[key] for key in keys)
        }
        return Ticket(ids.pop()) if len(ids) == 1 and not ids & taken else None
