"""What the clients of vendors share: an order is one paid request, a look is one request, and a finished task names the
address of its file. A vendor's `client.py` adds what is its own: fields, words for states, codes of errors. Pure.

What a vendor cannot be told is refused before anything is sent; nothing that was asked for is left out silently.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from vitascope.clip import Picture, Shape, aspect_of
from vitascope.vendors.client import (
    Answer,
    Credit,
    Reason,
    Refused,
    Request,
    Seen,
    State,
    Steps,
    TaskOrder,
    Ticket,
    Unclear,
)

Told = dict[str, Any]
Billed = Literal["yes", "no", "unknown"]
NOBODY = "0"  # a task that no vendor has
_STATUS: dict[int, Reason] = {
    400: "input", 401: "auth", 402: "money", 403: "auth", 404: "input", 405: "input", 413: "input", 415: "input",
    422: "input", 429: "limit",
}  # fmt: skip
_MODERATION = ("moderation", "policy", "sensitive", "safety", "datainspection", "content_filter")
_PIXELS = {
    "360p": 640 * 360, "480p": 854 * 480, "512p": 910 * 512, "540p": 960 * 540, "720p": 1280 * 720,
    "768p": 1366 * 768, "1080p": 1920 * 1080, "2k": 2560 * 1440, "4k": 3840 * 2160,
}  # fmt: skip
_SIDES = {"2k": 1440, "4k": 2160}
_NEAR = 0.15  # by which the area of a size may differ from its tier's
_SEEDS = 2**31


@dataclass(frozen=True)
class TaskClient:
    """`model`: what the vendor calls it. `micros_per_unit`: what one of the units in which the vendor tells its price
    (a credit, a million tokens) costs, in micro-dollars. `says_sound`: this model has a switch for sound, which is
    then always said, because what is usual differs from model to model.
    """

    model: str
    micros_per_unit: int | None = None
    says_sound: bool = False

    STATES: ClassVar[Mapping[str, State]] = {}
    CODES: ClassVar[Mapping[str, Reason]] = {}  # a vendor's code of an error, or a part of it -> what it means
    STOPS: ClassVar[tuple[State, ...]] = ()  # states in which a task can be stopped
    CANNOT: ClassVar[tuple[str, ...]] = ()  # of what a spec may ask, beyond what no vendor can be told
    CALL: ClassVar[str] = ""  # the field of an order for the address that is called when something has changed
    TELLS_SOUND: ClassVar[bool] = False  # what is asked of sound is said, or refused, without `says_sound` too

    @property
    def is_mute(self) -> bool:
        """Whether it would leave out silently that sound was asked for, of a model that makes some only then."""
        return not (self.says_sound or self.TELLS_SOUND)

    # what each vendor says

    def order(self, order: TaskOrder) -> Request:
        """The paid request. Raises Refused for what this vendor cannot be told."""
        raise NotImplementedError

    def ticket(self, told: Told, order: TaskOrder) -> Ticket | None:
        """None: the answer names no task."""
        raise NotImplementedError

    def look(self, ticket: Ticket) -> Request:
        raise NotImplementedError

    def seen(self, told: Told) -> Seen:
        raise NotImplementedError

    def address(self, told: Told) -> Any:
        """Where the file of a finished task lies."""
        raise NotImplementedError

    def stop(self, ticket: Ticket) -> Request | None:
        return None

    def error(self, answer: Answer, told: Told) -> tuple[str, str] | None:
        """(code, words) of an error; None when it is none. Most vendors tell errors by the status."""
        return None if answer.is_good else error_of(told)

    # what all of them do

    def submit(self, order: TaskOrder) -> Steps[Ticket]:
        request = self.order(order)
        answer = yield self.calling(request, order.call) if order.call else request
        return self.placed(self.told(answer), order)

    def calling(self, request: Request, address: str) -> Request:
        """The same order, with the address to call, where this vendor takes one."""
        return replace(request, json={**(request.json or {}), self.CALL: address}) if self.CALL else request

    def placed(self, told: Told, order: TaskOrder) -> Ticket:
        ticket = self.ticket(told, order)
        if not ticket or ticket.handle in ("", "None"):
            raise Unclear("it answered without the id of a task")
        return ticket

    def poll(self, tickets: Sequence[Ticket]) -> Steps[list[Seen]]:
        found = []
        for ticket in tickets:
            answer = yield self.look(ticket)
            try:
                found.append(self.failure(answer) or self.seen(self.told(answer)))
            except Refused as error:
                found.append(self.missing(answer, error))
        return found

    def failure(self, answer: Answer) -> Seen | None:
        """For vendors that tell a failed task by an error in the place of the task."""
        return None

    def missing(self, answer: Answer, error: Refused) -> Seen:
        """What a look that was refused says. Raises Unclear when it says nothing of the task."""
        if answer.status in (404, 410):
            return Seen(state="gone")
        raise Unclear(error.message, wait=error.wait) from error

    def fetch(self, ticket: Ticket) -> Steps[bytes | None]:
        answer = yield self.look(ticket)
        try:
            url = self.address(self.told(answer))
        except Refused as error:
            raise Unclear(error.message, wait=error.wait) from error
        yield from download(url)
        return None

    def cancel(self, ticket: Ticket) -> Steps[bool]:
        """It is looked at first: the request that stops a task often deletes one that is done, and its clip with it."""
        request = self.stop(ticket)
        if not request:
            return False
        (seen,) = yield from self.poll([ticket])
        if seen.state not in self.STOPS:
            return False
        answer = yield request
        if answer.status >= 500 or answer.status in (408, 429):
            raise Unclear(f"it answered {answer.status}")
        return answer.is_good

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        """Most vendors have no list by which an order could be told from another."""
        yield from ()
        return None

    def check(self) -> Steps[None]:
        """Whether the key is taken. Nothing is bought: a task is asked for that nobody has. Raises Refused, Unclear."""
        answer = yield self.look(Ticket(NOBODY))
        try:
            self.told(answer)
        except Refused as error:
            if error.reason in ("auth", "money", "limit"):
                raise

    def credit(self, at: float) -> Steps[Credit | None]:
        """What the account has left; None: this vendor does not say. `at`: now. Raises Refused, Unclear."""
        yield from ()
        return None

    def told(self, answer: Answer) -> Told:
        """What an answer holds. Raises Refused for an error that is certain, else Unclear."""
        body = answer.json()
        told = body if isinstance(body, dict) else {}
        error = self.error(answer, told)
        if not error:
            if not answer.is_good or not isinstance(body, dict):
                raise Unclear(f"it answered {answer.status} with what cannot be read")
            return told
        code, words = error
        message = words or f"it answered {answer.status}"
        if 300 <= answer.status < 400:
            raise Refused("fault", f"it leads somewhere else ({answer.status}); its address is not quite right")
        reason = self.reason(code, words) or (_STATUS.get(answer.status) if not answer.is_good else None)
        if not reason:
            raise Unclear(f"{answer.status} {code}: {message}", wait=answer.seconds("retry-after"))
        raise Refused(reason, message, wait=answer.seconds("retry-after"))

    def reason(self, code: str, words: str = "") -> Reason | None:
        """What a code of an error means; None: it does not say."""
        if code in self.CODES:
            return self.CODES[code]
        plain = code.lower()
        if any(word in plain for word in _MODERATION):
            return "moderation"
        return next((reason for part, reason in self.CODES.items() if part and part in code), None)

    def state(self, word: Any) -> State:
        return self.STATES.get(str(word), "unknown")

    def outcome(self, word: Any, *, code: str = "", why: str = "", **more: Any) -> Seen:
        """`word` is the vendor's own; `code` and `why` tell of a failure."""
        state = self.state(word)
        ended = state in ("failed", "cancelled")
        when_ended: Billed = more.pop("billed", "no")
        billed: Billed = "yes" if state == "done" else when_ended if ended else "unknown"
        reason = self.reason(code, why) if ended else None
        message = why if ended else str(word) if state == "unknown" else ""
        return Seen(
            state=state, message=message, reason=reason or "fault", billed=billed, **{"model": self.model, **more}
        )

    def cost(self, units: Any) -> int | None:
        """Micro-dollars of so many units; None: it is not known."""
        spent = number(units)
        return None if spent is None or self.micros_per_unit is None else round(spent * self.micros_per_unit)

    def refuse(self, order: TaskOrder) -> None:
        """Raises Refused for what was asked and this vendor cannot be told."""
        spec = order.spec
        asked = {
            "steps": spec.steps, "guidance": spec.guidance, "preset": spec.preset, "loras": spec.loras,
            "options": spec.options, "camera": spec.camera, "extend": spec.extend, "references": spec.references,
        }  # fmt: skip
        more: dict[str, Any] = {
            "negative_prompt": spec.negative_prompt, "image": spec.image, "last_image": spec.last_image,
        }  # fmt: skip
        asked |= {name: value for name, value in more.items() if name in self.CANNOT}
        cannot = [name for name, value in asked.items() if value not in (None, "", ())]
        if cannot:
            raise Refused("input", f"it cannot be told {', '.join(cannot)}")

    def refuse_alone(self) -> None:
        """For vendors that take a last picture only beside a first one."""
        raise Refused("input", "it takes a last picture only with a first one")

    def sound(self, order: TaskOrder, name: str) -> Told:
        """The switch for sound, where the model has one."""
        return {name: bool(order.spec.sound)} if self.says_sound else {}


def error_of(told: Mapping[str, Any]) -> tuple[str, str]:
    """(code, words) in the form that most vendors have: an `error` object, or its fields at the top."""
    error = told.get("error")
    inner = error if isinstance(error, dict) else told
    words = inner.get("message") or inner.get("detail") or (error if isinstance(error, str) else "")
    return f"{inner.get('code', '')} {inner.get('type', '')}".strip(), words if isinstance(words, str) else ""


def download(url: Any) -> Steps[None]:
    """Raises Refused when the file is gone, Unclear."""
    if not isinstance(url, str) or not url:
        raise Unclear("its result names no file")
    answer = yield Request(method="GET", path=url, download=True)
    if answer.status in (403, 404, 410):
        raise Refused("fault", f"its result is gone ({answer.status})")
    if answer.status != 200:
        raise Unclear(f"it answered {answer.status} when its result was fetched")


def seconds(order: TaskOrder) -> int:
    """Raises Refused when they are not whole."""
    length = order.shape.seconds
    if length.denominator != 1 or not length:
        raise Refused("input", f"it makes whole seconds, not {float(length):g}")
    return length.numerator


def tier(shape: Shape, *names: str) -> str:
    """The vendor's name for the resolution, of `names`: "720p" has a side of 720 pixels, or about as many as 1280x720.
    Raises Refused when none fits.
    """
    plain = {name.lower(): name for name in names}
    for key, name in plain.items():
        side = _SIDES.get(key) or int(key.rstrip("p"))
        if min(shape.width, shape.height) == side:
            return name
    pixels = shape.width * shape.height
    key = min(plain, key=lambda one: abs(_PIXELS[one] / pixels - 1))
    if abs(_PIXELS[key] / pixels - 1) > _NEAR:
        raise Refused("input", f"it makes {', '.join(names)}, not {shape.width}x{shape.height}")
    return plain[key]


def aspect(shape: Shape, *names: str) -> str:
    """The name of the shape. Raises Refused when the vendor does not make it."""
    found = aspect_of(shape.size)
    if found not in names:
        raise Refused("input", f"it makes {', '.join(names)}, not {found}")
    return found


def small_seed(order: TaskOrder) -> Told:
    """Most vendors' seeds have 31 bits; larger ones are folded, so that one seed always becomes the same."""
    return {} if order.spec.seed is None else {"seed": order.spec.seed % _SEEDS}


def base64_of(picture: Picture) -> str:
    return base64.b64encode(picture.png).decode("ascii")


def data_url(picture: Picture) -> str:
    return f"data:image/png;base64,{base64_of(picture)}"


def segment(text: str, also: str = "-_") -> str:
    """As part of a path: what would end it or lead elsewhere is left out."""
    kept = "".join(letter for letter in text if letter.isascii() and (letter.isalnum() or letter in also))
    return "/".join(part for part in kept.split("/") if part.strip("."))


def number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def inner(told: Mapping[str, Any], *names: str | int) -> Any:
    """What lies under these names; an empty object when there is no such thing."""
    found: Any = told
    for name in names:
        if isinstance(found, dict) and isinstance(name, str):
            found = found.get(name)
        elif isinstance(found, list) and isinstance(name, int) and len(found) > name:
            found = found[name]
        else:
            return {}
    return {} if found is None else found
