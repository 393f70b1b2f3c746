"""The other side of `dialect`: we are the client of xAI's videos in their REST form. Pure. Never tried against xAI
itself: it is written by its documentation and by what other clients send; its own SDK speaks gRPC.

A clip that xAI's moderation holds back is billed. It has no seed, and a task cannot be stopped.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Request, Seen, TaskOrder, Ticket
from vitascope.vendors.task_client import TaskClient, Told, aspect, data_url, inner, number, seconds, segment, tier

_TICKS = 10_000  # of a micro-dollar: ten thousand million are a US dollar
_ASPECTS = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3")


class Client(TaskClient):
    STATES: ClassVar = {"pending": "running", "done": "done", "failed": "failed", "expired": "failed"}
    CODES: ClassVar = {
        "moderat": "moderation", "cancelled": "fault", "exhausted": "limit", "credential": "auth", "permission": "auth",
    }  # fmt: skip
    CANNOT: ClassVar = ("negative_prompt",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec = order.spec
        fields: Told = {
            "model": self.model,
            "prompt": spec.prompt,
            "duration": seconds(order),
            "resolution": tier(order.shape, "480p", "720p", "1080p"),
        }
        for name, picture in (("image", spec.image), ("last_frame", spec.last_image)):
            if picture:
                fields[name] = {"url": data_url(picture)}
        if not (spec.image or spec.last_image):
            fields["aspect_ratio"] = aspect(order.shape, *_ASPECTS)
        return Request(method="POST", path="/videos/generations", json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("request_id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/videos/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        if inner(told, "video", "respect_moderation") is False:
            why = "its moderation holds the clip back"
            return Seen(state="failed", message=why, reason="moderation", billed="yes", model=self.model)
        code, why = (str(inner(told, "error", name) or "") for name in ("code", "message"))
        progress = told.get("progress")
        far = min(max(progress / 100, 0.0), 1.0) if isinstance(progress, int | float) else 0.0
        billed = "yes" if "moderat" in code else "unknown"
        ticks = number(inner(told, "usage", "cost_in_usd_ticks"))
        cost = None if ticks is None else round(ticks / _TICKS)
        return self.outcome(told.get("status"), code=code, why=why, billed=billed, progress=far, cost=cost)

    def address(self, told: Told) -> Any:
        return inner(told, "video", "url")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        """A sentence for the status, and one for what is wrong."""
        if answer.is_good:
            return None
        words = told.get("error")
        said = words if isinstance(words, str) else ""
        if "moderation" in said.lower():
            return "moderation", said
        return ("" if answer.status == 402 else str(told.get("code") or "")), said
