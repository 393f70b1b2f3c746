"""The other side of `dialect`: we are the client of Together's videos. Pure. Never tried against Together itself: it is
written by the official SDK's source, and tested against our own server, which that SDK tests from the other side.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Request, Seen, TaskOrder, Ticket
from vitascope.vendors.task_client import TaskClient, Told, data_url, inner, number, seconds, segment, small_seed


class Client(TaskClient):
    """Its answers name the cost in US dollars."""

    STATES: ClassVar = {
        "queued": "queued", "in_progress": "running", "completed": "done", "failed": "failed", "cancelled": "cancelled",
    }  # fmt: skip
    CODES: ClassVar = {"credit_limit": "money", "authentication": "auth", "permission": "auth", "rate_limit": "limit"}

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        fields: Told = {
            "model": self.model,
            "prompt": spec.prompt,
            "width": shape.width,
            "height": shape.height,
            "seconds": str(seconds(order)),
            **small_seed(order),
            **self.sound(order, "generate_audio"),
        }
        if spec.negative_prompt:
            fields["negative_prompt"] = spec.negative_prompt
        frames = [
            {"input_image": data_url(picture), "frame": place}
            for picture, place in ((spec.image, "first"), (spec.last_image, "last"))
            if picture
        ]
        if frames:
            fields["media"] = {"frame_images": frames}
        return Request(method="POST", path="/v2/videos", json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/v2/videos/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        code, why = (str(inner(told, "error", name) or "") for name in ("code", "message"))
        dollars = number(inner(told, "outputs", "cost"))
        cost = None if dollars is None else round(dollars * 1_000_000)
        return self.outcome(told.get("status"), code=code, why=why, cost=cost, billed="unknown")

    def address(self, told: Told) -> Any:
        return inner(told, "outputs", "video_url")
