"""The other side of `dialect`: we are the client of OpenRouter's videos. Pure. Never tried against OpenRouter itself:
it is written by the official SDK's source and OpenRouter's documentation, and tested against our own server, which
that SDK tests from the other side.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Credit, Request, Seen, Steps, TaskOrder, Ticket, Unclear
from vitascope.vendors.openrouter import model_list
from vitascope.vendors.openrouter.model_list import ModelList
from vitascope.vendors.task_client import TaskClient, Told, data_url, error_of, inner, number, seconds, segment


class Client(TaskClient):
    """Its answers name the cost in US dollars."""

    CALL: ClassVar = "callback_url"
    STATES: ClassVar = {
        "pending": "queued", "in_progress": "running", "completed": "done", "failed": "failed",
        "cancelled": "cancelled", "expired": "failed",
    }  # fmt: skip
    CODES: ClassVar = {"401": "auth", "402": "money", "429": "limit"}

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        fields: Told = {
            "model": self.model,
            "prompt": spec.prompt,
            "duration": seconds(order),
            "size": f"{shape.width}x{shape.height}",
            **({} if spec.seed is None else {"seed": spec.seed}),
            **self.sound(order, "generate_audio"),
        }
        if spec.negative_prompt:
            fields["negative_prompt"] = spec.negative_prompt
        frames = [
            {"type": "image_url", "image_url": {"url": data_url(picture)}, "frame_type": kind}
            for picture, kind in ((spec.image, "first_frame"), (spec.last_image, "last_frame"))
            if picture
        ]
        if frames:
            fields["frame_images"] = frames
        return Request(method="POST", path="/videos", json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/videos/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        dollars = number(inner(told, "usage", "cost"))
        cost = None if dollars is None else round(dollars * 1_000_000)
        why = str(told.get("error") or "")
        billed = "yes" if cost else "unknown"
        return self.outcome(told.get("status"), code=why, why=why, cost=cost, billed=billed)

    def address(self, told: Told) -> Any:
        """Its `unsigned_urls` want the key, so this one is built."""
        return f"/videos/{segment(str(told.get('id')))}/content?index=0"

    def credit(self, at: float) -> Steps[Credit | None]:
        """What this key may still spend; a key without a limit of its own says nothing."""
        left = number(inner(self.told((yield Request(method="GET", path="/key"))), "data", "limit_remaining"))
        return None if left is None else Credit(left, "USD")

    def models(self) -> Steps[ModelList]:
        """Its video models as it lists them. Raises Refused, and Unclear for what is no such list."""
        answer = yield Request(method="GET", path="/videos/models")
        try:
            return model_list.read(self.told(answer))
        except ValueError as error:
            raise Unclear(f"its list cannot be used: {error}") from error

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        """What is refused by a rule is 403, and says so in its metadata."""
        if answer.is_good:
            return None
        refused = answer.status == 403 and inner(told, "error", "metadata", "reasons")
        return ("moderation" if refused else str(inner(told, "error", "code"))), error_of(told)[1]
