"""The other side of `dialect`: we are the client of Jimeng in the Volcano Engine's visual service. Pure. Never tried
against Jimeng itself: its signature is written by the official SDK's source, its codes of errors are known second hand.

A model there does one thing: words, a first picture, or a first and a last one. Its clips have no sound, and a task can
neither be stopped nor found without its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Reason, Refused, Request, Seen, Steps, TaskOrder, Ticket
from vitascope.vendors.task_client import NOBODY, TaskClient, Told, aspect, base64_of, inner, seconds

_ASPECTS = ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9")
_FPS = 24  # in which it counts frames, the first one besides
_VERSION = "2022-08-31"


@dataclass(frozen=True)
class Client(TaskClient):
    """`model`, `image_model` and `last_model`: its keys for words, for a first picture, for a first and a last one."""

    image_model: str = ""
    last_model: str = ""

    STATES: ClassVar = {
        "in_queue": "queued", "generating": "running", "done": "done", "not_found": "gone", "expired": "gone",
    }  # fmt: skip
    CODES: ClassVar = {
        **dict.fromkeys(("50411", "50412", "50413", "50511", "50518", "50519"), "moderation"),
        **dict.fromkeys(("50429", "50430"), "limit"),
        **dict.fromkeys(("50400", "100009", "100010", "100023", "100006"), "auth"),
        **dict.fromkeys(("50200", "50404", "50413"), "input"),
        "50402": "money",
    }  # fmt: skip
    CANNOT: ClassVar = ("negative_prompt",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec = order.spec
        fields: Told = {
            "req_key": self._key(order),
            "prompt": spec.prompt,
            "frames": seconds(order) * _FPS + 1,
            "seed": -1 if spec.seed is None else spec.seed % 2**31,
        }
        if pictures := [base64_of(picture) for picture in (spec.image, spec.last_image) if picture]:
            fields["binary_data_base64"] = pictures
        else:
            fields["aspect_ratio"] = aspect(order.shape, *_ASPECTS)
        return _request("CVSync2AsyncSubmitTask", fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(inner(told, "data", "task_id") or ""), {"key": self._key(order)})

    def look(self, ticket: Ticket) -> Request:
        fields = {"req_key": str(ticket.facts.get("key") or self.model), "task_id": ticket.handle}
        return _request("CVSync2AsyncGetResult", fields)

    def seen(self, told: Told) -> Seen:
        return self.outcome(inner(told, "data", "status"))

    def failure(self, answer: Answer) -> Seen | None:
        body = answer.json()
        code, words = self.error(answer, body if isinstance(body, dict) else {}) or ("", "")
        reason = "fault" if code in ("50500", "50501") else self.reason(code)
        if reason not in ("fault", "moderation", "input"):
            return None
        return Seen(state="failed", message=words, reason=reason, model=self.model)

    def address(self, told: Told) -> Any:
        return inner(told, "data", "video_url")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        """The service's own code, or that of the gate before it."""
        code = told.get("code")
        if answer.is_good and code == 10000:
            return None
        gate = inner(told, "ResponseMetadata", "Error")
        if gate:
            return str(gate.get("CodeN") or ""), str(gate.get("Message") or "")
        return "" if code is None else str(code), str(told.get("message") or "")

    def reason(self, code: str, words: str = "") -> Reason | None:
        return self.CODES.get(code)

    def check(self) -> Steps[None]:
        answer = yield self.look(Ticket(NOBODY))
        if answer.status == 401:
            raise Refused("auth", (self.error(answer, answer.json() or {}) or ("", ""))[1] or "it is not taken")

    def _key(self, order: TaskOrder) -> str:
        spec = order.spec
        if spec.last_image and not spec.image:
            self.refuse_alone()
        key = self.last_model if spec.last_image else self.image_model if spec.image else self.model
        if not key:
            raise Refused("input", "it has no model for these pictures")
        return key


def _request(action: str, fields: Told, *, paid: bool = False) -> Request:
    return Request(method="POST", path=f"/?Action={action}&Version={_VERSION}", json=fields, paid=paid)
