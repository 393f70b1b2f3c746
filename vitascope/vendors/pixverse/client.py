"""The other side of `dialect`: we are the client of PixVerse. Pure. Never tried against PixVerse itself: it is written
by its documentation, which has no SDK beside it.

Pictures are sent before the order, in requests of their own. A task can neither be stopped nor found without its id.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.clip import Picture
from vitascope.vendors.client import Answer, Credit, Request, Seen, Steps, TaskOrder, Ticket, Unclear
from vitascope.vendors.task_client import TaskClient, Told, aspect, inner, number, seconds, segment, small_seed, tier

_ASPECTS = ("16:9", "9:16", "1:1", "4:3", "3:4")


class Client(TaskClient):
    """`micros_per_unit`: of a credit."""

    STATES: ClassVar = {"5": "running", "1": "done", "6": "gone", "7": "failed", "8": "failed"}
    CODES: ClassVar = {
        "10005": "auth", "500020": "auth", "500090": "money", "500044": "limit", "500069": "limit",
        "500063": "moderation", "500054": "moderation", "400017": "input", "400011": "input", "400013": "input",
        "500030": "input", "500032": "input", "500008": "input",
    }  # fmt: skip

    def submit(self, order: TaskOrder) -> Steps[Ticket]:
        self.order(order)  # what cannot be said is refused before any picture is sent
        spec, ids = order.spec, {}
        for name, picture in (("first", spec.image), ("last", spec.last_image)):
            if picture:
                ids[name] = yield from self._sent(picture)
        answer = yield self.order(order, **ids)
        return self.placed(self.told(answer), order)

    def order(self, order: TaskOrder, *, first: int = 0, last: int = 0) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        if spec.last_image and not spec.image:
            self.refuse_alone()
        fields: Told = {
            "model": self.model,
            "prompt": spec.prompt,
            "duration": seconds(order),
            "quality": tier(shape, "360p", "540p", "720p", "1080p"),
            **small_seed(order),
            **self.sound(order, "generate_audio_switch"),
        }
        if spec.negative_prompt:
            fields["negative_prompt"] = spec.negative_prompt
        kind = "transition" if spec.last_image else "img" if spec.image else "text"
        if kind == "text":
            fields["aspect_ratio"] = aspect(shape, *_ASPECTS)
        else:
            fields |= {"first_frame_img": first, "last_frame_img": last} if kind == "transition" else {"img_id": first}
        return Request(method="POST", path=f"/video/{kind}/generate", json=fields, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(inner(told, "Resp", "video_id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/video/result/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        word = inner(told, "Resp", "status")
        code = "moderation" if word == 7 else ""
        why = str(inner(told, "Resp", "fail_reason") or "")
        cost = self.cost(inner(told, "Resp", "credits") or None) if word == 1 else None
        return self.outcome(word, code=code, why=why, cost=cost, billed="unknown")

    def address(self, told: Told) -> Any:
        return inner(told, "Resp", "url")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        """An envelope with a code, whatever the status."""
        code = told.get("ErrCode")
        if answer.is_good and code == 0:
            return None
        return "" if code is None else str(code), str(told.get("ErrMsg") or "")

    def missing(self, answer: Answer, error: Any) -> Seen:
        if error.reason == "input":  # it does not know the id
            return Seen(state="gone")
        raise Unclear(error.message, wait=error.wait) from error

    def _sent(self, picture: Picture) -> Steps[int]:
        form = {"image": ("picture.png", picture.png, "image/png")}
        told = self.told((yield Request(method="POST", path="/image/upload", form=form)))
        found = inner(told, "Resp", "img_id")
        if not isinstance(found, int):
            raise Unclear("it took a picture and named no img_id")
        return found

    def credit(self, at: float) -> Steps[Credit | None]:
        told = self.told((yield Request(method="GET", path="/account/balance")))
        parts = [number(inner(told, "Resp", name)) for name in ("credit_monthly", "credit_package")]
        known = [part for part in parts if part is not None]
        return Credit(sum(known), "credits") if known else None
