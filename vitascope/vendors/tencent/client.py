"""The other side of `dialect`: we are the client of Tencent Cloud's video actions (vclm): of Hunyuan, and of Kling's
models as Tencent sells them. Pure. Never tried against Tencent itself: it is written by the official SDK's source, and
tested against our own server, which that SDK tests from the other side.

Each kind of job has an action to submit it and one to describe it. Errors come with HTTP 200.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Refused, Request, Seen, Steps, TaskOrder, Ticket
from vitascope.vendors.task_client import TaskClient, Told, aspect, base64_of, inner, seconds, tier

_VERSION = "2024-05-23"
HUNYUAN = "hunyuan"


class Client(TaskClient):
    """`model`: "hunyuan", or one of Kling's names."""

    STATES: ClassVar = {"WAIT": "queued", "RUN": "running", "DONE": "done", "FAIL": "failed"}
    CODES: ClassVar = {
        "Moderation": "moderation", "AuthFailure": "auth", "UnauthorizedOperation": "auth",
        "ResourceInsufficient": "money", "LimitExceeded": "limit", "InvalidParameter": "input",
        "ImageDecodeFailed": "input", "JobNotFound": "input", "RequestSize": "input",
    }  # fmt: skip

    @property
    def _is_kling(self) -> bool:
        return self.model != HUNYUAN

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        fields: Told = {"Prompt": spec.prompt}
        if self._is_kling:
            fields |= {"Model": self.model, "Duration": str(seconds(order)), "ExternalTaskId": order.name}
            fields["Mode"] = {"720p": "std", "1080p": "pro", "4k": "4k"}[tier(shape, "720p", "1080p", "4k")]
            if spec.negative_prompt:
                fields["NegativePrompt"] = spec.negative_prompt
            if self.says_sound:
                fields["Sound"] = "on" if spec.sound else "off"
            if not (spec.image or spec.last_image):
                fields["AspectRatio"] = aspect(shape, "16:9", "9:16", "1:1")
        else:
            self._check_hunyuan(order)
            fields["Resolution"] = tier(shape, "720p", "1080p")
            if not spec.image:
                aspect(shape, "16:9")
        for name, picture in (("Image", spec.image), ("ImageTail", spec.last_image)):
            if picture:
                fields[name] = {"Base64": base64_of(picture)}
        return _request(f"Submit{self._kind(order)}Job", fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(inner(told, "Response", "JobId") or ""), {"kind": self._kind(order)})

    def look(self, ticket: Ticket) -> Request:
        kind = str(ticket.facts.get("kind") or ("TextToVideo" if self._is_kling else "HunyuanToVideo"))
        return _request(f"Describe{kind}Job", {str(ticket.facts.get("by") or "JobId"): ticket.handle})

    def seen(self, told: Told) -> Seen:
        job = inner(told, "Response")
        code, why = (str(job.get(name) or "") for name in ("ErrorCode", "ErrorMessage"))
        return self.outcome(job.get("Status"), code=code, why=why, billed="unknown")

    def missing(self, answer: Answer, error: Any) -> Seen:
        code = str(inner(answer.json() or {}, "Response", "Error", "Code"))
        if "NotFound" in code or "NotExist" in code:
            return Seen(state="gone")
        return super().missing(answer, error)

    def address(self, told: Told) -> Any:
        return inner(told, "Response", "ResultVideoUrl")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        error = inner(told, "Response", "Error")
        if answer.is_good and "Response" in told and not error:
            return None
        return str(error.get("Code") or ""), str(error.get("Message") or "")

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        """By our name, which only Kling's actions take."""
        if not self._is_kling:
            return None
        kind = self._kind(order)
        answer = yield _request(f"Describe{kind}Job", {"ExternalTaskId": order.name})
        told = answer.json()
        error = self.error(answer, told if isinstance(told, dict) else {})
        if error and ("NotFound" in error[0] or "NotExist" in error[0]):
            return None
        self.told(answer)
        return Ticket(order.name, {"kind": kind, "by": "ExternalTaskId"})  # the answer does not name the id

    def _kind(self, order: TaskOrder) -> str:
        if not self._is_kling:
            return "HunyuanToVideo"
        return "ImageToVideo" if order.spec.image or order.spec.last_image else "TextToVideo"

    def _check_hunyuan(self, order: TaskOrder) -> None:
        spec = order.spec
        cannot = [name for name in ("negative_prompt", "last_image") if getattr(spec, name)]
        if cannot:
            raise Refused("input", f"it cannot be told {', '.join(cannot)}")
        if len(spec.prompt) > 200:
            raise Refused("input", f"its prompts have at most 200 characters, this one {len(spec.prompt)}")


def _request(action: str, fields: Told, *, paid: bool = False) -> Request:
    headers = {"x-tc-action": action, "x-tc-version": _VERSION}
    return Request(method="POST", path="/", json=fields, headers=headers, paid=paid)
