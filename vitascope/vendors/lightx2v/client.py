"""We are the client of a LightX2V server (github.com/ModelTC/LightX2V). Pure. Never tried against one: it is written by
`lightx2v/server/README.md` and its sources, as they were stored in December 2026.

It makes one task after the other, takes the name of a task from whoever orders, and forgets all of them when it is
started anew. Steps and guidance belong to its own configuration.
"""

from __future__ import annotations

from typing import Any, ClassVar

from vitascope.vendors.client import Answer, Refused, Request, Seen, Steps, TaskOrder, Ticket
from vitascope.vendors.task_client import TaskClient, Told, data_url, segment

_TAKEN = "already exists"


class Client(TaskClient):
    """`model`: which of its tasks it is ("t2v", "i2v"), for servers with several; empty: its only one."""

    STATES: ClassVar = {
        "pending": "queued", "processing": "running", "completed": "done", "failed": "failed",
        "cancelled": "cancelled",
    }  # fmt: skip
    CODES: ClassVar = {"queue is full": "limit", _TAKEN: "input"}  # both come with status 503
    STOPS: ClassVar = ("queued", "running")

    def order(self, order: TaskOrder) -> Request:
        self.refuse(order)
        spec, shape = order.spec, order.shape
        fields: Told = {
            "task_id": order.name,
            "prompt": spec.prompt,
            "num_frames": shape.frames,
            "size": [shape.height, shape.width],
            "save_result_path": f"{order.name}.mp4",  # else it keeps no file
            **({} if spec.seed is None else {"seed": spec.seed}),
            **({"negative_prompt": spec.negative_prompt} if spec.negative_prompt else {}),
            **({"task": self.model} if self.model else {}),
        }
        for name, picture in (("image_path", spec.image), ("last_frame_path", spec.last_image)):
            if picture:
                fields[name] = data_url(picture)
        return Request(method="POST", path="/tasks/video/", json=fields, paid=True)

    def submit(self, order: TaskOrder) -> Steps[Ticket]:
        answer = yield self.order(order)
        try:
            return self.placed(self.told(answer), order)
        except Refused as error:
            if _TAKEN in error.message:  # by this order, whose first answer was lost
                return Ticket(order.name)
            raise

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        return Ticket(str(told.get("task_id") or ""))

    def look(self, ticket: Ticket) -> Request:
        return Request(method="GET", path=f"/tasks/{segment(ticket.handle)}/status")

    def seen(self, told: Told) -> Seen:
        return self.outcome(told.get("status"), why=str(told.get("error") or ""))

    def address(self, told: Told) -> Any:
        return f"/tasks/{segment(str(told.get('task_id')))}/result"

    def stop(self, ticket: Ticket) -> Request | None:
        return Request(method="DELETE", path=f"/tasks/{segment(ticket.handle)}")

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        """`detail` is a text, or a list of what is wrong with which field."""
        if answer.is_good:
            return None
        why = told.get("detail")
        if isinstance(why, list):
            rows = [row for row in why if isinstance(row, dict)]
            why = "; ".join(f"{(row.get('loc') or [''])[-1]}: {row.get('msg')}" for row in rows)
        return str(why or ""), str(why or "")

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        answer = yield self.look(Ticket(order.name))
        if answer.status == 404:
            return None
        self.told(answer)
        return Ticket(order.name)
