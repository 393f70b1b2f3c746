"""The other side of `dialect`: we are the client of fal's queue. Pure. Never tried against fal itself: it is written by
the official SDK's source and fal's documentation, and tested against our own server, which that SDK tests from the
other side. Which fields a model takes is in its model file.

A failed request is COMPLETED there; only its result tells. The addresses that an answer names are not followed: they
are built, so that the key goes nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Refused, Request, Seen, Steps, TaskOrder, Ticket, Unclear
from vitascope.vendors.field_names import FieldNames
from vitascope.vendors.task_client import TaskClient, Told, download, inner, segment

_NAMESPACES = ("workflows", "comfy")  # an app's path has one more segment there


@dataclass(frozen=True)
class Client(TaskClient):
    """`model`: the app's path. `image_model`: its path for orders with pictures, if that is another."""

    names: FieldNames = FieldNames()  # noqa: RUF009
    image_model: str = ""

    TELLS_SOUND: ClassVar = True
    STATES: ClassVar = {"IN_QUEUE": "queued", "IN_PROGRESS": "running", "COMPLETED": "done"}
    CODES: ClassVar = {
        "content_policy_violation": "moderation", "unauthorized": "auth", "forbidden": "auth",
        "insufficient_credits": "money", "rate_limited": "limit", "client_cancelled": "fault",
    }  # fmt: skip
    STOPS: ClassVar = ("queued",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        return Request(method="POST", path=f"/{self._app(order)}", json=self.names.fill(order), paid=True)

    def calling(self, request: Request, address: str) -> Request:
        safe = "".join(letter if letter.isalnum() or letter in "-_.~" else f"%{ord(letter):02X}" for letter in address)
        return replace(request, path=f"{request.path}?fal_webhook={safe}")

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("request_id") or ""), {"app": self._app(order)})

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"{self._path(ticket)}/status")

    def poll(self, tickets: Sequence[Ticket]) -> Steps[list[Seen]]:
        found = []
        for ticket in tickets:
            answer = yield self.look(ticket)
            try:
                seen = self.outcome(self.told(answer).get("status"))
            except Refused as error:
                found.append(self.missing(answer, error))
                continue
            if seen.state == "done":
                seen = self._result((yield Request(method="GET", path=self._path(ticket))))
            found.append(seen)
        return found

    def fetch(self, ticket: Ticket) -> Steps[None]:
        answer = yield Request(method="GET", path=self._path(ticket))
        if not answer.is_good:
            raise Unclear(f"it answered {answer.status} when its result was asked for")
        told = self.told(answer)
        yield from download(inner(told, "video", "url") or inner(told, "videos", 0, "url"))

    def stop(self, ticket: Ticket) -> Request | None:
        return Request(method="PUT", path=f"{self._path(ticket)}/cancel")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        if answer.is_good:
            return None
        first = inner(told, "detail", 0)
        words = inner(first, "msg") if first else told.get("detail")
        kind = inner(first, "type") or told.get("error_type") or answer.headers.get("x-fal-error-type", "")
        return str(kind), str(words or "")

    def _result(self, answer: Answer) -> Seen:
        """What the result of a request that is COMPLETED says of it. A fault of theirs is never billed."""
        if answer.is_good:
            return Seen(state="done", billed="yes", model=self.model)
        body = answer.json()
        code, words = self.error(answer, body if isinstance(body, dict) else {}) or ("", "")
        if answer.status in (400, 401, 403, 404, 408, 429) or answer.status < 400 or not code:
            # it is not done, or this is no verdict on it, but on this one request: a gateway's 502 has no type
            raise Unclear(f"it answered {answer.status} when its result was asked for")
        state: Any = "cancelled" if answer.status == 499 or "cancelled" in code else "failed"
        billed: Any = "no" if answer.status >= 499 else "unknown"
        reason = self.reason(code) or "fault"
        return Seen(state=state, message=words, reason=reason, billed=billed, model=self.model)

    def _app(self, order: TaskOrder) -> str:
        pictured = order.spec.image or order.spec.last_image
        return segment(self.image_model if pictured and self.image_model else self.model, "-_./")

    def _path(self, ticket: Ticket) -> str:
        parts = segment(str(ticket.facts.get("app") or self.model), "-_./").split("/")
        head = "/".join(parts[: 3 if parts[0] in _NAMESPACES else 2])
        return f"/{head}/requests/{segment(ticket.handle)}"
