"""The other side of `dialect` and `tasks`: we are the client of MiniMax, of its second API (H3) and of its first one
(Hailuo). Pure. Never tried against MiniMax itself: it is written by its documentation, and MiniMax has no SDK for REST.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Refused, Request, Seen, Steps, TaskOrder, Ticket, Unclear
from vitascope.vendors.task_client import TaskClient, Told, aspect, data_url, download, inner, seconds, segment, tier

_TASKS, _QUERY = "/v2/video_generation", "/v2/query/video_generation"
_ASPECTS = ("21:9", "16:9", "4:3", "1:1", "3:4", "9:16")


class Client(TaskClient):
    """The second API."""

    STATES: ClassVar = {
        "queued": "queued", "running": "running", "succeeded": "done", "failed": "failed", "cancelled": "cancelled",
    }  # fmt: skip
    CODES: ClassVar = {
        "input_sensitive": "moderation", "output_sensitive": "moderation", "insufficient_balance": "money",
        "authorized": "auth", "permission": "auth", "rate_limit": "limit",
    }  # fmt: skip
    STOPS: ClassVar = ("queued", "running")
    CANNOT: ClassVar = ("negative_prompt",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec = order.spec
        content: list[Told] = [{"type": "text", "text": spec.prompt}]
        for picture, role in ((spec.image, "first_frame"), (spec.last_image, "last_frame")):
            if picture:
                content.append({"type": "image_url", "image_url": {"url": data_url(picture)}, "role": role})
        fields: Told = {
            "model": self.model,
            "content": content,
            "resolution": tier(order.shape, "480P", "768P", "2K"),
            "duration": seconds(order),
            "ratio": "adaptive" if len(content) > 1 else aspect(order.shape, *_ASPECTS),
        }
        return Request(method="POST", path=_TASKS, json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("task_id")))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"{_QUERY}/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        task = inner(told, "task")
        code, why = (str(inner(task, "error", name) or "") for name in ("code", "message"))
        return self.outcome(inner(task, "status"), code=code, why=why, billed="unknown" if code else "no")

    def address(self, told: Told) -> Any:
        return inner(told, "task", "content", "url")

    def stop(self, ticket: Ticket) -> Request | None:
        return Request(method="DELETE", path=f"{_TASKS}/{segment(ticket.handle)}")


class HailuoClient(TaskClient):
    """The first API: its clips are 16:9, or have the shape of their picture."""

    STATES: ClassVar = {
        "Preparing": "queued", "Queueing": "queued", "Processing": "running", "Success": "done", "Fail": "failed",
    }  # fmt: skip
    CODES: ClassVar = {
        "1002": "limit", "1004": "auth", "1008": "money", "1026": "moderation", "1027": "moderation", "2013": "input",
        "2049": "auth",
    }  # fmt: skip
    CANNOT: ClassVar = ("negative_prompt",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec = order.spec
        if not (spec.image or spec.last_image):
            aspect(order.shape, "16:9")
        fields: Told = {
            "model": self.model,
            "prompt": spec.prompt,
            "duration": seconds(order),
            "resolution": tier(order.shape, "512P", "720P", "768P", "1080P"),
        }
        for name, picture in (("first_frame_image", spec.image), ("last_frame_image", spec.last_image)):
            if picture:
                fields[name] = data_url(picture)
        return Request(method="POST", path="/v1/video_generation", json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("task_id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/v1/query/video_generation?task_id={segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        return self.outcome(told.get("status"))

    def failure(self, answer: Answer) -> Seen | None:
        body = answer.json()
        told = body if isinstance(body, dict) else {}
        code, why = (str(inner(told, "base_resp", name)) for name in ("status_code", "status_msg"))
        if not told.get("task_id") or self.state(told.get("status")) != "failed":
            return None
        return self.outcome(told["status"], code=code, why=why, billed="unknown")

    def missing(self, answer: Answer, error: Refused) -> Seen:
        if error.reason == "input":  # it does not know the id
            return Seen(state="gone")
        raise Unclear(error.message, wait=error.wait) from error

    def fetch(self, ticket: Ticket) -> Steps[None]:
        file_id = segment(str(self.told((yield self.look(ticket))).get("file_id") or ""))
        told = self.told((yield Request(method="GET", path=f"/v1/files/retrieve?file_id={file_id}")))
        yield from download(inner(told, "file", "download_url"))

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        """Errors come with HTTP 200."""
        code = inner(told, "base_resp", "status_code")
        if answer.is_good and code == 0:
            return None
        return str(code) if code != {} else "", str(inner(told, "base_resp", "status_msg") or "")
