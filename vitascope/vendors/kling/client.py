"""The other side of `dialect`: we are the client of Kling's API as it was before version 2.0. Pure: requests out,
answers in. Never tried against Kling itself; its documentation and our own server are what it is written by.

An order has our name (`external_task_id`), which Kling takes once, and by which the task is found again. There is no
way to stop a task.
"""

from __future__ import annotations

from typing import Any, ClassVar

import jwt

from vitascope.clip import ClipSpec, Shape
from vitascope.vendors.client import Answer, Credit, Request, Seen, Steps, TaskOrder, Ticket
from vitascope.vendors.kling.words import REASONS, STATES
from vitascope.vendors.task_client import TaskClient, Told, aspect, base64_of, inner, number, seconds, segment

_TOKEN_SECONDS, _SKEW_SECONDS = 1800, 5
_YEAR = 365 * 86_400


def authorization(key: str, now: float) -> str:
    """The header for a key: of a pair "access:secret" a signed token, which is good for half an hour; else the key."""
    access, colon, secret = key.partition(":")
    if not colon:
        return f"Bearer {key}"
    claims = {"iss": access, "exp": int(now) + _TOKEN_SECONDS, "nbf": int(now) - _SKEW_SECONDS}
    return f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"


class Client(TaskClient):
    """`model`: such as kling-v3. `micros_per_unit`: of a unit of the resource pack."""

    TELLS_SOUND: ClassVar = True
    CALL: ClassVar = "callback_url"
    STATES: ClassVar = STATES
    CODES: ClassVar = {str(code): reason for code, reason in REASONS.items()}

    def order(self, order: TaskOrder) -> Request:
        return Request(method="POST", path=f"/v1/videos/{_kind(order.spec)}", json=self.fields(order), paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(inner(told, "data", "task_id") or ""), {"kind": _kind(order.spec)})

    def look(self, ticket: Ticket) -> Request:
        kind = "image2video" if ticket.facts.get("kind") == "image2video" else "text2video"
        return Request(method="GET", path=f"/v1/videos/{kind}/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        data = inner(told, "data")
        units = number(data.get("final_unit_deduction"))
        state = self.state(data.get("task_status"))
        cost = self.cost(units) if state in ("done", "failed") else None
        billed = "yes" if units else "unknown" if units is None else "no"
        why = str(data.get("task_status_msg") or "")
        return self.outcome(data.get("task_status"), why=why, billed=billed, cost=cost)

    def address(self, told: Told) -> Any:
        return inner(told, "data", "task_result", "videos", 0, "url")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        code = told.get("code")
        if answer.is_good and code == 0 and isinstance(told.get("data"), dict):
            return None
        return "" if code is None else str(code), str(told.get("message") or "")

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        kind = _kind(order.spec)
        answer = yield Request(method="GET", path=f"/v1/videos/{kind}/{order.name}")
        if answer.status == 404:
            return None
        handle = str(inner(self.told(answer), "data", "task_id") or "")
        return Ticket(handle, {"kind": kind}) if handle else None

    def credit(self, at: float) -> Steps[Credit | None]:
        """Of the packs that were bought in the last year."""
        path = f"/account/costs?start_time={round((at - _YEAR) * 1000)}&end_time={round(at * 1000)}"
        told = self.told((yield Request(method="GET", path=path)))
        packs = inner(told, "data", "resource_pack_subscribe_infos")
        rows = [row for row in packs if inner(row, "status") == "online"] if isinstance(packs, list) else []
        known = [part for row in rows if (part := number(inner(row, "remaining_quantity"))) is not None]
        return Credit(sum(known), "units") if known else None

    def fields(self, order: TaskOrder) -> Told:
        """What is sent. Raises Refused for what Kling cannot be told."""
        self.refuse(order)
        spec, shape = order.spec, order.shape
        told: Told = {
            "model_name": self.model,
            "prompt": spec.prompt,
            "duration": str(seconds(order)),
            "mode": _mode(shape),
            "external_task_id": order.name,
        }
        if spec.negative_prompt:
            told["negative_prompt"] = spec.negative_prompt
        if self.says_sound or spec.sound is not None:
            told["sound"] = "on" if spec.sound else "off"
        for name, picture in (("image", spec.image), ("image_tail", spec.last_image)):
            if picture:
                told[name] = base64_of(picture)
        if not spec.image and not spec.last_image:
            told["aspect_ratio"] = aspect(shape, "16:9", "9:16", "1:1")
        return told


def _kind(spec: ClipSpec) -> str:
    return "image2video" if spec.image or spec.last_image else "text2video"


def _mode(shape: Shape) -> str:
    """Kling's name for the resolution: it has about as many pixels as 1280x720, 1920x1080 or more."""
    pixels = shape.width * shape.height
    return "std" if pixels <= 1_000_000 else "pro" if pixels <= 2_200_000 else "4k"
