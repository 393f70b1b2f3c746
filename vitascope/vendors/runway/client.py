"""The other side of `dialect`: we are the client of Runway. Pure. Never tried against Runway itself: it is written by
the official SDK's source and Runway's documentation, and tested against our own server, which that SDK tests from the
other side.

Runway bills what its moderation refuses, and suspends keys for many refusals. Its `DELETE` stops a task that is on its
way and removes one that is done.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Credit, Refused, Request, Seen, Steps, TaskOrder, Ticket
from vitascope.vendors.task_client import TaskClient, Told, data_url, inner, number, seconds, segment

_VERSION = {"x-runway-version": "2024-11-06"}
_MAX_PICTURE = 5 * 2**20  # bytes of a data URL


class Client(TaskClient):
    """`micros_per_unit`: of a credit."""

    STATES: ClassVar = {
        "PENDING": "queued", "THROTTLED": "queued", "RUNNING": "running", "SUCCEEDED": "done", "FAILED": "failed",
        "CANCELLED": "cancelled",
    }  # fmt: skip
    CODES: ClassVar = {"SAFETY": "moderation", "INPUT": "input", "ASSET": "input"}
    STOPS: ClassVar = ("queued", "running")
    CANNOT: ClassVar = ("negative_prompt",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        fields: Told = {
            "model": self.model,
            "promptText": spec.prompt,
            "ratio": f"{shape.width}:{shape.height}",
            "duration": seconds(order),
            **({} if spec.seed is None else {"seed": spec.seed}),
            **self.sound(order, "audio"),
        }
        pictures = [
            {"uri": data_url(picture), "position": position}
            for picture, position in ((spec.image, "first"), (spec.last_image, "last"))
            if picture
        ]
        for one in pictures:
            if len(one["uri"]) > _MAX_PICTURE:
                raise Refused("input", f"its pictures have at most 5 MiB, this one {len(one['uri']) / 2**20:.1f}")
        if pictures:
            fields["promptImage"] = pictures
        path = "/v1/image_to_video" if pictures else "/v1/text_to_video"
        return Request(method="POST", path=path, json=fields, headers=_VERSION, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/v1/tasks/{segment(ticket.handle)}", headers=_VERSION)

    def seen(self, told: Told) -> Seen:
        code, why = str(told.get("failureCode") or ""), str(told.get("failure") or "")
        billed = "yes" if code.startswith("SAFETY") else "no"
        done = told.get("status") in ("SUCCEEDED", "FAILED", "CANCELLED")
        cost = self.cost(inner(told, "cost", "credits")) if done and told.get("cost") else None
        progress = told.get("progress")
        far = min(max(progress, 0.0), 1.0) if isinstance(progress, int | float) else 0.0
        return self.outcome(told.get("status"), code=code, why=why, billed=billed, cost=cost, progress=far)

    def address(self, told: Told) -> Any:
        return inner(told, "output", 0)

    def stop(self, ticket: Ticket) -> Request | None:
        return Request(method="DELETE", path=f"/v1/tasks/{segment(ticket.handle)}", headers=_VERSION)

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        if answer.is_good:
            return None
        words = told.get("error")
        return str(inner(told, "issues", 0, "code") or ""), words if isinstance(words, str) else ""

    def reason(self, code: str, words: str = "") -> Any:
        return "money" if "credits" in words and not code else super().reason(code, words)

    def credit(self, at: float) -> Steps[Credit | None]:
        told = self.told((yield Request(method="GET", path="/v1/organization", headers=_VERSION)))
        left = number(told.get("creditBalance"))
        return None if left is None else Credit(left, "credits")
