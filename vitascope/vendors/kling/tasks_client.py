"""The other side of `tasks`: we are the client of Kling's API 2.0. Pure. Never tried against Kling itself: it is
written by its documentation, which has no SDK beside it.

An order has our name (`external_task_id`), by which it is found again; Kling 4.0 takes no such name. It has no negative
prompt, no camera axes and no seed, and no way to stop a task.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Request, Seen, Steps, TaskOrder, Ticket
from vitascope.vendors.kling.words import REASONS
from vitascope.vendors.task_client import TaskClient, Told, aspect, base64_of, inner, seconds, segment, tier

_ASPECTS = ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9")


class Client(TaskClient):
    """`micros_per_unit`: of a unit of the resource pack."""

    STATES: ClassVar = {"submitted": "queued", "processing": "running", "succeeded": "done", "failed": "failed"}
    CODES: ClassVar = {str(code): reason for code, reason in REASONS.items()}
    CANNOT: ClassVar = ("negative_prompt",)

    @property
    def _takes_names(self) -> bool:
        return not self.model.startswith("kling-4")

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        settings: Told = {"duration": seconds(order), "resolution": tier(shape, "720p", "1080p", "4k")}
        if self.says_sound:
            settings["audio"] = "native" if spec.sound else "off"
        fields: Told = {"settings": settings}
        if self._takes_names:
            fields["options"] = {"external_task_id": order.name}
        pictures = [(kind, one) for kind, one in (("first_frame", spec.image), ("last_frame", spec.last_image)) if one]
        if pictures:
            words = {"type": "prompt", "text": spec.prompt}
            fields["contents"] = [words, *({"type": kind, "url": base64_of(one)} for kind, one in pictures)]
        else:
            fields["prompt"] = spec.prompt
            settings["aspect_ratio"] = aspect(shape, *_ASPECTS)
        path = f"/{'image' if pictures else 'text'}-to-video/{segment(self.model, '-_.')}"
        return Request(method="POST", path=path, json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(inner(told, "data", "id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/tasks?task_ids={segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        task = inner(told, "data", 0)
        if not task:  # it gives a list of those that it knows
            return Seen(state="gone")
        units = [number for one in task.get("billing") or () if (number := _units(one)) is not None]
        cost = self.cost(sum(units)) if units else None
        why = str(task.get("message") or "")
        billed = "yes" if sum(units) else "no" if units else "unknown"
        code = "moderation" if "1301" in why or "policy" in why.lower() else ""
        return self.outcome(task.get("status"), code=code, why=why, cost=cost, billed=billed)

    def address(self, told: Told) -> Any:
        return inner(told, "data", 0, "outputs", 0, "url")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        code = told.get("code")
        if answer.is_good and code == 0:
            return None
        return "" if code is None else str(code), str(told.get("message") or "")

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        if not self._takes_names:
            return None
        told = self.told((yield Request(method="GET", path=f"/tasks?external_task_ids={segment(order.name)}")))
        task = inner(told, "data", 0)
        return Ticket(str(task["id"])) if task and task.get("id") else None


def _units(billing: Any) -> float | None:
    if not isinstance(billing, dict) or billing.get("charge_type") != "unit":
        return None
    try:
        return float(billing.get("amount"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
