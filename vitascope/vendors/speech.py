"""What a client of a vendor's speech is: one paid request, answered at once by the sound. So there is no task to be
asked for later, and nothing that could be found again. Pure, as all clients are; the session carries its requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vitascope.vendors.client import Answer, Reason, Refused, Steps, Unclear

_STATUS: dict[int, Reason] = {
    400: "input", 401: "auth", 402: "money", 403: "auth", 404: "input", 413: "input", 422: "input", 429: "limit",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Words:
    """What is to be spoken. `name`: ours for the request, a UUID. `speed`: 0.5 to 2, 1 is as usual. `language`: a tag
    such as "en-US".
    """

    name: str
    text: str
    voice: str
    speed: float
    language: str


@dataclass(frozen=True)
class Spoken:
    """`sound`: a file. `trace`: what the vendor calls the request. `characters`: so many are charged; None: it
    does not say.
    """

    sound: bytes
    trace: str
    characters: int | None


class SpeechClient(Protocol):
    def speak(self, words: Words) -> Steps[Spoken]:
        """Its one request is the paid one. Raises Refused, Unclear."""


def refuse_status(answer: Answer) -> None:
    """Raises Refused for a status by which a server says that it did nothing, Unclear for any other that is bad."""
    if answer.is_good:
        return
    said = answer.body[:200].decode("utf-8", "replace").strip()
    told = f"it answered {answer.status}{f': {said}' if said else ''}"
    if answer.status in _STATUS:
        raise Refused(_STATUS[answer.status], told, wait=answer.seconds("retry-after"))
    raise Unclear(told)
