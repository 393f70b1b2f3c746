"""The other side of `gemini`: we are the client of Veo in the Gemini API. Pure. Never tried against Google itself: it
is written by the official SDK's source, and tested against our own server, which that SDK tests from the other side.

In this form Veo takes no seed and has no switch for sound: its clips always have some. A task cannot be stopped, nor
found without its name.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Reason, Request, Seen, State, TaskOrder, Ticket
from vitascope.vendors.task_client import TaskClient, Told, aspect, base64_of, inner, seconds, segment, tier

_NAME = re.compile(r"models/[\w.-]{1,100}/operations/[\w-]{1,200}")


class Client(TaskClient):
    CODES: ClassVar = {
        "RESOURCE_EXHAUSTED": "limit", "UNAUTHENTICATED": "auth", "PERMISSION_DENIED": "auth", "API_KEY": "auth",
        "POLICY": "moderation", "SAFETY": "moderation",
    }  # fmt: skip

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        instance: Told = {"prompt": spec.prompt}
        for name, picture in (("image", spec.image), ("lastFrame", spec.last_image)):
            if picture:
                instance[name] = {"bytesBase64Encoded": base64_of(picture), "mimeType": "image/png"}
        more: Told = {
            "durationSeconds": seconds(order),
            "aspectRatio": aspect(shape, "16:9", "9:16"),
            "resolution": tier(shape, "720p", "1080p", "4k"),
        }
        if spec.negative_prompt:
            more["negativePrompt"] = spec.negative_prompt
        path = f"/v1beta/models/{segment(self.model, '-_.')}:predictLongRunning"
        return Request(method="POST", path=path, json={"instances": [instance], "parameters": more}, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("name") or ""))

    def look(self, ticket: Ticket) -> Request:
        name = ticket.handle if _NAME.fullmatch(ticket.handle) else f"models/{self.model}/operations/none"
        return Request(method="GET", path=f"/v1beta/{name}")

    def seen(self, told: Told) -> Seen:
        """An operation has no words for its states."""
        if not told.get("done"):
            return Seen(state="running", model=self.model)
        error, made = told.get("error"), self.made(told)
        state: State = "done" if self.samples(made) else "failed"
        if isinstance(error, dict):
            state = "cancelled" if error.get("code") == 1 else "failed"
            return Seen(state=state, message=str(error.get("message") or ""), billed="no", model=self.model)
        if state == "done":
            return Seen(state=state, billed="yes", model=self.model)
        why = " ".join(str(one) for one in inner(made, "raiMediaFilteredReasons") or ())
        reason: Reason = "moderation" if why else "fault"
        return Seen(state=state, message=why or "no clip came", reason=reason, billed="no", model=self.model)

    def made(self, told: Told) -> Any:
        """What came of it."""
        return inner(told, "response", "generateVideoResponse")

    def samples(self, made: Any) -> Any:
        """The first clip, if there is one."""
        return inner(made, "generatedSamples", 0)

    def address(self, told: Told) -> Any:
        return inner(told, "response", "generateVideoResponse", "generatedSamples", 0, "video", "uri")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        """The status is the same for many things, so the details' reasons are read first."""
        if answer.is_good:
            return None
        details = inner(told, "error", "details")
        reasons = [str(one.get("reason", "")) for one in details or () if isinstance(one, dict)]
        code = " ".join([*filter(None, reasons), str(inner(told, "error", "status") or "")])
        return code, str(inner(told, "error", "message") or "")
