"""The other side of `dialect`: we are the client of Volcano Ark and BytePlus ModelArk (Seedance). Pure. Never tried
against Ark itself: it is written by the official SDK's source and Ark's documentation, and tested against our own
server, which that SDK tests from the other side.

A lost order is found in the list by its model and its seed, which is drawn from 2^32.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from vitascope.vendors.client import Refused, Request, Seen, Steps, TaskOrder, Ticket, Unclear
from vitascope.vendors.task_client import TaskClient, Told, aspect, data_url, inner, number, seconds, segment, tier

_TASKS = "/contents/generations/tasks"
_ASPECTS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")
_SWITCH = re.compile(r"(^|\s)--\w")
_SKEW_SECONDS = 300.0


class Client(TaskClient):
    """`micros_per_unit`: of a million tokens."""

    CALL: ClassVar = "callback_url"
    STATES: ClassVar = {
        "queued": "queued", "running": "running", "succeeded": "done", "failed": "failed", "cancelled": "cancelled",
        "expired": "failed",
    }  # fmt: skip
    CODES: ClassVar = {
        "Sensitive": "moderation", "Overdue": "money", "Quota": "limit", "RateLimit": "limit", "Authentication": "auth",
        "AccessDenied": "auth",
    }  # fmt: skip
    STOPS: ClassVar = ("queued",)
    CANNOT: ClassVar = ("negative_prompt",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        if _SWITCH.search(spec.prompt):
            raise Refused("input", 'it reads words that begin with "--" as switches, which may change the price')
        content: list[Told] = [{"type": "text", "text": spec.prompt}]
        for picture, role in ((spec.image, "first_frame"), (spec.last_image, "last_frame")):
            if picture:
                content.append({"type": "image_url", "image_url": {"url": data_url(picture)}, "role": role})
        fields: Told = {
            "model": self.model,
            "content": content,
            "resolution": tier(shape, "480p", "720p", "1080p", "4k"),
            "ratio": "adaptive" if len(content) > 1 else aspect(shape, *_ASPECTS),
            "duration": seconds(order),
            "watermark": False,
            **({} if spec.seed is None else {"seed": spec.seed}),
            **self.sound(order, "generate_audio"),
        }
        return Request(method="POST", path=_TASKS, json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("id")))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"{_TASKS}/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        code, why = (str(inner(told, "error", name) or "") for name in ("code", "message"))
        tokens = number(inner(told, "usage", "completion_tokens"))
        cost = self.cost(tokens / 1_000_000) if tokens else None
        return self.outcome(told.get("status"), code=code, why=why or str(told.get("status")), cost=cost)

    def address(self, told: Told) -> Any:
        return inner(told, "content", "video_url")

    def stop(self, ticket: Ticket) -> Request | None:
        return Request(method="DELETE", path=f"{_TASKS}/{segment(ticket.handle)}")

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        told = self.told((yield Request(method="GET", path=f"{_TASKS}?page_num=1&page_size=100")))
        rows = told.get("items")
        if not isinstance(rows, list):
            raise Unclear("its list of tasks cannot be read")
        ids = {str(row["id"]) for row in rows if isinstance(row, dict) and row.get("id") and self._is_of(row, order)}
        return Ticket(ids.pop()) if len(ids - taken) == 1 and not ids & taken else None

    def _is_of(self, row: Told, order: TaskOrder) -> bool:
        late = (number(row.get("created_at")) or 0.0) >= order.at - _SKEW_SECONDS
        same = row.get("model") == self.model and row.get("seed") == order.spec.seed
        return late and same and order.spec.seed is not None
