"""The other side of `dialect`: we are the client of a server with OpenAI's `/v1/videos`. Pure: requests out, answers
in.

A `Profile` says what one kind of such a server takes beyond OpenAI's five fields. What a server cannot be told is
refused before anything is sent; nothing that was asked for is left out silently.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitascope.clip import Picture
from vitascope.vendors.client import Answer, Reason, Refused, Request, Seen, State, Steps, TaskOrder, Ticket, Unclear

_STATES: dict[str, State] = {
    "queued": "queued",
    "pending": "queued",
    "in_progress": "running",
    "processing": "running",
    "running": "running",
    "completed": "done",
    "succeeded": "done",
    "failed": "failed",
    "error": "failed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "expired": "gone",
}
_MODERATION = ("moderation", "policy", "safety", "content_filter")
_PAGES, _EACH = 20, 100  # of the list, when an order is looked for
_SKEW_SECONDS = 300.0  # by which the server's clock may differ


@dataclass(frozen=True, kw_only=True)
class Profile:
    """`json`: it takes JSON, else multipart fields. `names`: it keeps our name for an order, and makes one task for
    it. `cancel`: "cancel" (POST .../cancel), "delete", or "" when it cannot stop a task. `fields`: which of ours it
    takes besides OpenAI's, and what it calls them.
    """

    json: bool = False
    names: bool = False
    cancel: str = ""
    fields: Mapping[str, str]


OPENAI = Profile(fields={})
VLLM = Profile(  # docs.vllm.ai/projects/vllm-omni, "Videos API", read 30 November 2026
    cancel="delete",
    fields={
        "negative_prompt": "negative_prompt",
        "seed": "seed",
        "steps": "num_inference_steps",
        "guidance": "guidance_scale",
        "frames": "num_frames",
        "fps": "fps",
    },
)
VITASCOPE = Profile(
    json=True,
    names=True,
    cancel="cancel",
    fields={
        name: name
        for name in (
            "negative_prompt", "seed", "steps", "guidance", "sound", "preset", "loras", "options", "camera",
            "last_image",
        )
    },
)  # fmt: skip
PROFILES = {"openai": OPENAI, "vllm": VLLM, "vitascope": VITASCOPE}


@dataclass(frozen=True)
class Client:
    """`model`: what the server calls it; empty: it has only one. `micros_per_credit`: what a credit of the server
    costs, in micro-dollars; None: unknown.
    """

    model: str
    profile: Profile = OPENAI
    micros_per_credit: int | None = None

    def submit(self, order: TaskOrder) -> Steps[Ticket]:
        fields = self.fields(order)
        headers = {"idempotency-key": order.name} if self.profile.names else {}
        if self.profile.json:
            request = Request(method="POST", path="/videos", json=fields, headers=headers, paid=True)
        else:
            form = {name: value if isinstance(value, tuple) else _text(value) for name, value in fields.items()}
            request = Request(method="POST", path="/videos", form=form, headers=headers, paid=True)
        answer = yield request
        if not answer.is_good:
            raise _refusal(answer)
        told = answer.json()
        if not isinstance(told, dict) or not isinstance(told.get("id"), str) or not told["id"]:
            raise Unclear("it answered without an id")
        return _ticket(told)

    def poll(self, tickets: Sequence[Ticket]) -> Steps[list[Seen]]:
        seen = []
        for ticket in tickets:
            answer = yield Request(method="GET", path=f"/videos/{_segment(ticket.handle)}")
            if answer.status in (404, 410):
                seen.append(Seen(state="gone"))
                continue
            told = answer.json()
            if not answer.is_good or not isinstance(told, dict):
                raise Unclear(f"it answered {answer.status}", wait=answer.seconds("retry-after"))
            seen.append(self._seen(told, answer))
        return seen

    def fetch(self, ticket: Ticket) -> Steps[None]:
        answer = yield Request(method="GET", path=f"/videos/{_segment(ticket.handle)}/content", download=True)
        if answer.status in (404, 410):
            raise Refused("fault", f"its result is gone ({answer.status})")
        if answer.status != 200:
            raise Unclear(f"it answered {answer.status} when its result was fetched")

    def cancel(self, ticket: Ticket) -> Steps[bool]:
        path = f"/videos/{_segment(ticket.handle)}"
        if self.profile.cancel == "cancel":
            answer = yield Request(method="POST", path=f"{path}/cancel", json={})
        elif self.profile.cancel == "delete":
            answer = yield Request(method="DELETE", path=path)
        else:
            return False
        if answer.status >= 500 or answer.status in (408, 429):
            raise Unclear(f"it answered {answer.status}")
        return answer.is_good

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        """By our name, where the server keeps it; else the only new task of this model and these words."""
        found, behind = [], ""
        for _ in range(_PAGES):
            path = f"/videos?limit={_EACH}&order=desc{f'&after={_segment(behind)}' if behind else ''}"
            answer = yield Request(method="GET", path=path)
            told = answer.json()
            rows = told.get("data") if isinstance(told, dict) else None
            if not answer.is_good or not isinstance(rows, list):
                raise Unclear(f"it answered {answer.status} when its tasks were listed")
            tasks = [row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"]]
            found += [row for row in tasks if row["id"] not in taken and self._is_of(row, order)]
            old = any(_number(row.get("created_at"), order.at) < order.at - _SKEW_SECONDS for row in tasks)
            if not tasks or old or not told.get("has_more") or tasks[-1]["id"] == behind:
                break
            behind = tasks[-1]["id"]
        ids = {row["id"] for row in found}
        return _ticket(found[0]) if len(ids) == 1 else None

    def fields(self, order: TaskOrder) -> dict[str, Any]:
        """What is sent. Raises Refused for what this server cannot be told."""
        spec, shape, known = order.spec, order.shape, self.profile.fields
        asked: dict[str, Any] = {
            "negative_prompt": spec.negative_prompt or None,
            "seed": spec.seed,
            "steps": spec.steps,
            "guidance": spec.guidance,
            "sound": spec.sound,
            "preset": spec.preset or None,
            "loras": [lora.to_dict() for lora in spec.loras] or None,
            "options": dict(spec.options) or None,
            "camera": spec.camera.to_dict() if spec.camera else None,
            "last_image": self._picture(spec.last_image, "last") if spec.last_image else None,
            "frames": shape.frames,
            "fps": _plain(float(shape.fps)),
        }
        always = ("seed", "frames", "fps")  # we drew or worked them out; nobody asked for them
        cannot = [name for name, value in asked.items() if value is not None and name not in (*known, *always)]
        cannot += [name for name, given in (("extend", spec.extend), ("references", spec.references)) if given]
        if cannot:
            raise Refused("input", f"it cannot be told {', '.join(cannot)}")
        told: dict[str, Any] = {"prompt": spec.prompt}
        if self.model:
            told["model"] = self.model
        told |= {"seconds": str(_plain(float(shape.seconds))), "size": f"{shape.width}x{shape.height}"}
        told |= {known[name]: value for name, value in asked.items() if name in known and value is not None}
        if spec.image:
            told["input_reference"] = self._picture(spec.image, "first")
        if self.profile.names:
            told["metadata"] = {"order": order.name}
        return told

    def _picture(self, picture: Picture, name: str) -> Any:
        if self.profile.json:
            return f"data:image/png;base64,{base64.b64encode(picture.png).decode('ascii')}"
        return f"{name}.png", picture.png, "image/png"

    def _seen(self, told: Mapping[str, Any], answer: Answer) -> Seen:
        error = told.get("error")
        error = error if isinstance(error, dict) else {}
        state = _STATES.get(str(told.get("status")).lower(), "unknown")
        if state == "failed" and "cancelled" in (error.get("code"), told.get("state")):
            state = "cancelled"
        ended = state in ("failed", "cancelled")
        credits, cost = told.get("credits"), None
        if self.micros_per_credit is not None and isinstance(credits, int | float) and state == "done":
            cost = round(credits * self.micros_per_credit)
        billed = "yes" if state == "done" else "no" if ended and self.profile.names else "unknown"
        return Seen(
            state=state,
            progress=min(max(_number(told.get("progress"), 0.0) / 100, 0.0), 1.0),
            wait=answer.seconds("openai-poll-after-ms", "retry-after"),
            message=str(error.get("message") or "") if ended else str(told.get("status")) if state == "unknown" else "",
            reason=_reason(error) if ended else "fault",
            cost=cost,
            billed=billed,  # type: ignore[arg-type]
            model=str(told.get("model") or ""),
        )

    def _is_of(self, row: Mapping[str, Any], order: TaskOrder) -> bool:
        if self.profile.names:
            kept = row.get("metadata")
            return isinstance(kept, dict) and kept.get("order") == order.name
        same = str(row.get("prompt", "")).strip() == order.spec.prompt.strip()
        model = row.get("model") in (None, "", self.model) or not self.model
        return same and model and _number(row.get("created_at"), 0.0) >= order.at - _SKEW_SECONDS


def _ticket(told: Mapping[str, Any]) -> Ticket:
    return Ticket(told["id"], {"model": str(told.get("model") or "")})


def _refusal(answer: Answer) -> Exception:
    """What an answer that is not good says of the order."""
    told = answer.json()
    error = told.get("error") if isinstance(told, dict) else None
    error = error if isinstance(error, dict) else {}
    message = str(error.get("message") or f"it answered {answer.status}")
    status, code = answer.status, str(error.get("code"))
    wait = answer.seconds("retry-after-ms", "retry-after")
    if status == 429:
        return Refused("limit", message, wait=wait)
    if status in (401, 403):
        return Refused("auth", message)
    if status == 402 or code == "price_too_high":
        return Refused("money", message)
    if 300 <= status < 400:
        return Refused("fault", f"it leads somewhere else ({status}); its address is not quite right")
    if status in (400, 404, 405, 413, 415, 422):
        return Refused(_reason(error) if _reason(error) == "moderation" else "input", message)
    return Unclear(f"{status}: {message}")


def _reason(error: Mapping[str, Any]) -> Reason:
    words = f"{error.get('code')} {error.get('type')}".lower()
    return "moderation" if any(word in words for word in _MODERATION) else "fault"


def _number(value: Any, default: float) -> float:
    try:
        return default if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return default


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _segment(text: str) -> str:
    """As part of a path: letters that would end it or lead elsewhere are quoted."""
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else _quoted(letter) for letter in text
    )


def _quoted(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "replace"))
