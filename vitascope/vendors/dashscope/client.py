"""The other side of `dialect`: we are the client of Alibaba's DashScope (Model Studio), which serves Wan. Pure. Never
tried against DashScope itself: it is written by the official SDK's source and its documentation, and tested against our
own server, which that SDK tests from the other side.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Request, Seen, TaskOrder, Ticket
from vitascope.vendors.task_client import TaskClient, Told, aspect, data_url, inner, seconds, segment, small_seed, tier

_MAKE = "/services/aigc/video-generation/video-synthesis"
_MAKE_BETWEEN = "/services/aigc/image2video/video-synthesis"  # first and last picture, before Wan 2.7
_OLD = ("wan2.1", "wan2.2", "wan2.5", "wan2.6", "wanx")  # pictures by fields, sizes in pixels
_ASPECTS = ("16:9", "9:16", "1:1", "4:3", "3:4")


class Client(TaskClient):
    STATES: ClassVar = {
        "PENDING": "queued", "SUSPENDED": "queued", "RUNNING": "running", "SUCCEEDED": "done", "FAILED": "failed",
        "CANCELED": "cancelled", "UNKNOWN": "gone",
    }  # fmt: skip
    CODES: ClassVar = {
        "DataInspectionFailed": "moderation", "InvalidApiKey": "auth", "AccessDenied": "auth", "Arrearage": "money",
        "Throttling": "limit",
    }  # fmt: skip
    STOPS: ClassVar = ("queued",)

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape, old = order.spec, order.shape, self.model.startswith(_OLD)
        given: Told = {"prompt": spec.prompt}
        if spec.negative_prompt:
            given["negative_prompt"] = spec.negative_prompt
        pictures = {"first_frame": spec.image, "last_frame": spec.last_image}
        told = {name: data_url(picture) for name, picture in pictures.items() if picture}
        path = _MAKE_BETWEEN if old and spec.last_image else _MAKE
        if old:
            given |= {f"{name}_url": url for name, url in told.items()} if spec.last_image else {}
            given |= {"img_url": told["first_frame"]} if spec.image and not spec.last_image else {}
        elif told:
            given["media"] = [{"type": name, "url": url} for name, url in told.items()]
        more: Told = {"duration": seconds(order), "watermark": False, **small_seed(order), **self.sound(order, "audio")}
        if old and not told:
            more["size"] = f"{shape.width}*{shape.height}"
        else:
            more["resolution"] = tier(shape, "480P", "720P", "1080P")
            more |= {} if told else {"ratio": aspect(shape, *_ASPECTS)}
        fields = {"model": self.model, "input": given, "parameters": more}
        return Request(method="POST", path=path, json=fields, headers={"x-dashscope-async": "enable"}, paid=True)

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(inner(told, "output", "task_id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/tasks/{segment(ticket.handle)}")

    def seen(self, told: Told) -> Seen:
        code, why = (str(inner(told, "output", name) or "") for name in ("code", "message"))
        return self.outcome(inner(told, "output", "task_status"), code=code, why=why)

    def address(self, told: Told) -> Any:
        return inner(told, "output", "video_url")

    def stop(self, ticket: Ticket) -> Request | None:
        return Request(method="POST", path=f"/tasks/{segment(ticket.handle)}/cancel", json={})

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        return None if answer.is_good else (str(told.get("code") or ""), str(told.get("message") or ""))
