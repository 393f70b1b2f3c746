"""The other side of `dialect`: we are the client of Vidu. Pure. Never tried against Vidu itself: it is written by its
documentation, which has no SDK beside it; the form of its errors is known second hand.

Our name for an order goes along as `payload`, which Vidu gives back, so a lost order is found in the list.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Credit, Request, Seen, Steps, TaskOrder, Ticket, Unclear
from vitascope.vendors.task_client import (
    TaskClient,
    Told,
    aspect,
    data_url,
    inner,
    number,
    seconds,
    segment,
    small_seed,
    tier,
)

_ASPECTS = ("16:9", "9:16", "1:1", "4:3", "3:4")
_PAGES = 10


class Client(TaskClient):
    """`micros_per_unit`: of a credit."""

    CALL: ClassVar = "callback_url"
    STATES: ClassVar = {
        "created": "queued", "queueing": "queued", "processing": "running", "success": "done", "failed": "failed",
    }  # fmt: skip
    CODES: ClassVar = {
        "PolicyViolation": "moderation", "AuditSubmitIllegal": "moderation", "CreditInsufficient": "money",
        "QuotaExceeded": "limit", "TooManyRequests": "limit", "Throttling": "limit", "Unauthorized": "auth",
        "Forbidden": "auth",
    }  # fmt: skip
    STOPS: ClassVar = ("queued",)
    CANNOT: ClassVar = ("negative_prompt",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        pictures = [data_url(picture) for picture in (spec.image, spec.last_image) if picture]
        if spec.last_image and not spec.image:
            self.refuse_alone()
        fields: Told = {
            "model": self.model,
            "prompt": spec.prompt,
            "duration": seconds(order),
            "resolution": tier(shape, "360p", "540p", "720p", "1080p", "2k"),
            "payload": order.name,
            **small_seed(order),
            **self.sound(order, "audio"),
        }
        if pictures:
            fields["images"] = pictures
        else:
            fields["aspect_ratio"] = aspect(shape, *_ASPECTS)
        kind = ("text2video", "img2video", "start-end2video")[len(pictures)]
        return Request(method="POST", path=f"/{kind}", json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("task_id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/tasks/{segment(ticket.handle)}/creations")

    def seen(self, told: Told) -> Seen:
        why = str(told.get("err_code") or "")
        cost = self.cost(told.get("credits")) if told.get("state") == "success" else None
        progress = told.get("progress")
        far = min(max(progress / 100, 0.0), 1.0) if isinstance(progress, int | float) else 0.0
        return self.outcome(told.get("state"), code=why, why=why, cost=cost, progress=far)

    def address(self, told: Told) -> Any:
        return inner(told, "creations", 0, "url")

    def stop(self, ticket: Ticket) -> Request | None:
        handle = segment(ticket.handle)
        return Request(method="POST", path=f"/tasks/{handle}/cancel", json={"id": handle})

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        return None if answer.is_good else (str(told.get("reason") or ""), str(told.get("message") or ""))

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        token = ""
        for _ in range(_PAGES):
            path = f"/tasks?pager.pagesz=100{f'&pager.page_token={segment(token)}' if token else ''}"
            told = self.told((yield Request(method="GET", path=path)))
            rows = told.get("tasks")
            if not isinstance(rows, list):
                raise Unclear("its list of tasks cannot be read")
            for row in rows:
                if isinstance(row, dict) and row.get("payload") == order.name and row.get("id"):
                    return Ticket(str(row["id"]))
            token = str(told.get("next_page_token") or "")
            if not token:
                return None
        return None

    def credit(self, at: float) -> Steps[Credit | None]:
        rows = self.told((yield Request(method="GET", path="/credits"))).get("remains")
        parts = [number(inner(row, "credit_remain")) for row in rows] if isinstance(rows, list) else []
        known = [part for part in parts if part is not None]
        return Credit(sum(known), "credits") if known else None
