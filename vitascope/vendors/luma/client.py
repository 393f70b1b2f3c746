"""The other side of `agents` and `dialect`: we are the client of Luma's Agents API (Ray 3) and of its older Dream
Machine (Ray 2). Pure. Never tried against Luma itself: it is written by the official SDKs' sources, and tested against
our own server, which those test from the other side.

Dream Machine takes pictures by their public address alone, which a clip's own pictures do not have; so it makes clips
from words here.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Credit, Request, Seen, Steps, TaskOrder, Ticket
from vitascope.vendors.task_client import TaskClient, Told, aspect, base64_of, inner, number, seconds, segment, tier

_ASPECTS = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9")


class Client(TaskClient):
    """The Agents API."""

    STATES: ClassVar = {"queued": "queued", "processing": "running", "completed": "done", "failed": "failed"}
    CODES: ClassVar = {"moderated": "moderation", "invalid": "input", "budget": "money", "corrupt": "input"}
    CANNOT: ClassVar[tuple[str, ...]] = ("negative_prompt",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        video: Told = {"duration": f"{seconds(order)}s", "resolution": tier(shape, "360p", "540p", "720p", "1080p")}
        for name, picture in (("start_frame", spec.image), ("end_frame", spec.last_image)):
            if picture:
                video[name] = {"data": base64_of(picture), "media_type": "image/png"}
        fields = {"model": self.model, "type": "video", "prompt": spec.prompt, "video": video}
        fields["aspect_ratio"] = aspect(shape, *_ASPECTS)
        return Request(method="POST", path="/generations", json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/generations/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        code, why = (str(told.get(name) or "") for name in ("failure_code", "failure_reason"))
        return self.outcome(told.get("state"), code=code, why=why, billed="unknown")

    def address(self, told: Told) -> Any:
        return inner(told, "output", 0, "url")


class DreamMachineClient(Client):
    CALL: ClassVar = "callback_url"
    STATES: ClassVar = {"queued": "queued", "dreaming": "running", "completed": "done", "failed": "failed"}
    STOPS: ClassVar = ("queued", "running")
    CANNOT: ClassVar = ("negative_prompt", "image", "last_image")

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        fields: Told = {
            "model": self.model,
            "prompt": order.spec.prompt,
            "aspect_ratio": aspect(order.shape, *_ASPECTS),
            "resolution": tier(order.shape, "540p", "720p", "1080p", "4k"),
            "duration": f"{seconds(order)}s",
        }
        return Request(method="POST", path="/generations", json=fields, paid=True)

    def seen(self, told: Told) -> Seen:
        why = str(told.get("failure_reason") or "")
        code = "moderation" if "moderat" in why.lower() else ""
        return self.outcome(told.get("state"), code=code, why=why, billed="unknown")

    def address(self, told: Told) -> Any:
        return inner(told, "assets", "video")

    def stop(self, ticket: Ticket) -> Request | None:
        return Request(method="DELETE", path=f"/generations/{segment(ticket.handle)}")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        """Words alone, and no code."""
        words = told.get("detail")
        said = words if isinstance(words, str) else ""
        return None if answer.is_good else ("moderation" if "moderation" in said.lower() else "", said)

    def credit(self, at: float) -> Steps[Credit | None]:
        """In cents of US dollars there."""
        left = number(self.told((yield Request(method="GET", path="/credits"))).get("credit_balance"))
        return None if left is None else Credit(left / 100, "USD")
